"""Dates as the law and contracts count them: months and years, business days, working hours.

Which days are off is data (rule packs of the kind holidays), given to every function that needs it.

Every function is total: what would leave the range of dates stops at its end.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

LAST_DAY = date(9998, 12, 31)  # one year short of date.max, so that a day more or a zone never overflows
FIRST_DAY = date(2, 1, 1)
LAST_INSTANT = datetime(9998, 12, 31, tzinfo=UTC)
TICK = timedelta(microseconds=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Days on which no business is done besides weekends, and the years they are known for."""

    days: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()

    def __contains__(self, day: date) -> bool:
        return day in self.days


WEEKENDS_ALONE = DaysOff()


def is_business_day(day: date, off: DaysOff) -> bool:
    """Monday to Friday and no day off."""
    return day.weekday() < _SATURDAY and day not in off.days


def roll(day: date, rule: str, off: DaysOff) -> date:
    """The day a due date moves to. rule: none, next_business, previous_business, or weekend (holidays do not move)."""
    if rule == "none":
        return day
    if rule == "weekend":
        return add_days(day, 7 - day.weekday()) if day.weekday() >= _SATURDAY else day
    step = -1 if rule == "previous_business" else 1
    while not is_business_day(day, off) and (day > FIRST_DAY if step < 0 else day < LAST_DAY):
        day = add_days(day, step)
    return day


def add_days(day: date, days: int) -> date:
    try:
        return min(day + timedelta(days=days), LAST_DAY)
    except OverflowError:
        return LAST_DAY if days > 0 else FIRST_DAY


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day where it is shorter: 29 Feb + 12 months is 28 Feb."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year >= LAST_DAY.year:
        return LAST_DAY
    if year < FIRST_DAY.year:
        return FIRST_DAY
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def year_end(day: date) -> date:
    return day.replace(month=12, day=31)


def add_years(day: date, years: int) -> date:
    """Calendar years, never 365 days (42 CFR 424.44 counts one calendar year)."""
    return add_months(day, 12 * years)


@lru_cache(maxsize=4096)  # of values only: the same few days recur in every claim of a file
def add_business_days(day: date, days: int, off: DaysOff) -> date:
    """The n-th business day after a day; the day itself is not counted."""
    days = min(days, 10_000)  # forty years of business days: no rule is longer
    while days > 0 and day < LAST_DAY:
        day = add_days(day, 1)
        days -= is_business_day(day, off)
    return day


def business_days_between(start: date, end: date, off: DaysOff) -> int:
    """Business days after `start` up to and with `end`; 0 when `end` is not later. Stops counting at 100."""
    count = 0
    while start < end and count < 100:
        start = add_days(start, 1)
        count += is_business_day(start, off)
    return count


@lru_cache(maxsize=65536)  # of values only; every sort of events asks for it
def local_day(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


@lru_cache(maxsize=4096)  # of values only
def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The local midnight that begins a day, as an instant in UTC."""
    return datetime.combine(max(day, FIRST_DAY), time.min, zone).astimezone(UTC)


def overdue_at(due: date | datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which a clock is overdue: for days the next local midnight, for hours right after `due`."""
    if isinstance(due, datetime):
        return due + TICK
    return start_of_day(add_days(due, 1), zone)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The last instant of a local day: what a bare date given as a reading instant means."""
    return start_of_day(add_days(day, 1), zone) - TICK


def add_hours(start: datetime, hours: int) -> datetime:
    """Elapsed hours between instants: a change of daylight saving does not matter."""
    return start + timedelta(hours=min(hours, 1_000_000)) if start < LAST_INSTANT else start


def add_business_hours(
    start: datetime, hours: int, zone: ZoneInfo, opens: time, closes: time, *, off: DaysOff
) -> datetime:
    """`start` plus working hours, counted between `opens` and `closes` on business days in local time, as UTC.

    A day's hours are counted on the wall clock, so that a change of daylight saving neither adds nor takes an hour.
    """
    if opens >= closes:
        return add_hours(start, hours)
    local = start.astimezone(zone).replace(tzinfo=None)
    left = timedelta(hours=min(hours, 10_000))
    while local.date() < LAST_DAY:
        day = local.date()
        begin = max(local, datetime.combine(day, opens))
        room = datetime.combine(day, closes) - begin
        if is_business_day(day, off) and room > timedelta(0):
            if left <= room:
                return (begin + left).replace(tzinfo=zone).astimezone(UTC)
            left -= room
        local = datetime.combine(add_days(day, 1), opens)
    return local.replace(tzinfo=UTC)
