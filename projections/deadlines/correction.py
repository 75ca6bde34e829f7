"""The windows in which a decided claim may be corrected: the payer's corrected-claim window, and the reopening year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from events.claim import REPLACEMENT
from events.followup import REOPENING_REQUESTED, WorkResolved
from projections.claims.state import Account, Entry
from projections.deadlines.base import OPEN, VOID, Case, Deadline, payer_of, say_day, verdict
from projections.deadlines.proof import proof_of
from projections.deadlines.reckoning import Reckoning, other_anchor, reckon
from projections.rules.policies import NotGranted, PayerTerms, Term
from projections.rules.windows import Window

_CLERICAL = (
    "For clerical errors such as a missing modifier; at the contractor's discretion, a refusal cannot be appealed"
)


def corrected_deadline(case: Case, account: Account, notice: Entry) -> Deadline:
    """The window for a corrected claim (frequency 7) after a notice; void where the payer takes none."""
    payer = payer_of(account)
    term = case.terms.corrected(payer, notice.notice_date)
    if isinstance(term, NotGranted):
        return Deadline(
            "corrected_claim", account.payer_id, None, None, VOID, notice.event, notice.notice_date, None, None,
            term.rule, (f"{account.payer_id}: {term.reason}",),
        )  # fmt: skip
    reckoned = _notice_end(case, account, term, notice, ("corrected end", payer))
    sent = [
        attempt
        for attempt in account.attempts
        if attempt.frequency == REPLACEMENT and case.day(attempt.sent_at) >= notice.notice_date
    ]
    proof = proof_of(case, account, sent, reckoned.counts, sent[0].sent_at) if sent else None
    ending = proof.words if proof else "Would stop it: a corrected claim (frequency 7) that the payer accepts"
    state = verdict(reckoned.due, proof.on, case.zone) if proof else OPEN
    return Deadline(
        "corrected_claim", account.payer_id, reckoned.due, None, state, notice.event, notice.notice_date,
        proof.event if proof else None, proof.at if proof else None, reckoned.rule, reckoned.steps, ending=(ending,),
    )  # fmt: skip


def reopening_deadline(case: Case, account: Account, notice: Entry) -> Deadline | None:
    """The year for reopening a decided claim's clerical error (42 CFR 405.980); None where no rule grants it."""
    payer = payer_of(account)
    term = case.terms.reopening(payer, notice.notice_date)
    if not isinstance(term, Window):
        return None
    reckoned = _notice_end(case, account, term, notice, ("reopening end", payer))
    asked = next((a for a in case.acts if isinstance(a.data, WorkResolved) and a.data.resolution in REOPENING_REQUESTED
                  and a.time >= notice.received_at), None)  # fmt: skip
    words = "Would stop it: the request for reopening"
    if asked:
        words = f"Stopped: asked for on {say_day(case.day(asked.time))}"
    state = verdict(reckoned.due, asked.time, case.zone) if asked else OPEN
    return Deadline(
        "reopening", account.payer_id, reckoned.due, None, state, notice.event, notice.notice_date,
        asked.event if asked else None, asked.time if asked else None, reckoned.rule,
        (*reckoned.steps, _CLERICAL), ending=(words,),
    )  # fmt: skip


def _notice_end(case: Case, account: Account, term: Term, notice: Entry, key: tuple[str, PayerTerms]) -> Reckoning:
    """The end of a window that a notice opens, unless the terms count from the date of service."""
    if isinstance(term, Window) and term.anchor in ("dos", "dos_through"):
        days = sorted(line.dos for line in account.billed_lines) or _answered_days(notice)
        anchor = (days[-1] if term.anchor == "dos_through" else days[0]) if days else None
        return reckon(term, anchor, "the date of service")
    if isinstance(term, Window) and term.anchor in ("discharge", "eligibility notice", "primary notice"):
        return reckon(term, *other_anchor(case, account, term.anchor))
    return case.terms.remember(
        (*key, notice.notice_date), lambda: reckon(term, notice.notice_date, "the notice (remittance date)")
    )


def _answered_days(notice: Entry) -> Sequence[date]:
    return sorted(line.dos for line in notice.lines if line.dos)
