"""Minutes become billing units.

`cms` (CMS Pub 100-04 ch. 5 §20.2): the minutes of all timed services of a day and discipline are pooled; the total
earns `(T + 7) div 15` units; each service gets its whole quarter hours, and what is left goes one by one to the
largest remainders. `spm` (substantial portion, the CPT midpoint rule): each service alone, `(m + 7) div 15`.

A code listed twice is one service: its minutes are added before anything else, and it is answered once, where it
first stood.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, NamedTuple

UnitMethod = Literal["cms", "spm"]
METHODS: tuple[UnitMethod, ...] = ("cms", "spm")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRule:
    """A unit's length and the least part of it that counts, both in minutes. `assumed`: the payer's rule is unknown."""

    method: UnitMethod = "cms"
    unit_minutes: int = 15
    least_minutes: int = 8
    assumed: bool = False

    def units(self, minutes: int) -> int:
        """Units that this many minutes in one piece earn: 8 to 22 one, 23 to 37 two, and so on."""
        return (minutes + self.unit_minutes - self.least_minutes) // self.unit_minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeUnits:
    """The units of one code, and why."""

    procedure: str
    minutes: int
    units: int
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """Units per code in the order given. `tied`: codes with equal claim to the last units; a person may choose.

    `total_units` is what the total minutes earn under the method; the lines add up to it.
    """

    rule: TimeRule
    total_minutes: int
    total_units: int
    lines: tuple[CodeUnits, ...]
    tied: tuple[str, ...]
    explanation: str

    @property
    def tie(self) -> bool:
        return bool(self.tied)


def read_time_rule(values: Mapping[str, Any], program: str | None) -> TimeRule:
    """The units pack's rule for a program; its general method where the program has none of its own."""
    by_program = values.get("by_program", {})
    return TimeRule(
        method=by_program.get(program, values.get("method", "cms")),
        unit_minutes=int(values.get("unit_minutes", 15)),
        least_minutes=int(values.get("least_minutes", 8)),
        assumed=bool(values.get("assumed")) and program not in by_program,
    )


def allocate(services: Iterable[tuple[str, int]], rule: TimeRule) -> Allocation:
    """Units for (procedure, minutes) pairs of one patient, day and discipline. Minutes must not be negative."""
    pooled: dict[str, int] = {}
    for procedure, minutes in services:
        if minutes < 0:
            raise ValueError(f"{procedure}: minutes must not be negative")
        pooled[procedure] = pooled.get(procedure, 0) + minutes
    return _pooled(pooled, rule) if rule.method == "cms" else _each_alone(pooled, rule)


def _each_alone(minutes: Mapping[str, int], rule: TimeRule) -> Allocation:
    lines = tuple(
        CodeUnits(procedure=code, minutes=m, units=rule.units(m), explanation=_alone(m, rule))
        for code, m in minutes.items()
    )
    total, units = sum(minutes.values()), sum(line.units for line in lines)
    said = f"each code alone (substantial portion): {total} timed min, {units} units"
    return Allocation(rule=rule, total_minutes=total, total_units=units, lines=lines, tied=(), explanation=said)


def _alone(minutes: int, rule: TimeRule) -> str:
    return f"{minutes} min on its own supports {rule.units(minutes)} (over half of each {rule.unit_minutes} min)"


def _pooled(minutes: Mapping[str, int], rule: TimeRule) -> Allocation:
    total = sum(minutes.values())
    units = rule.units(total)
    left = units - sum(m // rule.unit_minutes for m in minutes.values())
    rest = _largest_remainders(minutes, left, rule.unit_minutes)
    lines = tuple(
        CodeUnits(
            procedure=code,
            minutes=m,
            units=m // rule.unit_minutes + (code in rest.extra),
            explanation=_why(code, m, rest, rule),
        )
        for code, m in minutes.items()
    )
    said = (
        f"{total} timed min pooled: ({total} + {rule.unit_minutes - rule.least_minutes}) div {rule.unit_minutes} = "
        f"{units} units; whole units {units - left}, by remainder {left}"
    )
    return Allocation(rule=rule, total_minutes=total, total_units=units, lines=lines, tied=rest.tied, explanation=said)


class _Rest(NamedTuple):
    """The codes that get one more unit, those among which that was a free choice, and how many such units there are."""

    extra: frozenset[str]
    tied: tuple[str, ...]
    left: int


def _largest_remainders(minutes: Mapping[str, int], left: int, unit_minutes: int) -> _Rest:
    """Give the units left over to the largest remainders.

    Ties go to the longer service, then to the one named first: our own choice, hence the flag.
    """
    ranked = sorted(
        (code for code, m in minutes.items() if m % unit_minutes),
        key=lambda code: (-(minutes[code] % unit_minutes), -minutes[code]),  # sorted() keeps the order given
    )
    if not 0 < left < len(ranked):
        return _Rest(frozenset(ranked[:left]), (), left)
    last = minutes[ranked[left - 1]] % unit_minutes
    if minutes[ranked[left]] % unit_minutes != last:
        return _Rest(frozenset(ranked[:left]), (), left)
    tied = tuple(code for code in minutes if minutes[code] % unit_minutes == last)
    return _Rest(frozenset(ranked[:left]), tied, left)


def _why(code: str, minutes: int, shared: _Rest, rule: TimeRule) -> str:
    extra, tied, left = shared
    whole, rest = divmod(minutes, rule.unit_minutes)
    said = f"{minutes} min = {whole} × {rule.unit_minutes} + {rest}"
    if code in extra:
        said += f"; remainder {rest} gets one of {left} left over: {whole} + 1 = {whole + 1}"
    elif rest and left:
        said += f"; the {left} left over went to larger remainders" if code not in tied else ""
    elif rest:
        said += "; the session total supports no further unit"
    if code in tied:
        said += f"; tie at remainder {rest} between {', '.join(tied)}: longer service first, then order given"
    return said


def fits(billed: Mapping[str, int | Decimal], allocation: Allocation) -> bool:
    """Whether billed units per code are what the minutes earn, any way of breaking a tie being right."""
    lines = {line.procedure: line for line in allocation.lines}
    if sum(billed.get(code, 0) for code in lines) != allocation.total_units:
        return False
    for code, line in lines.items():
        whole = line.minutes // allocation.rule.unit_minutes
        wanted = (whole, whole + 1) if code in allocation.tied else (line.units,)
        if billed.get(code, 0) not in wanted:
            return False
    return True


def by_midpoint(minutes: int, unit_minutes: int) -> int:
    """Units of a code whose unit is not a quarter hour: one for each unit of which more than half was given (CPT)."""
    return (minutes + (unit_minutes - 1) // 2) // unit_minutes
