"""What people did about an item: assigned, snoozed, noted, resolved. Undone acts are not in the state any more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from events.followup import WorkAssigned, WorkFact, WorkNoted, WorkResolved, WorkSnoozed
from events.registry import TYPES
from projections import calendar
from projections.claims.state import PersonAct
from projections.deadlines.base import say_instant
from projections.work.item import ItemDraft, WorkItem
from projections.work.kinds import EVERY_LIST

_KEPT = {"claim_id", "worklist", "item", "by", "assignee", "until", "note", "resolution"}


class WorkDone(NamedTuple):
    """One act, as every fold that fills a list is given it."""

    at: datetime
    data: WorkFact


def done(acts: Iterable[PersonAct]) -> list[WorkDone]:
    """What people did, of all the acts about a claim."""
    return [WorkDone(act.time, act.data) for act in acts if isinstance(act.data, WorkFact)]


def done_row(act: PersonAct, data: WorkFact) -> dict[str, Any]:
    """An act as JSON, for the folds of other keys."""
    told = data.model_dump(mode="json", include=_KEPT, exclude_none=True)
    return {"type": act.type, "time": act.time.isoformat(), **told}


def read_done(rows: Iterable[Mapping[str, Any]]) -> list[WorkDone]:
    """The rows that `done_row` made."""
    found = ((row["time"], TYPES[row["type"]].model_validate(row)) for row in rows)
    return [WorkDone(datetime.fromisoformat(time), data) for time, data in found if isinstance(data, WorkFact)]


def with_people(drafts: Iterable[ItemDraft], acts: Sequence[WorkDone], zone: ZoneInfo) -> list[WorkItem]:
    """The items that are still to be done, each with who has it and until when it sleeps."""
    if not acts:
        return [draft.item for draft in drafts]
    found = (_worked(draft, acts, zone) for draft in drafts)
    return [item for item in found if item is not None]


def _worked(draft: ItemDraft, acts: Sequence[WorkDone], zone: ZoneInfo) -> WorkItem | None:
    item = draft.item
    mine = [act for act in acts if act.data.worklist in (item.kind, EVERY_LIST) and act.data.names(item.item)]
    notes: list[str] = []
    assignee, snoozed = item.assignee, item.snoozed_until
    for at, act in sorted(mine, key=lambda act: act.at):
        match act:
            case WorkAssigned() as data:
                assignee = data.assignee
            case WorkResolved() as data if at >= draft.since and data.closes:
                return None
            case WorkResolved() as data if at >= draft.since:
                notes.append(f"{data.by}, {say_instant(at, zone)}: {data.resolution}")
            case WorkNoted() as data:
                notes.append(f"{data.by}, {say_instant(at, zone)}: {data.note}")
            case WorkSnoozed() as data if at >= draft.since:
                snoozed = _capped(item, at, _instant(data.until, zone), zone)
                notes.append(f"{data.by} snoozed it until {say_instant(snoozed, zone)}")
    return replace(item, assignee=assignee, snoozed_until=snoozed, explanation=(*item.explanation, *notes))


def _instant(day: datetime | date, zone: ZoneInfo) -> datetime:
    return day if isinstance(day, datetime) else calendar.start_of_day(day, zone)


def _capped(item: WorkItem, asked_at: datetime, until: datetime, zone: ZoneInfo) -> datetime:
    """Never past a deadline: the item is back at the latest when the next one's day begins, or its hour strikes."""
    for deadline in (item.due, item.lost_on):
        if deadline is not None and asked_at < (back := _instant(deadline, zone)) < until:
            return back
    return until
