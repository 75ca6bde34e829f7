"""Rows of a CSV file or of the first sheet of a workbook, as people export them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.contracts.cells import Cell
from services.core.workbooks import WorkbookError, opened_workbook

MOST_ROWS = 500_000
NumberedRow = tuple[int, list[Cell]]  # from 1, as a spreadsheet numbers them


class SheetError(ValueError):
    """A file that is no sheet; the message says what to do."""


def sheet_rows(path: Path) -> Iterator[NumberedRow]:
    """The filled rows, distinguished by content: a workbook is a ZIP, all else is read as CSV. Raises SheetError."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetError("this is an old Excel file (.xls); save it as .xlsx or CSV")
    rows = _workbook(path) if start.startswith(b"PK") else _text(path)
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise SheetError(f"the sheet has more than {MOST_ROWS:,} rows; split it")
        if any(cell is not None and str(cell).strip() for cell in row):
            yield number, row


def _text(path: Path) -> Iterator[list[Cell]]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")  # what Excel writes on Windows
    if "\0" in text:
        raise SheetError("this is neither CSV nor an Excel workbook")
    separator = max(",;\t|", key=text[:4096].count)
    try:
        yield from csv.reader(io.StringIO(text), delimiter=separator)
    except csv.Error as error:
        raise SheetError(f"not CSV: {error}") from error


def _workbook(path: Path) -> Iterator[list[Cell]]:
    try:
        with opened_workbook(path) as workbook:
            sheets: list[Any] = workbook.worksheets
            for row in sheets[0].iter_rows(values_only=True) if sheets else ():
                yield list(row)
    except WorkbookError as error:
        raise SheetError(str(error)) from error
    if not sheets:
        raise SheetError("the workbook has no sheet")
