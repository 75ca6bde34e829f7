"""The deposit list: money without advice, advice without money, amounts that differ."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from projections.calendar import start_of_day
from projections.deadlines.base import say_day
from projections.rows.deposits import WINDOW, DepositMatch, Transfer
from projections.tables.vocabulary import DepositState, ListKind
from projections.work.item import EVER, ItemDraft, WorkItem
from projections.work.people import with_people

_ACTIONS = {
    DepositState.NO_ADVICE: "Find its remittance: ask the payer or clearinghouse for the 835, or enter the paper EOB",
    DepositState.NO_MONEY: "Look for the payment at the bank; if it never arrived, ask the payer to trace the payment",
    DepositState.DIFFERING: "Compare the bank's amount with the remittance; ask the payer about the difference",
}


def deposit_items(matches: Iterable[DepositMatch], zone: ZoneInfo, *, banked: bool) -> list[WorkItem]:
    """One for each match that is not settled.

    A remittance without money waits a week first, and is work only in a practice that takes in its deposits (`banked`).
    """
    open_matches = [
        match
        for match in matches
        if match.state != DepositState.MATCHED and (banked or match.state != DepositState.NO_MONEY)
    ]
    found: list[WorkItem] = []
    for match in open_matches:
        acts = [act for one in match.everything for act in one.work]
        found += with_people([ItemDraft(_item(match, zone), EVER)], acts, zone)
    return found


def item_of(match: DepositMatch) -> str:
    """The name of its item: the same money in another state is a new matter."""
    return f"{match.state.value} {match.name}"


def _item(match: DepositMatch, zone: ZoneInfo) -> WorkItem:
    first = (match.deposits or match.remittances)[0]
    return WorkItem(
        kind=ListKind.DEPOSIT,
        claim_id="",
        payer_id=first.name or first.sender or "",
        patient_id=None,
        item=item_of(match),
        due=None,
        lost_on=None,
        amount_at_risk=_at_risk(match),
        category=match.state.value,
        discipline=None,
        reason=_reason(match),
        next_action=_ACTIONS[match.state],
        snoozed_until=_waits(match, zone),
        explanation=tuple(_steps(match)),
    )


def _at_risk(match: DepositMatch) -> Decimal:
    return abs(match.deposited - match.remitted)


def _reason(match: DepositMatch) -> str:
    if match.state == DepositState.NO_ADVICE:
        return f"Deposit without a remittance: {_words(match.deposits[0])}"
    if match.state == DepositState.NO_MONEY:
        return f"Remittance without a deposit: {_words(match.remittances[0])}"
    return f"Deposited {match.deposited:.2f} for remittances of {match.remitted:.2f}"


def _words(one: Transfer) -> str:
    on = f" on {say_day(one.on)}" if one.on else ""
    trace = f", trace {one.trace}" if one.trace else ""
    return f"{one.amount:.2f}{on}{trace}"


def _steps(match: DepositMatch) -> Iterable[str]:
    for one in match.deposits:
        yield f"Deposit: {_words(one)}"
    for one in match.remittances:
        yield f"Remittance: {_words(one)}"
    if match.matched_by:
        yield f"Matched by {match.matched_by}"
    yield f"Searched by trace number, by amount within {WINDOW.days} days, and by the total of a day"
    yield "No due date: no rule sets one"
    yield "No last day: the money is not lost by waiting"


def _waits(match: DepositMatch, zone: ZoneInfo) -> datetime | None:
    """A payment's own date runs ahead of the bank's."""
    if match.state != DepositState.NO_MONEY or match.on is None:
        return None
    return start_of_day(match.on + WINDOW + timedelta(days=1), zone)
