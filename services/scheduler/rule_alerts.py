"""Alerts of published rules that end without a successor: a year's prices, a quarter's tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from projections.calendar import add_days
from projections.deadlines.alert_steps import AlertStep, days_left_rungs, latest
from services.reads.read_context import ReadContext
from services.reads.rule_status import AHEAD, MissingRule, without_successor
from services.scheduler.due import Alert

CLOCK, TO = "rules_end", "manager"
STEPS = (AHEAD, 30, 7, 0)  # days before the first day that nothing covers


def rule_alerts(context: ReadContext, missing: Iterable[MissingRule], now: datetime) -> Iterator[Alert]:
    """For each year or quarter that follows one in force and is not there, the last step that was reached.

    `due` is the last day that the rules in force cover.
    """
    zone = context.references.zone
    for told in without_successor(context, missing):
        begins = date.fromisoformat(told["from"])
        step = latest(days_left_rungs(begins, None, STEPS, zone), now)
        if step is not None:
            yield _alert(context.practice, told, begins, step)


def _alert(practice: str, told: MissingRule, begins: date, step: AlertStep) -> Alert:
    return Alert(
        practice=practice,
        claim_id="",
        ref="",
        payer_id="",
        clock=CLOCK,
        occasion=told["covers"],
        due=add_days(begins, -1).isoformat(),
        rung=step._replace(to=TO),
        attempt=None,
        worklist=None,
        assignee=None,
        amount=0,
        rule=told["kind"],
        covers=told["covers"],
    )
