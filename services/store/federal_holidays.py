"""Federal holidays of each calendar year, from the holidays library, as rule packs when they are adopted.

Federal holidays as observed (5 U.S.C. 6103) and the days federal offices were closed by executive order. Once adopted,
a year is what its pack says: an upgrade of the library only adds or drops days that are still to come.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import holidays

from projections.rules.days_off import HOLIDAYS

FIRST_YEAR = 2010  # no date of service that anybody still works is older
YEARS_AHEAD = 3  # a year to file, half a year to appeal, a year to reopen
SOURCE = "5 U.S.C. 6103 (federal holidays as observed); executive orders closing federal offices"
DayOffRow = dict[str, str]


def pack_id_of(year: int) -> str:
    return f"federal.holidays.{year}"


def holiday_pack(year: int) -> dict[str, Any]:
    """The first version of a year's pack."""
    return _content(year, "1", _library_days(year))


def holiday_packs(held: Mapping[str, Mapping[str, Any]], today: date) -> list[dict[str, Any]]:
    """The packs to adopt: of each year that has none, and of a year in which days to come have changed.

    `held`: contents of the packs that are in the log, by id.
    """
    found = []
    for year in range(FIRST_YEAR, today.year + YEARS_AHEAD + 1):
        standing = held.get(pack_id_of(year))
        if standing is None:
            found.append(holiday_pack(year))
        elif year >= today.year and (newer := _newer(year, standing, today)) is not None:
            found.append(newer)
    return found


def _newer(year: int, standing: Mapping[str, Any], today: date) -> dict[str, Any] | None:
    """The next version, where the library knows other days that are still to come; None where it does not."""
    before: list[DayOffRow] = standing["periods"][0]["values"]["rows"]
    now, first = _library_days(year), today.isoformat()
    kept = [row for row in before if row["day"] < first or row["day"] in {new["day"] for new in now}]
    known = {row["day"] for row in before}
    added = [row | {"since": first} for row in now if row["day"] not in known and row["day"] >= first]
    rows = sorted([*kept, *added], key=lambda row: row["day"])
    return None if rows == before else _content(year, str(int(standing["version"]) + 1), rows)


def _library_days(year: int) -> list[DayOffRow]:
    days = holidays.country_holidays("US", years=year, observed=True, categories=("public", "government"))
    return [{"day": day.isoformat(), "name": str(name)} for day, name in sorted(days.items()) if day.year == year]


def _content(year: int, version: str, rows: list[DayOffRow]) -> dict[str, Any]:
    return {
        "pack_id": pack_id_of(year),
        "kind": HOLIDAYS,
        "version": version,
        "basis": "calendar",
        "source": SOURCE,
        "verified_on": "",
        "confidence": "H",
        "scope": {},
        "periods": [{"effective_from": f"{year}-01-01", "effective_to": f"{year + 1}-01-01", "values": {"rows": rows}}],
    }
