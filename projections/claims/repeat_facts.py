"""Answers that came more than once: said again word for word, or said otherwise by another source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from projections.history import EventId


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedEntry:
    """An answer that repeats another word for word, in another remittance. Remittances by key, the rest as stated."""

    first: str
    again: str
    first_trace: str | None
    again_trace: str | None
    first_date: date | None
    again_date: date | None
    paid: Decimal
    received_at: datetime
    event: EventId


@dataclass(frozen=True, slots=True)
class Contradicted:
    """One entry of which two sources say different things; `kept` counts, and `differences` says what the other has."""

    kept: EventId
    other: EventId
    differences: tuple[str, ...]
