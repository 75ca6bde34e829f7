"""A patient's day as its fold reads it back: the visits, the claims, and which claim bills which visit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple, Self

from events.values import from_cents
from events.visit import PlanOfCare, VisitDocumented
from projections.disciplines import disciplines_named
from projections.rows.day_prices import DayClaimLine
from projections.rows.payer_facts import stored_terms
from projections.rules.policies import PayerTerms
from projections.session_rules.billed import BilledLine
from projections.session_rules.comparison import BilledClaim
from projections.session_rules.session import Session, session_of
from projections.tables.line_facts import EarlierLine, EarlierSubmission, LastSubmission
from projections.tables.readiness_facts import ClosedVisit
from projections.tables.vocabulary import LineStatus
from projections.tables.work_acts import WorkDone, read_acts
from projections.terms.terms_in_force import Reference

MENDABLE = ("in_flight", "rejected")  # what the payer has not accepted yet can be corrected and sent again


class StoredVisit(NamedTuple):
    """A row of `visit`, and what was last documented of it."""

    row: Any
    facts: VisitDocumented

    @classmethod
    def read(cls, row: Any) -> Self:
        return cls(row, VisitDocumented.model_validate(row.facts))


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A documented visit under its resolved names."""

    session: Session
    ended_at: datetime | None
    progress_report: bool | None
    closed: ClosedVisit | None = None
    plan_of_care: PlanOfCare | None = None
    episode_id: str | None = None
    discharged: bool = False
    work: tuple[WorkDone, ...] = ()  # what people did about its items

    @property
    def visit_id(self) -> str:
        return self.session.visit_id

    @property
    def discipline(self) -> str:
        return self.session.discipline

    @property
    def order(self) -> tuple[str, str]:
        return (self.ended_at.isoformat() if self.ended_at else "", self.visit_id)

    @cached_property
    def codes(self) -> frozenset[str]:
        return frozenset(service.procedure for service in self.session.services)


@dataclass(frozen=True)
class Sending:
    """One submission of a claim, cut down to the lines of this day."""

    attempt: int
    is_current: bool
    claim: BilledClaim


@dataclass(frozen=True, kw_only=True)
class DayClaim:
    """A claim's lines of one day. `sendings` is empty where only the payer's answer is known, the newest is first.

    `begins`: this is the claim's first day, on which what concerns the whole claim is said.
    """

    lines: tuple[DayClaimLine, ...]
    visit_ids: tuple[str, ...]
    begins: bool
    sendings: tuple[Sending, ...]

    @property
    def claim_id(self) -> str:
        return str(self.lines[0].row.claim_id)

    @property
    def payer_id(self) -> str:
        return str(self.lines[0].row.payer_id)

    @property
    def status(self) -> str:
        return self.lines[0].facts.claim_status

    @property
    def disciplines(self) -> frozenset[str]:
        """What the lines' modifiers name; nothing where none has one."""
        return frozenset(disciplines_named(m for line in self.lines for m in line.row.modifiers.split()))

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(line.row.procedure for line in self.lines)


def read_visits(stored: Iterable[StoredVisit], reference: Reference) -> list[Visit]:
    """The visits of a day, in order."""
    return sorted((_visit(one, reference) for one in stored), key=lambda visit: visit.order)


def _visit(stored: StoredVisit, reference: Reference) -> Visit:
    row, told = stored
    program = reference.terms.program(PayerTerms(row.payer_id), row.dos) if row.payer_id else None
    session = replace(session_of(told, program, row.payer_id), patient_id=row.patient_id)
    gone = bool(told.discharged)
    return Visit(
        session=session,
        ended_at=told.ended_at,
        progress_report=told.progress_report,
        closed=ClosedVisit.from_json(row.closed) if row.closed else None,
        plan_of_care=told.plan_of_care,
        episode_id=told.episode_id,
        discharged=gone,
        work=read_acts(row.work),
    )


def read_claims(lines: Sequence[DayClaimLine], reference: Reference) -> list[DayClaim]:
    """The day's claims in effect. Voided ones bill nothing."""
    grouped: dict[str, list[DayClaimLine]] = {}
    for line in lines:
        if line.row.status != LineStatus.VOIDED:
            grouped.setdefault(line.row.claim_id, []).append(line)
    return [_claim(group, reference) for group in grouped.values()]


def _claim(lines: list[DayClaimLine], reference: Reference) -> DayClaim:
    told = next((line.facts.claim for line in lines if line.facts.claim), None)
    if told is None:
        return DayClaim(lines=tuple(lines), visit_ids=(), begins=False, sendings=())
    payer_id, dos = lines[0].row.payer_id, lines[0].row.dos
    program = reference.terms.program(stored_terms(lines[0].facts, payer_id), dos)
    billed = tuple(
        BilledLine(
            number=line.row.number,
            procedure=line.row.procedure,
            modifiers=tuple(line.row.modifiers.split()),
            units=Decimal(line.row.units),
            dos=dos,
            charge=from_cents(line.row.charge),
        )
        for line in lines
    )
    npis = lines[0].facts.rendering_npi, lines[0].row.billing_npi
    sendings = [Sending(told.attempt, is_current=True, claim=_sent(told, payer_id, program, billed, npis))]
    for earlier in reversed(told.earlier):
        billed = tuple(_billed(line) for line in earlier.lines if line.dos == dos)
        if billed:
            sendings.append(
                Sending(earlier.attempt, is_current=False, claim=_sent(earlier, payer_id, program, billed, npis))
            )
    return DayClaim(lines=tuple(lines), visit_ids=told.visit_ids, begins=told.begins, sendings=tuple(sendings))


def _billed(line: EarlierLine) -> BilledLine:
    return BilledLine(
        number=line.number,
        procedure=line.procedure,
        modifiers=tuple(line.modifiers.split()),
        units=line.units,
        dos=line.dos,
        charge=line.charge,
    )


def _sent(
    told: LastSubmission | EarlierSubmission,
    payer_id: str,
    program: str | None,
    lines: tuple[BilledLine, ...],
    npis: tuple[str | None, str | None],
) -> BilledClaim:
    """`npis`: those of the rendering and of the billing provider."""
    return BilledClaim(
        payer_id=payer_id,
        lines=lines,
        program=program,
        diagnoses=told.diagnoses,
        frequency=told.frequency,
        sent_at=told.sent_at,
        rendering_npi=npis[0],
        billing_npi=npis[1],
    )


def match(visits: Sequence[Visit], claims: Sequence[DayClaim]) -> dict[str, list[Visit]]:
    """The visits each claim bills: those it names, else those of its disciplines that no other claim names."""
    found = {c.claim_id: named for c in claims if (named := [v for v in visits if v.visit_id in c.visit_ids])}
    taken = {visit.visit_id for named in found.values() for visit in named}
    free = [visit for visit in visits if visit.visit_id not in taken]
    unnamed = [claim for claim in claims if claim.claim_id not in found]
    treated = {visit.discipline for visit in visits}
    for discipline in sorted({visit.discipline for visit in free}):
        mine = [visit for visit in free if visit.discipline == discipline]
        rivals = [c for c in unnamed if discipline in c.disciplines or (not c.disciplines and len(treated) == 1)]
        for claim_id, matched in _share(rivals, mine):
            found.setdefault(claim_id, []).extend(matched)
    return found


def _share(claims: Sequence[DayClaim], visits: Sequence[Visit]) -> list[tuple[str, list[Visit]]]:
    """As many claims as visits: each has one, by the codes they share. Otherwise each claim may bill all of them."""
    if len(claims) != len(visits) or len(claims) == 1:
        return [(claim.claim_id, list(visits)) for claim in claims]
    pairs = sorted(
        (-len(claim.codes & visit.codes), place, claim.claim_id, visit.order)
        for claim in claims
        for place, visit in enumerate(visits)
    )
    shared: dict[str, list[Visit]] = {}
    given: set[int] = set()
    for _, place, claim_id, _order in pairs:
        if claim_id not in shared and place not in given:
            shared[claim_id] = [visits[place]]
            given.add(place)
    return list(shared.items())
