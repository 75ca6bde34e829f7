"""A session becomes the claim it should be: lines, units, modifiers, and what is to be said about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from events.values import from_cents, to_cents
from projections.assistants import AssistantRule, Shares, read_assistant_rule, share_units, untimed_is_assistants
from projections.findings import Finding, Ruleset
from projections.procedures import Procedure, discipline_modifier, procedure
from projections.rulebook import Unknown
from projections.session import Service, Session
from projections.units import Allocation, CodeUnits, TimeRule, allocate, by_midpoint, read_time_rule


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Plan:
    """The claim a session should become. Findings count lines from one, in the order of `lines`."""

    lines: tuple[PlannedLine, ...]
    allocation: Allocation
    total_units: int  # earned by time
    findings: tuple[Finding, ...]

    @property
    def billed_units(self) -> int:
        return sum(line.units for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Item:
    """All a session did under one code. `unit_minutes` 0: untimed."""

    service: Service
    known: Procedure | None
    unit_minutes: int
    times: int

    @property
    def code(self) -> str:
        return self.service.procedure

    @property
    def minutes(self) -> int:
        return self.service.minutes or 0


def ruleset_for(session: Session, rulebook: Any) -> Ruleset:
    """The rules for a session's day, payer, program and discipline."""
    return Ruleset(rulebook, session.dos, session.payer_id, session.program, session.discipline)


def time_rule(rules: Ruleset) -> TimeRule:
    """How the payer counts minutes; CMS's way, marked as assumed, where no pack covers the date."""
    ruling = rules.pick("units")
    values: Mapping[str, Any] = {"assumed": True} if isinstance(ruling, Unknown) else ruling.values
    return read_time_rule(values, rules.program)


def plan_session(session: Session, rules: Ruleset, charges: Mapping[str, Decimal] | None = None) -> Plan:
    """Units and modifiers of a valid session (see `session.problems`). `charges`: what a line of a code is billed at.

    Lines come in the order the codes were first given; a code listed twice is one line, its minutes added; a code
    whose units are partly an assistant's takes two lines.
    """
    rule = time_rule(rules)
    items = _items(session.services, rule, rules)
    allocation = allocate(((i.code, i.minutes) for i in items if i.unit_minutes == rule.unit_minutes), rule)
    earned = {line.procedure: line for line in allocation.lines}
    assistants = rules.table("assistant", read_assistant_rule)
    lines: list[PlannedLine] = []
    findings: list[Finding] = []
    timed_units = 0
    for item in items:
        units = _units(item, earned)
        timed_units += units.units if item.unit_minutes else 0
        shares = _shares(item, units.units, assistants, session.discipline)
        findings += _item_findings(item, units.units, shares, session, rules, number=len(lines) + 1)
        lines += _lines(item, units, shares, assistants, session, rules, charges or {})
    findings += _session_findings(items, allocation, rules)
    return Plan(tuple(lines), allocation, timed_units, tuple(findings))


def _items(services: Iterable[Service], rule: TimeRule, rules: Ruleset) -> list[_Item]:
    """Services by code in the order first given; minutes of a code that is listed twice are added."""
    items: dict[str, _Item] = {}
    for service in services:
        before = items.get(service.procedure)
        items[service.procedure] = _item(service, rule, rules) if before is None else _added(before, service)
    return list(items.values())


def _item(service: Service, rule: TimeRule, rules: Ruleset) -> _Item:
    """The code list says whether a code is timed; for a code it does not hold, the note does."""
    known = procedure(rules, service.procedure)
    documented = rule.unit_minutes if service.timed else 0
    return _Item(service, known, documented if known is None else known.unit_minutes, 1)


def _added(item: _Item, more: Service) -> _Item:
    known = [s.minutes for s in (item.service, more) if s.minutes is not None]
    service = replace(
        item.service,
        minutes=sum(known) if known else None,
        assistant_minutes=item.service.assistant_minutes + more.assistant_minutes,
    )
    return replace(item, service=service, times=item.times + 1)


def _units(item: _Item, earned: Mapping[str, CodeUnits]) -> CodeUnits:
    if item.code in earned:
        return earned[item.code]
    if item.unit_minutes:
        units = by_midpoint(item.minutes, item.unit_minutes)
        said = f"{item.minutes} min at {item.unit_minutes} min a unit, over half of a unit counts: {units}"
        return CodeUnits(item.code, item.minutes, units, said)
    return CodeUnits(item.code, item.minutes, 1, "untimed: one unit whatever the minutes")


def _shares(item: _Item, units: int, rule: AssistantRule, discipline: str) -> Shares:
    """Whose the units are; all the therapist's where the discipline has no assistant modifier."""
    theirs = item.service.assistant_minutes
    if discipline not in rule.modifiers or not theirs or not units:
        return Shares(units, 0, "")
    if item.unit_minutes:
        return share_units(units, item.minutes, theirs, rule, item.unit_minutes)
    if untimed_is_assistants(item.service.minutes, theirs, rule):
        return Shares(0, units, f"the assistant gave {theirs} min, over {rule.de_minimis_percent} % of the service")
    return Shares(units, 0, f"the assistant's {theirs} min are not over {rule.de_minimis_percent} % of the service")


def _lines(
    item: _Item, units: CodeUnits, shares: Shares, rule: AssistantRule, session: Session, rules: Ruleset,
    charges: Mapping[str, Decimal],
) -> list[PlannedLine]:  # fmt: skip
    own = discipline_modifier(rules, session.discipline) if item.known else None
    base = (own,) if own else ()
    marked = (*base, rule.modifiers.get(session.discipline, ""))
    parts = [(shares.therapist, base), (shares.assistant, marked)]
    said = "; ".join(part for part in (units.explanation, shares.explanation) if part)
    kept = [(count, modifiers) for count, modifiers in parts if count] or [(0, base)]
    amounts = _split_charge(charges.get(item.code), [count for count, _ in kept])
    return [
        PlannedLine(item.code, count, modifiers, said, item.service.minutes, amount)
        for (count, modifiers), amount in zip(kept, amounts, strict=True)
    ]


def _split_charge(charge: Decimal | None, counts: Sequence[int]) -> list[Decimal | None]:
    """A code's charge over its lines by units, to the cent; the last line takes the odd cents."""
    if charge is None or len(counts) == 1:
        return [charge] * len(counts)
    cents, total = to_cents(charge), sum(counts)
    parts = [cents * count // total for count in counts[:-1]]
    return [from_cents(part) for part in (*parts, cents - sum(parts))]


def _item_findings(
    item: _Item, units: int, shares: Shares, session: Session, rules: Ruleset, number: int
) -> list[Finding]:
    return [
        *_code_findings(item, session, rules, number),
        *_time_findings(item, units, rules, number),
        *_assistant_findings(item, shares, session, rules, number),
    ]


def _code_findings(item: _Item, session: Session, rules: Ruleset, number: int) -> list[Finding]:
    code, known = item.code, item.known
    if known is None:
        said = f"{code} is not on the therapy code list for this date; no modifier was added"
        return rules.find("procedure.unknown", said, "check the code", line=number)
    if known.only and known.only != session.discipline:
        said = f"{code} belongs to {known.only} alone and cannot go out under {session.discipline}"
        return rules.find("modifier.discipline_specific", said, "use the discipline's own code", line=number)
    if known.medicare == "bundled":
        return rules.find("procedure.bundled", f"{code} is never paid on its own by Medicare", line=number)
    if known.medicare == "invalid":
        change = f"use {known.instead}" if known.instead else ""
        return rules.find("procedure.invalid", f"Medicare does not take {code}", change, line=number)
    return []


def _time_findings(item: _Item, units: int, rules: Ruleset, number: int) -> list[Finding]:
    code, found = item.code, []
    if item.unit_minutes and item.service.minutes is None:
        said = f"{code} is timed, but no minutes are written down"
        found += rules.find("units.minutes_missing", said, "document the minutes", line=number)
    if not item.unit_minutes and item.service.timed:
        said = f"{code} is untimed: its {item.minutes} min earn one unit and do not count as timed minutes"
        found += rules.find("units.untimed_with_minutes", said, line=number)
    if not item.unit_minutes and item.times > 1:
        said = f"{code} is listed {item.times} times; untimed, it is billed once"
        found += rules.find("units.repeated", said, line=number)
    if item.known and item.known.role == "first" and units > 1:
        said = f"{code} is for the first period of time only, {units} units were earned"
        found += rules.find("units.once_a_day", said, "bill the rest under the code for further time", line=number)
    return found


def _assistant_findings(item: _Item, shares: Shares, session: Session, rules: Ruleset, number: int) -> list[Finding]:
    theirs, code = item.service.assistant_minutes, item.code
    if not theirs:
        return []
    found: list[Finding] = []
    modifiers = rules.table("assistant", read_assistant_rule).modifiers
    if modifiers and session.discipline not in modifiers:
        said = f"{code}: {session.discipline} assistants have no modifier, and Medicare has no benefit for their work"
        found += rules.find("assistant.speech", said, "let the therapist give the service", line=number)
    if item.known and item.known.role == "evaluation":
        said = f"{code} is an evaluation, which an assistant may not give"
        found += rules.find("assistant.evaluation", said, "let the therapist evaluate", line=number)
    if not item.unit_minutes and not item.service.minutes and shares.assistant:
        said = f"{code}: the assistant's {theirs} min are known, the service's total is not; taken as over the limit"
        found += rules.find("modifier.assistant_minutes_unknown", said, "document the total", line=number)
    if shares.assistant and shares.therapist:
        mark = modifiers[session.discipline]
        said = f"{code}: {shares.therapist} units without {mark} and {shares.assistant} with it, on two lines"
        found += rules.find("modifier.assistant_split", said, line=number)
    return found


def _session_findings(items: Sequence[_Item], allocation: Allocation, rules: Ruleset) -> list[Finding]:
    found = rules.unknown("units", "modifiers", "ncci")
    if any(item.service.assistant_minutes for item in items):
        found += rules.unknown("assistant")
    timed = len(allocation.lines)
    if allocation.rule.assumed and timed:
        said = f"how this payer counts minutes is not known; {allocation.rule.method} was assumed"
        found += rules.find("units.method_assumed", said, "publish the payer's rule")
    if allocation.tie:
        said = f"{' and '.join(allocation.tied)} have an equal claim to the last unit"
        found += rules.find("units.tie", said, "choose; any of them is right")
    if 0 < allocation.total_minutes < allocation.rule.least_minutes:
        said = f"{allocation.total_minutes} timed min in all are under {allocation.rule.least_minutes}: no unit"
        return found + rules.find("units.session_too_short", said)
    for line in allocation.lines:
        if line.minutes and not line.units:
            said = f"{line.procedure}: {line.minutes} min are documented and earn no unit; do not bill it"
            found += rules.find("units.none_earned", said)
    return found
