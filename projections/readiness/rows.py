"""Findings as rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from events.values import to_cents
from projections.session_rules.findings import GRADED, Finding
from projections.tables.visits import FindingRow

# Of a visit: whether its claim can still be changed; closed: a person said that none will be made.
UNBILLED, IN_REACH, BILLED, CLOSED = "unbilled", "correctable", "billed", "closed"


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
