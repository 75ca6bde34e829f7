"""Small validated types every event is built from."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer, StringConstraints

CENT = Decimal("0.01")
MAX_AMOUNT = Decimal("99999999999.99")  # well inside BIGINT cents, far above any claim


def round_cents(amount: Decimal) -> Decimal:
    """Round half up to the cent: the way fee schedules are published, unlike Python's own half-to-even."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def to_cents(amount: Decimal) -> int:
    """An amount of money in whole cents, as tables store it."""
    return int(round_cents(amount).scaleb(2))


def from_cents(cents: int) -> Decimal:
    """Whole cents as a Decimal with two places."""
    return Decimal(cents).scaleb(-2)


def _money(value: Decimal) -> Decimal:
    if not value.is_finite() or abs(value) > MAX_AMOUNT:
        raise ValueError("not an amount of money")
    if value != round_cents(value):
        raise ValueError("an amount has at most two decimals")
    return round_cents(value) + 0  # "+ 0" turns -0.00 into 0.00


def _instant(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant needs a zone, for example 2026-03-02T15:00:00Z")
    return value.astimezone(UTC)


def _no_float_noise(value: Any) -> Any:
    return str(value) if isinstance(value, float) else value


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Money = Annotated[
    Decimal, BeforeValidator(_no_float_noise), AfterValidator(_money), PlainSerializer(lambda v: f"{v:.2f}", str)
]
Units = Annotated[
    Decimal, BeforeValidator(_no_float_noise), PlainSerializer(lambda v: f"{v.normalize():f}" if v else "0", str)
]
Instant = Annotated[datetime, AfterValidator(_instant)]
Day = date
Code = Annotated[str, BeforeValidator(_text), StringConstraints(strip_whitespace=True, to_upper=True)]
Text = Annotated[str, BeforeValidator(_text)]
Id = Annotated[str, BeforeValidator(_text), StringConstraints(min_length=1, max_length=200)]


class Fact(BaseModel):
    """Base of everything an event carries: frozen, and unknown extra fields are kept, not refused."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)
