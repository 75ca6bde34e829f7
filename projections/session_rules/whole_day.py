"""A patient's whole day judged together: pairs, unit maximums, once-a-day codes, duplicates, over all of its claims.

The same functions judge what was billed and what is planned. Practitioner tables, for professional claims; the tables
of outpatient hospitals are not ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from events.claim import ORIGINAL
from events.values import ZERO
from projections.session_rules.findings import CERTAIN, Finding, Ruleset, graded
from projections.session_rules.ncci import NcciLine, listed_codes, pair_findings, pairs_among, read_pairs
from projections.session_rules.procedures import modifier_rules, procedure
from projections.tables.vocabulary import Grade

REPEAT = frozenset({"76", "77", "91"})  # modifiers that say a service was repeated


class SameProvider(StrEnum):
    """Whether two lines are of one provider; `likely` where a rendering provider is not known."""

    YES = "yes"
    LIKELY = "likely"
    NO = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedLine:
    """A line of a patient's day. `claim` distinguishes claims, empty for the one that is judged or planned.

    `stands`: the payer has accepted or decided its claim, so that another of the same is a duplicate.
    """

    claim: str = ""
    number: int
    procedure: str
    modifiers: tuple[str, ...] = ()
    units: Decimal
    charge: Decimal | None = None
    worth: Decimal | None = None
    discipline: str | None = None
    rendering_npi: str | None = None
    billing_npi: str | None = None
    frequency: str = ORIGINAL
    sent_at: datetime | None = None
    stands: bool = False


def same_provider(one: JudgedLine, other: JudgedLine) -> SameProvider:
    """One claim has one provider. Unknown rendering providers: the same billing NPI and discipline is likely one."""
    if one.claim == other.claim:
        return SameProvider.YES
    if one.rendering_npi and other.rendering_npi:
        return SameProvider.YES if one.rendering_npi == other.rendering_npi else SameProvider.NO
    likely = one.billing_npi == other.billing_npi and one.discipline == other.discipline
    return SameProvider.LIKELY if likely else SameProvider.NO


def day_findings(
    own: Sequence[JudgedLine], others: Sequence[JudgedLine], rules: Ruleset, *, planned: bool = False
) -> list[Finding]:
    """What is wrong with the claim's own lines, each other's and those of the day's other claims considered.

    Findings name own lines alone: every claim of the day is judged in its turn.
    """
    billed = [line for line in own if line.units > 0]
    beside = [line for line in others if line.units > 0]
    found = _pairs(billed, beside, rules, planned=planned)
    found += _needless(billed, beside, rules)
    for code, lines in _by_code(billed).items():
        found += _maximum(code, lines, [line for line in beside if line.procedure == code], rules)
        found += _first_period(code, lines, [line for line in beside if line.procedure == code], rules)
    found += _add_ons(billed, beside, rules)
    found += _one_of_several(billed, beside, rules)
    return found if planned else found + _duplicates(billed, beside, rules)


def _by_code(lines: Iterable[JudgedLine]) -> dict[str, list[JudgedLine]]:
    grouped: dict[str, list[JudgedLine]] = {}
    for line in lines:
        grouped.setdefault(line.procedure, []).append(line)
    return grouped


def _near(line: JudgedLine, others: Iterable[JudgedLine]) -> list[JudgedLine]:
    """The other claims' lines of the same, or likely the same, provider."""
    return [other for other in others if same_provider(line, other) is not SameProvider.NO]


def _softened(found: list[Finding], line: JudgedLine, others: Iterable[JudgedLine]) -> list[Finding]:
    """Only advice where it rests on lines of a provider that is only likely the same."""
    if all(same_provider(line, other) is SameProvider.YES for other in others):
        return found
    return [graded(finding, Grade.ADVICE) for finding in found]


def _pairs(own: Sequence[JudgedLine], others: Sequence[JudgedLine], rules: Ruleset, *, planned: bool) -> list[Finding]:
    found: list[Finding] = []
    for discipline in dict.fromkeys(line.discipline for line in own):
        by_place: dict[int, JudgedLine] = {}
        for line in (line for line in own if line.discipline == discipline):
            by_place[line.number] = line
        for place, line in enumerate((line for line in others if line.discipline == discipline), start=1):
            by_place[-place] = line
        lines = [
            NcciLine(number=place, procedure=ln.procedure, modifiers=ln.modifiers, worth=ln.worth)
            for place, ln in by_place.items()
        ]
        for hit in pairs_among(lines, discipline or "", rules):
            paid, denied = by_place[hit.paid.number], by_place[hit.denied.number]
            if hit.denied.number > 0 and same_provider(denied, paid) is not SameProvider.NO:
                found += _softened(pair_findings([hit], rules, planned=planned), denied, [paid])
    return found


def _needless(own: Sequence[JudgedLine], others: Sequence[JudgedLine], rules: Ruleset) -> list[Finding]:
    """A separating modifier without a pair: said only within a full table of the quarter, else nobody knows."""
    table = rules.table("ncci", read_pairs)
    found: list[Finding] = []
    for line in own:
        carried = sorted(table.separating.intersection(line.modifiers))
        if not carried:
            continue
        codes = {line.procedure, *(ln.procedure for ln in (*own, *_near(line, others)))}
        if not table.is_whole(codes, rules.on):
            continue
        if line.procedure not in listed_codes(codes, line.discipline or "", rules):
            said = f"{line.procedure}: {carried[0]}, though no code pair of the day requires it"
            found += rules.find("modifier.distinct_unneeded", said, "remove it", line=line.number)
    return found


@dataclass(frozen=True, slots=True)
class UnitMaximum:
    """The most units of a code. `per_day` (indicators 2 and 3) counts all units of the day, else each line.

    `sure` is false for a row of low confidence, which never predicts a denial.
    """

    units: Decimal
    indicator: str
    sure: bool

    @property
    def per_day(self) -> bool:
        return self.indicator != "1"


def read_maximums(values: Mapping[str, Any]) -> Mapping[str, UnitMaximum]:
    """The mue pack, by code."""
    return {
        row["procedure"]: UnitMaximum(Decimal(row["units"]), row.get("mai", ""), row.get("confidence") != "L")
        for row in values.get("rows", ())
    }


_APPEAL = {
    "2": "do not bill more; nothing overrides this maximum",
    "3": "do not bill more; if all were necessary, a redetermination with the record may pay them",
    "1": "do not bill more on one line; bill a repeated service on its own line with its modifier",
}


def _maximum(code: str, own: Sequence[JudgedLine], others: Sequence[JudgedLine], rules: Ruleset) -> list[Finding]:
    limit = rules.table("mue", read_maximums).get(code)
    if limit is None:
        return []
    found = (
        _over_the_day(own, _near(own[0], others), limit, rules) if limit.per_day else _over_a_line(own, limit, rules)
    )
    return found if limit.sure else [graded(f, Grade.AT_RISK) if f.grade == Grade.DENIED else f for f in found]


def _over_a_line(own: Sequence[JudgedLine], limit: UnitMaximum, rules: Ruleset) -> list[Finding]:
    return [
        finding
        for line in own
        if line.units > limit.units
        for said in (f"{line.procedure} ×{_plain(line.units)} on one line, {_plain(limit.units)} at most",)
        for finding in rules.find("units.over_maximum", said, _APPEAL["1"], line=line.number, worth=line.worth)
    ]


def _over_the_day(
    own: Sequence[JudgedLine], beside: Sequence[JudgedLine], limit: UnitMaximum, rules: Ruleset
) -> list[Finding]:
    total = _units((*own, *beside))
    if total <= limit.units:
        return []
    where = f", with {_plain(_units(beside))} on other claims" if beside else ""
    most = f"{_plain(limit.units)} at most: all its units {CERTAIN}"
    said = f"{own[0].procedure} ×{_plain(total)} on one day{where}; {most}"
    change = _APPEAL.get(limit.indicator, "do not bill more")
    found = rules.find("units.over_maximum", said, change, line=own[0].number, worth=_worth(own))
    return _softened(found, own[0], beside)


def _first_period(code: str, own: Sequence[JudgedLine], others: Sequence[JudgedLine], rules: Ruleset) -> list[Finding]:
    """Codes whose first unit differs from the rest (CPT): the first code is billed once a day."""
    known = procedure(rules, code)
    if known is None or known.role != "first":
        return []
    beside = _near(own[0], others)
    total = _units((*own, *beside))
    if total <= 1:
        return []
    said = f"{code} covers only the first period of the day, but ×{_plain(total)} is on it"
    change = f"bill the rest as {known.then}" if known.then else "bill the rest under the code for further time"
    return _softened(rules.find("units.once_a_day", said, change, line=own[-1].number), own[0], beside)


def _add_ons(own: Sequence[JudgedLine], others: Sequence[JudgedLine], rules: Ruleset) -> list[Finding]:
    """A code for further time without the code it adds to."""
    first_of = modifier_rules(rules).first_of
    found: list[Finding] = []
    for line in own:
        first = first_of.get(line.procedure)
        if first and not any(ln.procedure == first for ln in (*own, *_near(line, others))):
            said = f"{line.procedure} adds to {first}, which is not billed on this day"
            found += rules.find(
                "units.addon_alone", said, f"bill the first period as {first}", line=line.number, worth=line.worth
            )
    return found


def _one_of_several(own: Sequence[JudgedLine], others: Sequence[JudgedLine], rules: Ruleset) -> list[Finding]:
    """Codes of which one alone describes the day, such as the evaluations of one discipline."""
    groups: dict[str, list[JudgedLine]] = {}
    for line in own:
        known = procedure(rules, line.procedure)
        if known is not None and known.one_of:
            groups.setdefault(known.one_of, []).append(line)
    found: list[Finding] = []
    for name, lines in groups.items():
        beside = [ln for ln in _near(lines[0], others) if (p := procedure(rules, ln.procedure)) and p.one_of == name]
        codes = sorted({ln.procedure for ln in (*lines, *beside)})
        if len(codes) > 1:
            said = f"{' and '.join(codes)} on one day: only one of them applies"
            last = lines[-1]
            told = rules.find(
                "units.two_evaluations", said, "keep the one that applies", line=last.number, worth=last.worth
            )
            found += _softened(told, last, beside)
    return found


def _duplicates(own: Sequence[JudgedLine], others: Sequence[JudgedLine], rules: Ruleset) -> list[Finding]:
    """Lines that nothing distinguishes: in one claim, or sent before on a claim that the payer has already."""
    apart = REPEAT | rules.table("ncci", read_pairs).separating
    seen: dict[tuple[object, ...], JudgedLine] = {}
    found: list[Finding] = []
    for line in own:
        if apart.intersection(line.modifiers):
            continue
        earlier = seen.get(_sameness(line)) or next((o for o in others if _repeats(line, o)), None)
        seen.setdefault(_sameness(line), line)
        if earlier is not None:
            found += _softened(_duplicate(line, earlier, rules), line, [earlier])
    return found


def _repeats(line: JudgedLine, earlier: JudgedLine) -> bool:
    """Whether an original claim repeats a line of an earlier one that the payer has accepted or decided."""
    return (
        earlier.stands
        and line.frequency == ORIGINAL
        and _sameness(line) == _sameness(earlier)
        and same_provider(line, earlier) is not SameProvider.NO
        and line.sent_at is not None
        and earlier.sent_at is not None
        and (earlier.sent_at, earlier.claim) < (line.sent_at, line.claim)
    )


def _sameness(line: JudgedLine) -> tuple[object, ...]:
    return line.procedure, frozenset(line.modifiers), line.units, line.charge


def _duplicate(line: JudgedLine, earlier: JudgedLine, rules: Ruleset) -> list[Finding]:
    where = f"line {earlier.number} of the same claim" if earlier.claim == line.claim else "an earlier claim"
    said = f"{line.procedure} ×{_plain(line.units)} is the same as {where}, and nothing distinguishes them"
    change = "if it was performed twice, add 76 or 77 and keep the record; otherwise remove it"
    return rules.find("claim.duplicate_line", said, change, line=line.number, worth=line.worth)


def _units(lines: Iterable[JudgedLine]) -> Decimal:
    return sum((line.units for line in lines), Decimal(0))


def _worth(lines: Iterable[JudgedLine]) -> Decimal | None:
    known = [line.worth for line in lines if line.worth is not None]
    return sum(known, ZERO) if known else None


def _plain(units: Decimal) -> str:
    return f"{units.normalize():f}"
