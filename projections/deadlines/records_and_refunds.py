"""Clocks on what we owe others: records asked for, money to return."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from events.claim import VOID_CLAIM
from events.followup import RECORDS_SENT, PatientPaid, RecordsRequested, RefundSent, WorkResolved
from events.values import ZERO
from projections import calendar
from projections.claims.state import Account, Entry, PersonAct
from projections.deadlines.anchors import AnchorDay
from projections.deadlines.base import OPEN, Case, Deadline, payer_of, say_day, verdict
from projections.deadlines.reckoning import reckon
from projections.history import EventId
from projections.rules.policies import Dates, Missing, NotGranted, Terms

RECORD_LISTS = ("records", "denial", "today")


def records_deadlines(case: Case) -> list[Deadline]:
    """One clock for each request for records: the date it names, else the usual 45 days."""
    return [_records(case, act) for act in case.acts if isinstance(act.data, RecordsRequested)]


def _records(case: Case, act: PersonAct) -> Deadline:
    due, rule, steps = _records_due(case, act)
    sent = _records_sent(case, act)
    words = (
        f"Stopped: sent {case.say(sent.time)}"
        if sent
        else "Would stop it: the records are sent (resolution records_sent)"
    )
    current = case.state.current
    return Deadline(
        "records", current.payer_id if current else "", due, None,
        verdict(due, sent.time, case.zone) if sent else OPEN, act.event, act.time,
        sent.event if sent else None, sent.time if sent else None, rule, steps, ending=(words,),
    )  # fmt: skip


def _records_sent(case: Case, asked: PersonAct) -> PersonAct | None:
    """The first word that the records were sent, unless it names the item of another request."""
    requests = (a.event for a in case.acts if isinstance(a.data, RecordsRequested))
    mine, others = records_item(asked.event), [records_item(event) for event in requests if event != asked.event]
    for act in case.acts:
        data = act.data
        if isinstance(data, WorkResolved) and data.worklist in RECORD_LISTS and data.resolution in RECORDS_SENT:
            elsewhere = not data.names(mine) and any(data.names(other) for other in others)
            if act.time >= asked.time and not elsewhere:
                return act
    return None


def records_item(request: EventId) -> str:
    """The name of a request's own item on the worklist."""
    return f"records {request[1]}"


def _records_due(case: Case, act: PersonAct) -> tuple[date | None, str, tuple[str, ...]]:
    stated = act.data.due_on if isinstance(act.data, RecordsRequested) else None
    if stated is not None:
        return stated, "the request", (f"The request itself names {say_day(stated)}",)
    day = case.day(act.time)
    if by_policy := _records_term(case, act, day):
        return by_policy
    ruling = case.terms.pack("records", day)
    if ruling is None:
        return None, "", ("No date: the request names none and no rule covers this day",)
    days = int(ruling.values["length"])
    due = calendar.add_days(day, days)
    return due, ruling.name, (f"{ruling.name}: {days} days, since the request names no date",
                              f"{say_day(day)} + {days} days = {say_day(due)}")  # fmt: skip


def _records_term(case: Case, act: PersonAct, day: date) -> tuple[date | None, str, tuple[str, ...]] | None:
    """What the payer's policy says of requests that name no day; None where it says nothing."""
    account = case.state.current
    if account is None:
        return None
    term = case.terms.window("records", payer_of(account), Dates(day, case.state.dos))
    if isinstance(term, NotGranted) or (isinstance(term, Missing) and not term.rule):
        return None
    asked = AnchorDay(day, "the request for records", act.event, day)
    reckoned = reckon(term, lambda _anchor: asked, case.terms)
    return reckoned.due, reckoned.rule, reckoned.steps


class Credit(NamedTuple):
    """Money that is not ours. `payer_id` is empty where it is the patient's; `words` say what the credit began with."""

    payer_id: str
    event: EventId
    start: datetime
    words: str
    amount: Decimal


class RefundDue(NamedTuple):
    due: date | None
    rule: str
    steps: tuple[str, ...]


def refund_deadlines(case: Case) -> list[Deadline]:
    """Money that is not ours: of a payer (a payment on a voided claim, a credit balance), or of the patient."""
    state = case.state
    refunded = sum((act.data.amount for act in case.acts if isinstance(act.data, RefundSent)), ZERO) - state.returned
    found = []
    paid = _last_payment(state.accounts)
    if paid is not None and min(state.payer_balance, state.payer_balance - refunded) < ZERO:
        found.append(_refund(case, Credit(paid[0].payer_id, *_credit_start(case, *paid), -state.payer_balance)))
    if state.patient_balance - state.returned < ZERO:
        act = next((a for a in reversed(case.acts) if isinstance(a.data, PatientPaid)), None)
        if act is not None:
            words = f"the patient's payment of {say_day(case.day(act.time))}"
            found.append(_refund(case, Credit("", act.event, act.time, words, -state.patient_balance)))
    return found


def _last_payment(accounts: tuple[Account, ...]) -> tuple[Account, Entry] | None:
    paid = [(a, e) for a in accounts for e in a.entries if e.kind == "payment" and e.paid > ZERO and not e.undone]
    return max(paid, key=lambda pair: (pair[1].received_at, pair[1].event), default=None)


def _credit_start(case: Case, account: Account, entry: Entry) -> tuple[EventId, datetime, str]:
    """The credit exists from the payment, or from the void that came after it."""
    last = account.last_attempt
    if case.state.status == "voided" and last and last.frequency == VOID_CLAIM and last.sent_at > entry.received_at:
        return last.event, last.sent_at, f"the void of the paid claim on {say_day(case.day(last.sent_at))}"
    return entry.event, entry.received_at, f"the payment of {say_day(entry.notice_date)}"


def _refund(case: Case, credit: Credit) -> Deadline:
    start = credit.start
    day = case.day(start)
    due, rule, steps = refund_due(case.terms, day, credit.words)
    sent = next((a for a in reversed(case.acts) if isinstance(a.data, RefundSent) and a.time >= start), None)
    ended = sent if sent is not None and _settled(case, credit.payer_id) else None
    words = f"Credit {credit.amount}; would stop it: the refund, or the payer taking it back"
    words = f"Stopped: refunded {case.say(ended.time)}" if ended else words
    return Deadline(
        "refund", credit.payer_id, due, None, verdict(due, ended.time, case.zone) if ended else OPEN,
        credit.event, start, ended.event if ended else None, ended.time if ended else None, rule, steps,
        ending=(words,),
    )  # fmt: skip


def refund_due(terms: Terms, day: date, words: str = "the notice") -> RefundDue:
    """When money received or noticed on a day has to be back, were it a true overpayment (42 CFR 401.305)."""
    ruling = terms.pack("refund", day)
    if ruling is None:
        return RefundDue(None, "", ("No date: no rule covers this day",))
    days = int(ruling.values["length"])
    due, rule = calendar.add_days(day, days), ruling.name
    return RefundDue(due, rule, (f"{rule}: {days} days from {words}", f"{say_day(day)} + {days} days = {say_day(due)}"))


def _settled(case: Case, payer_id: str) -> bool:
    return (case.state.payer_balance if payer_id else case.state.patient_balance) >= ZERO


def hold_until(case: Case, account: Account) -> datetime | None:
    """A corrected payment may precede the reversal of the first: until then a double payment raises no alarm."""
    paid = [entry for entry in account.standing_entries if entry.paid > ZERO]
    if len(paid) < 2 or case.state.status == "voided":
        return None
    newest = max(paid, key=lambda entry: entry.received_at)
    ruling = case.terms.pack("refund", case.day(newest.received_at))
    days = ruling.values.get("hold_days") if ruling else None
    return calendar.add_hours(newest.received_at, 24 * days) if isinstance(days, int) else None
