"""How patterns are counted: what is counted together, what is left out, and middle values without reading every row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, Table, extract, func, select, type_coerce

BYS = ("payer", "month", "code")
HOUR = 3_600_000_000  # microseconds
DAY = 24 * HOUR


@dataclass(frozen=True, kw_only=True)
class Slice:
    """`by`: payer, month, or None for all together. `since` and `until` bound each measure's own day, both included."""

    practice: str
    by: str | None = None
    payer: str | None = None
    since: date | None = None
    until: date | None = None

    def names(self, table: Table, day: ColumnElement[Any]) -> list[ColumnElement[Any]]:
        """The columns that name a group."""
        if self.by == "payer":
            return [table.c.payer_id]
        return [extract("year", day), extract("month", day)] if self.by == "month" else []

    def counted(self, table: Table, day: ColumnElement[Any], measures: Sequence[ColumnElement[Any]]) -> Select[Any]:
        """One row for each group: its name first, then the measures, each with its label."""
        names = self.names(table, day)
        return self.narrowed(select(*names, *measures), table, day).group_by(*names)

    def narrowed(self, query: Select[Any], table: Table, day: ColumnElement[Any]) -> Select[Any]:
        query = query.where(table.c.practice == self.practice, day.is_not(None))
        if self.payer is not None:
            query = query.where(table.c.payer_id == self.payer)
        if self.since is not None:
            query = query.where(day >= self.since)
        return query if self.until is None else query.where(day <= self.until)

    def name(self, row: Sequence[Any]) -> str | None:
        """A group's name, from what its row begins with: a payer, a month such as 2026-03, or None."""
        if self.by == "payer":
            return str(row[0])
        return f"{int(row[0]):04d}-{int(row[1]):02d}" if self.by == "month" else None


def micros(column: ColumnElement[Any]) -> ColumnElement[int]:
    """An instant as it is stored, to calculate with."""
    return type_coerce(column, BigInteger)


def quantiles(
    rows: Connection, values: Select[Any], groups: int, percents: Iterable[int]
) -> dict[tuple[Any, ...], dict[int, int]]:
    """By group, the values that this percentage of all do not exceed (nearest rank), and how many there are under 0.

    `values` selects the group's columns and then the value. 50 is the median: of an even number the middle of two.
    """
    told = values.subquery()
    names, value = list(told.c)[:groups], list(told.c)[groups]
    place = func.row_number().over(partition_by=names or None, order_by=value).label("place")
    many = func.count().over(partition_by=names or None).label("many")
    ranked = select(*names, value.label("value"), place, many).subquery()
    wanted = {percent: (percent * ranked.c.many + 99) // 100 for percent in percents if percent != 50}
    middle = ((ranked.c.many + 1) // 2, ranked.c.many // 2 + 1)
    found: dict[tuple[Any, ...], list[tuple[int, int, int]]] = {}
    for row in rows.execute(select(ranked).where(ranked.c.place.in_([*wanted.values(), *middle]))):
        found.setdefault(tuple(row[:groups]), []).append((row.place, int(row.value), row.many))
    return {name: _read(places, [*wanted]) for name, places in found.items()}


def _read(places: Sequence[tuple[int, int, int]], percents: Iterable[int]) -> dict[int, int]:
    at, many = {place: value for place, value, _ in places}, places[0][2]
    middle = (at[(many + 1) // 2] + at[many // 2 + 1]) // 2
    return {0: many, 50: middle} | {percent: at[(percent * many + 99) // 100] for percent in percents}


def rate(part: int, whole: int) -> str | None:
    """A share with four decimals; None of nothing."""
    return f"{(Decimal(part) / whole).quantize(Decimal('0.0001'), ROUND_HALF_UP)}" if whole else None


def tenths(value: int, unit: int) -> str:
    """Microseconds in hours or days, with one decimal."""
    return f"{(Decimal(value) / unit).quantize(Decimal('0.1'), ROUND_HALF_UP)}"
