"""What people did about an item: assigned, snoozed, noted, resolved. Undone acts are not in the state any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from events.followup import WorkAssigned, WorkFact, WorkNoted, WorkResolved, WorkSnoozed
from projections import calendar
from projections.claims.state import PersonAct
from projections.deadlines.base import say_instant
from projections.tables.work_acts import ItemClosed, WorkDone
from projections.work.item import ItemDraft, WorkItem
from projections.work.kinds import EVERY_LIST

DONE = "done"
RETURN_DAYS = 7  # before the last day; the days from which a filing limit is urgent (sla pack)


def done(acts: Iterable[PersonAct]) -> list[WorkDone]:
    """What people did, of all the acts about a claim."""
    return [WorkDone(act.time, act.data) for act in acts if isinstance(act.data, WorkFact)]


def with_people(drafts: Iterable[ItemDraft], acts: Sequence[WorkDone], zone: ZoneInfo) -> list[WorkItem]:
    """The items, each with who has it, until when it is hidden, and who closed it."""
    if not acts:
        return [draft.item for draft in drafts]
    return [_worked(draft, acts, zone) for draft in drafts]


def _worked(draft: ItemDraft, acts: Sequence[WorkDone], zone: ZoneInfo) -> WorkItem:
    item = draft.item
    mine = [act for act in acts if act.data.worklist in (item.kind, EVERY_LIST) and act.data.names(item.item)]
    notes: list[str] = []
    for at, act in sorted(mine, key=lambda act: act.at):
        match act:
            case WorkAssigned() as data:
                item = replace(item, assignee=data.assignee or "")  # nobody, by a person: no rule assigns it
            case WorkResolved() as data if at >= draft.since and data.closes:
                item, told = _closed(item, at, data, zone)
                notes.append(told)
            case WorkResolved() as data if at >= draft.since:
                notes.append(f"{data.by}, {say_instant(at, zone)}: {data.resolution}")
            case WorkNoted() as data:
                notes.append(f"{data.by}, {say_instant(at, zone)}: {data.note}")
            case WorkSnoozed() as data if at >= draft.since and item.done is None:
                until = _capped(item, at, _instant(data.until, zone), zone)
                item = replace(item, snoozed_until=until)
                notes.append(f"{data.by} snoozed it until {say_instant(until, zone)}")
    return replace(item, explanation=(*item.explanation, *notes))


def _closed(item: WorkItem, at: datetime, data: WorkResolved, zone: ZoneInfo) -> tuple[WorkItem, str]:
    """The item as a person closed it: while its clock runs only with a reason, and not for longer than there is time.

    What can still be lost comes back before that day.
    """
    told = f"{data.by}, {say_instant(at, zone)}: {data.resolution}" + (f", {data.note}" if data.note else "")
    back = _returns(item, at, zone)
    if still_runs(item, at, zone) and not gives_reason(data.resolution, data.note):
        return item, f"{told}; its deadline is still open and no reason was given: stays on the list"
    done = ItemClosed(by=data.by, at=at, resolution=data.resolution, note=data.note or None)
    told += f"; returns {say_instant(back, zone)}, before its last day" if back else ""
    return replace(item, done=done, snoozed_until=back or calendar.LAST_INSTANT), told


def gives_reason(resolution: str, note: str | None) -> bool:
    """Whether a resolution says why: any word but the bare "done", or a note."""
    return bool(note and note.strip()) or resolution != DONE


def still_runs(item: WorkItem, at: datetime, zone: ZoneInfo) -> bool:
    """Whether something can still be lost: its last day included, and as long as a clock has no known last day."""
    if item.lost_on is not None:
        return at < calendar.overdue_at(item.lost_on, zone)
    return bool(item.clocks) or (item.due is not None and at < calendar.overdue_at(item.due, zone))


def _returns(item: WorkItem, at: datetime, zone: ZoneInfo) -> datetime | None:
    """When a closed item comes back: some days before its money is lost; without such a day when it is due.

    Where only an outer limit is known, before that. None where all of this has passed or nothing of it is known.
    """
    last = item.lost_on or item.outer_limit
    days = [calendar.add_days(last, -RETURN_DAYS), last] if last is not None else [item.due] if item.due else []
    return next((back for day in days if (back := _instant(day, zone)) > at), None)


def _instant(day: datetime | date, zone: ZoneInfo) -> datetime:
    return day if isinstance(day, datetime) else calendar.start_of_day(day, zone)


def _capped(item: WorkItem, asked_at: datetime, until: datetime, zone: ZoneInfo) -> datetime:
    """Never past a deadline: the item is back at the latest when the next one's day begins, or its hour strikes."""
    for deadline in (item.due, item.lost_on, item.outer_limit):
        if deadline is not None and asked_at < (back := _instant(deadline, zone)) < until:
            return back
    return until
