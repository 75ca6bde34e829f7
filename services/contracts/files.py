"""Contracts from files: TOML, JSON, CSV and XLSX, distinguished by their names' endings."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.contracts.cells import Cell, ContractFileError, text_of
from services.contracts.sheets import contracts_of_rows, terms_of_rows
from services.core.json_text import why_unreadable
from services.core.workbooks import WorkbookError, opened_workbook

TERMS_SHEETS = frozenset({"contract", "terms"})


Headings = Mapping[str, str]
PREVIEW = 8  # rows


def read_contract_file(
    path: Path, terms: Mapping[str, Any] | None = None, headings: Headings | None = None
) -> list[dict[str, Any]]:
    """The contracts a file holds, as data of `contract.published.v1`.

    `terms` complete what a CSV or XLSX does not state, `headings` name columns that we do not know. Raises
    ContractFileError with the file's name and the place.
    """
    readers = {".toml": _toml, ".json": _json, ".csv": _csv, ".xlsx": _xlsx, ".xlsm": _xlsx}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ContractFileError(f"{path.name or path}: known endings are {', '.join(readers)}")
    try:
        return reader(path, terms or {}, headings or {})
    except ContractFileError as error:
        raise ContractFileError(f"{path.name}: {error}") from error
    except UnicodeDecodeError as error:
        raise ContractFileError(f"{path.name}: not UTF-8 text at byte {error.start}") from error
    except OSError as error:
        raise ContractFileError(f"{path.name}: {error.strerror or 'cannot be read'}") from error


def preview_rows(path: Path) -> list[list[str]]:
    """The first rows of a CSV or XLSX as text, for who has to say what its columns mean; nothing where unreadable."""
    try:
        if path.suffix.lower() == ".csv":
            with path.open(encoding="utf-8-sig", newline="") as lines:
                return [row for _, row in zip(range(PREVIEW), csv.reader(lines), strict=False)]
        if path.suffix.lower() in (".xlsx", ".xlsm"):
            with opened_workbook(path) as workbook:
                return [[text_of(cell) for cell in row] for row in _cells(workbook.worksheets[0])[:PREVIEW]]
    except (OSError, ValueError, csv.Error):
        return []
    return []


def _toml(path: Path, _: Mapping[str, Any], __: Headings) -> list[dict[str, Any]]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ContractFileError(f"not TOML: {error}") from error
    except (ValueError, RecursionError) as error:
        raise ContractFileError(why_unreadable(error)) from error
    return [_plain(item) for item in content.get("contracts", [content])]


def _json(path: Path, _: Mapping[str, Any], __: Headings) -> list[dict[str, Any]]:
    """One contract or a list; of a CloudEvent its data is read."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except json.JSONDecodeError as error:
        raise ContractFileError(f"not JSON: line {error.lineno}: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise ContractFileError(why_unreadable(error)) from error
    items = content if isinstance(content, list) else [content]
    if not all(isinstance(item, dict) for item in items):
        raise ContractFileError("a contract, or a list of contracts, is needed")
    return [item.get("data", item) for item in items]


def _csv(path: Path, terms: Mapping[str, Any], headings: Headings) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        sample = lines.read(4096)
        lines.seek(0)
        separator = max(",;\t", key=sample.count)
        try:
            return contracts_of_rows(list(csv.reader(lines, delimiter=separator)), terms, headings)
        except csv.Error as error:
            raise ContractFileError(f"not CSV: {error}") from error


def _xlsx(path: Path, terms: Mapping[str, Any], headings: Headings) -> list[dict[str, Any]]:
    """The first sheet with rates; terms above its table, or in a sheet named contract."""
    try:
        with opened_workbook(path) as workbook:
            sheets = {sheet.title.strip().lower(): _cells(sheet) for sheet in workbook.worksheets}
    except WorkbookError as error:
        raise ContractFileError(str(error)) from error
    stated = dict(terms)
    for title, rows in sheets.items():
        if title in TERMS_SHEETS and len(sheets) > 1:
            stated |= terms_of_rows(rows)
    others = [rows for title, rows in sheets.items() if title not in TERMS_SHEETS or len(sheets) == 1]
    filled = [rows for rows in others if any(any(cell is not None for cell in row) for row in rows)]
    if not filled:
        return contracts_of_rows([], stated, headings)
    return contracts_of_rows(filled[0], stated, headings)


def _cells(sheet: Any) -> list[list[Cell]]:
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def _plain(value: Any) -> Any:
    """TOML's dates and floats as JSON has them."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | bool) or value is None else str(value)
