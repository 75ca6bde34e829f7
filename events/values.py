"""Small validated types every event is built from."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer, StringConstraints

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
SMALLEST = -12  # the power of ten of the first digit of the smallest number of units
MAX_AMOUNT = Decimal("99999999999.99")  # well inside BIGINT cents, far above any claim


def round_cents(amount: Decimal) -> Decimal:
    """Round half up to the cent: the way fee schedules are published, unlike Python's own half-to-even."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


@lru_cache(maxsize=65536)  # of values only: the same few thousand amounts come again and again
def to_cents(amount: Decimal) -> int:
    """An amount of money in whole cents, as tables store it."""
    return int(round_cents(amount).scaleb(2))


@lru_cache(maxsize=65536)
def from_cents(cents: int) -> Decimal:
    """Whole cents as a Decimal with two places."""
    return Decimal(cents).scaleb(-2)


def _money(value: Decimal) -> Decimal:
    if not -MAX_AMOUNT <= value <= MAX_AMOUNT:  # pydantic has refused what is not finite
        raise ValueError("not an amount of money")
    cents = round_cents(value)
    if cents != value:
        raise ValueError("an amount has at most two decimals")
    return cents or ZERO  # never -0.00


def _plain(value: Decimal) -> Decimal:
    """The same number as it is written in JSON: 2.0 and 20E-1 are 2. Refuses what would take a page to write."""
    if not -MAX_AMOUNT <= value <= MAX_AMOUNT or value.adjusted() < SMALLEST:
        raise ValueError("not a number of units")
    return Decimal(_number(value))


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"


def _instant(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant needs a zone, for example 2026-03-02T15:00:00Z")
    return value.astimezone(UTC)


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


# Every claim passes here: constraints stand beside their type, where pydantic checks them without calling Python.
Money = Annotated[Decimal, AfterValidator(_money), PlainSerializer(lambda v: f"{v:.2f}", str)]
Units = Annotated[Decimal, AfterValidator(_plain), PlainSerializer(_number, str)]
Instant = Annotated[datetime, AfterValidator(_instant)]
Day = date
Code = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True), BeforeValidator(_text)]
Text = Annotated[str, BeforeValidator(_text)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=200), BeforeValidator(_text)]


class Fact(BaseModel):
    """Base of everything an event carries: frozen, and unknown extra fields are kept, not refused."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)
