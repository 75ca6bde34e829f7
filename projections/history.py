"""What is known of a key: its events after the cut, without the withdrawn ones, in business order.

The order is by what the sender or payer itself dated, never by arrival, so that every shuffle of the same events
folds to the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from events.claim import ClaimSubmitted
from events.followup import EventWithdrawn
from events.registry import RANK

EventId = tuple[str, str]  # (source, id) within a practice


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEvent:
    """A logged event as a fold sees it. `time`: when it became true for us; `recorded_at`: when the log learned it."""

    source: str
    id: str
    type: str
    subject: str
    time: datetime
    recorded_at: datetime
    data: Any  # the Fact that belongs to the type
    supersedes: EventId | None = None
    rawref: str | None = None

    @property
    def name(self) -> EventId:
        return (self.source, self.id)


class OfKinds:
    """Whether data is of one of some types, remembered by its type.

    Folds ask it of each event many times, and each pydantic class that `isinstance` tries in vain takes its time.
    """

    def __init__(self, *kinds: type) -> None:
        self._kinds = kinds
        self._known: dict[type, bool] = {}

    def __call__(self, data: object) -> bool:
        kind = type(data)
        known = self._known.get(kind)
        if known is None:
            known = self._known[kind] = issubclass(kind, self._kinds)
        return known


def effective_events(history: Iterable[LoggedEvent], zone: ZoneInfo) -> list[LoggedEvent]:
    """The events in effect, in business order."""
    return sorted(_standing(list(history)), key=lambda event: business_order(event, zone))


def _standing(history: Sequence[LoggedEvent]) -> list[LoggedEvent]:
    """Without the events that another effective event withdraws or supersedes (an undone undo is in effect again)."""
    against: dict[EventId, list[LoggedEvent]] = {}
    for event in history:
        for target in _targets(event):
            against.setdefault(target, []).append(event)
    if not against:
        return list(history)
    verdicts: dict[EventId, bool] = {}
    return [h for h in history if _stands(h, against, verdicts) and h.type != "event.withdrawn.v1"]


def _targets(event: LoggedEvent) -> Sequence[EventId]:
    if event.supersedes is None and not isinstance(event.data, EventWithdrawn):
        return ()
    targets = [event.supersedes] if event.supersedes else []
    if isinstance(event.data, EventWithdrawn):
        targets.append((event.data.source, event.data.id))
    return [target for target in targets if target != event.name]


def _stands(event: LoggedEvent, against: Mapping[EventId, list[LoggedEvent]], verdicts: dict[EventId, bool]) -> bool:
    if event.name not in verdicts:
        verdicts[event.name] = True  # a circle of corrections leaves its first member in effect
        verdicts[event.name] = not any(_stands(opponent, against, verdicts) for opponent in against.get(event.name, ()))
    return verdicts[event.name]


def business_order(event: LoggedEvent, zone: ZoneInfo) -> tuple[Any, ...]:
    """The sender's own date, then time, the place in its file, a fixed rank of types, and identity last."""
    data = event.data
    return (
        stated_day(event, zone),
        event.time,
        data.file_position(),
        RANK.get(event.type, len(RANK)),
        event.source,
        event.id,
    )


def stated_day(event: LoggedEvent, zone: ZoneInfo) -> date:
    """The sender's or payer's own date (of a remittance, its notice date), else the local day of its time."""
    stated: date | None = event.data.business_date()
    return stated or event.time.astimezone(zone).date()


def sent_at(data: ClaimSubmitted, time: datetime) -> datetime:
    """The instant a submission left: BHT04/05 where given, else the event's own time."""
    return data.submission.sent_at if data.submission and data.submission.sent_at else time
