"""When a running clock is to be heard of: days left before a date, hours run since a rejection.

Steps are service levels of our own, data of the sla pack. Of the steps a clock has passed only the latest counts:
after a weekend, or after the program stood still, each clock alerts once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from projections import calendar
from projections.calendar import DaysOff
from projections.deadlines.service_levels import business_clock

OWNER = "owner"
WHO = (OWNER, "lead", "manager", "director")


class AlertStep(NamedTuple):
    """One alert step: its name, the instant it is reached, and who is notified."""

    name: str
    at: datetime
    to: str


def days_left_rungs(due: date, started_at: datetime | None, days: Sequence[int], zone: ZoneInfo) -> list[AlertStep]:
    """The steps before a date, earliest first. Each is reached when the day begins that has that many days left.

    A clock that starts with fewer days than a step has leaves it out: nothing has come closer. The last step stays.
    """
    first = calendar.local_day(started_at, zone) if started_at else calendar.FIRST_DAY
    found = []
    for left in sorted(days, reverse=True):
        day = calendar.add_days(due, -left)
        if day > first or left == min(days):
            found.append(AlertStep(f"{left}d", calendar.start_of_day(day, zone), OWNER))
    return found


def rejection_rungs(
    started_at: datetime, overdue_at: datetime, values: Mapping[str, Any], zone: ZoneInfo, off: DaysOff
) -> list[AlertStep]:
    """The steps of a rejection nobody sent again, earliest first; values: those of the sla pack.

    The step as long as the clock itself is its breach, reached right after the last hour that was in time.
    """
    told = values.get("escalation", {})
    length = values.get("rejection_resubmit", {}).get("length")
    found = []
    for who in WHO:
        hours = told.get(f"{who}_hours")
        if isinstance(hours, int):
            at = overdue_at if hours == length else _after(started_at, hours, length, values, zone=zone, off=off)
            found.append(AlertStep(f"{hours}h", at, who))
    return sorted(found, key=lambda rung: rung.at)


def _after(
    start: datetime, hours: int, length: int | None, values: Mapping[str, Any], *, zone: ZoneInfo, off: DaysOff
) -> datetime:
    """Elapsed hours; where business hours count, as many of them as a working day has for each `length` hours."""
    if values.get("mode") != "business" or not length:
        return calendar.add_hours(start, hours)
    day, opens, closes = business_clock(values, length)
    return calendar.add_business_hours(start, round(hours * day / length), zone, opens, closes, off=off)


def latest(rungs: Sequence[AlertStep], at: datetime) -> AlertStep | None:
    """The last step reached by an instant."""
    reached = [rung for rung in rungs if rung.at <= at]
    return reached[-1] if reached else None
