"""A practice system's list of open claims: each row a statement as of a day, or refused with the reason.

Nothing is guessed: what is blank stays unknown, and a row in doubt is refused by its number and column. Claim numbers
never stand in a reason; they are health information.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from events.values import ZERO
from services.contracts.cells import Cell
from services.intake.open_claim_columns import FIELDS, Columns, columns_of
from services.intake.sheet_cells import CellError, amount, day, is_day_first, plain_text
from services.intake.sheet_rows import NumberedRow, SheetError

SEARCHED = 40  # rows in which the heading of the table is looked for
SHOWN = 8  # rows shown of a list whose columns are not understood
MONEY = ("charge", "paid", "adjusted", "patient_paid", "balance")
DAYS = ("dos", "sent_on", "denied_on")
TEXTS = ("patient_id", "patient_name", "payer_id", "member_id", "status", "note")
_TOTAL = re.compile(r"^\W*((grand|sub|report|page|payer|patient|practice)[ -]*)?totals?\b", re.IGNORECASE)
_ROUNDED = re.compile(r"\d(\.\d+)?E\+\d+", re.IGNORECASE)  # 1.23457E+12: a spreadsheet took it for an amount
_SEQUENCES = {"p": "P", "1": "P", "s": "S", "2": "S", "t": "T", "3": "T"}
_PATIENT = ("pat", "self", "guar", "pt", "family")
_PAYER = ("pay", "ins", "pri", "sec", "ter", "carrier")
OLDEST = date(1990, 1, 1)


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """`row` as the spreadsheet numbers it; `reason` names the column and what to do."""

    row: int
    reason: str


class RowError(ValueError):
    """A row that is refused."""


@dataclass(kw_only=True)
class OpenClaims:
    """What a list holds. `stated`: row number and data of `claim.carried_over.v1`, without its day and source.

    `skipped`: rows that are no claim, by why. `repeated`: rows that only repeat another.
    """

    columns: Columns
    stated: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def balance(self) -> Decimal:
        return sum((Decimal(data["balance"]) for _, data in self.stated), ZERO)

    def skip(self, why: str) -> None:
        self.skipped[why] = self.skipped.get(why, 0) + 1


class UnknownColumnsError(SheetError):
    """A list whose columns are not understood. `rows`: its first ones as text, for who has to say what they mean."""

    def __init__(self, message: str, rows: Sequence[Sequence[str]]) -> None:
        super().__init__(message)
        self.rows = [list(row) for row in rows]


def read_open_claims(rows: Iterable[NumberedRow], as_of: date, named: Mapping[str, str] | None = None) -> OpenClaims:
    """Reads a list as of a day. `named`: a heading of the list -> the field it means.

    Raises UnknownColumnsError, SheetError.
    """
    given = dict(named or {})
    unknown = sorted(set(given.values()) - set(FIELDS))
    if unknown:
        raise SheetError(f"no field {', '.join(unknown)}; there are {', '.join(FIELDS)}")
    iterator = iter(rows)
    found, waiting = _heading(iterator, given)
    body = [*waiting, *iterator]
    _refuse_day_first(body, found.columns)
    for number, row in body:
        _take(found, number, row, as_of, given)
    _set_doubles_aside(found)
    return found


def _heading(rows: Iterator[NumberedRow], named: Mapping[str, str]) -> tuple[OpenClaims, list[NumberedRow]]:
    """The table's heading among the first rows, and the rows after it that were read already."""
    first = list(islice(rows, SEARCHED))
    best: tuple[int, Columns] | None = None
    for place, (_, row) in enumerate(first):
        above = first[place - 1][1] if place else []
        columns = columns_of(row, above, named)
        if columns is not None and (best is None or len(columns.missing) < len(best[1].missing)):
            best = (place, columns)
    if best is None or best[1].missing:
        lacking = best[1].missing if best else []
        words = ", ".join(f"{FIELDS[name]} ({name})" for name in lacking)
        reason = f"no column is known as {words}" if lacking else "no row was recognized as column headings"
        raise UnknownColumnsError(f"{reason}: map the headings", _shown([row for _, row in first]))
    place, columns = best
    found = OpenClaims(columns=columns)
    for _ in range(place):
        found.skip("above the table")
    return found, first[place + 1 :]


def _shown(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    return [["" if cell is None else str(cell)[:60] for cell in row] for row in rows[:SHOWN]]


def _refuse_day_first(rows: Sequence[NumberedRow], columns: Columns) -> None:
    """One date that can only be day/month makes every date of its column doubtful. Raises SheetError."""
    for name in DAYS:
        place = columns.places.get(name)
        if place is None:
            continue
        number = next((n for n, row in rows if place < len(row) and is_day_first(row[place])), None)
        if number is not None:
            raise SheetError(
                f"row {number}, column {columns.headings[name]}: dates are written day/month/year; the others of this "
                "column cannot be told from month/day/year. Save the list with dates as 2026-01-31"
            )


def _take(found: OpenClaims, number: int, row: Sequence[Cell], as_of: date, named: Mapping[str, str]) -> None:
    """Reads one row into `found`: a claim, a refusal, or no claim."""
    places = found.columns.places
    cells = {name: row[place] if place < len(row) else None for name, place in places.items()}
    texts = [str(cell).strip() for cell in row if cell is not None and str(cell).strip()]
    if any(_TOTAL.match(text) for text in texts[:2]):
        found.skip("totals")
        return
    if columns_of(row, [], named, required=max(len(places) - 1, 3)) is not None:
        found.skip("headings repeated")
        return
    try:
        claim_id = _claim_number(cells["claim_id"])
        if not claim_id and cells.get("dos") is None:
            found.skip("no claim number and no date of service")
            return
        found.stated.append((number, _statement(claim_id, cells, found.columns, as_of)))
    except RowError as error:
        found.refused.append(RefusedRow(number, str(error)))


def _claim_number(cell: Cell) -> str:
    """As the list has it; a number that a spreadsheet rounded is none. Raises RowError."""
    try:
        text = plain_text(cell)
    except CellError as error:
        raise RowError(f"claim number: {error}") from error
    if _ROUNDED.fullmatch(text):
        raise RowError("claim number: a spreadsheet rounded it; format the column as text and export again")
    return text


def _statement(claim_id: str, cells: Mapping[str, Cell], columns: Columns, as_of: date) -> dict[str, Any]:
    if not claim_id or not claim_id.strip("0"):
        raise RowError("claim number: missing")
    told: dict[str, Any] = {"claim_id": claim_id}
    for name in TEXTS:
        told[name] = _read(plain_text, name, cells, columns) or None
    told["patient_id"] = told["patient_id"] or told["patient_name"]
    if not told["patient_id"] or not told["payer_id"]:
        raise RowError(f"{FIELDS['patient_id' if not told['patient_id'] else 'payer_id'].lower()}: missing")
    told |= {name: _read(amount, name, cells, columns) for name in MONEY}
    told |= {name: _read(day, name, cells, columns) for name in DAYS}
    _check_days(told, as_of)
    _check_money(told)
    told["payer_sequence"] = _sequence(cells)
    told["owner"] = _owner(cells)
    return {name: _json(value) for name, value in told.items() if value is not None}


def _json(value: Any) -> str:
    return (
        f"{value:.2f}" if isinstance(value, Decimal) else value.isoformat() if isinstance(value, date) else str(value)
    )


def _read(reader: Any, name: str, cells: Mapping[str, Cell], columns: Columns) -> Any:
    try:
        return reader(cells.get(name))
    except CellError as error:
        raise RowError(f"column {columns.headings[name]}: {error}") from error


def _check_days(told: Mapping[str, Any], as_of: date) -> None:
    if told["dos"] is None:
        raise RowError("date of service: missing")
    for name in DAYS:
        if told[name] is not None and not OLDEST <= told[name] <= as_of:
            words = "is after the day of the list" if told[name] > as_of else "cannot be right"
            raise RowError(f"{FIELDS[name].lower()}: {told[name].isoformat()} {words}")
    for name in ("sent_on", "denied_on"):
        if told[name] is not None and told[name] < told["dos"]:
            raise RowError(f"{FIELDS[name].lower()}: {told[name].isoformat()} is before the date of service")


def _check_money(told: dict[str, Any]) -> None:
    """Fills in what was paid where only zero comes out; payments that systems write with a minus lose it."""
    charge, balance = told["charge"], told["balance"]
    if charge is None or balance is None:
        raise RowError(f"{'charge' if charge is None else 'balance'}: missing")
    if charge <= ZERO:
        raise RowError("charge: must be above zero")
    for name in ("paid", "adjusted", "patient_paid"):
        if told[name] is not None and told[name] < ZERO:
            told[name] = _unsigned(told, name)
    if balance > charge:
        raise RowError(f"balance: {balance:.2f} is more than the charge of {charge:.2f}")
    off = (told["adjusted"] or ZERO) + (told["patient_paid"] or ZERO)
    if told["paid"] is None:
        if charge - off != balance:
            left = charge - off - balance
            raise RowError(f"paid: blank, and {left:.2f} of the charge is neither adjusted nor open; write the amount")
        told["paid"] = ZERO


def _unsigned(told: Mapping[str, Any], name: str) -> Decimal:
    """An amount written as a credit. It is one that was taken off the charge only if the row comes out that way."""
    plain: dict[str, Decimal] = {n: abs(told[n] or ZERO) for n in ("paid", "adjusted", "patient_paid")}
    if told["charge"] - sum(plain.values(), ZERO) != told["balance"]:
        raise RowError(f"{FIELDS[name].lower()}: {told[name]:.2f} is negative, and the row does not balance without it")
    return plain[name]


def _sequence(cells: Mapping[str, Cell]) -> str:
    text = str(cells.get("payer_sequence") or "p").strip().lower()
    if text[:1] not in _SEQUENCES:
        raise RowError(f"primary, secondary or tertiary: {text} is none of them")
    return _SEQUENCES[text[:1]]


def _owner(cells: Mapping[str, Cell]) -> str | None:
    text = str(cells.get("owner") or "").strip().lower()
    if not text:
        return None
    if text.startswith(_PATIENT):
        return "patient"
    if text.startswith(_PAYER):
        return "payer"
    raise RowError("who owes the balance: write payer or patient")


def _set_doubles_aside(found: OpenClaims) -> None:
    """One row for a claim: a row that repeats another counts once, rows that differ are refused, all of them."""
    by_claim: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for number, data in found.stated:
        by_claim.setdefault(data["claim_id"], []).append((number, data))
    kept = []
    for rows in by_claim.values():
        if all(data == rows[0][1] for _, data in rows):
            kept.append(rows[0])
            for _ in rows[1:]:
                found.skip("duplicate row")
            continue
        numbers = ", ".join(str(number) for number, _ in rows)
        found.refused += [
            RefusedRow(number, f"claim number: rows {numbers} have the same one and differ; keep one row for the claim")
            for number, _ in rows
        ]
    found.stated = sorted(kept, key=lambda row: row[0])
    found.refused.sort(key=lambda refused: refused.row)
