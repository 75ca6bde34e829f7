"""Sharing an amount over lines so that the cents add up exactly."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from events.values import from_cents, to_cents


def largest_remainder(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Share `total` in proportion to `weights`, in whole cents that add up to it exactly.

    Everyone gets the whole cents of their share; what is left goes, a cent each, to the largest fractions, the
    earlier of equals first. Weights may not be negative; where all are zero the shares are equal.
    """
    if not weights:
        return []
    if any(weight < 0 for weight in weights):
        raise ValueError("a weight may not be negative")
    whole = sum(weights, Decimal(0))
    if not whole:
        return largest_remainder(total, [Decimal(1)] * len(weights))
    cents = to_cents(total)
    shares = [divmod(cents * weight, whole) for weight in weights]
    given = [int(quotient) for quotient, _ in shares]
    left = cents - sum(given)
    for index in sorted(range(len(weights)), key=lambda i: -shares[i][1])[:left]:
        given[index] += 1
    return [from_cents(cents) for cents in given]


def in_order(total: Decimal, rooms: Sequence[Decimal]) -> list[Decimal]:
    """Pour `total` into the rooms one after the other, each up to its size; what finds no room is left out."""
    poured = []
    for room in rooms:
        share = min(total, room)
        poured.append(share)
        total -= share
    return poured
