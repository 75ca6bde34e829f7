"""Pairs of codes of which the payer denies one when both are on a day's claim (NCCI procedure-to-procedure edits).

A pair binds within one discipline only. Column 2 is the code that is denied, cheaper or not. Whether two services
were really separate is for a person to attest: a separating modifier is only ever suggested.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import permutations
from typing import Any

from projections.session_rules.findings import CERTAIN, Finding, Ruleset


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A row of the table. `indicator` 1: a modifier may open it, 0: nothing does, empty: not known."""

    column1: str
    column2: str
    indicator: str
    effective: date
    deleted: date | None
    disciplines: frozenset[str]  # empty: every discipline
    source: str
    confidence: str

    def binds(self, on: date, discipline: str) -> bool:
        in_force = self.effective <= on and (self.deleted is None or on < self.deleted)
        return in_force and (not self.disciplines or discipline in self.disciplines)


@dataclass(frozen=True, kw_only=True)
class PairTable:
    """The pairs, and how far the table is whole: `volumes` are ranges of first codes read from CMS's full files.

    `codes`: those that were kept from them. `read`: the days of the quarter they were published for.
    """

    pairs: Mapping[tuple[str, str], tuple[Pair, ...]]
    separating: frozenset[str]
    suggested: str
    either_column_from: date | None
    volumes: tuple[tuple[str, str], ...] = ()
    codes: frozenset[str] = frozenset()
    read: tuple[date, date] | None = None

    def is_whole(self, codes: Iterable[str], on: date) -> bool:
        """Whether a pair among these codes would be in the table on a day: only then its absence says something."""
        return (
            self.read is not None
            and self.read[0] <= on <= self.read[1]
            and all(code in self.codes and any(a <= code <= b for a, b in self.volumes) for code in codes)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NcciLine:
    """A billed line of one day and discipline, as the pair test sees it."""

    number: int
    procedure: str
    modifiers: tuple[str, ...] = ()
    worth: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """Two lines that form a pair with nothing to separate them; `denied` is the column 2 line."""

    pair: Pair
    paid: NcciLine
    denied: NcciLine


def read_pairs(values: Mapping[str, Any]) -> PairTable:
    """The ncci pack: only rows that are switched on."""
    pairs: dict[tuple[str, str], tuple[Pair, ...]] = {}
    for row in values.get("rows", ()):
        if row.get("default_on", "yes") == "yes":
            key = (row["column1"], row["column2"])
            pairs[key] = (*pairs.get(key, ()), _pair(row))
    either = values.get("either_column_from")
    return PairTable(
        pairs=pairs,
        separating=frozenset(values.get("separating", ())),
        suggested=values.get("suggested", "59"),
        either_column_from=date.fromisoformat(either) if either else None,
        volumes=tuple((first, last) for first, last in values.get("volumes", ())),
        codes=frozenset(values.get("codes", "").split()),
        read=(date.fromisoformat(values["read_from"]), date.fromisoformat(values["read_through"]))
        if "read_through" in values
        else None,
    )


def _pair(row: Mapping[str, str]) -> Pair:
    return Pair(
        column1=row["column1"],
        column2=row["column2"],
        indicator=row.get("modifier_indicator", ""),
        effective=date.fromisoformat(row["effective"]),
        deleted=date.fromisoformat(row["deleted"]) if row.get("deleted") else None,
        disciplines=frozenset(row.get("disciplines", "").split()),
        source=row.get("source", ""),
        confidence=row.get("confidence", ""),
    )


def pairs_among(lines: Sequence[NcciLine], discipline: str, rules: Ruleset) -> list[Hit]:
    """Unseparated pairs among the lines of one patient, day and discipline; at most one per denied line and code."""
    table = rules.table("ncci", read_pairs)
    hits: dict[tuple[int, str], Hit] = {}
    for first, second in permutations(lines, 2):
        for pair in table.pairs.get((first.procedure, second.procedure), ()):
            if pair.binds(rules.on, discipline) and not _separated(pair, first, second, table, rules.on):
                hits.setdefault((second.number, first.procedure), Hit(pair, first, second))
    return list(hits.values())


def listed_codes(codes: Iterable[str], discipline: str, rules: Ruleset) -> frozenset[str]:
    """Those of a day's codes that form a pair with another: only these may carry a separating modifier."""
    table = rules.table("ncci", read_pairs)
    return frozenset(
        code
        for first, second in permutations(set(codes), 2)
        for pair in table.pairs.get((first, second), ())
        if pair.binds(rules.on, discipline)
        for code in (first, second)
    )


def _separated(pair: Pair, first: NcciLine, second: NcciLine, table: PairTable, on: date) -> bool:
    """Since July 2019 a separating modifier counts on either column, before only on column 2."""
    if pair.indicator == "0":
        return False
    either = table.either_column_from is not None and on >= table.either_column_from
    carried = (*second.modifiers, *(first.modifiers if either else ()))
    return not table.separating.isdisjoint(carried)


def pair_findings(hits: Iterable[Hit], rules: Ruleset, *, planned: bool = False) -> list[Finding]:
    """What will be denied, and what a person could attest instead. `planned`: nothing was billed yet."""
    table = rules.table("ncci", read_pairs)
    return [finding for hit in hits for finding in _finding(hit, table, rules, planned=planned)]


def _finding(hit: Hit, table: PairTable, rules: Ruleset, *, planned: bool) -> list[Finding]:
    one, two = hit.paid.procedure, hit.denied.procedure
    told = f"({hit.pair.source}, confidence {hit.pair.confidence})"
    said = f"{two} is a column 2 code with {one}: {two} {CERTAIN} {told}"
    line, worth = hit.denied.number, hit.denied.worth
    if hit.pair.indicator == "0":
        return rules.find("ncci.no_override", said, f"bill {one} or {two}, not both", line=line, worth=worth)
    others = ", ".join(sorted(table.separating - {table.suggested}))
    change = f"if both services were separate and distinct, add {table.suggested} (or {others}) to one of them"
    if hit.pair.indicator and planned:
        said = f"{one} and {two} on one day are an NCCI pair: without a modifier such as 59, {two} would be denied"
        return rules.find("ncci.attest", said, change, line=line, worth=worth)
    if not hit.pair.indicator:
        change = f"bill one of them; whether a modifier such as {table.suggested} bypasses this edit is not known"
    return rules.find("ncci.pair", said, change, line=line, worth=worth)
