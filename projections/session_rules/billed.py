"""A submitted line and its modifiers, judged by themselves and together with the other lines of its day."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from projections.session_rules.assistants import read_assistant_rule
from projections.session_rules.findings import Finding, Ruleset
from projections.session_rules.ncci import read_pairs
from projections.session_rules.procedures import Procedure, modifier_rules, procedure


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledLine:
    """A claim line as submitted."""

    number: int
    procedure: str
    modifiers: tuple[str, ...]
    units: Decimal
    dos: date
    charge: Decimal


def worth_of(line: BilledLine, prices: Mapping[int, Decimal]) -> Decimal:
    """What a line is expected to bring; its charge where no price is known."""
    return prices.get(line.number, line.charge)


def disciplines_of(line: BilledLine, rules: Ruleset) -> tuple[str, ...]:
    """The disciplines a line's modifiers name, each once."""
    return modifier_rules(rules).named_by(line.modifiers)


def assign_discipline(line: BilledLine, treated: Collection[str], rules: Ruleset) -> str | None:
    """The discipline whose minutes a line bills: its modifier's, unless the day knew only another one."""
    own = disciplines_of(line, rules)
    if own and (not treated or own[0] in treated):
        return own[0]
    return next(iter(treated)) if len(treated) == 1 else (own[0] if own else None)


def line_findings(
    line: BilledLine, treated: Collection[str], rules: Ruleset, prices: Mapping[int, Decimal]
) -> list[Finding]:
    """A line's own modifiers and code. `treated`: the disciplines of the day's visits, empty where none is known."""
    known = procedure(rules, line.procedure)
    return [
        *_discipline_findings(line, known, treated, rules, worth_of(line, prices)),
        *_assistant_mismatch(line, rules, worth_of(line, prices)),
        *_dictionary_findings(line, known, rules),
        *_code_findings(line, known, rules, worth_of(line, prices)),
    ]


def _discipline_findings(
    line: BilledLine, known: Procedure | None, treated: Collection[str], rules: Ruleset, worth: Decimal
) -> list[Finding]:
    """Exactly one of GP, GO, GN on an always-therapy line; on a sometimes-therapy line that a therapist gave, too."""
    own, code = disciplines_of(line, rules), line.procedure
    if len(own) > 1:
        said = f"{code} carries the modifiers of {' and '.join(own)}"
        return rules.find(
            "modifier.discipline_conflict", said, "keep the one for the plan of care", line=line.number, worth=worth
        )
    if not own:
        if known is None or not (known.therapy == "always" or treated):
            return []
        said = f"{code} lacks its discipline modifier"
        marks = ", ".join(modifier_rules(rules).by_modifier)
        return rules.find(
            "modifier.discipline_missing", said, f"add one of {marks} and resubmit", line=line.number, worth=worth
        )
    if known is not None and known.only and own[0] != known.only:
        said = f"{code} is a {known.only} code, but the modifier is {own[0]}"
        return rules.find(
            "modifier.discipline_specific", said, "correct code or modifier", line=line.number, worth=worth
        )
    if treated and own[0] not in treated:
        said = f"{code} is billed under {own[0]}, but the visit was {' and '.join(sorted(treated))}"
        return rules.find("modifier.discipline_wrong", said, "use the plan's modifier", line=line.number, worth=worth)
    return []


def _assistant_mismatch(line: BilledLine, rules: Ruleset, worth: Decimal) -> list[Finding]:
    """CQ goes with GP and CO with GO, never crosswise and never alone."""
    modifiers = rules.table("assistant", read_assistant_rule).modifiers
    own = disciplines_of(line, rules)
    for discipline, mark in modifiers.items():
        if mark in line.modifiers and discipline not in own:
            pair = modifier_rules(rules).disciplines.get(discipline, discipline)
            said = f"{line.procedure}: {mark} goes with {pair} only"
            change = f"correct {mark} or add {pair}"
            return rules.find("modifier.assistant_mismatch", said, change, line=line.number, worth=worth)
    return []


def _dictionary_findings(line: BilledLine, known: Procedure | None, rules: Ruleset) -> list[Finding]:
    kinds = modifier_rules(rules).kinds
    found: list[Finding] = []
    for modifier in dict.fromkeys(line.modifiers):
        if kinds and modifier not in kinds:
            said = f"{line.procedure}: modifier {modifier} is not a known modifier"
            found += rules.find("modifier.unrecognised", said, "check it", line=line.number)
    separating = rules.table("ncci", read_pairs).separating.intersection(line.modifiers)
    if len(separating) > 1:
        said = f"{line.procedure} carries {' and '.join(sorted(separating))}"
        found += rules.find("modifier.distinct_twice", said, "keep one; an X modifier says more", line=line.number)
    if known is not None and (of_visit := [m for m in line.modifiers if kinds.get(m) == "evaluation"]):
        said = f"{line.procedure}: {of_visit[0]} belongs on an evaluation and management service, not on therapy"
        found += rules.find("modifier.visit_on_therapy", said, f"remove {of_visit[0]} from this line", line=line.number)
    if len(set(line.modifiers)) < len(line.modifiers):
        said = f"{line.procedure} has a modifier twice"
        found += rules.find("modifier.repeated", said, "keep it once", line=line.number)
    return found


def _code_findings(line: BilledLine, known: Procedure | None, rules: Ruleset, worth: Decimal) -> list[Finding]:
    if known is not None and known.medicare == "invalid":
        change = f"use {known.instead}" if known.instead else ""
        said = f"Medicare does not accept {line.procedure}"
        return rules.find("procedure.invalid", said, change, line=line.number, worth=worth)
    if known is not None and known.medicare == "bundled":
        said = f"{line.procedure} is never paid separately by Medicare"
        return rules.find("procedure.bundled", said, "expect no payment for it", line=line.number)
    return []
