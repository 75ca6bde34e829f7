"""Cells of lists that people exported: amounts with signs of every kind, dates that mean one day only."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from events.values import round_cents
from services.contracts.cells import Cell, text_of

_TEXT_TRICK = re.compile(r'="([^"]*)"')  # how exports keep a spreadsheet from eating leading zeros
_PLAIN_AMOUNT = re.compile(r"(\d+|\d{1,3}(,\d{3})+)?(\.\d+)?")
_US_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})")
_CLOCK = re.compile(r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?$")
_MONTH_FORMS = ("%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%b %d %Y", "%d %B %Y", "%B %d, %Y", "%d-%b-%y")
_NOISE = Decimal("0.000001")  # a spreadsheet's 38.5 may be 38.499999999999996
CENTURY = 2000
LAST_MONTH = 12


class CellError(ValueError):
    """A cell that says nothing certain; the message says what it holds and what to write."""


def plain_text(cell: Cell) -> str:
    """A cell as text; `="00123"` is 00123. Raises CellError for a formula, whose value the file does not hold."""
    text = text_of(cell)
    trick = _TEXT_TRICK.fullmatch(text)
    if trick:
        return trick[1].strip()
    if text.startswith("=") or text in ("#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!"):
        raise CellError("a formula, not a value: save the list with its values")
    return text


def amount(cell: Cell) -> Decimal | None:
    """Dollars; None where the cell is blank. "$1,234.50", "(20.00)", "-20", "20-" and "20.00 CR" are read.

    Raises CellError, also where a comma could be a decimal sign.
    """
    text = plain_text(cell).replace("\u2212", "-").strip()
    if text in ("", "-", "--"):
        return None
    minus = text.startswith("(") and text.endswith(")")
    bare = text.strip("()").replace("$", "").replace(" ", "")
    if bare.upper().endswith("CR"):
        minus, bare = True, bare[:-2]
    if bare.startswith("-") or bare.endswith("-"):
        minus, bare = True, bare.strip("-")
    if not bare or not _PLAIN_AMOUNT.fullmatch(bare):
        raise CellError(f"{text} is not an amount; write 1234.50")
    try:
        value = Decimal(bare.replace(",", ""))
    except InvalidOperation:
        raise CellError(f"{text} is not an amount; write 1234.50") from None
    if abs(value - round_cents(value)) > _NOISE:
        raise CellError(f"{text} is not an amount with two decimals")
    return -round_cents(value) if minus else round_cents(value)


def day(cell: Cell) -> date | None:
    """A day; None where the cell is blank. ISO, month/day/year and a month by its name are read.

    Raises CellError where it could be another day: 01-02-2026, a spreadsheet's serial number.
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = _CLOCK.sub("", plain_text(cell)).strip()
    if not text or set(text) <= {"0", "/", "-"}:
        return None
    us = _US_DAY.fullmatch(text)
    if us:
        return _us_day(text, us)
    if re.fullmatch(r"\d{8}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    for form in _MONTH_FORMS:
        try:
            return datetime.strptime(text.title(), form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    raise CellError(f"{text} is not a date that means one day only; write 2026-01-31 or 1/31/2026")


def _us_day(text: str, match: re.Match[str]) -> date:
    month, number, year = int(match[1]), int(match[2]), int(match[3])
    year += CENTURY if len(match[3]) == 2 else 0
    try:
        return date(year, month, number)
    except ValueError:
        raise CellError(f"{text} is not a date as month/day/year") from None


def is_day_first(cell: Cell) -> bool:
    """Whether a date can only be day/month/year: then every date of its column may be."""
    if isinstance(cell, date):
        return False
    match = _US_DAY.fullmatch(_CLOCK.sub("", text_of(cell)).strip())
    return match is not None and int(match[1]) > LAST_MONTH >= int(match[2])
