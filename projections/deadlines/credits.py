"""Credit balances: what kind of credit it is, whose money, since when, and whether it is sure enough to act on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from events.claim import VOID_CLAIM
from events.followup import PatientPaid, RefundSent
from events.values import ZERO
from projections.claims.carried_statement import Carried
from projections.claims.repeated_answers import answered_lines
from projections.claims.state import Account, ClaimState, Entry
from projections.deadlines.base import Case, say_day
from projections.history import EventId
from projections.tables.vocabulary import ClaimStatus, EntryKind


class CreditKind(StrEnum):
    """How a credit came about. `IN_DOUBT`: the payer's own figures do not show it."""

    VOIDED = "voided"
    PAID_TWICE = "paid_twice"
    ADDED_LINE = "added_line"
    OVERPAID = "overpayment"
    IN_DOUBT = "credit_in_doubt"
    PATIENT = "patient_credit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Money that is not ours. `payer_id` is empty where it is the patient's; `words` say what the credit began with.

    `amount`: what of it is still here. `doubt`: why nobody should return it before the payer explained it.
    """

    kind: CreditKind
    payer_id: str
    event: EventId
    start: datetime
    words: str
    amount: Decimal
    doubt: str = ""


def credits_of(case: Case) -> list[Credit]:
    """The payer's and the patient's credits on a claim, those that were returned since included."""
    found = [_payer_credit(case), _patient_credit(case)]
    return [credit for credit in found if credit is not None]


def _payer_credit(case: Case) -> Credit | None:
    state = case.state
    if "duplicate_suspect" in state.flags:
        return None  # of several visits or patients under one number: see the list of unidentified responses
    paid = _last_payment(state.accounts)
    returned = sum((act.data.amount for act in case.acts if isinstance(act.data, RefundSent)), ZERO) - state.returned
    if paid is None and state.carried is not None and state.carried.anchors and state.answered_balance < ZERO:
        return _carried_credit(state, state.carried)
    if paid is None or min(state.answered_balance, state.answered_balance - returned - state.recouped) >= ZERO:
        return None
    account, entry = paid
    doubt = _doubt(account)
    kind = CreditKind.IN_DOUBT if doubt else _kind(case, account, entry)
    event, start, words = _start(case, account, entry)
    return Credit(
        kind=kind,
        payer_id=account.payer_id,
        event=event,
        start=start,
        words=words,
        amount=-state.answered_balance,
        doubt=doubt,
    )


def _carried_credit(state: ClaimState, carried: Carried) -> Credit:
    """A credit that the system used before left open: who paid it, and since when it is known, is not said."""
    return Credit(
        kind=CreditKind.IN_DOUBT,
        payer_id=carried.payer_id,
        event=carried.event,
        start=carried.time,
        words=f"before {say_day(carried.as_of)}, per the previous system's list",
        amount=-state.answered_balance,
        doubt="No date: the payment and the day the credit was identified were not carried over",
    )


def _last_payment(accounts: tuple[Account, ...]) -> tuple[Account, Entry] | None:
    paid = [
        (a, e) for a in accounts for e in a.entries if e.kind == EntryKind.PAYMENT and e.paid > ZERO and not e.undone
    ]
    return max(paid, key=lambda pair: (pair[1].received_at, pair[1].event), default=None)


def _doubt(account: Account) -> str:
    if any(not entry.balanced for entry in account.entries if entry.counts):
        return "The payer's remittance does not balance: request a corrected one before returning anything"
    return ""


def _kind(case: Case, account: Account, entry: Entry) -> CreditKind:
    if case.state.status == ClaimStatus.VOIDED:
        return CreditKind.VOIDED
    standing = [e for e in account.standing_entries if e.paid > ZERO]
    if any(e is not entry and not answered_lines([e]).isdisjoint(answered_lines([entry])) for e in standing):
        return CreditKind.PAID_TWICE
    if account.billed and any(line.line is None and line.paid > ZERO for line in entry.lines):
        return CreditKind.ADDED_LINE
    return CreditKind.OVERPAID


def _start(case: Case, account: Account, entry: Entry) -> tuple[EventId, datetime, str]:
    """The credit exists from the payment, or from the void that came after it."""
    last = account.last_attempt
    if (
        case.state.status == ClaimStatus.VOIDED
        and last
        and last.frequency == VOID_CLAIM
        and last.sent_at > entry.received_at
    ):
        return last.event, last.sent_at, f"the void of the paid claim on {say_day(case.day(last.sent_at))}"
    return entry.event, entry.received_at, f"the payment of {say_day(entry.notice_date)}"


def _patient_credit(case: Case) -> Credit | None:
    """What the patient paid above what is owed; not known before the payers said what the patient owes."""
    state = case.state
    act = next((a for a in reversed(case.acts) if isinstance(a.data, PatientPaid)), None)
    if act is None or state.patient_balance - state.returned >= ZERO:
        return None
    decided = any(entry.stands for account in state.accounts for entry in account.entries)
    voided = state.status == ClaimStatus.VOIDED
    if not voided and (not decided or state.answered_balance > ZERO):
        return None
    answers = [entry for account in state.accounts for entry in account.standing_entries]
    settled = max(answers, key=lambda entry: entry.received_at, default=None)
    if settled is not None and settled.received_at > act.time:
        event, start, words = (
            settled.event,
            settled.received_at,
            f"the payer's notice of {say_day(settled.notice_date)}",
        )
    else:
        event, start, words = act.event, act.time, f"the patient's payment of {say_day(case.day(act.time))}"
    return Credit(
        kind=CreditKind.PATIENT, payer_id="", event=event, start=start, words=words, amount=-state.patient_balance
    )
