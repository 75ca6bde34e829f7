"""Minutes that cannot all be billed, seen from the intervals of timed services.

Direct one-on-one contact is one therapist, one patient, one service at a time (CMS Pub 100-04 ch. 5 §20.2, Pub 100-02
ch. 15 §230, NCCI Policy Manual ch. 11). Intervals are half-open: one may begin when another ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from projections.session_rules.findings import Finding, Ruleset
from projections.session_rules.procedures import procedure
from projections.session_rules.session import DocumentedService, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """When one service was given, by whom to whom."""

    start: datetime
    end: datetime
    procedure: str
    patient_id: str
    therapist_id: str | None
    visit_id: str
    group: bool


def intervals_of(session: Session, rules: Ruleset) -> list[Interval]:
    """The services of a session that say when they began and ended."""
    return [
        Interval(
            start=service.start,
            end=service.end,
            procedure=service.procedure,
            patient_id=session.patient_id,
            therapist_id=session.therapist_id,
            visit_id=session.visit_id,
            group=_is_group(service, rules),
        )
        for service in session.services
        if service.start is not None and service.end is not None and service.start < service.end
    ]


def _is_group(service: DocumentedService, rules: Ruleset) -> bool:
    known = procedure(rules, service.procedure)
    return known is not None and known.role == "group"


def overlap_findings(intervals: Iterable[Interval], rules: Ruleset) -> list[Finding]:
    """Every kind of overlap among the intervals of a day, one finding for each kind and pair of codes.

    Give it all sessions of one day that share a patient or a therapist. No finding names a person.
    """
    found: dict[tuple[str, ...], list[Finding]] = {}
    for first, second in _overlapping(sorted(intervals, key=lambda i: (i.start, i.end, i.procedure))):
        for rule, said, change in _judge(first, second):
            key = (rule, first.visit_id, second.visit_id, first.procedure, second.procedure)
            minutes = _shared_minutes(first, second)
            found.setdefault(key, rules.find(rule, f"{said} for {minutes} min", change))
    return [finding for findings in found.values() for finding in findings]


def _overlapping(ordered: Sequence[Interval]) -> Iterator[tuple[Interval, Interval]]:
    """Pairs that share minutes; sorted by start, so that the inner loop ends at the first that begins too late."""
    for index, first in enumerate(ordered):
        for second in ordered[index + 1 :]:
            if second.start >= first.end:
                break
            yield first, second


def _judge(first: Interval, second: Interval) -> Iterator[tuple[str, str, str]]:
    codes = f"{first.procedure} and {second.procedure}"
    same_patient = first.patient_id == second.patient_id
    same_therapist = first.therapist_id == second.therapist_id and first.therapist_id is not None
    if same_patient and first.group != second.group:
        yield "overlap.group", f"group and one-on-one minutes of {codes} overlap", "bill the shared minutes as one"
    elif same_patient and not same_therapist and first.therapist_id and second.therapist_id:
        yield (
            "overlap.two_therapists",
            f"two therapists treated one patient at once ({codes})",
            "have one of them bill the shared minutes, or divide them",
        )
    elif same_patient:
        yield "overlap.same_minutes", f"{codes} share minutes", "assign each minute to one code"
    elif same_therapist and not (first.group and second.group):
        yield (
            "overlap.two_patients",
            f"one therapist, two patients at once ({codes})",
            "bill the shared minutes as group, or correct the times",
        )


def _shared_minutes(first: Interval, second: Interval) -> int:
    shared = min(first.end, second.end) - max(first.start, second.start)
    return max(1, int(shared.total_seconds() // 60))


def contact_findings(session: Session, rules: Ruleset) -> list[Finding]:
    """Services that claim more minutes than lie between their beginning and end."""
    return [
        finding
        for service in session.services
        if service.start and service.end and service.minutes is not None
        if service.minutes > (contact := (service.end - service.start).total_seconds() / 60)
        for finding in rules.find(
            "overlap.longer_than_contact",
            f"{service.procedure}: {service.minutes} min documented, {max(contact, 0):.0f} between start and end",
            "count direct contact only",
        )
    ]
