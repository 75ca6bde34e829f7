"""Clocks on records that a payer asked for."""

from __future__ import annotations

from datetime import date

from events.followup import RECORDS_SENT, RecordsRequested, WorkResolved
from projections import calendar
from projections.claims.state import PersonAct
from projections.deadlines.anchors import AnchorDay
from projections.deadlines.base import Case, Deadline, DueBy, Ended, clock, payer_of, say_day, verdict
from projections.deadlines.kinds import DeadlineKind
from projections.deadlines.reckoning import reckon
from projections.history import EventId
from projections.rules.policies import Dates, Missing, NotGranted

RECORD_LISTS = ("records", "denial", "today")


def records_deadlines(case: Case) -> list[Deadline]:
    """One clock for each request for records: the date it names, else the usual 45 days."""
    return [_records(case, act) for act in case.acts if isinstance(act.data, RecordsRequested)]


def _records(case: Case, act: PersonAct) -> Deadline:
    due = _records_due(case, act)
    ended = Ended("What stops it: the records are sent (resolution records_sent)")
    if sent := _records_sent(case, act):
        state = verdict(due.due, sent.time, case.zone)
        ended = Ended(f"Stopped: sent {case.say(sent.time)}", sent.event, sent.time, state)
    current = case.state.current
    payer = current.payer_id if current else ""
    return clock(DeadlineKind.RECORDS, payer, due, ended, by=act.event, at=act.time)


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


def _records_due(case: Case, act: PersonAct) -> DueBy:
    stated = act.data.due_on if isinstance(act.data, RecordsRequested) else None
    if stated is not None:
        return DueBy(stated, "the request", (f"The request itself states {say_day(stated)}",))
    day = case.day(act.time)
    if by_policy := _records_term(case, act, day):
        return by_policy
    ruling = case.terms.pack("records", day)
    if ruling is None:
        return DueBy(None, "", ("No date: the request states none and no rule covers this day",))
    days = int(ruling.values["length"])
    due = calendar.add_days(day, days)
    return DueBy(
        due,
        ruling.name,
        (
            f"{ruling.name}: {days} days, because the request states no date",
            f"{say_day(day)} + {days} days = {say_day(due)}",
        ),
    )


def _records_term(case: Case, act: PersonAct, day: date) -> DueBy | None:
    """What the payer's policy says of requests that name no day; None where it says nothing."""
    account = case.state.current
    if account is None:
        return None
    term = case.terms.window("records", payer_of(account), Dates(day, case.state.dos))
    if isinstance(term, NotGranted) or (isinstance(term, Missing) and not term.rule):
        return None
    asked = AnchorDay(day, "the request for records", act.event, day)
    reckoned = reckon(term, lambda _anchor: asked, case.terms)
    return DueBy(reckoned.due, reckoned.rule, reckoned.steps)
