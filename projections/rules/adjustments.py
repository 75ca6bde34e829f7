"""Arithmetic on claim adjustments that every projection shares."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from events.adjustment import Adjustment
from events.values import ZERO


def patient_owed(adjustments: Iterable[Adjustment]) -> Decimal:
    """All that group PR lays on the patient."""
    return sum((a.amount for a in adjustments if a.group == "PR"), ZERO)
