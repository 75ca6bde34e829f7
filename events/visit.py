"""A therapy session, as documented."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AliasChoices, BeforeValidator, Field

from events.event_data import EventData, EventType, Names
from events.values import Code, Day, EndDay, Fact, Id, Integer, Name, StatedDay, StatedInstant, Text

Discipline = Literal["PT", "OT", "SLP"]


class TimedService(Fact):
    """Minutes of direct one-on-one contact under one code; `start` and `end` where the note has them."""

    procedure: Code
    minutes: Integer
    assistant_minutes: Integer | None = None
    start: StatedInstant = None
    end: StatedInstant = None


class UntimedService(Fact):
    """One unit whatever the minutes; they and the interval are wanted where group or assistant work is judged."""

    procedure: Code
    minutes: Integer | None = None
    assistant_minutes: Integer | None = None
    start: StatedInstant = None
    end: StatedInstant = None


class PlanOfCare(Fact):
    established_on: StatedDay = None
    certified_through: EndDay = None
    sent_on: StatedDay = None  # to the physician, for signature
    signed_on: StatedDay = None
    order_on_file: bool | None = None  # a physician's signed order or referral; absent means unknown


class Documentation(Fact):
    """The seven elements a note should hold; absent means unknown, not missing."""

    timed_minutes: bool | None = None
    functional_activity: bool | None = None
    goal_connection: bool | None = None
    skilled_rationale: bool | None = None
    assistance_level: bool | None = None
    patient_response: bool | None = None
    one_on_one: bool | None = None


class KxAttestation(Fact):
    """That care beyond the therapy threshold is medically necessary: whose word, since when, which statements.

    None of the three statements given: the word means all of them. `true` and a name alone are read too.
    """

    by: Name | None = None
    at: StatedInstant = None
    necessity: bool | None = None
    progress: bool | None = None
    home_program: bool | None = None


class VisitAuthorization(Fact):
    """What the record knows of a payer's authorization for this visit; a number alone is read too."""

    required: bool | None = None
    number: Annotated[Name | None, Field(validation_alias=AliasChoices("number", "id"))] = None
    valid_through: EndDay = None
    visits_remaining: Integer | None = None


def _attested(value: Any) -> Any:
    """A bare yes, or the name of who attested."""
    if isinstance(value, bool):
        return {} if value else None
    return {"by": value} if isinstance(value, str) else value


def _authorized(value: Any) -> Any:
    if isinstance(value, bool):
        return {} if value else None
    return {"number": value} if isinstance(value, str) else value


class VisitDocumented(EventData):
    event: ClassVar = EventType(
        "visit.documented.v1", "visit id", "A session took place; a later one with this visit id replaces it.", "Visit"
    )

    visit_id: Id
    patient_id: Id
    payer_id: Name | None = None
    discipline: Discipline
    dos: Day
    ended_at: StatedInstant = None
    therapist_id: Name | None = None
    timed: tuple[TimedService, ...] = ()
    untimed: tuple[UntimedService, ...] = ()
    total_minutes: Integer | None = None
    diagnoses: tuple[Code, ...] = ()
    plan_of_care: PlanOfCare | None = None
    documentation: Documentation | None = None
    progress_report: bool | None = None  # one was written on this day; absent means unknown
    episode_id: Name | None = None  # another one than before begins a new episode
    discharged: bool | None = None  # the patient was discharged with this visit
    note_signed_at: StatedInstant = None
    kx_attestation: Annotated[KxAttestation | None, BeforeValidator(_attested)] = None
    authorization: Annotated[VisitAuthorization | None, BeforeValidator(_authorized)] = None

    def index_names(self) -> Names:
        names = (("visit", self.visit_id), ("patient_visits", self.patient_id))
        return (
            (*names, ("therapist_visits", f"{self.dos.isoformat()}|{self.therapist_id}"))
            if self.therapist_id
            else names
        )


class VisitClosed(EventData):
    """A visit that no claim will bill. Taken back by event.withdrawn."""

    event: ClassVar = EventType(
        "visit.closed.v1", "visit id", "No claim will be made of a visit, and why.", "Visit closed"
    )

    visit_id: Id
    reason: Literal["self_pay", "not_billable", "other"]
    note: Text | None = None
    by: Name

    def index_names(self) -> Names:
        return (("visit", self.visit_id),)
