"""Diagnosis codes that will not pass: badly formed, ended, not begun, cut short, invented, or unspecified."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from projections.session_rules.findings import Finding, Ruleset

_SAID = {
    "expired": "is no longer billable on the date of service",
    "not_yet": "is not yet valid on the date of service",
    "incomplete": "is a heading, not a billable code",
    "absent": "does not exist",
    "unspecified": "is unspecified; payers may ask for more",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisRow:
    """One line of the diagnosis pack; `match` exact, prefix, or longer."""

    code: str
    match: str
    problem: str
    since: date | None
    until: date | None
    instead: str
    least_length: int

    def applies(self, code: str, on: date) -> bool:
        if (self.since is not None and on < self.since) or (self.until is not None and on >= self.until):
            return False
        if self.match == "exact":
            return code == self.code
        if self.match == "longer":
            return code.startswith(self.code) and len(code) > len(self.code)
        return code.startswith(self.code) and (not self.least_length or len(code) < self.least_length)


@dataclass(frozen=True, kw_only=True)
class DiagnosisTable:
    """Rows for one exact code, and those for a beginning by its first character: a code meets few of them."""

    exact: Mapping[str, tuple[DiagnosisRow, ...]]
    beginnings: Mapping[str, tuple[DiagnosisRow, ...]]
    shape: re.Pattern[str]
    most: int


def read_diagnoses(values: Mapping[str, Any]) -> DiagnosisTable:
    """The diagnosis pack; accepts everything where no pack covers the date."""
    exact: dict[str, tuple[DiagnosisRow, ...]] = {}
    beginnings: dict[str, tuple[DiagnosisRow, ...]] = {}
    for row in map(_row, values.get("rows", ())):
        rows, key = (exact, row.code) if row.match == "exact" else (beginnings, row.code[0])
        rows[key] = (*rows.get(key, ()), row)
    return DiagnosisTable(
        exact=exact, beginnings=beginnings, shape=re.compile(values.get("shape", ".*")), most=int(values.get("most", 0))
    )


def _row(entry: Mapping[str, str]) -> DiagnosisRow:
    return DiagnosisRow(
        code=entry["code"],
        match=entry["match"],
        problem=entry["problem"],
        since=_day(entry.get("from")),
        until=_day(entry.get("until")),
        instead=entry.get("instead", ""),
        least_length=int(entry.get("least_length") or 0),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@dataclass(frozen=True)
class CodeSet:
    """All of ICD-10-CM in a fiscal year, from its order file; empty where that was not read."""

    billable: frozenset[str]
    headings: frozenset[str]
    sides: Mapping[str, str]  # code -> RT or LT


def read_code_set(values: Mapping[str, Any]) -> CodeSet:
    """The icd10cm pack: codes without dots, as long texts of them."""
    sides = dict.fromkeys(values.get("right", "").split(), "RT") | dict.fromkeys(values.get("left", "").split(), "LT")
    return CodeSet(frozenset(values.get("billable", "").split()), frozenset(values.get("headings", "").split()), sides)


def not_checked(codes: Sequence[str], rules: Ruleset) -> list[str]:
    """Diagnoses of which no table says whether they exist on the date of service: they were not checked."""
    if rules.table("icd10cm", read_code_set).billable:
        return []
    table = rules.table("diagnosis", read_diagnoses)
    shaped = [code for code in map(_plain, codes) if table.shape.fullmatch(code)]
    return [_dotted(code) for code in shaped if _row_of(code, table, rules) is None]


def side_findings(
    lines: Sequence[tuple[int, str, Sequence[str]]], codes: Sequence[str], rules: Ruleset
) -> list[Finding]:
    """A line marked for one side of the body while every sided diagnosis is of the other. `lines`: number, code, marks.

    Silent where the order file of the year was not read: then nobody knows which codes have a side.
    """
    known = rules.table("icd10cm", read_code_set).sides
    sides = {known[code] for code in map(_plain, codes) if code in known}
    found: list[Finding] = []
    for number, procedure, modifiers in lines:
        marked = {"RT", "LT"}.intersection(modifiers)
        if len(sides) == 1 and len(marked) == 1 and sides != marked:
            said = f"{procedure} has modifier {marked.pop()}, but the diagnoses are for the other side"
            found += rules.find("diagnosis.side", said, "correct the modifier or the diagnosis", line=number)
    return found


def diagnosis_findings(codes: Sequence[str], rules: Ruleset) -> list[Finding]:
    """Findings for a session's or claim's diagnoses, with or without dots."""
    table = rules.table("diagnosis", read_diagnoses)
    if not codes:
        return rules.find("diagnosis.missing", "no diagnosis code", "add the treating diagnosis")
    found = [
        finding
        for place, code in enumerate(codes, start=1)
        if code not in codes[: place - 1]
        for finding in _judge(place, code, table, rules)
    ]
    if table.most and len(codes) > table.most:
        said = f"{len(codes)} diagnosis codes, at most {table.most} allowed"
        found += rules.find("diagnosis.too_many", said, "keep those that support the services")
    return found


def _judge(place: int, stated: str, table: DiagnosisTable, rules: Ruleset) -> list[Finding]:
    code = _plain(stated)
    if not table.shape.fullmatch(code):
        return rules.find("diagnosis.malformed", f"diagnosis {place} is not an ICD-10-CM code", "correct the code")
    row = _row_of(code, table, rules)
    if row is None:
        return _by_code_set(code, rules)
    change = f"use {row.instead}" if row.instead else "use a billable, more specific code"
    return rules.find(f"diagnosis.{row.problem}", f"{_dotted(code)} {_SAID.get(row.problem, row.problem)}", change)


def _row_of(code: str, table: DiagnosisTable, rules: Ruleset) -> DiagnosisRow | None:
    rows = (*table.exact.get(code, ()), *table.beginnings.get(code[:1], ()))
    return next((row for row in rows if row.applies(code, rules.on)), None)


def _by_code_set(code: str, rules: Ruleset) -> list[Finding]:
    """Whether a code exists and may be billed on the date of service, where the order file of the year was read."""
    known = rules.table("icd10cm", read_code_set)
    if not known.billable or code in known.billable:
        return []
    problem = "incomplete" if code in known.headings else "absent"
    change = "use a billable, more specific code" if problem == "incomplete" else "correct the code"
    return rules.find(f"diagnosis.{problem}", f"{_dotted(code)} {_SAID[problem]}", change)


def _plain(stated: str) -> str:
    return stated.strip().upper().replace(".", "")


def _dotted(code: str) -> str:
    return f"{code[:3]}.{code[3:]}" if len(code) > 3 else code
