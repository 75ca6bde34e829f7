"""Lists as comma-separated text that a spreadsheet takes as it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from projections.tables.columns import Row
from services.presentation.table_head import TableHead

_RISKY = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(rows: Iterable[Row], columns: Sequence[str], head: TableHead | None = None) -> Iterator[str]:
    """The heading, then a line a row; for a person, above it a line that says what the table is."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    if head is not None:
        writer.writerow([_plain(head.text)])
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_plain(row.get(name)) for name in columns])
        yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    told = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return told


def _plain(value: Any) -> Any:
    """A cell that a spreadsheet would run as a formula is given as text."""
    if isinstance(value, str) and value.startswith(_RISKY) and not _number(value):
        return f"'{value}"
    return value


def _number(value: str) -> bool:
    try:
        return Decimal(value).is_finite()
    except InvalidOperation:
        return False
