"""Segments that several sets share: adjustments (CAS) and medical procedures."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from events.values import ZERO
from services.intake.elements import Segment, composite, element, money, quantity

SOCIAL_SECURITY = "34"  # NM108; such a number is no member id and is not carried on


class Adjusted(NamedTuple):
    """One CAS triple. `data` is what events say of it: to be copied, since it is remembered."""

    group: str
    reason: str
    amount: Decimal
    data: dict[str, str]
    fault: str = ""  # what was unreadable but stopped nothing


class Adjustments(NamedTuple):
    """One CAS: its triples, all that they take off the charge, and the part of it that falls on the patient."""

    each: tuple[Adjusted, ...]
    taken_off: Decimal
    patient_part: Decimal
    faults: tuple[str, ...]  # what was unreadable but stopped nothing


def read_adjustments(segment: Segment) -> Adjustments:
    """A CAS: up to six triples of reason, amount and quantity under one group code. Raises UnreadableError."""
    return _adjustments(tuple(segment))


@lru_cache(maxsize=65_536)  # payers write the same adjustments over and over
def _adjustments(segment: tuple[str, ...]) -> Adjustments:
    group = element(segment, 1).upper()
    each = tuple(
        _adjusted(segment, at, group)
        for at in range(2, len(segment), 3)
        if element(segment, at) or element(segment, at + 1)
    )
    taken_off = sum((adjusted.amount for adjusted in each), ZERO)
    faults = tuple(adjusted.fault for adjusted in each if adjusted.fault)
    return Adjustments(each, taken_off, taken_off if group == "PR" else ZERO, faults)


def _adjusted(segment: tuple[str, ...], at: int, group: str) -> Adjusted:
    reason, amount = element(segment, at).upper(), money(segment, at + 1)
    data = {"group": group, "reason": reason, "amount": str(amount)}
    stated = element(segment, at + 2)
    if (many := quantity(stated)) is not None:
        data["quantity"] = str(many)
    fault = f"CAS{at + 2:02d} is not a quantity" if stated and many is None else ""
    return Adjusted(group, reason, amount, data, fault)


@lru_cache(maxsize=16_384)
def procedure(text: str, component: str) -> tuple[str, tuple[str, ...]]:
    """Code and up to four modifiers of a medical procedure composite (qualifier:code:modifiers:description)."""
    parts = [part.strip() for part in composite(text, component)]
    if len(parts) == 1:
        return parts[0], ()
    return parts[1], tuple(part for part in parts[2:6] if part)
