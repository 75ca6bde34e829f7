"""Arithmetic on claim adjustments that every projection shares."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from events.adjustment import Adjustment
from events.values import ZERO


def patient_owed(adjustments: Iterable[Adjustment]) -> Decimal:
    """All that group PR lays on the patient."""
    owed = ZERO
    for adjustment in adjustments:
        if adjustment.group == "PR":
            owed += adjustment.amount
    return owed
