"""Working days, paydays and the hours at which files move. Local dates and times of the clinic, without a zone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from services.demo.world import DemoPayer

SENT = time(18, 30)  # the clinic's daily 837P
SYNTAX = timedelta(minutes=22)  # the 999 after it
EXCHANGE = time(19, 40)  # the clearinghouse's 277CA
PAYER = time(10, 15)  # a payer's 277CA, next working day, plus the payer's own minutes
REMIT = time(6, 0)  # a payer's 835, plus the payer's own minutes


def local(text: str) -> datetime:
    """A clinic-local time such as "2026-11-02 09:10"."""
    return datetime.fromisoformat(text)


def workday(day: date, later: int = 0) -> date:
    """The `later`-th working day after `day`; 0 is `day` itself or the next one that is worked."""
    while day.weekday() > 4:
        day += timedelta(days=1)
    for _ in range(later):
        day += timedelta(days=1)
        while day.weekday() > 4:
            day += timedelta(days=1)
    return day


def workdays(first: date, last: date) -> list[date]:
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5]


def payday(payer: DemoPayer, submitted: date) -> date:
    """The first of the payer's paydays that is at least `lag` days after submission."""
    day = submitted + timedelta(days=payer.lag)
    while day.weekday() not in payer.paydays:
        day += timedelta(days=1)
    return day


def at(day: date, clock: time, minutes: int = 0) -> datetime:
    return datetime.combine(day, clock) + timedelta(minutes=minutes)
