"""A session becomes the claim it should be: lines, units, modifiers, and what is to be said about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from events.values import from_cents, to_cents
from projections.rules.programs import program_of
from projections.rules.rulebook import Rulebook, Unknown
from projections.session_rules.assistants import (
    AssistantRule,
    Shares,
    read_assistant_rule,
    share_units,
    untimed_is_assistants,
)
from projections.session_rules.documented_codes import DocumentedCode, items_of
from projections.session_rules.findings import Finding, Ruleset
from projections.session_rules.planned_findings import item_findings, time_findings
from projections.session_rules.procedures import discipline_modifier
from projections.session_rules.session import Session
from projections.session_rules.units import Allocation, CodeUnits, TimeRule, allocate, by_midpoint, read_time_rule


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLine:
    """A line as it should be billed. `units` 0: documented, earns nothing, is not billed. `charge` is for the line."""

    procedure: str
    units: int
    modifiers: tuple[str, ...]
    explanation: str
    minutes: int | None = None
    charge: Decimal | None = None

    @property
    def billed(self) -> bool:
        return self.units > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPlan:
    """The claim a session should become. Findings count lines from one, in the order of `lines`."""

    lines: tuple[PlannedLine, ...]
    allocation: Allocation
    total_units: int  # earned by time
    findings: tuple[Finding, ...]

    @property
    def billed_units(self) -> int:
        return sum(line.units for line in self.lines)


def ruleset_for(session: Session, rulebook: Rulebook) -> Ruleset:
    """The rules for a session's day, payer, program and discipline."""
    program = program_of(rulebook, session.dos, session.payer_id, session.program)
    return Ruleset(
        rulebook=rulebook, on=session.dos, payer_id=session.payer_id, program=program, discipline=session.discipline
    )


def time_rule(rules: Ruleset) -> TimeRule:
    """How the payer counts minutes; CMS's way, marked as assumed, where no pack covers the date."""
    ruling = rules.pick("units")
    values: Mapping[str, Any] = {"assumed": True} if isinstance(ruling, Unknown) else ruling.values
    return read_time_rule(values, rules.program)


def plan_session(session: Session, rules: Ruleset, charges: Mapping[str, Decimal] | None = None) -> ClaimPlan:
    """Units and modifiers of a valid session (see `session.problems`). `charges`: what a line of a code is billed at.

    Lines come in the order the codes were first given; a code listed twice is one line, its minutes added; a code
    whose units are partly an assistant's takes two lines.
    """
    rule = time_rule(rules)
    items = items_of(session.services, rule, rules)
    allocation = allocate(((i.code, i.minutes) for i in items if i.unit_minutes == rule.unit_minutes), rule)
    earned = {line.procedure: line for line in allocation.lines}
    assistants = rules.table("assistant", read_assistant_rule)
    lines: list[PlannedLine] = []
    findings: list[Finding] = []
    timed_units = 0
    for item in items:
        units = _units(item, earned)
        timed_units += units.units if item.unit_minutes else 0
        shares = shares_of(item, units.units, assistants, session.discipline)
        findings += item_findings(item, shares, session.discipline, rules, number=len(lines) + 1)
        lines += _lines(item, units, shares, session.discipline, rules, charges=charges or {})
    findings += time_findings(items, allocation, rules)
    return ClaimPlan(lines=tuple(lines), allocation=allocation, total_units=timed_units, findings=tuple(findings))


def _units(item: DocumentedCode, earned: Mapping[str, CodeUnits]) -> CodeUnits:
    if item.code in earned:
        return earned[item.code]
    if item.unit_minutes:
        units = by_midpoint(item.minutes, item.unit_minutes)
        said = f"{item.minutes} min at {item.unit_minutes} min a unit, over half of a unit counts: {units}"
        return CodeUnits(procedure=item.code, minutes=item.minutes, units=units, explanation=said)
    return CodeUnits(
        procedure=item.code, minutes=item.minutes, units=1, explanation="untimed: one unit regardless of minutes"
    )


def shares_of(item: DocumentedCode, units: int, rule: AssistantRule, discipline: str) -> Shares:
    """Whose the units are; all the therapist's where code or discipline has no assistant modifier."""
    theirs = item.service.assistant_minutes
    if discipline not in rule.modifiers or item.known is None or not theirs or not units:
        return Shares(units, 0, "")
    if item.unit_minutes:
        return share_units(units, item.minutes, theirs, rule, item.unit_minutes)
    if untimed_is_assistants(item.service.minutes, theirs, rule):
        return Shares(0, units, f"the assistant gave {theirs} min, over {rule.de_minimis_percent}% of the service")
    return Shares(units, 0, f"the assistant's {theirs} min are not over {rule.de_minimis_percent}% of the service")


def _lines(
    item: DocumentedCode,
    units: CodeUnits,
    shares: Shares,
    discipline: str,
    rules: Ruleset,
    *,
    charges: Mapping[str, Decimal],
) -> list[PlannedLine]:
    """One line for the therapist's units and one for the assistant's; a code without units keeps a line of none."""
    own = discipline_modifier(rules, discipline) if item.known else None
    base = (own,) if own else ()
    marked = (*base, rules.table("assistant", read_assistant_rule).modifiers.get(discipline, ""))
    parts = [(shares.therapist, base), (shares.assistant, marked)]
    said = "; ".join(part for part in (units.explanation, shares.explanation) if part)
    kept = [(count, modifiers) for count, modifiers in parts if count] or [(0, base)]
    amounts = _split_charge(charges.get(item.code), [count for count, _ in kept])
    return [
        PlannedLine(
            procedure=item.code,
            units=count,
            modifiers=modifiers,
            explanation=said,
            minutes=item.service.minutes,
            charge=amount,
        )
        for (count, modifiers), amount in zip(kept, amounts, strict=True)
    ]


def _split_charge(charge: Decimal | None, counts: Sequence[int]) -> list[Decimal | None]:
    """A code's charge over its lines by units, to the cent; the last line takes the odd cents."""
    if charge is None or len(counts) == 1:
        return [charge] * len(counts)
    cents, total = to_cents(charge), sum(counts)
    parts = [cents * count // total for count in counts[:-1]]
    return [from_cents(part) for part in (*parts, cents - sum(parts))]
