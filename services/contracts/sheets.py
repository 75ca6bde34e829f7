"""A fee schedule kept as rows, from CSV or a workbook: terms above, then a table of codes and amounts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from services.contracts.cells import Cell, ContractFileError, amount_of, date_of, text_of, value_of

SheetRow = Sequence[Cell]
SCOPE = ("payer_id", "plan", "billing_npi", "discipline", "place_of_service", "provider_kind")
_TERMS = (
    "contract_id",
    "version",
    "supersedes",
    "effective_from",
    "effective_to",
    "method",
    "amount",
    "per",
    "percent",
    "basis",
    "cap",
    "lesser_of",
    "modifier_multipliers",
    "unit_caps",
    "carve_outs",
    "default",
    "dispute_days",
)
_NAMES = {
    "contract": "contract_id",
    "contract_number": "contract_id",
    "payer": "payer_id",
    "npi": "billing_npi",
    "pos": "place_of_service",
    "effective": "effective_from",
    "effective_date": "effective_from",
    "from": "effective_from",
    "start": "effective_from",
    "start_date": "effective_from",
    "to": "effective_to",
    "end": "effective_to",
    "end_date": "effective_to",
    "lesser": "lesser_of",
    "multipliers": "modifier_multipliers",
    "through": "through",
    "last_day": "through",
    "termination_date": "through",
}
_CODE_COLUMNS = frozenset(
    {"procedure", "procedure_code", "code", "cpt", "cpt_code", "hcpcs", "hcpcs_code", "cpt_hcpcs"}
)
_AMOUNT_COLUMNS = frozenset({"amount", "rate", "fee", "allowed", "allowable", "contract_rate", "price"})
_MODIFIER_COLUMNS = frozenset({"modifier", "modifiers", "mod", "mods"})


def contracts_of_rows(
    rows: Iterable[SheetRow], terms: Mapping[str, Any] | None = None, headings: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """The data of `contract.published.v1` that rows hold: one contract, or one for each set of terms in its columns.

    `terms` are terms known from elsewhere; those in the rows win. `headings` say what a column of the file means that
    we would not know by its heading: procedure, amount or modifiers. Raises ContractFileError.
    """
    named = {_plain_name(heading): meaning for heading, meaning in (headings or {}).items()}
    above: dict[str, Any] = dict(terms or {})
    numbered = [(number, row) for number, row in enumerate(rows, start=1) if _filled(row)]
    for index, (number, row) in enumerate(numbered):
        columns = _columns(row, named)
        if columns is not None:
            return _table(numbered[index + 1 :], columns, above)
        above.update(_term(row, f"row {number}"))
    if not above:
        raise ContractFileError("no table with the columns procedure and amount")
    return [_contract(above, [])]


def terms_of_rows(rows: Iterable[SheetRow]) -> dict[str, Any]:
    """Terms written as name and value side by side."""
    found: dict[str, Any] = {}
    for number, row in enumerate(rows, start=1):
        if _filled(row):
            found.update(_term(row, f"row {number}"))
    return found


def _filled(row: SheetRow) -> bool:
    return any(text_of(cell) for cell in row) and not text_of(row[0]).startswith("#")


def name_of(cell: Cell) -> str:
    """A column or term by its one name."""
    plain = _plain_name(cell)
    return _NAMES.get(plain, plain)


def _meaning(name: str) -> str:
    """What we take a heading for by itself."""
    meanings = (("procedure", _CODE_COLUMNS), ("amount", _AMOUNT_COLUMNS), ("modifiers", _MODIFIER_COLUMNS))
    return next((meaning for meaning, names in meanings if name in names), "")


def _plain_name(cell: Cell) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text_of(cell).lower()).strip("_")


def _columns(row: SheetRow, named: Mapping[str, str]) -> dict[int, str] | None:
    """Column numbers to names where the row heads a table of rates."""
    given = [_plain_name(cell) for cell in row]
    taken = {meaning for heading, meaning in named.items() if heading in given}  # a column that was named is the one
    plain = [named.get(name) or ("" if _meaning(name) in taken else name) for name in given]
    code = next((i for i, name in enumerate(plain) if name in _CODE_COLUMNS), None)
    amount = next((i for i, name in enumerate(plain) if name in _AMOUNT_COLUMNS and i != code), None)
    if code is None or amount is None:
        return None
    columns = {i: _NAMES.get(name, name) for i, name in enumerate(plain)}
    columns |= {i: "modifiers" for i, name in enumerate(plain) if name in _MODIFIER_COLUMNS}
    return columns | {code: "procedure", amount: "rate"}


def _table(
    numbered: Sequence[tuple[int, SheetRow]], columns: Mapping[int, str], above: Mapping[str, Any]
) -> list[dict[str, Any]]:
    found: dict[tuple[tuple[str, str], ...], tuple[dict[str, Any], list[dict[str, Any]]]] = {}
    own = [(i, name) for i, name in columns.items() if name in (*_TERMS, *SCOPE, "through")]
    for number, row in numbered:
        where = f"row {number}"
        cells = {name: row[i] if i < len(row) else None for i, name in columns.items()}
        terms: dict[str, Any] = {}
        for i, name in own:
            if text_of(row[i] if i < len(row) else None):
                terms.update(_term([name, row[i]], where))
        key = tuple(sorted((name, str(value)) for name, value in terms.items()))
        _, rates = found.setdefault(key, (terms, []))
        rates.append(_rate(cells, where))
    if not found:
        raise ContractFileError("the table holds no rates")
    return [_contract({**above, **terms}, rates) for terms, rates in found.values()]


def _rate(cells: Mapping[str, Cell], where: str) -> dict[str, Any]:
    procedure = text_of(cells["procedure"]).upper()
    if not procedure:
        raise ContractFileError(f"{where}: the code is missing")
    rate: dict[str, Any] = {"procedure": procedure, "amount": amount_of(cells["rate"], f"{where}, column amount")}
    if modifiers := re.split(r"[\s,;/]+", text_of(cells.get("modifiers")).upper()):
        rate["modifiers"] = [modifier for modifier in modifiers if modifier]
    return rate if rate.get("modifiers") else {k: v for k, v in rate.items() if k != "modifiers"}


def _term(row: SheetRow, where: str) -> dict[str, Any]:
    name, cell = name_of(row[0]), row[1] if len(row) > 1 else None
    if not text_of(cell):
        return {}
    if name == "through":
        last = date.fromisoformat(date_of(cell, f"{where}, {name}"))
        return {"effective_to": (last + timedelta(days=1)).isoformat()}
    if name in ("effective_from", "effective_to"):
        return {name: date_of(cell, f"{where}, {name}")}
    if name in SCOPE or name in ("contract_id", "version", "method", "supersedes"):
        return {name: text_of(cell)}
    if name in _TERMS:
        return {name: value_of(cell, f"{where}, {name}")}
    raise ContractFileError(f"{where}: {text_of(row[0])!r} is no term of a contract")


def _contract(terms: Mapping[str, Any], rates: list[dict[str, Any]]) -> dict[str, Any]:
    missing = [name for name in ("contract_id", "payer_id", "effective_from") if not terms.get(name)]
    if missing:
        raise ContractFileError(f"{', '.join(missing)} missing: write them above the table or in columns")
    data = {name: value for name, value in terms.items() if name in _TERMS}
    version = str(terms.get("version", 1))
    data["version"] = int(version) if version.isdigit() else version
    data["scope"] = {name: terms[name] for name in SCOPE if terms.get(name)}
    data.setdefault("method", "per_unit")
    return {**data, "rates": rates}
