"""What is left of an authorization or a visit limit, and what was counted, in words."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from projections.readiness.coverage_use import Allowance, UsedVisit

NEAR = 3  # visits left from which on somebody should ask for more


def few_visits_left(allowance: Allowance) -> str | None:
    """What is left in visits, where that is little."""
    left = allowance.visits_left
    return f"{visits_left(left)} of {allowance.authorization.visits}" if left is not None and left <= NEAR else None


def few_units_left(allowance: Allowance) -> str | None:
    """What is left in units, where that is enough for few visits of the size so far."""
    left, a_visit = allowance.units_left, allowance.units_a_visit
    if left is None or (a_visit is None and left > 0):
        return None
    visits = int(left / a_visit) if a_visit and left > 0 else 0
    if visits > NEAR:
        return None
    allowed = plain_number(allowance.authorization.units)
    most = "at most " if allowance.unknown else ""
    if left < 0:
        return f"{plain_number(-left)} units over the limit, none left of {allowed}"
    enough = f", enough for {plural_visits(visits)}" if left else ""
    return f"{most}{plain_number(left)} of {allowed} units left{enough}"


def counted_units(allowance: Allowance) -> tuple[str, ...]:
    """The units of each session; those that are not known are named and not taken for none."""
    authorization = allowance.authorization
    if authorization.units is None:
        return ()
    codes = f" of {', '.join(authorization.procedures)}" if authorization.procedures else ""
    each = [
        f"{session.dos} {plain_number(units)}"
        for session in allowance.used
        if (units := session.units(authorization.procedures)) is not None
    ]
    told = [f"Units{codes}: {plain_number(allowance.units_used)} ({'; '.join(each)})"] if each else []
    if allowance.unknown:
        told.append(f"Units not known: {'; '.join(session.words for session in allowance.unknown)}")
    return tuple(told)


def plain_number(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def plural_visits(count: int) -> str:
    return f"{count} visit{'' if count == 1 else 's'}"


def counted(used: Sequence[UsedVisit]) -> tuple[str, ...]:
    return (f"Counted {len(used)}: " + "; ".join(session.words for session in used),) if used else ()


def visits_left(left: int) -> str:
    if left < 0:
        return f"{-left} visit{'' if left == -1 else 's'} over the limit, none left"
    return f"{left} visit{'' if left == 1 else 's'} left" if left else "no visit left"
