"""An item of a worklist, and the one documented order of all lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from projections import calendar
from projections.claims.state import Account, ClaimState
from projections.disciplines import disciplines_named
from projections.work.kinds import ORDER


@dataclass(frozen=True, slots=True)
class WorkItem:
    """`due`: the next milestone; `lost_on`: when the money is gone for good. `item` is stable within claim and kind.

    `snoozed_until`: the list shows the item from that instant on. `clocks`: the kinds of deadline that decide about it.
    """

    kind: str
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


EVER = datetime.min.replace(tzinfo=UTC)  # of items of which no instant is known at which they came up


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """An item and the instant it came up: what people did earlier was about something else."""

    item: WorkItem
    since: datetime


def order_key(item: WorkItem, at: datetime, zone: ZoneInfo) -> tuple[Any, ...]:
    """An item's place among others at an instant, by the one ORDER of all lists."""
    overdue = item.due is not None and at >= calendar.overdue_at(item.due, zone)
    values: dict[str, Any] = {
        "lost_on": item.lost_on or date.max, "overdue": 0 if overdue else 1, "amount_order": -item.amount_at_risk,
        "claim_id": item.claim_id, "kind": item.kind, "item": item.item,
    }  # fmt: skip
    return tuple(values[name] for name in ORDER)


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
