"""Whether one answer comes out by itself, and what of it counts where it does not (005010X221A1 §1.10.2.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from events.adjustment import Adjustment
from events.remittance import REVERSAL, RemittanceLine
from events.values import ZERO
from projections.rules.adjustments import RAISED, ROLLED_INTO, patient_owed


def repeats_lines(data: Any) -> bool:
    """Whether the claim's own adjustments only repeat those of lines that come out by themselves."""
    if not data.adjustments or not data.lines or _claim_comes_out(data, data.adjustments):
        return False
    lines_come_out = all(line.charge - _total(line.adjustments) == line.paid for line in data.lines)
    return lines_come_out and sum((line.paid for line in data.lines), ZERO) == (data.paid or ZERO)


def comes_out(data: Any, own: Sequence[Adjustment]) -> bool:
    """Whether charge less adjustments is what was paid, and the lines are all there. `own`: the claim's adjustments.

    An answer that states no adjustment at all is incomplete, but contradicts nothing.
    """
    if not own and not any(line.adjustments for line in data.lines) and data.status_code != REVERSAL:
        return True
    if not _claim_comes_out(data, own):
        return False
    return not data.lines or sum((line.charge for line in data.lines), ZERO) == (data.charge or ZERO)


def _claim_comes_out(data: Any, own: Sequence[Adjustment]) -> bool:
    return (data.charge or ZERO) - _total(own) - _of_lines(data.lines) == (data.paid or ZERO)


def settled_share(data: Any, own: Sequence[Adjustment]) -> Decimal:
    """The patient's share: what group PR says where the sums come out, else CLP05 as far as it finds room."""
    shared = patient_owed(own) + sum((patient_owed(line.adjustments) for line in data.lines), ZERO)
    stated = data.patient_responsibility
    if stated is None or _claim_comes_out(data, own):
        return shared
    others = _total(own) + _of_lines(data.lines) - shared
    room = (data.charge or ZERO) - (data.paid or ZERO) - others
    return Decimal(stated) if ZERO <= stated <= room else shared


def as_moved(adjustments: Iterable[Adjustment]) -> tuple[Adjustment, ...]:
    """The adjustments of a rolled line as they count: with the raise of the other line they cancel out."""
    return tuple(
        a.model_copy(update={"group": "OA", "reason": RAISED}) if a.reason == ROLLED_INTO else a for a in adjustments
    )


def _of_lines(lines: Iterable[RemittanceLine]) -> Decimal:
    total = ZERO
    for line in lines:
        for adjustment in line.adjustments:
            total += adjustment.amount
    return total


def _total(adjustments: Iterable[Adjustment]) -> Decimal:
    total = ZERO
    for adjustment in adjustments:
        total += adjustment.amount
    return total
