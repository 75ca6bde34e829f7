"""Lists as workbooks."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from projections.tables.columns import Row
from services.presentation.table_head import TableHead

AMOUNTS = frozenset({"amount_at_risk", "amount", "expected_allowed", "allowed", "variance", "paid", "charge"})
DATES = frozenset({"due", "lost_on", "dos", "dispute_due"})
_WIDEST = 60
_LONGEST_HEADER = 200  # characters; the format takes 255
MOST_ROWS = 100_000  # of one workbook


def xlsx(rows: Iterable[Row], columns: Sequence[str], head: TableHead) -> bytes:
    """A workbook of one sheet: what it is on top, headings fixed, amounts as numbers, days as dates, no formulas.

    Each printed page repeats title, filters and headings.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet(head.title[:31])
    sheet.freeze_panes = "A3"
    sheet.oddHeader.center.text = f"{head.title}: {head.narrowed or 'no filters'}".replace("&", "&&")[:_LONGEST_HEADER]
    sheet.oddFooter.center.text = "Page &P of &N"
    sheet.print_title_rows = "1:2"
    kept = [[_cell(sheet, name, row.get(name)) for name in columns] for row in rows]
    for index, name in enumerate(columns, 1):
        longest = max((len(str(line[index - 1].value or "")) for line in kept), default=0)
        sheet.column_dimensions[get_column_letter(index)].width = min(max(longest, len(name)) + 2, _WIDEST)
    sheet.append([_cell(sheet, "head", head.text)])
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
    if name in AMOUNTS and value not in (None, ""):
        cell.value, cell.number_format = Decimal(value), "#,##0.00"
    elif name in DATES and isinstance(value, str) and len(value) == 10:
        cell.value, cell.number_format = date.fromisoformat(value), "yyyy-mm-dd"
    else:
        cell.value = ILLEGAL_CHARACTERS_RE.sub(" ", value) if isinstance(value, str) else value
        if isinstance(value, str):
            cell.data_type = "s"
    return cell
