"""Arithmetic on claim adjustments that every projection shares."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from events.remittance import Adjustment

ZERO = Decimal("0.00")
PATIENT_SHARE_REASONS = frozenset({"1", "2", "3", "66", "122"})  # deductible, coinsurance, copay, blood, psychiatric
SEQUESTRATION = "253"
ASSISTANT_REMARK = "N851"


def patient_owed(adjustments: Iterable[Adjustment]) -> Decimal:
    """All that group PR lays on the patient."""
    return sum((a.amount for a in adjustments if a.group == "PR"), ZERO)


def taken_off(adjustments: Iterable[Adjustment]) -> Decimal:
    """All that was taken off the charge, whoever bears it."""
    return sum((a.amount for a in adjustments), ZERO)


def rebuilt_allowed(paid: Decimal, adjustments: Iterable[Adjustment]) -> Decimal:
    """Allowed amount from what was paid, the patient's share of it and sequestration.

    Sequestration (CARC 253) and the patient's deductible, coinsurance and copay lie inside the allowed amount.
    """
    inside = (
        a.amount
        for a in adjustments
        if a.reason == SEQUESTRATION or (a.group == "PR" and a.reason in PATIENT_SHARE_REASONS)
    )
    return paid + sum(inside, ZERO)
