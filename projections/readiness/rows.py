"""Findings as rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from events.values import to_cents
from projections.session_rules.findings import GRADED, Finding
from projections.tables.readiness_facts import PlannedClaim, VisitSummary
from projections.tables.visits import FindingRow
from projections.tables.vocabulary import VisitState


class KnownVisit(NamedTuple):
    """A row of `readiness`, as the folds of episode, therapist's day, year and coverage read it.

    `expected_allowed` in cents. `plan` None: its column was not read.
    """

    visit_id: str
    patient_id: str
    payer_id: str
    discipline: str
    dos: date
    therapist_id: str | None
    claim_id: str | None
    state: VisitState
    expected_allowed: int | None
    summary: VisitSummary
    plan: PlannedClaim | None = None


KNOWN_COLUMNS = (*(name for name in KnownVisit._fields if name not in ("summary", "plan")), "brief")


def read_visit(row: Any, *, with_plan: bool = False) -> KnownVisit:
    """From a row with `KNOWN_COLUMNS`, and `plan` where that is asked for."""
    return KnownVisit(
        visit_id=row.visit_id,
        patient_id=row.patient_id,
        payer_id=row.payer_id,
        discipline=row.discipline,
        dos=row.dos,
        therapist_id=row.therapist_id,
        claim_id=row.claim_id,
        state=VisitState(row.state),
        expected_allowed=row.expected_allowed,
        summary=VisitSummary.from_json(row.brief),
        plan=PlannedClaim.from_json(row.plan) if with_plan else None,
    )


class About(NamedTuple):
    """What a finding is about. `is_current` is false for a submission that a later one took the place of."""

    patient_id: str | None
    dos: date | None
    claim_id: str | None = None
    visit_id: str | None = None
    attempt: int | None = None
    is_current: bool = True


def graded(grade: str) -> bool:
    return grade in GRADED


def finding_rows(key: str, practice: str, found: Iterable[tuple[About, Finding]]) -> list[FindingRow]:
    """Rows of `finding`, numbered in the order given."""
    return [
        {
            "key": key,
            "seq": seq,
            "practice": practice,
            "visit_id": about.visit_id,
            "claim_id": about.claim_id,
            "patient_id": about.patient_id,
            "dos": about.dos,
            "line": finding.line,
            "attempt": about.attempt,
            "is_current": about.is_current,
            "rule": finding.rule,
            "grade": finding.grade,
            "message": finding.message,
            "source": finding.source,
            "change": finding.change,
            "predicts": " ".join(finding.predicts),
            "worth": None if finding.worth is None else to_cents(finding.worth),
        }
        for seq, (about, finding) in enumerate(found, 1)
    ]
