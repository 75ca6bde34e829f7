"""Columns found by their headings, which publishers split over several rows and rename from year to year."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from services.rule_files.published import PublishedFile, RuleFileError, SheetCells

CODE = re.compile(r"[0-9A-Z]\d{3}[0-9A-Z]")  # a HCPCS or CPT code
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True)
class FileRow:
    """One row below the header, by the names asked for."""

    number: int
    cells: SheetCells
    columns: Mapping[str, int]

    def __getitem__(self, name: str) -> str:
        column = self.columns.get(name, -1)
        return self.cells[column] if 0 <= column < len(self.cells) else ""

    def has(self, name: str) -> bool:
        """Whether the file has this column at all."""
        return self.columns.get(name, -1) >= 0


def rows_below(file: PublishedFile, wanted: Mapping[str, str], optional: Iterable[str] = ()) -> Iterator[FileRow]:
    """The rows below the heading row of a file's first table that has all wanted columns. Raises RuleFileError."""
    for sheet in file.sheets():
        found = yield from table_below(sheet.rows, wanted, optional)
        if found:
            return
    raise RuleFileError(f"{file.name}: no heading row with {', '.join(n for n in wanted if n not in set(optional))}")


def table_below(
    rows: Iterable[SheetCells], wanted: Mapping[str, str], optional: Iterable[str] = ()
) -> Generator[FileRow, None, bool]:
    """The rows below the heading row of one table; returns whether there was one."""
    above: list[SheetCells] = []
    columns: dict[str, int] | None = None
    for number, cells in enumerate(rows, start=1):
        if columns is not None:
            yield FileRow(number, cells, columns)
        elif number > 60:
            return False
        else:
            above.append(cells)
            columns = _columns(above, wanted, frozenset(optional))
    return columns is not None


def _columns(rows: Sequence[SheetCells], wanted: Mapping[str, str], optional: frozenset[str]) -> dict[str, int] | None:
    if sum(bool(cell) for cell in rows[-1]) < 2:
        return None
    headings = _headings(rows)
    columns = {
        name: next((i for i, heading in enumerate(headings) if re.search(pattern, heading)), -1)
        for name, pattern in wanted.items()
    }
    return None if any(column < 0 for name, column in columns.items() if name not in optional) else columns


def _headings(rows: Sequence[SheetCells]) -> list[str]:
    """Headings joined from top to bottom; a row with a single filled cell is a title."""
    split = [row for row in rows if sum(bool(cell) for cell in row) > 1]
    width = max(len(row) for row in split)
    joined = (" ".join(row[i] for row in split if i < len(row) and row[i]) for i in range(width))
    return [re.sub(r"\s+", " ", heading).strip().upper() for heading in joined]


def number_in(file: PublishedFile, row: FileRow, name: str) -> str:
    """A number from zero up, as text. Raises RuleFileError."""
    try:
        value = Decimal(row[name])
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or value < 0:
        raise RuleFileError(f"{file.name}: row {row.number}: {name} {row[name]!r} is not a number from zero up")
    return str(value)


def day_in(text: str) -> date | None:
    """A date as 20261231, 12/31/2026, 2026-12-31; None where there is none (* in CMS's files)."""
    plain = text.strip()
    if match := re.fullmatch(r"(\d{4})-?(\d{2})-?(\d{2})", plain[:10]):
        year, month, day = match.groups()
    elif match := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})", plain):
        month, day, year = match.groups()
    else:
        return None
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        return None


def year_in(text: str) -> int | None:
    """The first year from 2010 to 2099 in a text."""
    found = re.search(r"(?<!\d)(20[1-9]\d)(?!\d)", text)
    return int(found[1]) if found else None


_QUARTERS = (  # 2026Q4, Q4 2026, 10-01-2026, 2026-10-01, October 1, 2026: year and month (or quarter) by name
    r"CCI(?:PRA|OPH)-V(?P<version>\d\d)(?P<from_zero>[0-3])R",  # version 32.2 is the third quarter of 2026
    r"(?P<year>20\d\d)[\s_-]*Q(?P<quarter>[1-4])",
    r"Q(?:TR|UARTER)?[\s_-]*(?P<quarter>[1-4])[\s_,-]*(?P<year>20\d\d)",
    r"(?<!\d)(?P<month>0[147]|10)[-_/]?01[-_/]?(?P<year>20\d\d)(?!\d)",
    r"(?<!\d)(?P<year>20\d\d)[-_/]?(?P<month>0[147]|10)[-_/]?01(?!\d)",
    r"(?P<name>JAN|APR|JUL|OCT)[A-Z]*[\s_.]*(?:1\b)?(?:ST)?[\s_,]*(?P<year>20\d\d)",
)


def quarter_in(text: str) -> date | None:
    """The first day of the quarter a text names in one of the ways of publishers."""
    found = next((match for pattern in _QUARTERS if (match := re.search(pattern, text.upper()))), None)
    if found is None:
        return None
    said = found.groupdict()
    year = int(said["year"]) if said.get("year") else 1994 + int(said["version"])
    if said.get("month"):
        return date(year, int(said["month"]), 1)
    if said.get("name"):
        return date(year, _MONTHS.index(said["name"]) + 1, 1)
    return date(year, 3 * int(said["quarter"]) - 2 if said.get("quarter") else 3 * int(said["from_zero"]) + 1, 1)


def next_quarter(start: date) -> date:
    """The first day of the quarter after."""
    return (start.replace(day=1) + timedelta(days=95)).replace(day=1)
