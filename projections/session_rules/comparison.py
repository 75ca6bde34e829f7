"""A submitted claim compared with the visits it bills: what the payer or an auditor will find.

Findings stay with the claim, so that later its payer's answer can be held against them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from events.claim import KX, VOID_CLAIM
from projections.rules.rulebook import Unknown
from projections.session_rules.billed import BilledLine, assign_discipline, line_findings, worth_of
from projections.session_rules.billed_units import unit_findings
from projections.session_rules.diagnoses import diagnosis_findings, side_findings
from projections.session_rules.documentation import statement_findings
from projections.session_rules.findings import Finding, Ruleset, worst_first
from projections.session_rules.judgment import visit_findings
from projections.session_rules.learned import learned_findings
from projections.session_rules.minute_overlaps import intervals_of, overlap_findings
from projections.session_rules.session import Session, mended
from projections.session_rules.threshold_limits import limits_on
from projections.session_rules.whole_day import JudgedLine, day_findings

RulesAt = Callable[[date, str | None], Ruleset]


@dataclass(frozen=True, kw_only=True)
class BilledClaim:
    """A claim as submitted. `sent_at` None: not known, or not sent yet."""

    payer_id: str
    lines: tuple[BilledLine, ...]
    program: str | None = None
    diagnoses: tuple[str, ...] = ()
    frequency: str = "1"
    sent_at: datetime | None = None
    rendering_npi: str | None = None
    billing_npi: str | None = None


@dataclass(frozen=True)
class Context:
    """What only the projections around a claim know. Line numbers are the claim's own.

    `prices`: expected allowed by line. `needing_kx`: lines over the threshold, None where it cannot be known. `others`:
    the lines of the patient's other claims of these days, by day of service.
    """

    prices: Mapping[int, Decimal] = field(default_factory=dict)
    needing_kx: Collection[int] | None = None
    others: Mapping[date, Sequence[JudgedLine]] = field(default_factory=dict)


NOTHING = Context()


def compare_claim(
    claim: BilledClaim, visits: Sequence[Session], rules_at: RulesAt, context: Context = NOTHING
) -> tuple[Finding, ...]:
    """Every finding for a claim and the visits it bills, grave first; none for a void.

    Without visits the claim is judged by itself: modifiers, pairs, diagnoses, KX. `rules_at` gives the rules of the
    payer for a day and discipline.
    """
    if claim.frequency == VOID_CLAIM or not claim.lines:
        return ()
    whole = rules_at(claim.lines[0].dos, None)
    found = diagnosis_findings(claim.diagnoses, whole)
    marked = [(line.number, line.procedure, line.modifiers) for line in claim.lines]
    found += side_findings(marked, claim.diagnoses, whole)
    found += _kx_findings(claim, visits, context, whole)
    for (dos, discipline), lines in _days(claim, visits, whole).items():
        found += _day_findings(lines, visits, rules_at(dos, discipline), context.prices)
    for dos in dict.fromkeys(line.dos for line in claim.lines):
        own = day_lines(claim, visits, dos, whole, context.prices)
        beside = context.others.get(dos, ())
        found += day_findings(own, beside, rules_at(dos, None))
        found += learned_findings(own, beside, claim.diagnoses, rules_at(dos, None))
    for visit in visits:
        found += visit_findings(visit, rules_at(visit.dos, visit.discipline), claim.sent_at)
    found += overlap_findings((i for visit in visits for i in intervals_of(visit, whole)), whole)
    return worst_first(found)


def day_lines(
    claim: BilledClaim,
    visits: Sequence[Session],
    dos: date,
    rules: Ruleset,
    prices: Mapping[int, Decimal],
    *,
    name: str = "",
    stands: bool = False,
) -> list[JudgedLine]:
    """A claim's lines of one day as the whole day is judged. `stands`: the payer has accepted or decided it."""
    treated = _treated(visits, dos)
    return [
        JudgedLine(
            claim=name,
            number=line.number,
            procedure=line.procedure,
            modifiers=line.modifiers,
            units=line.units,
            charge=line.charge,
            worth=worth_of(line, prices),
            discipline=assign_discipline(line, treated, rules),
            rendering_npi=claim.rendering_npi,
            billing_npi=claim.billing_npi,
            frequency=claim.frequency,
            sent_at=claim.sent_at,
            stands=stands,
        )
        for line in claim.lines
        if line.dos == dos
    ]


def _days(
    claim: BilledClaim, visits: Sequence[Session], rules: Ruleset
) -> dict[tuple[date, str | None], list[BilledLine]]:
    """Lines by day of service and by the discipline whose minutes they bill."""
    days: dict[tuple[date, str | None], list[BilledLine]] = {}
    for line in claim.lines:
        discipline = assign_discipline(line, _treated(visits, line.dos), rules)
        days.setdefault((line.dos, discipline), []).append(line)
    return days


def _treated(visits: Iterable[Session], dos: date) -> frozenset[str]:
    return frozenset(visit.discipline for visit in visits if visit.dos == dos)


def _day_findings(
    lines: Sequence[BilledLine], visits: Sequence[Session], rules: Ruleset, prices: Mapping[int, Decimal]
) -> list[Finding]:
    treated = _treated(visits, rules.on)
    found = [finding for line in lines for finding in line_findings(line, treated, rules, prices)]
    held = [mended(v) for v in visits if v.dos == rules.on and v.discipline == rules.discipline]
    if held:
        return found + unit_findings(lines, held, rules, prices)
    if visits:
        said = "no visit is on file for this day and discipline: units not checked"
        found += rules.find("visit.not_found", said, "document the visit", line=lines[0].number)
    return found


def _kx_findings(claim: BilledClaim, visits: Sequence[Session], context: Context, rules: Ruleset) -> list[Finding]:
    """KX missing on lines over the threshold, needless on lines under it, or without its statements."""
    limits = limits_on(rules)
    if isinstance(limits, Unknown):
        return []
    found: list[Finding] = []
    for line in claim.lines:
        needs = None if context.needing_kx is None else line.number in context.needing_kx
        if needs and KX not in line.modifiers:
            said = f"{line.procedure} goes over {limits.threshold:.2f} without KX"
            change = "add KX if the record supports it; once adjudicated, request a reopening"
            found += rules.find("kx.missing", said, change, line=line.number, worth=worth_of(line, context.prices))
        if needs is False and KX in line.modifiers:
            said = f"{line.procedure} carries KX below {limits.threshold:.2f}"
            found += rules.find("kx.unneeded", said, "use KX only once the threshold is crossed", line=line.number)
    return found + _statements(claim, visits, rules)


def _statements(claim: BilledClaim, visits: Iterable[Session], rules: Ruleset) -> list[Finding]:
    days = {line.dos: line.number for line in reversed(claim.lines) if KX in line.modifiers}
    return [
        finding
        for visit in visits
        if visit.dos in days
        for finding in statement_findings(visit.record.kx_attestation, rules, days[visit.dos])
    ]
