"""Small validated types every event is built from, each with its bounds: what passes here, every fold can handle.

Years 1900 to 2199, amounts of at most 13 digits before the point, 32-bit integers, text of bounded length. A validator
raises nothing but ValueError.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
SMALLEST = -12  # the power of ten of the first digit of the smallest number of units
MAX_AMOUNT = Decimal("9999999999999.99")  # well inside BIGINT cents, far above any claim
MAX_UNITS = Decimal(99999999)  # eight digits, as many as X12 gives a quantity; an amount times units stays computable
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
MAX_INTEGER = 2**31 - 1
MAX_DAYS = 36_525  # a century: longer windows leave the calendar
_WIDE = Context(prec=60)
_ZERO_DATES = ("0001-01-01", "0000-00-00")  # the zero of Go and .NET, and of MySQL
_NO_END = "9999-12-31"


def round_cents(amount: Decimal) -> Decimal:
    """Round half up to the cent: the way fee schedules are published, unlike Python's own half-to-even."""
    return amount.quantize(CENT, ROUND_HALF_UP, _WIDE)


@lru_cache(maxsize=65536)  # of values only: the same few thousand amounts come again and again
def to_cents(amount: Decimal) -> int:
    """An amount of money in whole cents, as tables store it."""
    return int(round_cents(amount).scaleb(2, _WIDE))


@lru_cache(maxsize=65536)
def from_cents(cents: int) -> Decimal:
    """Whole cents as a Decimal with two places."""
    return Decimal(cents).scaleb(-2)


def _money(value: Decimal) -> Decimal:
    if not -MAX_AMOUNT <= value <= MAX_AMOUNT:  # pydantic has refused what is not finite
        raise ValueError("not an amount of money (at most 13 digits before the point)")
    cents = round_cents(value)
    if cents != value:
        raise ValueError("an amount has at most two decimals")
    return cents or ZERO  # never -0.00


def _plain(value: Decimal) -> Decimal:
    """The same number as it is written in JSON: 2.0 and 20E-1 are 2. Refuses what would take a page to write."""
    if not -MAX_UNITS <= value <= MAX_UNITS or value.adjusted() < SMALLEST:
        raise ValueError("not a number of units (at most eight digits before the point)")
    return Decimal(_number(value))


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"


def _instant(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant needs a zone, for example 2026-03-02T15:00:00Z")
    # As it is written, for converting it may leave the calendar, and as it is stored, for it is read again.
    return _in_range(_in_range(value).astimezone(UTC))


def _in_range(value: datetime) -> datetime:
    if not FIRST_DAY.year <= value.year <= LAST_DAY.year:
        raise ValueError(_OUT_OF_RANGE)
    return value


_NUMBER = re.compile(r"[-+]?[\d_.]+(?:[eE][-+]?\d+)?")
_OUT_OF_RANGE = f"the year must be from {FIRST_DAY.year} to {LAST_DAY.year}"


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _counted(value: Any) -> Any:
    """Refuses true and false, which pydantic would count as 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("a whole number is wanted, not true or false")  # noqa: TRY004  pydantic shows ValueErrors
    return value


def _stated(value: Any) -> Any:
    """None for the zero of a programming language or a database: nobody stated that date."""
    return None if _begins(value, *_ZERO_DATES) else value


def _written(value: Any) -> Any:
    """Refuses numbers, also as text, which pydantic would count as seconds since 1970."""
    if _is_number(value) or (isinstance(value, str) and not value.count("-")):
        raise ValueError("a day is written 2026-03-02")
    return value


def _written_instant(value: Any) -> Any:
    """The same for an instant."""
    if _is_number(value):
        raise ValueError("an instant is written 2026-03-02T15:00:00Z")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value.strip()) is not None)


def _kept(value: Any) -> Any:
    """Refuses NaN, Infinity and what no double holds (1e400): these cannot be written as JSON again."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, float) and not math.isfinite(one):
            raise ValueError("not a number that JSON can hold (NaN, Infinity, or larger than 1.8e308): send it as text")
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return value


def _end(value: Any) -> Any:
    """None for 9999-12-31 too, by which many systems say that there is no end."""
    return None if _begins(value, _NO_END, *_ZERO_DATES) else value


def _begins(value: Any, *days: str) -> bool:
    if isinstance(value, date):  # a datetime is one too
        value = value.isoformat()
    return isinstance(value, str) and value.strip().startswith(days)


# Every claim passes here: constraints are next to their type, where pydantic checks them without calling Python.
Money = Annotated[Decimal, AfterValidator(_money), PlainSerializer(lambda v: f"{v:.2f}", str)]
Units = Annotated[Decimal, AfterValidator(_plain), PlainSerializer(_number, str)]
Instant = Annotated[datetime, AfterValidator(_instant), BeforeValidator(_written_instant)]
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY), BeforeValidator(_written)]
DayOrInstant = Annotated[Instant | Day, BeforeValidator(_written)]
StatedInstant = Annotated[Instant | None, BeforeValidator(_stated)]  # optional: a zero timestamp counts as absent
StatedDay = Annotated[Day | None, BeforeValidator(_stated)]
EndDay = Annotated[Day | None, BeforeValidator(_end)]  # optional: 9999-12-31 is no end
Integer = Annotated[int, Field(ge=-MAX_INTEGER - 1, le=MAX_INTEGER), BeforeValidator(_counted)]
Days = Annotated[int, Field(ge=0, le=MAX_DAYS), BeforeValidator(_counted)]  # the length of a window
Year = Annotated[int, Field(ge=FIRST_DAY.year, le=LAST_DAY.year), BeforeValidator(_counted)]
# Codes and names are filed under, and an index takes no page of text.
Code = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, max_length=100), BeforeValidator(_text)]
Text = Annotated[str, StringConstraints(max_length=10_000), BeforeValidator(_text)]
Name = Annotated[str, StringConstraints(max_length=200), BeforeValidator(_text)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=200), BeforeValidator(_text)]
Kept = Annotated[Any, AfterValidator(_kept)]  # what an unknown field holds


def says_open(schema: dict[str, Any]) -> None:
    """Writes in a JSON Schema that a class takes unknown fields, in the usual words for it."""
    if schema.get("additionalProperties") == {}:
        schema["additionalProperties"] = True


class Fact(BaseModel):
    """Base of everything an event carries: frozen, and unknown extra fields are kept, not refused."""

    model_config = ConfigDict(
        frozen=True, extra="allow", populate_by_name=True, defer_build=True, json_schema_extra=says_open
    )
    __pydantic_extra__: dict[str, Kept]
