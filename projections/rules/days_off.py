"""Federal holidays as rules: a pack for each calendar year, so that no upgrade of a library moves a date.

A closing by executive order is a new version of the year's pack. A day that such a version adds counts from the day the
version was adopted: it moves dates that are still to come, never one that has passed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from projections.calendar import DaysOff
from projections.rules.rulebook import Pack

HOLIDAYS = "holidays"


def read_days_off(packs: Iterable[Pack]) -> DaysOff:
    """All days off of the packs of the kind holidays, and the years they cover."""
    days: set[date] = set()
    years: set[int] = set()
    for pack in packs:
        for period in pack.periods:
            years.add(period.effective_from.year)
            days |= {date.fromisoformat(row["day"]) for row in period.values.get("rows", ()) if _counts(row)}
    return DaysOff(frozenset(days), frozenset(years))


def _counts(row: dict[str, str]) -> bool:
    """`since`: the day on which a later version added it; ISO dates order as text."""
    return not row.get("since") or row["since"] <= row["day"]
