"""Billed units and assistant modifiers compared with the minutes of the day's visits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from events.values import ZERO, round_cents
from projections.session_rules.assistants import read_assistant_rule
from projections.session_rules.billed import BilledLine, worth_of
from projections.session_rules.documented_codes import DocumentedCode, items_of
from projections.session_rules.findings import Finding, Ruleset
from projections.session_rules.planning import shares_of, time_rule
from projections.session_rules.procedures import procedure
from projections.session_rules.session import Session
from projections.session_rules.units import Allocation, allocate, by_midpoint, fits

Prices = Mapping[int, Decimal]


def unit_findings(
    lines: Sequence[BilledLine], visits: Sequence[Session], rules: Ruleset, prices: Prices
) -> list[Finding]:
    """The lines of one day and discipline with all its visits, whose minutes are pooled (at least one visit)."""
    rule = time_rule(rules)
    items = items_of((service for visit in visits for service in visit.services), rule, rules)
    allocation = allocate(((i.code, i.minutes) for i in items if i.unit_minutes == rule.unit_minutes), rule)
    by_code = _by_code(lines)
    found = _timed_findings(by_code, allocation, rules, prices)
    for item in items:
        if item.unit_minutes != rule.unit_minutes:
            found += _single_findings(item, by_code.get(item.code, []), rules, prices)
        found += _assistant_findings(item, by_code.get(item.code, []), visits[0].discipline, rules)
    documented = {item.code for item in items}
    for code, billed in by_code.items():
        if code not in documented:
            found += _undocumented(code, billed, rules, prices)
    return found


def _by_code(lines: Iterable[BilledLine]) -> dict[str, list[BilledLine]]:
    grouped: dict[str, list[BilledLine]] = {}
    for line in lines:
        grouped.setdefault(line.procedure, []).append(line)
    return grouped


def _units(lines: Iterable[BilledLine]) -> Decimal:
    return sum((line.units for line in lines), Decimal(0))


def _timed_findings(
    by_code: Mapping[str, list[BilledLine]], allocation: Allocation, rules: Ruleset, prices: Prices
) -> list[Finding]:
    """Too many or too few in all, or the right number on the wrong codes."""
    billed = {line.procedure: _units(by_code.get(line.procedure, ())) for line in allocation.lines}
    total = sum(billed.values(), Decimal(0))
    if not allocation.lines or fits(billed, allocation):
        return []
    wanted = ", ".join(f"{line.procedure} ×{line.units}" for line in allocation.lines)
    sent = ", ".join(f"{code} ×{units.normalize():f}" for code, units in billed.items())
    said = f"billed {sent}; {allocation.total_minutes} timed min support {wanted}"
    off = {line.procedure: billed[line.procedure] - line.units for line in allocation.lines}
    rule, change = "units.misallocated", "move the units to the codes whose minutes support them"
    if total > allocation.total_units:
        rule, change = "units.too_many", f"bill {allocation.total_units} in total"
    elif total < allocation.total_units:
        rule, change = "units.too_few", f"bill {allocation.total_units} in total"
    code = max(off, key=lambda c: off[c] if rule != "units.too_few" else -off[c])
    at_stake = [line for line in by_code.get(code, ()) if line.units]
    worth = _unit_worth(at_stake, abs(off[code]), prices)
    return rules.find(rule, said, change, line=at_stake[0].number if at_stake else None, worth=worth)


def _unit_worth(lines: Sequence[BilledLine], units: Decimal, prices: Prices) -> Decimal | None:
    """This many units at the average worth of a unit on these lines."""
    total = _units(lines)
    if not total:
        return None
    whole = sum((worth_of(line, prices) for line in lines), ZERO)
    return round_cents(whole * units / total)


def _single_findings(
    item: DocumentedCode, billed: Sequence[BilledLine], rules: Ruleset, prices: Prices
) -> list[Finding]:
    """A code counted alone: untimed, or timed in units of its own length."""
    earned = by_midpoint(item.minutes, item.unit_minutes) if item.unit_minutes else 1
    units = _units(billed)
    if units == earned:
        return []
    said = f"{item.code} is billed ×{units.normalize():f}, the note supports ×{earned}"
    if units > earned:
        worth = _unit_worth(billed, units - earned, prices)
        return rules.find("units.too_many", said, f"bill {earned}", line=billed[0].number, worth=worth)
    return rules.find("units.not_billed", said, f"bill {earned}", line=billed[0].number if billed else None)


def _assistant_findings(
    item: DocumentedCode, billed: Sequence[BilledLine], discipline: str, rules: Ruleset
) -> list[Finding]:
    """The units that should carry CQ or CO, of those that were billed, next to those that do."""
    rule = rules.table("assistant", read_assistant_rule)
    mark = rule.modifiers.get(discipline)
    if mark is None or not billed:
        return []
    shares = shares_of(item, int(_units(billed)), rule, discipline)
    marked = [line for line in billed if mark in line.modifiers]
    missing = shares.assistant - _units(marked)
    if missing > 0:
        bare = next((line for line in billed if mark not in line.modifiers), billed[0])
        said = f"{item.code}: {missing.normalize():f} units lack {mark}; {shares.explanation}"
        return rules.find("modifier.assistant_missing", said, f"bill them with {mark}", line=bare.number)
    if missing < 0:
        why = shares.explanation or "no assistant minutes are documented"
        said = f"{item.code}: {-missing.normalize():f} units carry {mark} needlessly; {why}"
        return rules.find("modifier.assistant_unneeded", said, f"bill them without {mark}", line=marked[0].number)
    return []


def _undocumented(code: str, billed: Sequence[BilledLine], rules: Ruleset, prices: Prices) -> list[Finding]:
    """Only therapy codes: other services of the day may be documented elsewhere."""
    if not _units(billed) or procedure(rules, code) is None:
        return []
    said = f"{code} is billed, but the visit does not document it"
    worth = sum((worth_of(line, prices) for line in billed), ZERO)
    return rules.find("units.undocumented", said, "correct the claim or the note", line=billed[0].number, worth=worth)
