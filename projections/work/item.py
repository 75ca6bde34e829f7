"""An item of a worklist, and the one documented order of all lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from projections import calendar
from projections.claims.state import Account, ClaimState
from projections.disciplines import disciplines_named
from projections.tables.vocabulary import ListKind
from projections.tables.work_acts import ItemClosed


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """`due`: the next milestone; `lost_on`: when the money is gone for good. `item` is stable within claim and kind.

    `snoozed_until`: the list shows the item from that instant on. `clocks`: the kinds of deadline that decide about it.
    `done`: who closed it, when and why, where it is kept for the list of done items. Without `due` or `lost_on` the
    explanation says why there is none (see `explained`). `remit`: the remittance that an unmatched payment came in.
    `amount_unknown`: nobody knows what it is worth; the amount is then 0 for order and sums alone, and is shown as
    unknown. `outer_limit`: where `lost_on` is not known, the day beyond which the law lets it be no later.
    `payer_sequence`: the payer's place on the claim (P, S or T), where it has one alone.
    """

    kind: ListKind
    claim_id: str
    payer_id: str
    patient_id: str | None
    item: str
    due: date | datetime | None
    lost_on: date | None
    amount_at_risk: Decimal
    category: str | None
    discipline: str | None
    reason: str
    next_action: str
    assignee: str | None = None
    snoozed_until: datetime | None = None
    explanation: tuple[str, ...] = ()
    clocks: tuple[str, ...] = ()
    done: ItemClosed | None = None
    remit: str | None = None
    amount_unknown: bool = False
    outer_limit: date | None = None
    payer_sequence: str | None = None


NO_DUE, NO_LAST_DAY, NO_DATE = "No due date: ", "No last day: ", "No date: "
# Why an item of a list has no date, where neither the item nor its clocks say so: an answer for every list.
_OTHER_WINDOWS = "the claim's own filing, appeal and reopening windows decide"
_WHOSE = "it is not known yet which claim it belongs to"
_NO_LIMIT = "the payer's filing limit is not known"
NO_DUE_BY_KIND: Mapping[str, str] = {
    ListKind.REJECTION: "the practice has set no time for corrections",
    ListKind.DENIAL: "no remedy with a known date is left",
    ListKind.FILING: _NO_LIMIT,
    ListKind.UNDERPAYMENT: "no dispute window is known",
    ListKind.OVERPAYMENT: "nothing is refunded until it is certain who is owed",
    ListKind.UNMATCHED: _WHOSE,
    ListKind.MISSING_ACK: "no response date is known",
    ListKind.THRESHOLD: _OTHER_WINDOWS,
    ListKind.READINESS: "its claim was already sent; correct it before the payer answers",
    ListKind.UNBILLED: "the practice has set no time for billing",
    ListKind.SECONDARY: "the next payer's filing limit is not known",
    ListKind.AUTHORIZATION: "the next visit is not known",
    ListKind.PLAN_OF_CARE: "no first treatment date is known",
    ListKind.ELIGIBILITY: "the next visit is not known",
    ListKind.DEPOSIT: "no rule sets one",
    ListKind.UNIDENTIFIED: "no rule sets one; it counts for no claim until a person decides",
}
NO_LAST_DAY_BY_KIND: Mapping[str, str] = {
    ListKind.REJECTION: _NO_LIMIT,
    ListKind.DENIAL: "no remedy with a known last day is left",
    ListKind.FILING: _NO_LIMIT,
    ListKind.UNDERPAYMENT: "no dispute or appeal window is known",
    ListKind.OVERPAYMENT: "money to be returned is not lost by waiting; interest or penalties may follow",
    ListKind.UNMATCHED: _WHOSE,
    ListKind.MISSING_ACK: "the payer has the claim, so its filing limit no longer runs",
    ListKind.THRESHOLD: _OTHER_WINDOWS,
    ListKind.READINESS: _NO_LIMIT,
    ListKind.UNBILLED: _NO_LIMIT,
    ListKind.SECONDARY: "the payer that it was sent on to decides, and its terms are not known",
    ListKind.AUTHORIZATION: "the filing and appeal windows of each claim decide",
    ListKind.PLAN_OF_CARE: "a delayed certification is accepted",
    ListKind.ELIGIBILITY: "the filing and appeal windows of each claim decide",
    ListKind.DEPOSIT: "the money is not lost by waiting",
    ListKind.UNIDENTIFIED: "the windows of the claims it is about decide, once they are known",
}


def explained(item: WorkItem) -> tuple[str, ...]:
    """The explanation, which also says why the item has no due date or no last day."""
    told = list(item.explanation)
    for day, opening, by_kind in (
        (item.due, NO_DUE, NO_DUE_BY_KIND),
        (item.lost_on, NO_LAST_DAY, NO_LAST_DAY_BY_KIND),
    ):
        if day is None and not any(line.startswith(opening) for line in told):
            told.append(opening + (_said(told, opening) or _said(told, NO_DATE) or by_kind[item.kind]))
    return tuple(told)


def _said(lines: Sequence[str], opening: str) -> str | None:
    """What a clock among them says after these words."""
    return next((line.split(opening, 1)[1] for line in lines if opening in line), None)


EVER = datetime.min.replace(tzinfo=UTC)  # of items of which no instant is known at which they came up


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """An item and the instant it came up: what people did earlier was about something else."""

    item: WorkItem
    since: datetime


def discipline_of(state: ClaimState, account: Account | None = None) -> str | None:
    """PT, OT or SLP by the therapy modifiers of the lines; None where there are none or several."""
    lists = [line.modifiers for line in state.lines]
    if account is not None and not lists:
        lists = [line.modifiers for attempt in account.attempts[-1:] for line in attempt.lines]
    return single(disciplines_named(modifier for modifiers in lists for modifier in modifiers))


def single(values: Iterable[str]) -> str | None:
    found = set(values)
    return found.pop() if len(found) == 1 else None


def earliest(days: Sequence[date | datetime], zone: ZoneInfo) -> date | datetime | None:
    """The one that is overdue first."""
    return min(days, key=lambda day: calendar.overdue_at(day, zone), default=None)
