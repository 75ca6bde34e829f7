"""Findings: what is wrong with a session or a claim, how grave, by which rule, and what to do about it.

A finding's grade and citation are data (pack kind "findings"), so that a practice can grade a rule down or switch it
off. `Ruleset` holds the rules that apply to one date, payer and program, and makes findings by them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar, cast

from events.values import to_cents
from projections.rules.rulebook import Rulebook, Ruling, Unknown
from projections.tables.readiness_facts import ListedFinding
from projections.tables.vocabulary import Grade

GRADED: tuple[Grade, ...] = (
    Grade.REJECTED,
    Grade.DENIED,
    Grade.AT_RISK,
)  # worst first; mere advice keeps no visit back
GRADES: tuple[Grade, ...] = tuple(Grade)
DENYING: tuple[Grade, ...] = (Grade.REJECTED, Grade.DENIED)  # what is expected to be paid leaves these lines out
CERTAIN, POSSIBLE = "will be denied", "may be denied"  # as messages say it of a grade that denies, and of a lower one
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding. `rule` is a name for life; `source` the pack that judged and its citation; `change` what to do.

    `worth` is the money at stake, None where no figure is known; `line` the number of the claim line it is about.
    `predicts`: the categories of the code table that the payer's answer would fall in; empty where it predicts nothing.
    """

    rule: str
    grade: Grade
    message: str
    source: str
    change: str = ""
    worth: Decimal | None = None
    line: int | None = None
    predicts: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The public form: money as a string with two decimals."""
        return {
            "rule": self.rule,
            "grade": self.grade,
            "message": self.message,
            "source": self.source,
            "change": self.change,
            "worth": None if self.worth is None else f"{self.worth:.2f}",
            "line": self.line,
        }

    def listed(self) -> ListedFinding:
        """As a visit's item names it."""
        return ListedFinding(
            rule=self.rule,
            grade=self.grade,
            message=self.message,
            change=self.change,
            source=self.source,
            worth=None if self.worth is None else to_cents(self.worth),
            line=self.line,
        )


def graded(finding: Finding, grade: Grade) -> Finding:
    """The finding with that grade, in words that claim no more than the grade does."""
    message = finding.message if grade in DENYING else finding.message.replace(CERTAIN, POSSIBLE)
    return replace(finding, grade=grade, message=message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grading:
    """How the findings pack grades one rule. `grade` "off" keeps the rule silent."""

    grade: str
    elsewhere: str
    pack: str
    source: str
    confidence: str
    predicts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """All gradings; `programs` are those bound by the federal rules, others get the grade `elsewhere`."""

    gradings: Mapping[str, Grading]
    programs: frozenset[str]


def read_catalogue(values: Mapping[str, Any]) -> Catalogue:
    """The findings pack as a table."""
    gradings = {
        row["rule"]: Grading(
            grade=row["grade"],
            elsewhere=row.get("elsewhere") or row["grade"],
            pack=row.get("pack", ""),
            source=row.get("source", ""),
            confidence=row.get("confidence", ""),
            predicts=tuple(row.get("predicts", "").split()),
        )
        for row in values.get("rows", ())
    }
    return Catalogue(gradings, frozenset(values.get("programs", ())))


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Grave before slight, then by line and rule; each finding once."""
    once = dict.fromkeys(findings)
    return tuple(sorted(once, key=lambda f: (GRADES.index(f.grade), f.line or 0, f.rule, f.message)))


@dataclass(frozen=True, kw_only=True)
class Ruleset:
    """The rules for one date of service, payer and program. Picks each kind once."""

    rulebook: Rulebook
    on: date
    payer_id: str = ""
    program: str | None = None
    discipline: str | None = None
    _picked: dict[str, Ruling | Unknown] = field(default_factory=dict, repr=False, compare=False)
    _tables: dict[tuple[str, object], Any] = field(default_factory=dict, repr=False, compare=False)

    def pick(self, kind: str) -> Ruling | Unknown:
        """The ruling of a kind, or Unknown with the reason."""
        if kind not in self._picked:
            self._picked[kind] = self.rulebook.pick(
                kind, self.on, payer_id=self.payer_id or None, program=self.program, discipline=self.discipline
            )
        return self._picked[kind]

    def table(self, kind: str, build: Callable[[Mapping[str, Any]], T]) -> T:
        """What `build` makes of a kind's values; of nothing where no pack covers the date."""
        key = (kind, build)
        found = self._tables.get(key)
        if found is None:
            ruling = self.pick(kind)
            found = build({}) if isinstance(ruling, Unknown) else self.rulebook.table(ruling, build)
            self._tables[key] = found
        return cast("T", found)

    def unknown(self, *kinds: str) -> list[Finding]:
        """One piece of advice for each kind that no pack covers on the date."""
        gaps = [(kind, self.pick(kind)) for kind in kinds]
        return [
            finding
            for kind, gap in gaps
            if isinstance(gap, Unknown)
            for finding in self.find("rules.unknown", f"{gap.reason}: {kind} not checked", "publish a rule pack")
        ]

    def find(
        self, rule: str, message: str, change: str = "", *, line: int | None = None, worth: Decimal | None = None
    ) -> list[Finding]:
        """The finding in a list, or an empty list where the rule is switched off."""
        catalogue = self.table("findings", read_catalogue)
        grading = catalogue.gradings.get(rule, _UNGRADED)
        grade = grading.grade if self.program in catalogue.programs else grading.elsewhere
        if grade not in GRADES:
            return []
        source = f"{self._judge(grading)}: {grading.source}" if grading.source else self._judge(grading)
        found = Finding(
            rule=rule,
            grade=Grade(grade),
            message=message,
            source=source,
            change=change,
            worth=worth,
            line=line,
            predicts=grading.predicts,
        )
        return [graded(found, found.grade)]

    def _judge(self, grading: Grading) -> str:
        ruling = self.pick(grading.pack or "findings")
        return "no rule pack" if isinstance(ruling, Unknown) else ruling.name


_UNGRADED = Grading(grade=Grade.ADVICE, elsewhere=Grade.ADVICE, pack="findings", source="", confidence="L")
