"""Read tables of patients and visits: findings and what a visit still has to become."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from sqlalchemy import Index, Text
from sqlmodel import Field

from projections.tables.columns import Row, TableModel, json_column, json_list, optional_cents, word
from projections.tables.vocabulary import Grade, VisitState


class FindingTable(TableModel, table=True):
    """What is wrong, or will be, with a visit or a claim. Its outcome follows from the claim's `answers`.

    Written by day keys (claims with their visits), episode keys (progress reports), therapist-day keys (two patients
    at once) and year keys (KX). `is_current` is false for a submission that a later one took the place of; `predicts`
    are the categories of the payer's answer that would prove it right.
    """

    __tablename__ = "finding"
    __table_args__ = (
        Index("finding_by_claim", "practice", "claim_id"),
        Index("finding_by_visit", "practice", "visit_id"),
    )

    key: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    practice: str = Field(primary_key=True)
    visit_id: str | None
    claim_id: str | None
    patient_id: str | None
    dos: date | None
    line: int | None
    attempt: int | None
    is_current: bool
    rule: str
    grade: Grade = word()
    message: str = Field(sa_type=Text)
    source: str = Field(sa_type=Text)
    change: str = Field(sa_type=Text)
    predicts: str
    worth: int | None = optional_cents()


class FindingRow(TypedDict):
    """A row of `FindingTable`."""

    key: str
    seq: int
    practice: str
    visit_id: str | None
    claim_id: str | None
    patient_id: str | None
    dos: date | None
    line: int | None
    attempt: int | None
    is_current: bool
    rule: str
    grade: Grade
    message: str
    source: str
    change: str
    predicts: str
    worth: int | None


class ReadinessTable(TableModel, table=True):
    """A visit, its claim, and the claim it should become. state: unbilled, correctable, billed, closed.

    `bucket` only where Original Medicare pays; `brief` is what the folds of episode, therapist's day and year need.
    Written by patient-day keys.
    """

    __tablename__ = "readiness"
    __table_args__ = (Index("readiness_by_visit", "practice", "visit_id"),)

    key: str = Field(primary_key=True)
    visit_id: str = Field(primary_key=True)
    practice: str = Field(primary_key=True)
    patient_id: str
    payer_id: str
    discipline: str
    dos: date
    therapist_id: str | None
    claim_id: str | None
    state: VisitState = word()
    bucket: str | None
    expected_allowed: int | None = optional_cents()
    plan: Row | None = json_column("projections.tables.readiness_facts.PlannedClaim")
    brief: Row | None = json_column("projections.tables.readiness_facts.VisitSummary")


class ReadinessRow(TypedDict):
    """A row of `ReadinessTable`."""

    key: str
    visit_id: str
    practice: str
    patient_id: str
    payer_id: str
    discipline: str
    dos: date
    therapist_id: str | None
    claim_id: str | None
    state: VisitState
    bucket: str | None
    expected_allowed: int | None
    plan: Row | None
    brief: Row | None


class VisitTable(TableModel, table=True):
    """A visit as last documented; `closed`: who said why no claim is made of it. Written by visit keys.

    `work`: what people did about its items while no claim bills it.
    """

    __tablename__ = "visit"
    __table_args__ = (Index("visit_by_patient", "practice", "patient_id", "dos"),)

    key: str = Field(primary_key=True)
    practice: str = Field(primary_key=True)
    visit_id: str
    patient_id: str
    payer_id: str
    discipline: str
    dos: date
    facts: Row | None = json_column("events.visit.VisitDocumented")
    closed: Row | None = json_column("projections.tables.readiness_facts.ClosedVisit")
    work: list[Row] | None = json_list("projections.tables.work_acts.WorkDone")


class VisitRow(TypedDict):
    """A row of `VisitTable`."""

    key: str
    practice: str
    visit_id: str
    patient_id: str
    payer_id: str
    discipline: str
    dos: date
    facts: Row | None
    closed: Row | None
    work: list[Row] | None


class PatientTable(TableModel, table=True):
    """Who a patient is, as registered: `full_name` is last name, first name. Written by patient keys."""

    __tablename__ = "patient"
    __table_args__ = (
        Index("patient_by_name", "practice", "full_name"),
        Index("patient_by_member", "practice", "member_id"),
    )

    key: str = Field(primary_key=True)
    practice: str = Field(primary_key=True)
    patient_id: str
    initials: str
    full_name: str | None
    member_id: str | None
    facts: Row | None = json_column("events.patient.PatientRegistered")


class PatientRow(TypedDict):
    """A row of `PatientTable`."""

    key: str
    practice: str
    patient_id: str
    initials: str
    full_name: str | None
    member_id: str | None
    facts: Row | None
