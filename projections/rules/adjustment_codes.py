"""What an adjustment code means for the person who works the claim, from the code table.

The table's rows are keyed by (group, reason code, remark codes, program); the most specific row wins. A code without
a row means "a person reviews it" and never a write-off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from events.adjustment import Adjustment
from events.remittance import UNPROCESSABLE, RemittanceLine
from events.values import ZERO
from projections.rules.bounded_cache import BoundedCache
from projections.rules.rulebook import Pack, Rulebook, Ruling

KIND, LICENSED = "carc_action", "x12.carc"
REVIEW = "Review the codes on the remittance, then correct, appeal or post; do not write off without review"


@dataclass(frozen=True, slots=True, kw_only=True)
class DenialJudgment:
    """What to do about one adjustment. `row_name` says which row of which pack judged.

    `deadline_basis` names the remedies, first choice first: filing, corrected, reopening, appeal, records, dispute,
    other_payer_filing, statement.
    """

    category: str
    family: str
    meaning: str
    next_action: str
    workflow: str
    deadline_basis: tuple[str, ...]
    appealable: bool
    is_denial: bool
    row_name: str

    @property
    def known(self) -> bool:
        return not self.row_name.endswith("#unknown")


@dataclass(frozen=True, slots=True)
class ReasonCodes:
    """How adjustment reasons (CARC, without leading zeros) and remarks (RARC) sort claims at intake.

    This only chooses the type of an event: a code that is neither contractual nor the patient's share is a reason to
    deny, unknown codes included.
    """

    contractual: frozenset[str] = frozenset()
    patient_share: frozenset[str] = frozenset()
    unprocessable: frozenset[str] = frozenset()

    @classmethod
    def of_rulebook(cls, rulebook: Rulebook, on: date) -> ReasonCodes:
        """As the code table of a date says; without one every code denies."""
        ruling = rulebook.pick(KIND, on)
        return rulebook.table(ruling, cls.of_table) if isinstance(ruling, Ruling) else cls()

    @classmethod
    def of_table(cls, values: Mapping[str, Any]) -> ReasonCodes:
        """From the rows without conditions; the unprocessable remarks are those of the row for every code."""
        rows = values.get("rows", ())
        plain = [row for row in rows if not row.get("remarks") and not row.get("program")]
        shares = frozenset(row["carc"] for row in plain if row["category"] == "patient_share")
        informs = frozenset(row["carc"] for row in plain if row["is_denial"] == "no")
        anything = [row for row in rows if row["carc"] == "*" and row["category"] != "patient_share"]
        remarks = frozenset(remark for row in anything for remark in row.get("remarks", "").split())
        return cls(informs - shares, shares, remarks)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    group: str
    program: str
    remarks: frozenset[str]
    rank: int
    judgment: DenialJudgment


class DenialTable:
    """The code table in force on a date, compiled once; every answer is remembered."""

    def __init__(
        self, name: str, rows: Iterable[Mapping[str, str]] = (), licensed: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """`licensed`: meanings from the publisher's list that the practice brought, for codes without a row."""
        self.name = name
        self._licensed = licensed
        self._by_code: dict[str, list[_Row]] = {}
        self._families: dict[str, str] = {}
        for row in rows:
            self._by_code.setdefault(row["carc"], []).append(_compile(name, row))
            self._families.setdefault(row["category"], row["family"])
        self._anything = self._by_code.pop("*", [])
        self._answers: BoundedCache[tuple[str, str, tuple[str, ...], str | None], DenialJudgment] = BoundedCache()
        self._unknown = DenialJudgment(
            category="review",
            family="review",
            meaning="Not in the code table",
            next_action=REVIEW,
            workflow="review",
            deadline_basis=("appeal",),
            appealable=True,
            is_denial=True,
            row_name=f"{name}#unknown",
        )

    @classmethod
    def from_rulebook(cls, rulebook: Rulebook, on: date) -> DenialTable:
        """The table for notices of a date. Without one for that date every code means review."""
        ruling = rulebook.pick(KIND, on)
        if not isinstance(ruling, Ruling):
            return cls(ruling.reason)
        bought = rulebook.packs.get(LICENSED)
        tables = _COMPILED.setdefault(ruling.pack.checksum + (bought.checksum if bought else ""), {})
        if ruling.period.effective_from not in tables:
            meanings = _meanings(bought) if bought else {}
            tables[ruling.period.effective_from] = cls(ruling.name, ruling.values.get("rows", ()), meanings)
        return tables[ruling.period.effective_from]

    def judge(self, group: str, reason: str, remarks: Sequence[str] = (), program: str | None = None) -> DenialJudgment:
        """What this adjustment means. Total: an unknown code is for review."""
        key = (group, reason, tuple(remarks), program)
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers.keep(key, self._find(group, reason, frozenset(remarks), program))
        return answer

    def family(self, category: str) -> str:
        """The family a category belongs to; the category itself where the table does not know it."""
        return self._families.get(category, category)

    def is_denial_code(self, group: str, reason: str) -> bool:
        """Whether a line adjusted to zero by this code alone is denied: neither contractual nor the patient's share."""
        return self.judge(group, reason).is_denial

    def _find(self, group: str, reason: str, remarks: frozenset[str], program: str | None) -> DenialJudgment:
        best = self._best(group, reason, remarks, program)
        if best is None:
            bought = self._licensed.get(_bare(reason))
            return replace(self._unknown, meaning=bought or f"{group}-{reason}: meaning not in the code table")
        if remarks.isdisjoint(UNPROCESSABLE):
            return best.judgment
        cause = self._best(group, reason, remarks - UNPROCESSABLE, program)
        if cause is None or not cause.remarks:
            return best.judgment
        told = cause.judgment  # another remark says what made it unprocessable
        meaning = f"Returned as unprocessable: {told.meaning[:1].lower()}{told.meaning[1:]}"
        return replace(best.judgment, category=told.category, family=told.family, meaning=meaning)

    def _best(self, group: str, reason: str, remarks: frozenset[str], program: str | None) -> _Row | None:
        """The most specific row that fits."""
        best: _Row | None = None
        for row in (*self._by_code.get(_bare(reason), ()), *self._anything):
            fits = row.group in ("", group) and row.program in ("", program) and _fits(row.remarks, remarks)
            if fits and (best is None or row.rank > best.rank):
                best = row
        return best


_COMPILED: dict[str, dict[date, DenialTable]] = {}  # a cache by checksum: the same content always compiles alike


def _meanings(pack: Pack) -> dict[str, str]:
    """Code to meaning, from the list of a licensee."""
    return {row["code"]: row["meaning"] for period in pack.periods for row in period.values.get("rows", ())}


def _bare(reason: str) -> str:
    """Some payers pad reason codes with zeros (045); the list has none."""
    return reason.lstrip("0") or reason


def _fits(wanted: frozenset[str], given: frozenset[str]) -> bool:
    return not wanted or not wanted.isdisjoint(given)


def _compile(table: str, row: Mapping[str, str]) -> _Row:
    remarks = frozenset(row.get("remarks", "").split())
    group, code, program = row.get("group", ""), row["carc"], row.get("program", "")
    unprocessable = not remarks.isdisjoint(UNPROCESSABLE)  # outranks every other remark on the same line
    rank = 16 * unprocessable + 8 * bool(remarks) + 4 * (code != "*") + 2 * bool(program) + bool(group)
    label = "-".join(part for part in (group, code) if part) + "".join(f"+{remark}" for remark in sorted(remarks))
    judgment = DenialJudgment(
        category=row["category"],
        family=row["family"],
        meaning=row["meaning"],
        next_action=row["next_action"],
        workflow=row["workflow"],
        deadline_basis=tuple(basis for basis in row["deadline_basis"].split() if basis != "none"),
        appealable=row["appealable"] == "yes",
        is_denial=row["is_denial"] == "yes",
        row_name=f"{table}#{label}" + (f"@{program}" if program else ""),
    )
    return _Row(group=group, program=program, remarks=remarks, rank=rank, judgment=judgment)


def is_denied_line(line: RemittanceLine, allowed: Decimal, table: DenialTable) -> bool:
    """Whether a line was adjusted to zero by a code that is neither contractual nor the patient's share.

    A deductible that eats the whole allowed amount is no denial, nor is a contract rate of zero. A code that is not
    in the table denies only where nothing was allowed.
    """
    if line.paid or line.charge <= 0:
        return False
    denied = False
    for adjustment in line.adjustments:
        if adjustment.amount > 0:
            judgment = table.judge(adjustment.group, adjustment.reason, line.remark_codes)
            if judgment.category == "patient_share":
                return False
            denied = denied or (judgment.is_denial and (judgment.known or not allowed))
    return denied


def cut_of(line: RemittanceLine, table: DenialTable) -> Decimal:
    """What denying codes took off a line that was not denied whole; what they lay on the patient is not lost."""
    return sum(
        (
            a.amount
            for a in line.adjustments
            if a.amount > 0 and a.group != "PR" and table.judge(a.group, a.reason, line.remark_codes).is_denial
        ),
        ZERO,
    )


def denial_of(
    adjustments: Sequence[Adjustment], remarks: Sequence[str], program: str | None, table: DenialTable
) -> DenialJudgment | None:
    """The judgment of the denying adjustment with the largest amount; None when no code denies."""
    best: tuple[Decimal, DenialJudgment] | None = None
    for adjustment in adjustments:
        judgment = table.judge(adjustment.group, adjustment.reason, remarks, program)
        if judgment.is_denial and (best is None or adjustment.amount > best[0]):
            best = (adjustment.amount, judgment)
    return best[1] if best else None
