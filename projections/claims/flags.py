"""What is odd about a claim, each by a name of its own. Flags decide nothing: they are for a person to see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from events.claim import KX, ORIGINAL, REPLACEMENT, VOID_CLAIM, ClaimSubmitted
from events.followup import EventConflicted
from events.remittance import RemittanceEntry
from events.values import ZERO
from projections.calendar import local_day
from projections.claims.lines import billed_lines
from projections.claims.money import Owed, is_voided
from projections.claims.next_payer import is_sent_on
from projections.claims.state import Account, Attempt, LineState
from projections.history import LoggedEvent
from projections.rules.adjustment_codes import DenialTable
from projections.rules.programs import ORIGINAL_MEDICARE
from projections.tables.vocabulary import LineStatus
from projections.terms.terms_in_force import Reference

IN_DOUBT = "amounts_in_doubt"
PAYER_CREDIT = "overpaid"  # the payer paid and adjusted more than was charged
UNSURE = frozenset({IN_DOUBT, "duplicate_suspect"})  # keep a claim out of refunds and disputes


def claim_flags(
    history: Sequence[LoggedEvent],
    accounts: Sequence[Account],
    lines: Sequence[LineState],
    balance: Owed,
    *,
    reference: Reference,
    table: DenialTable,
) -> set[str]:
    entries = [entry for account in accounts for entry in account.entries]
    billed = {line.number for line in billed_lines(accounts)}
    contradicted = any(_contradicted(account) for account in accounts)
    counting = [entry for entry in entries if entry.counts]
    unbalanced = any(not entry.balanced for entry in counting)
    tests = {
        "conflict": contradicted or any(isinstance(h.data, EventConflicted) for h in history),
        "accepted_and_rejected": contradicted,
        "reversal_pending": any(e.is_reversal and not e.undone and not e.applied for e in entries),
        "over_recovered": any(e.undone and e.unpaired for e in entries),
        "duplicate_suspect": _names_two_patients(history, reference) or any(_used_again(a) for a in accounts),
        "unbalanced": any(h.data.said("differences") for h in history)
        or unbalanced
        or any(not e.balanced for e in entries if e.is_reversal),
        IN_DOUBT: unbalanced,
        "patient_share_unclear": any(e.stands and e.patient_share != e.patient_responsibility for e in entries),
        PAYER_CREDIT: balance.payer < ZERO,
        "line_unmatched": bool(billed) and any(line.number not in billed for line in lines),
        "paid_after_rejection": any(_answered_though_rejected(account) for account in accounts),
        "payment_on_void": is_voided(accounts) and any(e.paid > ZERO and not e.undone for e in entries),
        "wrong_frequency": any(_wrong_frequency(account) for account in accounts),
        "kx_missing": bool(denied_without_kx(accounts, lines, table)),
        **_crossover(accounts),
        **_carried(accounts),
        "future_dos": any(
            h.data.lines and max(line.dos for line in h.data.lines) > local_day(h.time, reference.zone)
            for h in history
            if isinstance(h.data, ClaimSubmitted)
        ),
    }
    return {flag for flag, holds in tests.items() if holds}


def _carried(accounts: Iterable[Account]) -> dict[str, bool]:
    """Whether the balance counts from the statement of another system, and whether files say otherwise."""
    stated = [a.carried for a in accounts if a.carried]
    return {
        "carried_over": any(one.anchors for one in stated),
        "carried_over_differs": any(one.differences or one.unexplained for one in stated),
    }


def _names_two_patients(history: Iterable[LoggedEvent], reference: Reference) -> bool:
    """Whether submissions to one payer, or one payer's answers, name two patients: member numbers are per payer."""
    named: dict[tuple[str, str], set[str]] = {}
    for h in history:
        data = h.data
        if isinstance(data, (ClaimSubmitted, RemittanceEntry)) and data.patient_id:
            payer = reference.payer(data.payer_id, data.payer_name, data.claim_filing_indicator)
            told = "sent" if isinstance(data, ClaimSubmitted) else "answered"
            named.setdefault((told, payer), set()).add(reference.patient(data.patient_id))
    return any(len(patients) > 1 for patients in named.values())


def _used_again(account: Account) -> bool:
    """One number for two visits: a new claim for other days, though the first one was not turned away."""
    seen: set[date] = set()
    for attempt in account.attempts:
        days = {line.dos for line in attempt.lines}
        if seen and days and attempt.frequency == ORIGINAL and seen.isdisjoint(days):
            return True
        seen |= days if not attempt.rejections else set()
    return False


def _answered_though_rejected(account: Account) -> bool:
    last = account.last_attempt
    if last is None or not last.rejections or not account.standing_entries:
        return False
    return any(entry.received_at >= last.sent_at for entry in account.standing_entries)


def _contradicted(account: Account) -> bool:
    """The same stage both accepted and rejected the same attempt. A set may be taken without each claim of it."""
    return any(
        ack.stage == rejection.stage
        and ack.accepts
        and not (ack.bound_by == "set" and rejection.bound_by != "set")
        and not rejection.from_remittance  # what was accepted may prove unprocessable when it is decided on
        for attempt in account.attempts
        for ack in attempt.acks
        for rejection in attempt.rejections
    )


def _wrong_frequency(account: Account) -> bool:
    """A replacement where the payer holds nothing to replace; a replacement or void to Part B, which takes neither.

    CMS Pub 100-04 ch. 34: clerical errors are reopened.
    """
    if account.program == ORIGINAL_MEDICARE and any(a.frequency in (REPLACEMENT, VOID_CLAIM) for a in account.attempts):
        return True
    return any(
        attempt.frequency == REPLACEMENT and _nothing_to_replace(account, account.attempts[:place])
        for place, attempt in enumerate(account.attempts)
        if place
    )


def _nothing_to_replace(account: Account, earlier: Sequence[Attempt]) -> bool:
    decided = any(entry.is_decision for entry in account.entries)
    return not decided and all(attempt.rejections and attempt.accepted is None for attempt in earlier)


def denied_without_kx(
    accounts: Sequence[Account], lines: Iterable[LineState], table: DenialTable
) -> frozenset[int | None]:
    """Numbers of the lines that Medicare denied for the therapy threshold and that were billed without KX."""
    if not any(account.program == ORIGINAL_MEDICARE for account in accounts[:1]):
        return frozenset()
    return frozenset(
        line.number
        for line in lines
        if line.status == LineStatus.DENIED
        and KX not in line.modifiers
        and any(
            table.judge(a.group, a.reason, line.remark_codes, ORIGINAL_MEDICARE).category == "kx"
            for a in line.adjustments
        )
    )


def _crossover(accounts: Sequence[Account]) -> dict[str, bool]:
    """The first payer sent the claim on: the next one answers by itself, and is not billed by hand."""
    on = [e.received_at for a in accounts[:1] for e in a.standing_entries if is_sent_on(e)]
    on += [a.sent_on.received_at for a in accounts[:1] if a.sent_on]
    if not on:
        return {}
    by_hand = any(t.sent_at > min(on) for a in accounts[1:] for t in a.attempts if t.lines or t.total_charge)
    return {"crossover": not any(a.entries for a in accounts[1:]), "billed_after_crossover": by_hand}
