"""Lists as files for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

Row = Mapping[str, Any]
ITEM_COLUMNS = ("kind", "claim_id", "ref", "patient_id", "payer_id", "due", "lost_on", "overdue", "amount_at_risk",
                "reason", "next_action", "category", "discipline", "assignee", "snoozed_until", "item")  # fmt: skip
AMOUNTS = frozenset({"amount_at_risk", "amount", "expected_allowed", "allowed", "variance", "paid", "charge"})
DATES = frozenset({"due", "lost_on", "dos", "dispute_due"})
_RISKY = ("=", "+", "-", "@", "\t", "\r")
_WIDEST = 60


def csv_lines(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[str]:
    """The heading, then a line a row."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
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


def xlsx(rows: Iterable[Row], columns: Sequence[str], title: str) -> bytes:
    """A workbook of one sheet: headings fixed, amounts as numbers, days as dates, text never a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    kept = [[_cell(sheet, name, row.get(name)) for name in columns] for row in rows]
    for index, name in enumerate(columns, 1):
        longest = max((len(str(line[index - 1].value or "")) for line in kept), default=0)
        sheet.column_dimensions[get_column_letter(index)].width = min(max(longest, len(name)) + 2, _WIDEST)
    sheet.append([_heading(sheet, name) for name in columns])
    for line in kept:
        sheet.append(line)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _heading(sheet: Any, name: str) -> Any:
    cell = WriteOnlyCell(sheet, value=name.replace("_", " "))
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: Any, name: str, value: Any) -> Any:
    cell = WriteOnlyCell(sheet)
    if name in AMOUNTS and value is not None:
        cell.value, cell.number_format = Decimal(value), "#,##0.00"
    elif name in DATES and isinstance(value, str) and len(value) == 10:
        cell.value, cell.number_format = date.fromisoformat(value), "yyyy-mm-dd"
    else:
        cell.value = ILLEGAL_CHARACTERS_RE.sub(" ", value) if isinstance(value, str) else value
        if isinstance(value, str):
            cell.data_type = "s"
    return cell
