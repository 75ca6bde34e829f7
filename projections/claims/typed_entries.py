"""Answers typed from a paper EOB whose 835 came later: they count no more and stay visible as evidence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from events.values import ZERO
from projections.history import EventId, LoggedEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedEntry:
    """What was typed, by whom, of which check. `paid` in dollars."""

    event: EventId
    entered_by: str
    check_number: str | None
    payment_date: date | None
    paid: Decimal


def typed_before(events: Iterable[LoggedEvent]) -> tuple[TypedEntry, ...]:
    return tuple(_typed(event) for event in events)


def _typed(event: LoggedEvent) -> TypedEntry:
    data = event.data
    return TypedEntry(
        event=event.name,
        entered_by=data.entered_by or "",
        check_number=data.remit.trace_number,
        payment_date=data.remit.payment_date,
        paid=data.paid or ZERO,
    )
