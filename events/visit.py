"""A therapy session, as documented."""

from __future__ import annotations

from typing import Literal

from events.values import Code, Day, Fact, Id, Instant, Text

Discipline = Literal["PT", "OT", "SLP"]


class TimedService(Fact):
    """Minutes of direct one-on-one contact under one code; `start` and `end` where the note has them."""

    procedure: Code
    minutes: int
    assistant_minutes: int | None = None
    start: Instant | None = None
    end: Instant | None = None


class UntimedService(Fact):
    """One unit whatever the minutes; they and the interval are wanted where group or assistant work is judged."""

    procedure: Code
    minutes: int | None = None
    assistant_minutes: int | None = None
    start: Instant | None = None
    end: Instant | None = None


class PlanOfCare(Fact):
    established_on: Day | None = None
    certified_through: Day | None = None


class Documentation(Fact):
    """The seven elements a note should hold; absent means unknown, not missing."""

    timed_minutes: bool | None = None
    functional_activity: bool | None = None
    goal_connection: bool | None = None
    skilled_rationale: bool | None = None
    assistance_level: bool | None = None
    patient_response: bool | None = None
    one_on_one: bool | None = None


class VisitDocumented(Fact):
    visit_id: Id
    patient_id: Id
    payer_id: Text | None = None
    discipline: Discipline
    dos: Day
    ended_at: Instant | None = None
    therapist_id: Text | None = None
    timed: tuple[TimedService, ...] = ()
    untimed: tuple[UntimedService, ...] = ()
    total_minutes: int | None = None
    diagnoses: tuple[Code, ...] = ()
    plan_of_care: PlanOfCare | None = None
    documentation: Documentation | None = None
    progress_report: bool | None = None  # one was written on this day; absent means unknown
    note_signed_at: Instant | None = None
    kx_attestation: object = None
    authorization: object = None
