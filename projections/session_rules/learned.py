"""Rules a practice learned from its own remittances: what a payer keeps denying, adopted by a person as a pack.

A pack of the kind `learned` has the payer as its scope. A row names a code and, as far as they matter, another code of
the day, a modifier and a diagnosis; `seen` of `of` decided lines were denied for it when it was adopted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from projections.rules.rulebook import Ruling
from projections.session_rules.findings import Finding, Ruleset
from projections.session_rules.whole_day import JudgedLine
from projections.tables.vocabulary import Grade

LEARNED = "learned"


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedRule:
    """One row of the pack; empty parts do not matter. `code` is the denial seen, CO-11; `category` the code table's."""

    rule: str
    procedure: str
    beside: str = ""
    modifier: str = ""
    diagnosis: str = ""
    code: str
    category: str
    seen: str
    of: str

    @property
    def words(self) -> str:
        """For people: 97530 with M5450."""
        parts = [f"with {part}" for part in (self.beside, self.diagnosis) if part]
        parts += [f"under {self.modifier}"] if self.modifier else []
        return " ".join([self.procedure, *parts])


def read_learned(values: Mapping[str, Any]) -> tuple[LearnedRule, ...]:
    """The rows of a learned pack."""
    return tuple(LearnedRule(**dict(row)) for row in values.get("rows", ()))


def learned_findings(
    own: Sequence[JudgedLine], others: Sequence[JudgedLine], diagnoses: Sequence[str], rules: Ruleset
) -> list[Finding]:
    """What this payer has kept denying, as the practice's own adopted rules say."""
    ruling = rules.pick(LEARNED)
    if not isinstance(ruling, Ruling):
        return []
    codes = {line.procedure for line in (*own, *others)}
    plain = {code.strip().upper().replace(".", "") for code in diagnoses}
    return [
        Finding(
            rule=row.rule,
            grade=Grade.AT_RISK,
            message=f"this payer denied {row.words} as {row.code} before, {row.seen} of {row.of} times",
            source=f"{ruling.name}: our remittances",
            change="check the record and the payer's policy before billing",
            worth=line.worth,
            line=line.number,
            predicts=(row.category,),
        )
        for row in rules.table(LEARNED, read_learned)
        for line in own
        if line.units > 0 and _fits(row, line, codes, plain)
    ]


def _fits(row: LearnedRule, line: JudgedLine, codes: set[str], diagnoses: set[str]) -> bool:
    return (
        line.procedure == row.procedure
        and (not row.beside or row.beside in codes)
        and (not row.modifier or row.modifier in line.modifiers)
        and (not row.diagnosis or row.diagnosis in diagnoses)
    )
