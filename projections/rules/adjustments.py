"""Arithmetic on claim adjustments that every projection shares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

from events.adjustment import Adjustment
from events.values import ZERO

# CARC 97: paid with another service; 94: more is processed than was charged. Together they move one line's charge
# onto another (005010X221A1 §1.10.2.6): nothing was denied.
ROLLED_INTO, RAISED = "97", "94"


class AdjustedLine(Protocol):
    """A line as a payer answered it."""

    @property
    def adjustments(self) -> Sequence[Adjustment]: ...


class RolledSet(NamedTuple):
    """Places of lines that took on the charge of others, and of those others."""

    raised: tuple[int, ...]
    bundled: tuple[int, ...]


def rolled_lines(lines: Sequence[AdjustedLine]) -> frozenset[int]:
    """The places of lines whose charge was moved to another line of the same answer."""
    return frozenset(place for one in rolled_sets(lines) for place in one.bundled)


def rolled_sets(lines: Sequence[AdjustedLine]) -> list[RolledSet]:
    """Which lines were rolled together: by equal amounts, what is left as one where its sums are equal.

    Where one amount fits several lines, all of them are one set: which took on which is not known.
    """
    raises = [(place, -a.amount) for place, line in enumerate(lines) for a in line.adjustments if _raises(a)]
    bundled = {place: total for place, line in enumerate(lines) if (total := _bundled(line)) > ZERO}
    links: list[tuple[set[int], set[int]]] = []
    for place, amount in bundled.items():
        same = [one for one in raises if one[1] == amount]
        if same:
            raises.remove(same[0])
            links.append(({taker for taker, _ in same}, {place}))
    rest = {place: amount for place, amount in bundled.items() if not any(place in told for _, told in links)}
    if rest and sum(amount for _, amount in raises) == sum(rest.values(), ZERO):
        links.append(({taker for taker, _ in raises}, set(rest)))
    return [RolledSet(tuple(sorted(takers)), tuple(sorted(told))) for takers, told in _joined(links)]


def _joined(links: Iterable[tuple[set[int], set[int]]]) -> list[tuple[set[int], set[int]]]:
    """Links that share a line that took on a charge are one."""
    found: list[tuple[set[int], set[int]]] = []
    for takers, told in links:
        shared = [one for one in found if one[0] & takers]
        found = [one for one in found if one not in shared]
        found.append((takers.union(*(one[0] for one in shared)), told.union(*(one[1] for one in shared))))
    return found


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
