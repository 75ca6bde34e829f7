"""CMS's published files as rule packs: the national RVU file (PPRRVU) and the geographic indices (GPCI), in CSV.

A practice loads the next year itself with these. Codes and numbers are taken, the descriptors never.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from services.contracts.cells import ContractFileError
from services.store.shipped_rule_packs import shipped_packs

SheetRows = list[list[str]]
THERAPY_INDICATOR = "5"  # multiple procedure: the therapy reduction
_CODE = re.compile(r"[0-9A-Z]{5}")
_RVU_COLUMNS = {
    "procedure": r"^HCPCS$", "modifier": r"^MOD$", "status": r"STATUS CODE$", "work": r"WORK RVU$",
    "pe": r"NON-?FAC\w* PE RVU$", "mp": r"^MP RVU$", "multiple_procedure": r"MULT PROC$",
    "factor": r"CONV FACTOR$",
}  # fmt: skip
_GPCI_COLUMNS = {
    "contractor": r"CONTRACTOR|^MAC$", "state": r"^STATE$", "number": r"LOCALITY NUMBER", "name": r"LOCALITY NAME",
    "pe": r"PE GPCI", "mp": r"MP GPCI",
}  # fmt: skip


def rvu_pack(
    path: Path,
    *,
    year: int,
    version: str,
    qp_path: Path | None = None,
    codes: Collection[str] = (),
    effective_from: date | None = None,
    verified_on: date | None = None,
) -> dict[str, Any]:
    """The content of a `pfs` pack from a PPRRVU file in CSV, non-QP edition.

    `qp_path` is the edition for qualifying APM participants, of which only the factor is taken. Kept are services
    with the therapy reduction (multiple procedure 5), those of the packs that ship with this version, and `codes`.
    Raises ContractFileError.
    """
    shipped = _shipped()
    wanted = frozenset(codes) | shipped.keys()
    rows, factor = _rvu_rows(path, wanted)
    for row in rows:
        row["instead"] = shipped.get(row["procedure"], "")
    values: dict[str, Any] = {"conversion_factor": factor}
    if qp_path is not None:
        values["conversion_factor_qp"] = _rvu_rows(qp_path, wanted)[1]
    values |= {"payable": ["A", "R", "T"], "bundled": ["B", "P"], "not_paid": ["I", "N"], "rows": rows}
    source = f"CMS national physician fee schedule relative value file, {path.name}"
    return _pack(
        "pfs", year, version, source=source, values=values, effective_from=effective_from, verified_on=verified_on
    )


def gpci_pack(
    path: Path,
    *,
    year: int,
    version: str,
    floor: bool = True,
    effective_from: date | None = None,
    effective_to: date | None = None,
    verified_on: date | None = None,
) -> dict[str, Any]:
    """The content of a `gpci` pack from a GPCI file in CSV.

    Where the file gives the work index with and without the 1.0 floor, `floor` chooses; the floor is a statute that
    lapses and is extended, hence the dates. Raises ContractFileError.
    """
    rows = _read(path)
    index, columns = _header(path, rows, _GPCI_COLUMNS, ("LOCALITY NUMBER", "GPCI"))
    columns["work"] = _work_column(path, rows[index], floor=floor)
    found = [_locality(path, n, row, columns) for n, row in enumerate(rows[index + 1 :], start=index + 2)
             if row and re.fullmatch(r"\d{4,5}", _cell(row, columns["contractor"]))]  # fmt: skip
    if not found:
        raise ContractFileError(f"{path.name}: no locality below the header")
    source = f"CMS geographic practice cost indices, {path.name}, work index {'with' if floor else 'without'} 1.0 floor"
    return _pack(
        "gpci", year, version, source=source, values={"rows": found}, effective_from=effective_from,
        effective_to=effective_to, verified_on=verified_on,
    )  # fmt: skip


def _pack(
    kind: str,
    year: int,
    version: str,
    *,
    source: str,
    values: Mapping[str, Any],
    effective_from: date | None,
    effective_to: date | None = None,
    verified_on: date | None,
) -> dict[str, Any]:
    starts, ends = effective_from or date(year, 1, 1), effective_to or date(year + 1, 1, 1)
    return {
        "pack_id": f"cms.{kind}.{year}", "kind": kind, "version": version, "basis": "dos", "source": source,
        "verified_on": verified_on.isoformat() if verified_on else "", "confidence": "H",
        "periods": [{"effective_from": starts.isoformat(), "effective_to": ends.isoformat(), "values": dict(values)}],
    }  # fmt: skip


def _read(path: Path) -> SheetRows:
    """Rows of cells. CMS writes Latin-1 now and then, and old files end their lines with carriage returns alone."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ContractFileError(f"{path.name}: {error.strerror or 'cannot be read'}") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return [[cell.strip() for cell in row] for row in csv.reader(text.splitlines())]


def _rvu_rows(path: Path, codes: frozenset[str]) -> tuple[list[dict[str, str]], str]:
    rows = _read(path)
    index, columns = _header(path, rows, _RVU_COLUMNS, ("HCPCS", "MOD"))
    factors: set[str] = set()
    found: list[dict[str, str]] = []
    for number, row in enumerate(rows[index + 1 :], start=index + 2):
        if not _CODE.fullmatch(_cell(row, columns["procedure"])):
            continue
        factors.add(_cell(row, columns["factor"]))
        if not _cell(row, columns["modifier"]) and _wanted(row, columns, codes):
            found.append(_service(path, number, row, columns))
    if not found:
        raise ContractFileError(f"{path.name}: no therapy service below the header")
    if len(factors) != 1:
        raise ContractFileError(f"{path.name}: one conversion factor is expected, not {len(factors)}")
    return found, _number(path, 0, "conversion factor", factors.pop())


def _wanted(row: Sequence[str], columns: Mapping[str, int], codes: frozenset[str]) -> bool:
    therapy = _cell(row, columns["multiple_procedure"]) == THERAPY_INDICATOR
    return therapy or _cell(row, columns["procedure"]) in codes


def _shipped() -> dict[str, str]:
    """The codes of the fee schedule packs that ship, each with the code Medicare wants instead."""
    rows = (
        row
        for pack in shipped_packs()
        if pack["kind"] == "pfs"
        for period in pack["periods"]
        for row in period["values"].get("rows", ())
    )
    return {row["procedure"]: row.get("instead", "") for row in rows}


def _service(path: Path, number: int, row: Sequence[str], columns: Mapping[str, int]) -> dict[str, str]:
    values = {part: _number(path, number, part, _cell(row, columns[part])) for part in ("work", "pe", "mp")}
    return {
        "procedure": _cell(row, columns["procedure"]), "status": _cell(row, columns["status"]), **values,
        "multiple_procedure": _cell(row, columns["multiple_procedure"]), "instead": "",
    }  # fmt: skip


def _header(
    path: Path, rows: SheetRows, wanted: Mapping[str, str], marks: tuple[str, str]
) -> tuple[int, dict[str, int]]:
    """The row that ends the header, and the column of each name. A heading may be split over the rows above it."""
    for index, row in enumerate(rows):
        upper = " | ".join(cell.upper() for cell in row)
        if all(mark in upper for mark in marks):
            headings = _headings(rows[: index + 1])
            columns = {
                name: next((i for i, heading in enumerate(headings) if re.search(pattern, heading)), -1)
                for name, pattern in wanted.items()
            }
            if missing := [name for name, column in columns.items() if column < 0]:
                raise ContractFileError(f"{path.name}: row {index + 1}: no column for {', '.join(missing)}")
            return index, columns
    raise ContractFileError(f"{path.name}: no header row with {' and '.join(marks)}")


def _headings(rows: SheetRows) -> list[str]:
    """Headings joined from top to bottom; a row with a single filled cell is a title."""
    split = [row for row in rows if sum(bool(cell) for cell in row) > 1]
    width = max(len(row) for row in split)
    joined = (" ".join(row[i] for row in split if i < len(row) and row[i]) for i in range(width))
    return [re.sub(r"\s+", " ", heading).strip().upper() for heading in joined]


def _work_column(path: Path, header: Sequence[str], *, floor: bool) -> int:
    headings = [re.sub(r"\s+", " ", cell).upper() for cell in header]
    work = [i for i, heading in enumerate(headings) if "PW GPCI" in heading or "WORK GPCI" in heading]
    if not work:
        raise ContractFileError(f"{path.name}: no column for the work index")
    if len(work) == 1:
        return work[0]
    return next((i for i in work if ("WITHOUT" not in headings[i]) == floor), work[0])


def _locality(path: Path, number: int, row: Sequence[str], columns: Mapping[str, int]) -> dict[str, str]:
    contractor, locality = _cell(row, columns["contractor"]).zfill(5), _cell(row, columns["number"]).zfill(2)
    return {
        "locality": f"{contractor}-{locality}", "state": _cell(row, columns["state"]).upper(),
        "name": re.sub(r"[*\s]+", " ", _cell(row, columns["name"])).strip().title(),
        **{part: _number(path, number, part, _cell(row, columns[part])) for part in ("work", "pe", "mp")},
    }  # fmt: skip


def _cell(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""


def _number(path: Path, number: int, name: str, text: str) -> str:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ContractFileError(f"{path.name}: row {number}: {name} {text!r} is not a number") from None
    if not value.is_finite() or value < 0:
        raise ContractFileError(f"{path.name}: row {number}: {name} {text!r} is not a number from zero up")
    return str(value)
