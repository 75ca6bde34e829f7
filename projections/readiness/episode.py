"""What shows only over all of a patient's visits under one discipline, or over all of a therapist's day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import combinations

from projections.readiness.items import readiness_item
from projections.readiness.plan_of_care import certification_items, episodes, gap_findings, late_findings
from projections.readiness.rows import About, KnownVisit, finding_rows
from projections.session_rules.documentation import progress_findings, treatment_days
from projections.session_rules.findings import Finding, Ruleset
from projections.session_rules.minute_overlaps import Interval, intervals_of, overlap_findings
from projections.session_rules.session import DocumentedService, Session
from projections.tables.visits import FindingRow
from projections.terms.terms_in_force import Reference
from projections.work.item import WorkItem

Visits = Sequence[KnownVisit]
TWO_PATIENTS = "overlap.two_patients"


def fold_episode(
    key: str, practice: str, visits: Visits, reference: Reference
) -> tuple[list[FindingRow], list[WorkItem]]:
    """Findings about progress reports and plans of care; the readiness item of every visit that needs one."""
    ordered = sorted(visits, key=lambda visit: (visit.dos, visit.visit_id))
    progress = _progress(ordered, reference)
    rules = {visit.visit_id: _rules(visit, reference) for visit in ordered}
    certifications: list[WorkItem] = []
    for episode in episodes(ordered):
        certifications += certification_items(episode, reference)
        for more in (gap_findings(episode, rules), late_findings(episode, rules)):
            for visit_id, judged in more.items():
                progress.setdefault(visit_id, []).extend(judged)
    found = [(about_visit(visit), finding) for visit in ordered for finding in progress.get(visit.visit_id, ())]
    items = []
    for visit in ordered:
        told = [*visit.summary.findings, *(f.listed() for f in progress.get(visit.visit_id, ()))]
        items.append(readiness_item(visit, told, reference))
    return finding_rows(key, practice, found), [*(item for item in items if item), *certifications]


def about_visit(visit: KnownVisit) -> About:
    return About(visit.patient_id, visit.dos, visit.claim_id, visit.visit_id, visit.summary.attempt)


def _rules(visit: KnownVisit, reference: Reference) -> Ruleset:
    return reference.ruleset(visit.dos, visit.payer_id, visit.summary.program, visit.discipline)


def _progress(visits: Visits, reference: Reference) -> dict[str, list[Finding]]:
    """By visit, the first of its day."""
    first: dict[date, KnownVisit] = {}
    for visit in visits:
        first.setdefault(visit.dos, visit)
    said = {v.dos: v.summary.progress_report for v in visits if v.summary.progress_report is not None}
    reports = [day for day, written in said.items() if written]
    found: dict[str, list[Finding]] = {}
    for episode in episodes(visits):
        for day, number in treatment_days([visit.dos for visit in episode], reports).items():
            visit = first[day]
            rules = _rules(visit, reference)
            judged = progress_findings(number, rules, reported=day in reports, tracked=bool(said))
            if judged:
                found[visit.visit_id] = judged
    return found


def fold_therapist_day(
    key: str, practice: str, visits: Visits, reference: Reference
) -> tuple[list[FindingRow], list[WorkItem]]:
    """One therapist with two patients at once. What one patient's visits share is found in the patient's own day."""
    timed = [(visit, _intervals(visit, reference)) for visit in visits if visit.summary.services]
    timed.sort(key=lambda pair: pair[0].visit_id)
    found: dict[str, list[Finding]] = {}
    seen: dict[str, KnownVisit] = {}
    for (one, first), (other, second) in combinations(timed, 2):
        if one.patient_id != other.patient_id and _meet(first, second):
            for visit in (one, other):
                judged = overlap_findings([*first, *second], _rules(visit, reference))
                found.setdefault(visit.visit_id, []).extend(f for f in judged if f.rule == TWO_PATIENTS)
                seen[visit.visit_id] = visit
    told = {visit_id: list(dict.fromkeys(findings)) for visit_id, findings in sorted(found.items())}
    rows = [(about_visit(seen[visit_id]), finding) for visit_id, findings in told.items() for finding in findings]
    items = [
        readiness_item(seen[v], [f.listed() for f in findings], reference, "overlap") for v, findings in told.items()
    ]
    return finding_rows(key, practice, rows), [item for item in items if item]


def _intervals(visit: KnownVisit, reference: Reference) -> list[Interval]:
    services = tuple(
        DocumentedService(procedure=told.procedure, timed=told.timed, start=told.start, end=told.end)
        for told in visit.summary.services
    )
    session = Session(
        discipline=visit.discipline,
        dos=visit.dos,
        services=services,
        payer_id=visit.payer_id,
        visit_id=visit.visit_id,
        patient_id=visit.patient_id,
        therapist_id=visit.therapist_id,
    )
    return intervals_of(session, _rules(visit, reference))


def _meet(first: Sequence[Interval], second: Sequence[Interval]) -> bool:
    """A quick look whether two visits can share minutes at all."""
    return max(_begins(first), _begins(second)) < min(_ends(first), _ends(second))


def _begins(intervals: Sequence[Interval]) -> datetime:
    return min(interval.start for interval in intervals)


def _ends(intervals: Sequence[Interval]) -> datetime:
    return max(interval.end for interval in intervals)
