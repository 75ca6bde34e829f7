"""What people did about an item: assigned, snoozed, noted, resolved. Undone acts are not in the state any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from events.followup import WorkAssigned, WorkFact, WorkNoted, WorkResolved, WorkSnoozed
from projections import calendar
from projections.claims.state import Act
from projections.deadlines.base import Case
from projections.work.item import Draft, WorkItem

EVERY_LIST = "today"  # the one list over all of them: an act there is about every item of the claim


def with_people(case: Case, drafts: Iterable[Draft]) -> list[WorkItem]:
    """The items that are still to be done, each with who has it and until when it sleeps."""
    acts = [act for act in case.acts if isinstance(act.data, WorkFact)]
    if not acts:
        return [draft.item for draft in drafts]
    found = (_worked(case, draft, acts) for draft in drafts)
    return [item for item in found if item is not None]


def _worked(case: Case, draft: Draft, acts: Sequence[Act]) -> WorkItem | None:
    item = draft.item
    mine = [act for act in acts if _about(act.data, item)]
    notes: list[str] = []
    assignee, snoozed = item.assignee, item.snoozed_until
    for act in sorted(mine, key=lambda act: act.time):
        match act.data:
            case WorkAssigned() as data:
                assignee = data.assignee
            case WorkResolved() as data if act.time >= draft.since and data.closes:
                return None
            case WorkResolved() as data if act.time >= draft.since:
                notes.append(f"{data.by}, {case.say(act.time)}: {data.resolution}")
            case WorkNoted() as data:
                notes.append(f"{data.by}, {case.say(act.time)}: {data.note}")
            case WorkSnoozed() as data if act.time >= draft.since:
                snoozed = _capped(case, item, act.time, _instant(case, data.until))
                notes.append(f"{data.by} snoozed it until {case.say(snoozed)}")
    return replace(item, assignee=assignee, snoozed_until=snoozed, explanation=(*item.explanation, *notes))


def _about(data: object, item: WorkItem) -> bool:
    return isinstance(data, WorkFact) and data.worklist in (item.kind, EVERY_LIST) and data.names(item.item)


def _instant(case: Case, until: datetime | date) -> datetime:
    return until if isinstance(until, datetime) else calendar.start_of_day(until, case.zone)


def _capped(case: Case, item: WorkItem, asked_at: datetime, until: datetime) -> datetime:
    """Never past a deadline: the item is back at the latest when the next one's day begins, or its hour strikes."""
    for deadline in (item.due, item.lost_on):
        if deadline is not None:
            back = deadline if isinstance(deadline, datetime) else calendar.start_of_day(deadline, case.zone)
            if asked_at < back < until:
                return back
    return until
