"""Segments that several sets share: adjustments (CAS) and medical procedures."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from services.intake.elements import Segment, composite, element, money, number

LONGEST_ID = 200  # characters of a claim, patient or event id that the vocabulary takes


class Adjusted(NamedTuple):
    """One CAS triple."""

    group: str
    reason: str
    amount: Decimal
    quantity: str | None


def read_adjustments(segment: Segment) -> tuple[Adjusted, ...]:
    """A CAS: up to six triples of reason, amount and quantity under one group code. Raises UnreadableError."""
    return _adjustments(tuple(segment))


@lru_cache(maxsize=65_536)  # payers write the same adjustments over and over
def _adjustments(segment: tuple[str, ...]) -> tuple[Adjusted, ...]:
    found: list[Adjusted] = []
    group, size = element(segment, 1).upper(), len(segment)
    for at in range(2, size, 3):
        reason = segment[at].strip().upper()
        if reason or element(segment, at + 1):
            quantity = number(segment[at + 2]) if at + 2 < size and segment[at + 2] else None
            found.append(Adjusted(group, reason, money(segment, at + 1), None if quantity is None else str(quantity)))
    return tuple(found)


def adjustment_data(adjusted: Adjusted) -> dict[str, Any]:
    """One CAS triple as events carry it."""
    data: dict[str, Any] = {"group": adjusted.group, "reason": adjusted.reason, "amount": str(adjusted.amount)}
    if adjusted.quantity is not None:
        data["quantity"] = adjusted.quantity
    return data


@lru_cache(maxsize=16_384)
def procedure(text: str, component: str) -> tuple[str, tuple[str, ...]]:
    """Code and up to four modifiers of a medical procedure composite (qualifier:code:modifiers:description)."""
    parts = [part.strip() for part in composite(text, component)]
    if len(parts) == 1:
        return parts[0], ()
    return parts[1], tuple(part for part in parts[2:6] if part)
