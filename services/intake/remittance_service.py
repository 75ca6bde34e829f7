"""The service of one line of an 835: what its SVC segment says."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from services.intake.elements import Segment, element, money, quantity
from services.intake.shared_segments import procedure


class ServiceReader(NamedTuple):
    """What was billed and paid on a line. `data` is what events say of it: to be copied, since it is remembered.

    `faults` names what was unreadable but stopped nothing.
    """

    charge: Decimal
    paid: Decimal
    data: dict[str, Any]
    faults: tuple[str, ...]


def read_service(segment: Segment, component: str) -> ServiceReader:
    """A service from its SVC; one unit where SVC05 is absent. Raises UnreadableError where an amount is no number."""
    return _service(tuple(segment), component)


@lru_cache(maxsize=65_536)  # a practice bills the same few procedures at the same charges over and over
def _service(segment: tuple[str, ...], component: str) -> ServiceReader:
    code, modifiers = procedure(element(segment, 1), component)
    revenue_code, charge, paid = element(segment, 4), money(segment, 2), money(segment, 3)
    data: dict[str, Any] = {
        "procedure": code or revenue_code,
        "modifiers": list(modifiers),
        "units": _units(segment, 5) or "1",
        "charge": str(charge),
        "paid": str(paid),
        **_submitted(segment, component),
    }
    if revenue_code:
        data["revenue_code"] = revenue_code
    faults = tuple(f"SVC{at:02d} is not a number of units" for at in (5, 7) if _is_no_number(segment, at))
    return ServiceReader(charge, paid, data, faults)


def _submitted(segment: tuple[str, ...], component: str) -> dict[str, Any]:
    """SVC06 and SVC07: what was submitted, where the payer changed it."""
    data: dict[str, Any] = {}
    if element(segment, 6):
        data["submitted_procedure"], modifiers = procedure(segment[6], component)
        if modifiers:
            data["submitted_modifiers"] = list(modifiers)
    if (units := _units(segment, 7)) is not None:
        data["submitted_units"] = units
    return data


def _units(segment: tuple[str, ...], index: int) -> str | None:
    units = quantity(element(segment, index))
    return None if units is None else str(units)


def _is_no_number(segment: tuple[str, ...], index: int) -> bool:
    text = element(segment, index)
    return bool(text) and quantity(text) is None
