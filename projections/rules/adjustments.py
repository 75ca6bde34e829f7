"""Arithmetic on claim adjustments that every projection shares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Protocol

from events.adjustment import Adjustment
from events.values import ZERO

# CARC 97: paid with another service; 94: more is processed than was charged. Together they move one line's charge
# onto another (005010X221A1 §1.10.2.6): nothing was denied.
ROLLED_INTO, RAISED = "97", "94"


class AdjustedLine(Protocol):
    """A line as a payer answered it."""

    @property
    def adjustments(self) -> Sequence[Adjustment]: ...


def rolled_lines(lines: Sequence[AdjustedLine]) -> frozenset[int]:
    """The places of lines whose charge was moved to another line of the same answer."""
    raised = [-a.amount for line in lines for a in line.adjustments if _raises(a)]
    bundled = {n: total for n, line in enumerate(lines) if (total := _bundled(line)) > ZERO}
    if not raised or not bundled:
        return frozenset()
    if sum(raised, ZERO) == sum(bundled.values(), ZERO):
        return frozenset(bundled)
    found = []
    for place, amount in bundled.items():
        if amount in raised:
            raised.remove(amount)
            found.append(place)
    return frozenset(found)


def is_raised(line: AdjustedLine) -> bool:
    """Whether more was processed under a line than was charged for it."""
    return any(_raises(adjustment) for adjustment in line.adjustments)


def _raises(adjustment: Adjustment) -> bool:
    return adjustment.reason == RAISED and adjustment.amount < ZERO


def _bundled(line: AdjustedLine) -> Decimal:
    return sum((a.amount for a in line.adjustments if a.reason == ROLLED_INTO and a.amount > ZERO), ZERO)


def patient_owed(adjustments: Iterable[Adjustment]) -> Decimal:
    """All that group PR lays on the patient."""
    owed = ZERO
    for adjustment in adjustments:
        if adjustment.group == "PR":
            owed += adjustment.amount
    return owed
