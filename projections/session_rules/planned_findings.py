"""What is to be said about a session's services while they become claim lines."""

from __future__ import annotations

from collections.abc import Sequence

from projections.session_rules.assistants import Shares, read_assistant_rule
from projections.session_rules.documented_codes import DocumentedCode
from projections.session_rules.findings import Finding, Ruleset
from projections.session_rules.units import Allocation


def item_findings(
    item: DocumentedCode, shares: Shares, discipline: str, rules: Ruleset, *, number: int
) -> list[Finding]:
    """What one code brings: its kind, its minutes, its assistant. `number`: its first line, counted from one."""
    return [
        *_code_findings(item, discipline, rules, number),
        *_minute_findings(item, rules, number),
        *_assistant_findings(item, shares, discipline, rules, number),
    ]


def _code_findings(item: DocumentedCode, discipline: str, rules: Ruleset, number: int) -> list[Finding]:
    code, known = item.code, item.known
    if known is None:
        said = f"{code} is not on the therapy code list for this date; no modifier was added"
        return rules.find("procedure.unknown", said, "check the code", line=number)
    if known.only and known.only != discipline:
        said = f"{code} is a {known.only} code and cannot be billed under {discipline}"
        return rules.find("modifier.discipline_specific", said, "use the discipline's own code", line=number)
    if known.medicare == "bundled":
        return rules.find("procedure.bundled", f"{code} is never paid separately by Medicare", line=number)
    if known.medicare == "invalid":
        change = f"use {known.instead}" if known.instead else ""
        return rules.find("procedure.invalid", f"Medicare does not accept {code}", change, line=number)
    return []


def _minute_findings(item: DocumentedCode, rules: Ruleset, number: int) -> list[Finding]:
    code, found = item.code, []
    if item.unit_minutes and item.service.minutes is None:
        said = f"{code} is timed, but no minutes are documented"
        found += rules.find("units.minutes_missing", said, "document the minutes", line=number)
    if not item.unit_minutes and item.service.timed:
        said = f"{code} is untimed: its {item.minutes} min support one unit and do not count as timed minutes"
        found += rules.find("units.untimed_with_minutes", said, line=number)
    if not item.unit_minutes and item.times > 1:
        said = f"{code} is listed {item.times} times; untimed, it is billed once"
        found += rules.find("units.repeated", said, line=number)
    return found


def _assistant_findings(
    item: DocumentedCode, shares: Shares, discipline: str, rules: Ruleset, number: int
) -> list[Finding]:
    theirs, code = item.service.assistant_minutes, item.code
    if not theirs:
        return []
    found: list[Finding] = []
    modifiers = rules.table("assistant", read_assistant_rule).modifiers
    if modifiers and discipline not in modifiers:
        said = f"{code}: {discipline} assistants have no modifier, and Medicare does not cover their services"
        found += rules.find("assistant.speech", said, "have the therapist provide the service", line=number)
    if item.known and item.known.role == "evaluation":
        said = f"{code} is an evaluation, which an assistant may not perform"
        found += rules.find("assistant.evaluation", said, "have the therapist evaluate", line=number)
    if not item.unit_minutes and not item.service.minutes and shares.assistant:
        said = f"{code}: the assistant's {theirs} min are known, the service's total is not; treated as over the limit"
        found += rules.find("modifier.assistant_minutes_unknown", said, "document the total", line=number)
    if shares.assistant and shares.therapist:
        mark = modifiers[discipline]
        said = f"{code}: {shares.therapist} units without {mark} and {shares.assistant} with it, on two lines"
        found += rules.find("modifier.assistant_split", said, line=number)
    return found


def time_findings(items: Sequence[DocumentedCode], allocation: Allocation, rules: Ruleset) -> list[Finding]:
    """What the session brings as a whole: unknown rules, an assumed method, a tie, too little time."""
    found = rules.unknown("units", "modifiers", "ncci")
    if any(item.service.assistant_minutes for item in items):
        found += rules.unknown("assistant")
    if allocation.rule.assumed and len(allocation.lines) > 1:  # for a single code all methods agree
        said = f"how this payer counts minutes is not known; {allocation.rule.method} was assumed"
        found += rules.find("units.method_assumed", said, "publish the payer's rule")
    if allocation.tie:
        said = f"{' and '.join(allocation.tied)} are tied for the last unit"
        found += rules.find("units.tie", said, "bill it under any one of them")
    documented = any(item.unit_minutes and item.service.minutes is not None for item in items)
    if documented and allocation.total_minutes < allocation.rule.least_minutes:
        said = f"{allocation.total_minutes} timed min in total are under {allocation.rule.least_minutes}: no unit"
        return found + rules.find("units.session_too_short", said)
    for line in allocation.lines:
        if line.minutes and not line.units:
            said = f"{line.procedure}: {line.minutes} min are documented, not enough for a unit; do not bill it"
            found += rules.find("units.none_earned", said)
    return found
