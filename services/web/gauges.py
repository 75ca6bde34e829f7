"""Threshold gauges: where a patient is between nothing and the review line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

WIDTH = 400  # units of the drawing
MARKS = (("alert", "alert"), ("KX", "threshold"), ("review", "review"))


@dataclass(frozen=True)
class Mark:
    """A line across the gauge."""

    name: str
    amount: str
    x: str


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """Widths and places in units of the drawing, as text for attributes."""

    width: int
    confirmed: str
    pending_from: str
    pending: str
    marks: tuple[Mark, ...]


def gauge(row: Mapping[str, Any]) -> Gauge:
    """Of a row of the thresholds read."""
    limits: Mapping[str, str] = row.get("limits") or {}
    lines = [(name, Decimal(limits[key])) for name, key in MARKS if key in limits]
    confirmed, projected = Decimal(row["confirmed"]), Decimal(row["projected"])
    farthest = max(confirmed, projected) * Decimal("1.04")
    top = max([limit * Decimal("1.12") for _, limit in lines] + [farthest, Decimal(1)])

    def place(amount: Decimal) -> Decimal:
        return max(amount, Decimal(0)) / top * WIDTH

    return Gauge(
        width=WIDTH,
        confirmed=f"{place(confirmed):.1f}",
        pending_from=f"{place(confirmed):.1f}",
        pending=f"{max(place(projected) - place(confirmed), Decimal(0)):.1f}",
        marks=tuple(Mark(name, f"{limit:,.0f}", f"{place(limit):.1f}") for name, limit in lines),
    )
