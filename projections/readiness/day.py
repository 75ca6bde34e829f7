"""A patient's day judged: each claim next to the visits it bills, each visit that no claim bills yet by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Any, NamedTuple

from events.values import to_cents
from projections.disciplines import BUCKETS
from projections.keys import DayName
from projections.readiness.parties import MENDABLE, DayClaim, Visit, match, read_claims, read_visits
from projections.readiness.plans import Planned, plan_day
from projections.readiness.rows import About, finding_rows, graded
from projections.readiness.unbilled import unbilled_items
from projections.rows.day_prices import DayClaimLine, part_a
from projections.rules.rulebook import Ruling
from projections.session_rules.comparison import Context, compare_claim, day_lines
from projections.session_rules.findings import Finding, Ruleset
from projections.session_rules.judgment import judge_plan, planned_lines
from projections.session_rules.minute_overlaps import intervals_of, overlap_findings
from projections.session_rules.session import mended
from projections.session_rules.whole_day import JudgedLine
from projections.tables.money import LinePriceRow
from projections.tables.price_facts import PriceExplanation
from projections.tables.readiness_facts import LineToBill, ListedFinding, ServiceTime, VisitSummary
from projections.tables.visits import FindingRow, ReadinessRow
from projections.tables.vocabulary import ClaimStatus, Grade, VisitState
from projections.terms.terms_in_force import MEDICARE, Reference
from projections.work.item import WorkItem

DONE = (VisitState.BILLED, VisitState.CLOSED)
DayFindings = list[tuple[About, Finding]]


@dataclass(frozen=True, kw_only=True)
class VisitDay:
    """A day's claims and visits, and what each line should bring, by claim and line number."""

    key: str
    practice: str
    patient_id: str
    dos: date
    claims: Sequence[DayClaim]
    visits: Sequence[Visit]
    prices: Mapping[tuple[str, int], Decimal]


class FoldedVisits(NamedTuple):
    """The day's rows of `finding` and `readiness`, and the items of the unbilled list."""

    findings: list[FindingRow]
    readiness: list[ReadinessRow]
    unbilled: list[WorkItem]


def fold_readiness(day: VisitDay, reference: Reference) -> FoldedVisits:
    """What a day's visits and claims say of one another."""
    billing = match(day.visits, day.claims) if day.visits else {}
    found: DayFindings = []
    alone = len(day.claims) == 1 and not day.visits
    billed = {
        claim.claim_id: [] if alone else _billed_lines(day, claim, billing.get(claim.claim_id, ()), reference)
        for claim in day.claims
    }
    for claim in day.claims:
        others = [line for other in day.claims if _rivals(claim, other) for line in billed[other.claim_id]]
        found += _claim_findings(day, claim, billing.get(claim.claim_id, ()), reference, others)
    if not day.visits:
        return FoldedVisits(finding_rows(day.key, day.practice, found), [], [])
    billers = _billers(day, billing)
    planned = _plans(day, billing, billers, reference)
    for plan in planned:
        others = [line for claim in day.claims if claim.payer_id == plan.payer_id for line in billed[claim.claim_id]]
        others += [line for other in planned if other is not plan for line in _planned_beside(plan, other, billers)]
        found += _unbilled_findings(day, plan, billers, others)
    found += _between_visits(day, billing, billers, reference)
    rows = finding_rows(day.key, day.practice, found)
    readiness = [_visit_row(day, visit, planned, billers, rows) for visit in day.visits]
    return FoldedVisits(rows, readiness, unbilled_items(planned, billing, day.claims, reference))


def read_day(
    name: DayName,
    inputs: tuple[Sequence[DayClaimLine], Sequence[Any]],
    priced: Sequence[LinePriceRow],
    reference: Reference,
) -> VisitDay:
    """From stored rows. `inputs`: the claim lines and visits of the day; `priced`: the day's rows of line_price."""
    lines, visits = inputs
    prices = {
        (row["claim_id"], row["line"]): amount
        for row in priced
        if row["sequence"] == "P" and (amount := PriceExplanation.from_json(row["explanation"]).as_billed) is not None
    }
    claims, known = read_claims(lines, reference), read_visits(visits, reference)
    return VisitDay(**name._asdict(), claims=claims, visits=known, prices=prices)


def _rivals(claim: DayClaim, other: DayClaim) -> bool:
    """Claims that one payer judges together: those of a patient's day that went to it."""
    return other.claim_id != claim.claim_id and other.payer_id == claim.payer_id


def _billed_lines(day: VisitDay, claim: DayClaim, visits: Sequence[Visit], reference: Reference) -> list[JudgedLine]:
    """What the newest submission of a claim bills, as the day's other claims are judged by it."""
    if not claim.sendings:
        return []
    newest = claim.sendings[0].claim
    rules = reference.ruleset(day.dos, claim.payer_id, newest.program, None)
    sessions = [visit.session for visit in visits]
    stands = claim.status not in MENDABLE
    return day_lines(newest, sessions, day.dos, rules, {}, name=claim.claim_id, stands=stands)


def _claim_findings(
    day: VisitDay, claim: DayClaim, visits: Sequence[Visit], reference: Reference, others: Sequence[JudgedLine]
) -> DayFindings:
    """Each submission of the claim, the newest first. What concerns the claim as a whole is said on its first day."""
    prices = {
        line.row.number: day.prices[key]
        for line in claim.lines
        if (key := (claim.claim_id, line.row.number)) in day.prices
    }
    needing = () if part_a(claim.lines[0], day.dos, reference) else None  # in a Part A stay no line counts or needs KX
    sessions = [visit.session for visit in visits]
    found: DayFindings = []
    for sending in claim.sendings:
        program = sending.claim.program

        def rules_at(dos: date, discipline: str | None, program: str | None = program) -> Ruleset:
            return reference.ruleset(dos, claim.payer_id, program, discipline)

        about = About(
            day.patient_id,
            day.dos,
            claim.claim_id,
            visits[0].visit_id if len(visits) == 1 else None,
            sending.attempt,
            sending.is_current,
        )
        beside = {day.dos: others} if sending.is_current else {}  # an earlier submission was judged in its own time
        context = Context(prices if sending.is_current else {}, needing, beside)
        judged = compare_claim(sending.claim, sessions, rules_at, context)
        found += [(about, f) for f in judged if claim.begins or not f.rule.startswith("diagnosis.")]
    return found


def _billers(day: VisitDay, billing: Mapping[str, Sequence[Visit]]) -> dict[str, DayClaim]:
    """By visit, the claim that bills it; of several the one that has come furthest."""
    found: dict[str, DayClaim] = {}
    for claim in sorted(
        day.claims, key=lambda c: (c.status not in MENDABLE, c.status != ClaimStatus.REJECTED, c.claim_id)
    ):
        for visit in billing.get(claim.claim_id, ()):
            found[visit.visit_id] = claim
    return found


def _plans(
    day: VisitDay, billing: Mapping[str, Sequence[Visit]], billers: Mapping[str, DayClaim], reference: Reference
) -> list[Planned]:
    payers = {visit_id: claim.payer_id for visit_id, claim in billers.items()}
    others = [line for claim in day.claims if claim.claim_id not in billing for line in claim.lines]
    return plan_day(day.visits, payers, others, day.dos, reference)


def _planned_beside(plan: Planned, other: Planned, billers: Mapping[str, DayClaim]) -> list[JudgedLine]:
    """The lines of another plan of the day that goes to the same payer and is not billed yet."""
    if other.payer_id != plan.payer_id or any(visit.visit_id in billers for visit in other.visits):
        return []
    name = f"visit {other.visits[0].visit_id}"
    return planned_lines(other.plan, other.by_code, other.visits[0].discipline, name)


def _unbilled_findings(
    day: VisitDay, plan: Planned, billers: Mapping[str, DayClaim], others: Sequence[JudgedLine]
) -> DayFindings:
    unbilled = [visit for visit in plan.visits if visit.visit_id not in billers and visit.closed is None]
    if not unbilled:
        return []
    judged = judge_plan(plan.plan, [visit.session for visit in unbilled], plan.rules, plan.by_code, others)
    about = About(day.patient_id, day.dos, None, unbilled[0].visit_id)
    return [(about, finding) for finding in judged]


def _between_visits(
    day: VisitDay, billing: Mapping[str, Sequence[Visit]], billers: Mapping[str, DayClaim], reference: Reference
) -> DayFindings:
    """Minutes that visits of different claims share; within one claim or plan its own judgment has found them."""
    found: DayFindings = []
    together = [frozenset(v.visit_id for v in visits) for visits in billing.values()]
    for pair in combinations(day.visits, 2):
        ids = frozenset(visit.visit_id for visit in pair)
        same_plan = pair[0].discipline == pair[1].discipline and not ids & billers.keys()
        if not same_plan and not any(ids <= claim for claim in together):
            for visit in pair:
                found += [(_about(day, visit, billers), f) for f in shared_minutes(pair, reference)]
    return found


def shared_minutes(visits: Sequence[Visit], reference: Reference) -> list[Finding]:
    """What overlaps between two visits, and in neither of them alone."""
    first = visits[0].session
    rules = reference.ruleset(first.dos, first.payer_id, first.program, first.discipline)
    each = [intervals_of(mended(visit.session), rules) for visit in visits]
    if not all(each):
        return []
    alone = {f for intervals in each for f in overlap_findings(intervals, rules)}
    return [f for f in overlap_findings([i for intervals in each for i in intervals], rules) if f not in alone]


def _about(day: VisitDay, visit: Visit, billers: Mapping[str, DayClaim]) -> About:
    claim = billers.get(visit.visit_id)
    attempt = claim.sendings[0].attempt if claim and claim.sendings else None
    return About(day.patient_id, day.dos, claim.claim_id if claim else None, visit.visit_id, attempt)


def _visit_row(
    day: VisitDay, visit: Visit, planned: Sequence[Planned], billers: Mapping[str, DayClaim], rows: Sequence[FindingRow]
) -> ReadinessRow:
    claim = billers.get(visit.visit_id)
    plan = next(plan for plan in planned if visit in plan.visits)
    expected = plan.expected
    state = _state(visit, claim)
    return {
        "key": day.key,
        "visit_id": visit.visit_id,
        "practice": day.practice,
        "patient_id": day.patient_id,
        "payer_id": plan.payer_id,
        "discipline": visit.discipline,
        "dos": day.dos,
        "therapist_id": visit.session.therapist_id,
        "claim_id": claim.claim_id if claim else None,
        "state": state,
        "bucket": BUCKETS[visit.discipline] if plan.payer_id == MEDICARE else None,
        "expected_allowed": None if expected is None else to_cents(expected),
        "plan": plan.as_record().to_json(),
        "brief": _summary(visit, claim, plan, () if state in DONE else _mine(visit, claim, plan, rows)).to_json(),
    }


def _state(visit: Visit, claim: DayClaim | None) -> VisitState:
    if claim is None:
        return VisitState.UNBILLED if visit.closed is None else VisitState.CLOSED
    return VisitState.CORRECTABLE if claim.status in MENDABLE else VisitState.BILLED


def _mine(visit: Visit, claim: DayClaim | None, plan: Planned, rows: Sequence[FindingRow]) -> list[FindingRow]:
    """The findings that this visit's item on the worklist names: its own, and its claim's if it is the first of it."""
    leads = plan.visits[0].visit_id == visit.visit_id
    return [
        row
        for row in rows
        if row["is_current"]
        and graded(row["grade"])
        and (
            row["visit_id"] == visit.visit_id
            or (leads and row["visit_id"] is None and claim and row["claim_id"] == claim.claim_id)
        )
    ]


def _summary(visit: Visit, claim: DayClaim | None, plan: Planned, findings: Sequence[FindingRow]) -> VisitSummary:
    leads, record = plan.visits[0].visit_id == visit.visit_id, visit.session.record
    on_claim = claim.lines[0].facts.work if claim else ()
    to_bill = claim is None and leads and plan.payer_id == MEDICARE
    return VisitSummary(
        leads=leads,
        program=visit.session.program,
        attempt=claim.sendings[0].attempt if claim and claim.sendings else None,
        work=(*on_claim, *visit.work),
        plan_of_care=visit.plan_of_care,
        episode_id=visit.episode_id,
        discharged=visit.discharged,
        authorization=dict(record.authorization) if record.authorization else None,
        evaluated=_evaluated(visit, plan.rules),
        progress_report=visit.progress_report,
        ended_at=visit.ended_at,
        findings=tuple(_listed(row) for row in findings),
        becomes=str(plan) if findings else None,
        services=tuple(_timed(visit)),
        to_bill=tuple(_amounts(plan)) if to_bill else (),
        attested=record.kx_attestation if to_bill else None,
    )


def _evaluated(visit: Visit, rules: Ruleset) -> bool:
    ruling = rules.pick("plan_of_care")
    evaluations = ruling.values.get("evaluations", {}) if isinstance(ruling, Ruling) else {}
    return not visit.codes.isdisjoint(evaluations.get(visit.discipline, ()))


def _listed(row: FindingRow) -> ListedFinding:
    return ListedFinding(
        rule=row["rule"],
        grade=Grade(row["grade"]),
        message=row["message"],
        change=row["change"],
        source=row["source"],
        worth=row["worth"],
        line=row["line"],
    )


def _timed(visit: Visit) -> Iterator[ServiceTime]:
    """When each service was given, where the note says so."""
    for service in mended(visit.session).services:
        if service.start is not None and service.end is not None and service.start < service.end:
            yield ServiceTime(service.start, service.end, service.procedure, service.timed)


def _amounts(plan: Planned) -> Iterator[LineToBill]:
    """What the threshold's fold needs of a claim that is still to be written."""
    for place, line in enumerate(plan.plan.lines):
        if line.billed:
            price = plan.prices.get(place)
            yield LineToBill(place + 1, line.procedure, price.expected_allowed if price else None)
