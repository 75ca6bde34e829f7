"""Finds the billed line behind each answered line, and puts together what a payer took apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from events.remittance import RemittanceLine
from events.values import ZERO
from projections.claims.attempts import OpenAccount
from projections.claims.state import Line


class Places(NamedTuple):
    """Where billed lines are: by number, and by the control number the 837 gave them."""

    lines: tuple[Line, ...]
    controls: dict[str, int]


class Matched(NamedTuple):
    """An answered line and its billed line. `laid`: with its part of what was adjusted on the claim as a whole."""

    number: int | None
    how: str
    line: RemittanceLine
    laid: RemittanceLine


def match_lines(answered: Iterable[tuple[RemittanceLine, RemittanceLine]], places: Places) -> list[Matched]:
    """Each billed line once: the parts of a split one (TR3 005010X221A1: one REF*6R on all) are one."""
    spoken: dict[int, Decimal] = {}  # charges answered so far, by billed line
    found: list[Matched] = []
    for line, laid in answered:
        number, how = _billed_line(line, places, spoken)
        earlier = next((at for at, one in enumerate(found) if number is not None and one.number == number), None)
        if earlier is not None and places.lines:
            billed = next(b.units for b in places.lines if b.number == number)
            found[earlier] = _joined(found[earlier], line, laid, billed)
        else:
            found.append(Matched(number, how, line, laid))
        if number is not None:
            spoken[number] = spoken.get(number, ZERO) + abs(line.charge)
    return found


def places_of(account: OpenAccount) -> Places:
    """The lines of the attempt answered: the last one that was really sent."""
    for attempt in reversed(account.attempts):
        if attempt.submitted is not None and attempt.submitted.lines:
            controls = {control: line.number for line in attempt.submitted.lines if (control := line.line_control)}
            return Places(tuple(attempt.close().lines), controls)
    return Places((), {})


def _billed_line(line: RemittanceLine, places: Places, spoken: Mapping[int, Decimal]) -> tuple[int | None, str]:
    """By line number; else code, date and charge; else code and charge; else code: only where one line is left."""
    roomy = {b.number for b in places.lines if spoken.get(b.number, ZERO) + abs(line.charge) <= b.charge}
    named = _named_line(line, places)
    if named is not None and (not places.lines or named not in spoken or named in roomy):
        return named, "line number"
    code = line.submitted_procedure or line.procedure
    same = [b for b in places.lines if b.procedure == code]
    free = [b for b in same if b.number not in spoken]
    narrowed = _narrow(free, line)
    if len(narrowed) == 1 or (narrowed and all(_same_bill(narrowed[0], other) for other in narrowed)):
        return narrowed[0].number, "code, date and charge"
    rest = [b for b in same if b.number in roomy and line.dos in (None, b.dos)]
    if not free and len(rest) == 1:
        return rest[0].number, "code and what is left of its charge"
    return None, "none"


def _named_line(line: RemittanceLine, places: Places) -> int | None:
    """The line that REF*6R names, by its control number or plainly by its place.

    It is not believed where neither code nor charge are that line's: a replacement may have renumbered lines.
    """
    control = line.line_control or str(line.number or "")
    number = places.controls.get(control, line.number)
    if not places.lines:
        return number
    codes = (line.procedure, line.submitted_procedure)
    fits = (b.procedure in codes or b.charge == abs(line.charge) for b in places.lines if b.number == number)
    return number if any(fits) else None


def _narrow(free: Sequence[Line], line: RemittanceLine) -> Sequence[Line]:
    charged = [b for b in free if b.charge == line.charge]
    dated = [b for b in charged if b.dos == line.dos]
    modified = [b for b in dated if set(line.modifiers) <= set(b.modifiers)]
    return modified or dated or charged or free


def _same_bill(first: Line, second: Line) -> bool:
    return (first.procedure, first.modifiers, first.charge, first.dos) == (
        second.procedure,
        second.modifiers,
        second.charge,
        second.dos,
    )


def _joined(first: Matched, line: RemittanceLine, laid: RemittanceLine, billed: Decimal) -> Matched:
    """`billed`: the units of the billed line; where the parts state more, each repeats those of the whole."""
    whole = _sum(first.line, line)
    if whole.units is not None and whole.units > billed:
        whole = whole.model_copy(update={"units": max(billed, first.line.units or ZERO, line.units or ZERO)})
    extra = (*first.laid.adjustments[len(first.line.adjustments) :], *laid.adjustments[len(line.adjustments) :])
    if first.laid is first.line and laid is line:
        return first._replace(line=whole, laid=whole)
    change = {"paid": first.laid.paid + laid.paid, "adjustments": (*whole.adjustments, *extra)}
    return first._replace(line=whole, laid=whole.model_copy(update=change))


def _sum(first: RemittanceLine, second: RemittanceLine) -> RemittanceLine:
    """Two parts of a billed line as one. Parts under different codes together make up the code that was billed."""
    changes: dict[str, Any] = {
        "charge": first.charge + second.charge,
        "paid": first.paid + second.paid,
        "allowed": None if first.allowed is None or second.allowed is None else first.allowed + second.allowed,
        "units": None if first.units is None or second.units is None else first.units + second.units,
        "adjustments": (*first.adjustments, *second.adjustments),
        "remark_codes": tuple(dict.fromkeys((*first.remark_codes, *second.remark_codes))),
    }
    if first.procedure != second.procedure:
        billed = first.submitted_procedure or second.submitted_procedure or first.procedure
        changes |= {"procedure": billed, "submitted_procedure": None, "units": None}
    return first.model_copy(update=changes)
