"""The balance of a carried-over claim: the statement's, and what payers and people did after its day.

Entries dated up to that day are contained in the statement. Where the files up to that day give the very amounts it
states, they take its place, and nothing here is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from events.followup import AppealFiled, ClaimWrittenOff
from events.values import ZERO
from projections.claims.carried_statement import Carried
from projections.claims.entries import effective_entries
from projections.claims.money import Owed, StatedTotals, after_people, answers_of, contractual, is_voided, received
from projections.claims.repeated_answers import Counted
from projections.claims.state import Account, Entry, PersonAct, Recoupment
from projections.rules.adjustment_codes import DenialTable
from projections.tables.vocabulary import ClaimStatus, EntryKind


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFigures:
    """What files and people up to a day make of a claim; `charge` None where no file states one."""

    charge: Decimal | None
    paid: Decimal
    balance: Decimal
    answered: bool


def compared(carried: Carried, files: FileFigures) -> tuple[bool, tuple[str, ...]]:
    """Whether the files up to its day give the amounts stated; and in words where they contradict them.

    Files without an answer contradict no payment: the answer is merely not here.
    """
    told = [("charge", carried.charge, files.charge)] if files.charge is not None else []
    if files.answered:
        told += [("paid", carried.paid, files.paid), ("balance", carried.balance, files.balance)]
    differ = tuple(
        f"{name} {stated:.2f} carried over, {filed:.2f} in the files" for name, stated, filed in told if stated != filed
    )
    same = (carried.charge, carried.paid, carried.balance) == (files.charge, files.paid, files.balance)
    return same, differ


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedSince:
    """What payers did after the day of a statement. Amounts in dollars.

    `back`: contractual amounts and patient's shares inside the statement that were taken back. `share`: the patient's
    share as the last answer leaves it; None where none came. `unpaired`: money taken back that neither files nor the
    statement know as paid, zero or more.
    """

    paid: Decimal
    unpaired: Decimal
    off: Decimal
    off_back: Decimal
    share: Decimal | None
    share_back: Decimal


def since(carried: Carried, accounts: Sequence[Account], table: DenialTable) -> MovedSince:
    """The movements after the day, of all payers."""
    later = [(a, [e for e in effective_entries(a.entries) if e.notice_date > carried.as_of]) for a in accounts]
    entries = [entry for _, found in later for entry in found]
    unpaired = -sum((entry.unpaired for entry in entries), ZERO)
    unseen = min(unpaired, max(carried.paid, ZERO))
    taken = [e for e in entries if e.undone or (e.kind == EntryKind.REVERSAL and not e.applied and unseen)]
    back = [
        Counted(e, (*e.adjustments, *(a for line in e.lines for a in line.adjustments)), e.patient_share) for e in taken
    ]
    standing = [[x for x in answers_of(a, found) if x.entry.counts] for a, found in later if found]
    payments = [answers for answers in standing if any(x.entry.kind == EntryKind.PAYMENT for x in answers)]
    off_back = min(max(-sum((contractual(x, table) for x in back), ZERO), ZERO), carried.taken_off)
    off = max((sum((contractual(x, table) for x in answers), ZERO) for answers in standing), default=ZERO)
    moved = sum((received(entry) for entry in entries), ZERO) - unseen
    paid = max(moved, -max(carried.paid, ZERO))  # nobody can take back more than was paid by then
    return MovedSince(
        paid=paid,
        unpaired=unpaired - unseen + paid - moved,
        off=max(off - (carried.taken_off - off_back), ZERO),
        off_back=off_back,
        share=sum((x.patient_responsibility for x in payments[-1]), ZERO) if payments else None,
        share_back=min(max(-sum((x.patient_responsibility for x in back), ZERO), ZERO), carried.patient_share),
    )


def carried_owed(
    carried: Carried,
    charge: Decimal,
    accounts: Sequence[Account],
    moved: MovedSince,
    acts: Iterable[PersonAct],
    *,
    taken: Decimal = ZERO,
) -> Owed:
    """The balance now. `charge`: of the newest submission; `acts` after the day; `taken` recouped after it."""
    if is_voided(accounts):
        return after_people(taken - carried.paid - moved.paid, ZERO, acts, paid_in=carried.patient_paid)
    share = carried.patient_share - moved.share_back if moved.share is None else moved.share
    shifted = share - carried.patient_share
    rebilled = charge - carried.charge if _billed_since(carried, accounts) else ZERO
    payer = carried.payer_balance + rebilled - moved.paid - moved.off + moved.off_back - shifted
    return after_people(payer + taken, carried.patient_balance + shifted, acts, paid_in=carried.patient_paid)


def carried_totals(carried: Carried, moved: MovedSince, stated: StatedTotals) -> StatedTotals:
    """What payers said of the claim, the statement and what came since together."""
    allowed = stated.allowed or (carried.charge - carried.adjusted if carried.adjusted is not None else ZERO)
    share = carried.patient_share - moved.share_back if moved.share is None else moved.share
    return StatedTotals(carried.paid + moved.paid - moved.unpaired, allowed, share, -moved.unpaired)


class ClaimAmounts(NamedTuple):
    """A claim's charge, what is owed, what payers said, and what they recouped of it."""

    charge: Decimal
    balance: Owed
    stated: StatedTotals
    taken: Decimal


def carried_amounts(
    carried: Carried | None,
    accounts: Sequence[Account],
    later: Sequence[PersonAct],
    recoupments: Iterable[Recoupment],
    table: DenialTable,
    *,
    files: ClaimAmounts,
) -> ClaimAmounts:
    """The money of a claim: as `files` tell it, or from the statement where the balance counts from it.

    `later`: what people did after its day.
    """
    if carried is None or not carried.anchors:
        return files
    moved = since(carried, accounts, table)
    charge = (
        files.charge if any(a.seen and a.bills for account in accounts for a in account.attempts) else carried.charge
    )
    taken = _recouped_since(carried, recoupments, carried.paid + moved.paid)
    balance = carried_owed(carried, charge, accounts, moved, later, taken=taken)
    return ClaimAmounts(charge, balance, carried_totals(carried, moved, files.stated), taken)


def _recouped_since(carried: Carried, found: Iterable[Recoupment], paid: Decimal) -> Decimal:
    """What the payer recouped after the day, never more than it is known to have paid."""
    later = (one for one in found if one.counts and (one.on is None or one.on > carried.as_of))
    return min(max(sum((one.amount for one in later), ZERO), ZERO), max(paid, ZERO))


def carried_status(
    carried: Carried | None, accounts: Sequence[Account], balance: Owed, acts: Iterable[PersonAct]
) -> ClaimStatus | None:
    """The claim's one word as the statement knows it.

    None where the balance does not count from it, or where a payer answered, a new claim was sent, or people appealed
    or wrote it off since: then it is found as always.
    """
    if carried is None or not carried.anchors:
        return None
    if any(isinstance(act.data, AppealFiled | ClaimWrittenOff) for act in acts):
        return None
    if _billed_since(carried, accounts) or any(_came_since(e, carried.as_of) for a in accounts for e in a.entries):
        return None
    if balance.payer > ZERO:
        return _owed_status(carried)
    if balance.patient > ZERO:
        return ClaimStatus.PATIENT_DUE
    return ClaimStatus.CLOSED if balance.payer == balance.patient == ZERO else ClaimStatus.PAID


def _owed_status(carried: Carried) -> ClaimStatus:
    if carried.was_denied:
        return ClaimStatus.PARTIALLY_DENIED if carried.paid > ZERO else ClaimStatus.DENIED
    return ClaimStatus.REJECTED if carried.was_rejected else ClaimStatus.IN_FLIGHT


def _came_since(entry: Entry, as_of: date) -> bool:
    return entry.is_decision and entry.notice_date > as_of


def _billed_since(carried: Carried, accounts: Sequence[Account]) -> bool:
    """Whether files know a submission to this payer sent after the day: it may have another charge."""
    return any(
        attempt.seen and attempt.bills and attempt.sent_at.date() > carried.as_of
        for account in accounts
        for attempt in account.attempts
    )
