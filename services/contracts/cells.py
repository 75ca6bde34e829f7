"""Cells of fee schedules as people keep them: codes as numbers, amounts as floats, dates in several dresses."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from events.values import round_cents

Cell = str | int | float | bool | datetime | date | Decimal | None
_NOISE = Decimal("0.000001")  # a spreadsheet's 38.5 may be 38.499999999999996


class ContractFileError(ValueError):
    """A file that cannot be read as a fee schedule; the message says where and what to fix."""


def text_of(cell: Cell) -> str:
    """A cell as plain text; 97530.0 is 97530."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return str(cell).strip()


def amount_of(cell: Cell, where: str) -> str:
    """An amount with two decimals as text. Raises ContractFileError."""
    text = re.sub(r"[$,\s]", "", text_of(cell))
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ContractFileError(f"{where}: {text or 'an empty cell'} is not an amount") from None
    if not amount.is_finite() or abs(amount - round_cents(amount)) > _NOISE:
        raise ContractFileError(f"{where}: {text} is not an amount with two decimals")
    return f"{round_cents(amount):.2f}"


def date_of(cell: Cell, where: str) -> str:
    """A date in ISO 8601, from ISO or month/day/year. Raises ContractFileError."""
    text = text_of(cell)
    us = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text)
    try:
        if us:
            return date(int(us[3]), int(us[1]), int(us[2])).isoformat()
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise ContractFileError(f"{where}: {text} is not a date; write 2026-01-31") from None


def value_of(cell: Cell, where: str) -> Any:
    """A term's value: JSON where it looks like it, "CQ=85; CO=85" as a table, else what the cell holds."""
    text = text_of(cell)
    if text[:1] in ("{", "["):
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise ContractFileError(f"{where}: not JSON: {error.msg}") from error
    pairs = [pair.partition("=") for pair in re.split(r"[;,]\s*|\s+", text) if pair]
    if pairs and all(sign and name and value for name, sign, value in pairs):
        return {name.strip(): value.strip() for name, _, value in pairs}
    return {"true": True, "yes": True, "false": False, "no": False}.get(text.lower(), text)
