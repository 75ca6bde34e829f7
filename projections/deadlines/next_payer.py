"""Clocks of the payer whose turn it is: its filing limit while it is ours to bill, its answer once it was sent on."""

from __future__ import annotations

from datetime import date

from projections import calendar
from projections.claims.state import NextPayer, TurnStep
from projections.deadlines.base import Case, Deadline, DueBy, Ended, clock, say_day
from projections.deadlines.filing import line_end
from projections.deadlines.kinds import DeadlineKind
from projections.deadlines.service_levels import due_after


def next_payer_deadlines(case: Case) -> list[Deadline]:
    """None of a payer that was billed: it has clocks of its own. One that was sent the claim may never have got it."""
    found = case.state.next_payer
    if found is None or found.step == TurnStep.BILLED or not found.account.payer_id:
        return []
    return [_filing(case, found)] if found.step == TurnStep.BILL else [_response(case, found), _filing(case, found)]


def _filing(case: Case, found: NextPayer) -> Deadline:
    """The next payer's filing limit, from the earlier notice where its terms say so, else from the date of service."""
    days: list[date] = sorted({line.dos for line in case.state.lines if line.dos})
    ends = [line_end(case, found.account, dos, days[-1]) for dos in days]
    first = min(ends, key=lambda end: (end.due is None, end.due or date.max), default=None)
    counted = first or DueBy(None, "", ("No date: no line with a date of service is known",))
    ended = Ended("What stops it: the claim billed to this payer, and its acceptance or decision")
    after, latest = found.after, first.latest if first else None
    kind, payer = DeadlineKind.TIMELY_FILING, found.account.payer_id
    return clock(kind, payer, counted, ended, by=after.event, at=after.notice_date, latest=latest)


def _response(case: Case, found: NextPayer) -> Deadline:
    notice = found.after.notice_date
    since = f"the earlier payer's notice of {say_day(notice)}, which forwarded the claim"
    due = due_after(case.reference, DeadlineKind.PAYER_RESPONSE, calendar.start_of_day(notice, case.zone), since)
    ended = Ended("What stops it: this payer's remittance")
    return clock(DeadlineKind.PAYER_RESPONSE, found.account.payer_id, due, ended, by=found.after.event, at=notice)
