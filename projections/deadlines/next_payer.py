"""Clocks of the payer whose turn it is: its filing limit while it is ours to bill, its answer once it was sent on."""

from __future__ import annotations

from datetime import date

from projections import calendar
from projections.claims.state import NextPayer, TurnStep
from projections.deadlines.base import OPEN, Case, Deadline, say_day
from projections.deadlines.filing import line_end
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
    steps = first.steps if first else ("No date: no line with a date of service is known",)
    return Deadline(
        "timely_filing",
        found.account.payer_id,
        first.due if first else None,
        first.latest if first else None,
        OPEN,
        found.after.event,
        found.after.notice_date,
        None,
        None,
        first.rule if first else "",
        steps,
        ending=("Would stop it: the claim billed to this payer, and its acceptance or decision",),
    )


def _response(case: Case, found: NextPayer) -> Deadline:
    notice = found.after.notice_date
    since = f"the earlier payer's notice of {say_day(notice)}, which sent the claim on"
    due = due_after(case.reference, "payer_response", calendar.start_of_day(notice, case.zone), since)
    return Deadline(
        "payer_response",
        found.account.payer_id,
        due.due,
        None,
        OPEN,
        found.after.event,
        notice,
        None,
        None,
        due.rule,
        due.steps,
        ending=("Would stop it: this payer's remittance",),
    )
