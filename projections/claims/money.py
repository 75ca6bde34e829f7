"""What is still owed on a claim, and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from events.claim import VOID_CLAIM
from events.followup import ClaimWrittenOff, PatientPaid, RefundSent
from events.values import ZERO
from projections.claims.entries import effective_entries
from projections.claims.repeated_answers import Counted, as_stated, counted
from projections.claims.state import Account, Entry, PersonAct
from projections.rules.adjustment_codes import DenialTable
from projections.tables.vocabulary import EntryKind


class Owed(NamedTuple):
    """Dollars outstanding. A negative payer share is money of theirs that we hold.

    `returned`: what was refunded to the patient.
    """

    payer: Decimal
    patient: Decimal
    written_off: Decimal
    returned: Decimal = ZERO


class StatedTotals(NamedTuple):
    """What the payers said of a claim. `unpaired` is the part of `paid` that no balance knows."""

    paid: Decimal
    allowed: Decimal
    patient: Decimal
    unpaired: Decimal


def stated_totals(accounts: Sequence[Account]) -> StatedTotals:
    """Paid by all payers; allowed by the first, to the patient as the last that decided left it.

    Each payer in sequence states the same dollars again (X12 RFI 2143): adding them would count them twice.
    """
    answered = [(account, entries) for account in accounts if (entries := effective_entries(account.entries))]
    all_entries = [entry for _, entries in answered for entry in entries]
    first = answered[0][1] if answered else []
    decided = [entries for account, entries in answered if any(not e.is_denial for e in account.standing_entries)]
    last = decided[-1] if decided else first
    return StatedTotals(
        sum((entry.paid for entry in all_entries), ZERO),
        sum((entry.allowed for entry in first), ZERO),
        sum((entry.patient_responsibility for entry in last), ZERO),
        sum((entry.unpaired for entry in all_entries), ZERO),
    )


def is_voided(accounts: Sequence[Account]) -> bool:
    """The first payer was last notified that the claim is void, and did not reject the void."""
    last = accounts[0].last_attempt if accounts else None
    return last is not None and last.frequency == VOID_CLAIM and not last.rejections


UNDECIDED = (
    EntryKind.REJECTION,
    EntryKind.DUPLICATE,
    EntryKind.FORWARDED,
)  # answers that state the charge and settle nothing of it
TOLD_CHARGES = (EntryKind.PAYMENT, EntryKind.DENIAL, EntryKind.REJECTION, EntryKind.FORWARDED)


def charge_of(accounts: Sequence[Account]) -> Decimal:
    """The newest submitted charge; for a claim never submitted, what the entries in effect state."""
    for account in accounts:
        for attempt in reversed(account.attempts):
            if attempt.frequency != VOID_CLAIM and (attempt.lines or attempt.total_charge):
                return attempt.total_charge
    if not accounts:
        return ZERO
    first = accounts[0]
    standing = [e for e in first.entries if e.kind in TOLD_CHARGES and not e.undone]
    return sum((entry.charge for entry in standing), ZERO)


def stated_charges(accounts: Sequence[Account]) -> Decimal:
    """What the answers to a claim we never sent were about: it balances what they post."""
    first = accounts[0].entries if accounts else ()
    about = (e for e in first if e.counts or e.kind in UNDECIDED)
    return sum((e.charge for e in about if not e.undone), ZERO)


def owed(
    charge: Decimal,
    accounts: Sequence[Account],
    acts: Iterable[PersonAct],
    table: DenialTable,
    *,
    taken: Decimal = ZERO,
) -> Owed:
    """The balance after all answers and payments.

    A payer's answer takes off what it paid, what it may contractually take off, and what it lays on the patient. What
    it denied stays with the payer until a person decides: a denial is never a silent write-off. Behind a first payer
    the next one answers for the patient's share only, so contractual amounts are not taken off twice; nor are they
    where a payer answers the same line again. `taken`: what a payer recouped by provider adjustments (PLB).
    """
    if is_voided(accounts):
        paid = sum((received(e) for account in accounts for e in effective_entries(account.entries)), ZERO)
        return after_people(taken - paid, ZERO, acts)
    payer, patient = charge, ZERO
    for position, account in enumerate(accounts):
        entries = effective_entries(account.entries)
        if not entries:
            continue
        answers = answers_of(account, entries)
        if position == 0:
            shift = sum((answer.patient_responsibility for answer in answers), ZERO)
            gone = sum((received(answer.entry) + contractual(answer, table) for answer in answers), ZERO)
            payer, patient = payer - gone - shift, patient + shift
        else:
            payer, patient = _after_secondary(payer, patient, answers, table)
    return after_people(payer + taken, patient, acts)


def answers_of(account: Account, entries: Sequence[Entry]) -> list[Counted]:
    """What counts of each answer. Of a claim that was never sent nobody can know what is said twice."""
    billing = (a for a in reversed(account.attempts) if a.frequency != VOID_CLAIM and (a.lines or a.total_charge))
    sent = next(billing, None)
    if sent is None:
        return as_stated(entries)
    return counted(entries, sent.lines, sent.total_charge)


def _after_secondary(
    payer: Decimal, patient: Decimal, answers: Sequence[Counted], table: DenialTable
) -> tuple[Decimal, Decimal]:
    """A later payer answers for the patient's share; what it leaves to the patient is the share from now on.

    Where the first payer left its own part open (it denied), the later one answers for that as a first payer would.
    """
    paid = sum((received(answer.entry) for answer in answers), ZERO)
    standing = [answer for answer in answers if answer.entry.counts]
    share = sum((answer.patient_responsibility for answer in standing), ZERO)
    if payer > ZERO:
        off = sum((contractual(answer, table) for answer in standing), ZERO)
        return payer - paid - min(off, max(payer - paid - share, ZERO)) - share, patient + share
    if not standing or all(answer.entry.is_denial for answer in standing):
        return payer, patient - paid
    left = payer + patient - paid
    refused = sum((_refused(answer, table) for answer in standing), ZERO)
    return min(left, ZERO), min(share + refused, max(left, ZERO))


def received(entry: Entry) -> Decimal:
    """What an entry brought, or took of what was seen here; what takes back a payment never seen is kept apart."""
    return entry.paid - entry.unpaired


def contractual(answer: Counted, table: DenialTable) -> Decimal:
    """What came off for good: every adjustment that neither denies nor lays on the patient."""
    return sum(
        (a.amount for a in answer.adjustments if a.group != "PR" and not table.is_denial_code(a.group, a.reason)), ZERO
    )


def _refused(answer: Counted, table: DenialTable) -> Decimal:
    return sum(
        (a.amount for a in answer.adjustments if a.group != "PR" and table.is_denial_code(a.group, a.reason)), ZERO
    )


def after_people(payer: Decimal, patient: Decimal, acts: Iterable[PersonAct], *, paid_in: Decimal = ZERO) -> Owed:
    """A refund is the payer's where we hold its money, else the patient's where the patient paid in so much.

    `paid_in`: what the patient had paid before.
    """
    written_off = returned = ZERO
    for act in acts:
        match act.data:
            case PatientPaid(amount=amount):
                patient, paid_in = patient - amount, paid_in + amount
            case RefundSent(amount=amount) if payer >= ZERO and amount <= paid_in - returned:
                patient, returned = patient + amount, returned + amount
            case RefundSent(amount=amount):
                payer += amount
            case ClaimWrittenOff(amount=amount):
                gone = max(payer + patient, ZERO) if amount is None else amount
                from_payer = min(gone, max(payer, ZERO))
                payer, patient = payer - from_payer, patient - (gone - from_payer)
                written_off += gone
    return Owed(payer, patient, written_off, returned)
