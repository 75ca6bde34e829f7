"""A therapy session as the rules engine sees it: plain values, made from an event or from a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from events.visit import Documentation, KxAttestation, VisitAuthorization, VisitDocumented
from projections.disciplines import DISCIPLINES

DAY_MINUTES = 24 * 60


class InvalidSessionError(ValueError):
    """A session that cannot be judged; `field` names what to fix."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentedService:
    """One documented service. `timed` as the note has it; the code list decides.

    `minutes` of direct contact, None where the note gives none; `assistant_minutes` those the assistant worked alone.
    """

    procedure: str
    minutes: int | None = None
    assistant_minutes: int = 0
    timed: bool = True
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the record holds besides the minutes. None means unknown, not missing."""

    total_minutes: int | None = None
    elements: Mapping[str, bool | None] | None = None
    note_signed_at: datetime | None = None
    plan_established_on: date | None = None
    plan_certified_through: date | None = None
    has_plan: bool = False
    kx_attestation: Any = None
    authorization: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One patient, day and discipline."""

    discipline: str
    dos: date
    services: tuple[DocumentedService, ...]
    payer_id: str = ""
    program: str | None = None
    visit_id: str = ""
    patient_id: str = ""
    therapist_id: str | None = None
    diagnoses: tuple[str, ...] = ()
    record: Record = Record()


def session_of(visit: VisitDocumented, program: str | None = None, payer_id: str | None = None) -> Session:
    """A documented visit as a session; `payer_id` and `program` as resolved from policies, else the event's own."""
    timed = tuple(
        DocumentedService(
            procedure=s.procedure,
            minutes=s.minutes,
            assistant_minutes=s.assistant_minutes or 0,
            timed=True,
            start=s.start,
            end=s.end,
        )
        for s in visit.timed
    )
    untimed = tuple(
        DocumentedService(
            procedure=s.procedure,
            minutes=s.minutes,
            assistant_minutes=s.assistant_minutes or 0,
            timed=False,
            start=s.start,
            end=s.end,
        )
        for s in visit.untimed
    )
    return Session(
        discipline=visit.discipline,
        dos=visit.dos,
        services=timed + untimed,
        payer_id=payer_id or visit.payer_id or "",
        program=program,
        visit_id=visit.visit_id,
        patient_id=visit.patient_id,
        therapist_id=visit.therapist_id,
        diagnoses=visit.diagnoses,
        record=_record(visit),
    )


def _record(visit: VisitDocumented) -> Record:
    plan = visit.plan_of_care
    return Record(
        total_minutes=visit.total_minutes,
        elements=_elements(visit.documentation),
        note_signed_at=visit.note_signed_at,
        plan_established_on=plan.established_on if plan else None,
        plan_certified_through=plan.certified_through if plan else None,
        has_plan=plan is not None,
        kx_attestation=None if visit.kx_attestation is None else _stated(visit.kx_attestation) or True,
        authorization=None if visit.authorization is None else _stated(visit.authorization),
    )


def _stated(part: KxAttestation | VisitAuthorization) -> Mapping[str, Any]:
    """What a part of the record says, without what it leaves open."""
    return part.model_dump(mode="json", exclude_none=True)


def _elements(documentation: Documentation | None) -> Mapping[str, bool | None] | None:
    if documentation is None:
        return None
    return {name: getattr(documentation, name) for name in type(documentation).model_fields}


def problems(session: Session) -> list[InvalidSessionError]:
    """What makes a session impossible, each naming its field; empty when it can be judged."""
    found = []
    if session.discipline not in DISCIPLINES:
        found.append(InvalidSessionError("discipline", f"must be one of {', '.join(DISCIPLINES)}"))
    if not session.services:
        found.append(InvalidSessionError("timed", "a session needs at least one timed or untimed service"))
    for index, service in enumerate(session.services):
        found += _service_problems(service, f"{'timed' if service.timed else 'untimed'}[{index}]")
    return found


def _service_problems(service: DocumentedService, where: str) -> list[InvalidSessionError]:
    found = []
    if not service.procedure:
        found.append(InvalidSessionError(f"{where}.procedure", "a procedure code is missing"))
    if service.minutes is not None and not 0 <= service.minutes <= DAY_MINUTES:
        found.append(InvalidSessionError(f"{where}.minutes", f"must be from 0 to {DAY_MINUTES}"))
    if service.assistant_minutes < 0:
        found.append(InvalidSessionError(f"{where}.assistant_minutes", "must not be negative"))
    elif service.minutes is not None and service.assistant_minutes > max(service.minutes, 0):
        found.append(InvalidSessionError(f"{where}.assistant_minutes", "must not exceed the minutes of the service"))
    return found


def mended(session: Session) -> Session:
    """The session with impossible minutes brought into range, so that a fold can go on and show what was wrong."""
    if not any(_service_problems(service, "") for service in session.services):
        return session
    return replace(session, services=tuple(_mend(service) for service in session.services))


def _mend(service: DocumentedService) -> DocumentedService:
    minutes = None if service.minutes is None else min(max(service.minutes, 0), DAY_MINUTES)
    most = DAY_MINUTES if minutes is None else minutes
    return replace(service, minutes=minutes, assistant_minutes=min(max(service.assistant_minutes, 0), most))
