"""Read tables: columns only.

Every row carries the key whose fold wrote it; each table is written by one kind of key, `work_item` and `finding` by
one kind of key for each kind of row.
Money is in whole cents. Dates are dates; instants are UTC. Rows hold due dates, never days left.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, Table, Text, text
from sqlmodel import Field, SQLModel

from projections.tables.columns import TableModel, UtcInstant
from projections.tables.patterns import ClaimAttemptRow, ClaimOutcomeRow, ClaimPayerRow

NEVER = date(9999, 12, 31)  # sorts after every real date, so that one index serves the order of a list


def table_of(model: type[SQLModel]) -> Table:
    """The table that a model declares: SQLModel keeps it from type checkers."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


def _cents() -> Any:
    return Field(sa_type=BigInteger)


def _cents_or_null() -> Any:
    return Field(default=None, sa_type=BigInteger, nullable=True)


_SINCE = text(f"coalesce(dos, sent_on, '{NEVER}')")  # the day that open balances are counted from
# Most claims are closed: they stay out of the indexes of receivables.
_OPEN: Any = {"postgresql_where": text("payer_balance <> 0"), "sqlite_where": text("payer_balance <> 0")}


def _json() -> Any:
    return Field(default=None, sa_column=Column(JSON(none_as_null=True)))


class ClaimRow(TableModel, table=True):
    """One claim as it stands. Written by claim keys."""

    __tablename__ = "claim"
    __table_args__ = (
        Index("claim_by_id", "practice", "claim_id"),
        Index("claim_by_patient", "practice", "patient_id"),
        Index("claim_by_payer", "practice", "payer_id", "dos"),
        Index("claim_by_day", "practice", "dos", "charge"),
        Index("claim_by_charge", "practice", "charge"),
        Index("claim_by_patient_name", "practice", "patient_name"),
        Index("claim_by_member", "practice", "member_id"),
        Index("claim_by_payer_number", "practice", "payer_number"),
        Index("claim_open_by_age", "practice", _SINCE, "claim_id", **_OPEN),
        Index("claim_open_by_payer", "practice", "payer_id", _SINCE, "claim_id", **_OPEN),
    )

    key: str = Field(primary_key=True)
    practice: str
    claim_id: str
    ref: str = Field(index=True)
    patient_id: str | None
    patient_name: str | None
    member_id: str | None
    payer_number: str | None
    payer_id: str
    status: str
    flags: str
    dos: date | None
    charge: int = _cents()
    allowed: int = _cents()
    paid: int = _cents()
    patient_responsibility: int = _cents()
    payer_balance: int = _cents()
    patient_balance: int = _cents()
    written_off: int = _cents()
    sent_on: date | None
    patient_since: date | None
    answers: Any = _json()


class ClaimLineRow(TableModel, table=True):
    """A billed line with the facts that pricing and thresholds need. Written by claim keys."""

    __tablename__ = "claim_line"
    __table_args__ = (Index("claim_line_by_procedure", "practice", "payer_id", "procedure"),)

    key: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    practice: str
    claim_id: str
    ref: str
    patient_id: str | None
    payer_id: str
    dos: date | None
    procedure: str
    modifiers: str
    units: str
    charge: int = _cents()
    allowed: int = _cents()
    paid: int = _cents()
    status: str
    billing_npi: str | None
    facts: Any = _json()


class DeadlineRow(TableModel, table=True):
    """A clock that still runs. `started_by`: the event that started it; `started_at`: a date as its local midnight.

    Written by claim keys.
    """

    __tablename__ = "deadline"
    __table_args__ = (Index("deadline_by_due", "practice", "kind", "overdue_at"),)

    key: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    practice: str
    claim_id: str
    ref: str
    payer_id: str
    kind: str
    due: str
    overdue_at: datetime = Field(sa_type=UtcInstant)
    attempt: int | None
    rule: str
    started_by: str
    started_at: datetime | None = Field(sa_type=UtcInstant, nullable=True)


class WorkItemRow(TableModel, table=True):
    """Something for a person to do. `lost_on` is NEVER where nothing is lost by waiting.

    `clocks`: the kinds of deadline that decide about it, with spaces between them. `done`: who closed it, when and why;
    it is then hidden until `snoozed_until`.
    """

    __tablename__ = "work_item"
    __table_args__ = (
        Index("work_item_order", "practice", "lost_on", "overdue_at", "amount_order", "claim_id"),
        Index("work_item_by_claim", "practice", "claim_id"),
        Index("work_item_kind_order", "practice", "kind", "lost_on", "overdue_at", "amount_order", "claim_id"),
    )

    key: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    claim_id: str = Field(primary_key=True)
    item: str = Field(primary_key=True)
    practice: str
    ref: str
    patient_id: str | None
    payer_id: str
    due: str | None
    overdue_at: datetime | None = Field(sa_type=UtcInstant, nullable=True)
    lost_on: date
    amount_at_risk: int = _cents()
    amount_order: int = _cents()
    category: str | None
    discipline: str | None
    reason: str = Field(sa_type=Text)
    next_action: str = Field(sa_type=Text)
    assignee: str | None
    snoozed_until: datetime | None = Field(sa_type=UtcInstant, nullable=True)
    clocks: str
    explanation: Any = _json()
    done: Any = _json()


class MembershipRow(TableModel, table=True):
    """Which derived key (patient-day, patient-year …) a key's rows belong to.

    Written by claim, visit, patient and patient-day keys.
    """

    __tablename__ = "membership"
    __table_args__ = (Index("membership_by_derived", "derived"),)

    key: str = Field(primary_key=True)
    derived: str = Field(primary_key=True)


class RemittanceRow(TableModel, table=True):
    """One remittance: what was paid for whom, and whether it adds up. Written by remittance keys."""

    __tablename__ = "remittance"
    __table_args__ = (
        Index("remittance_by_trace", "practice", "trace_number"),
        Index("remittance_by_total", "practice", "total_paid"),
    )

    key: str = Field(primary_key=True)
    practice: str
    payer_identifier: str | None
    payer_name: str | None
    trace_number: str | None
    payment_date: date | None = Field(index=True)
    total_paid: int | None = _cents_or_null()
    claims: int
    claims_paid: int = _cents()
    provider_adjusted: int = _cents()
    balanced: bool
    received_at: datetime = Field(sa_type=UtcInstant)
    provider_adjustments: Any = _json()
    differences: Any = _json()


class LinePriceRow(TableModel, table=True):
    """What a line should have been paid, next to what was allowed. Written by patient-day keys."""

    __tablename__ = "line_price"
    __table_args__ = (Index("line_price_by_class", "practice", "verdict", "payer_id", "procedure"),)

    key: str = Field(primary_key=True)
    claim_id: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    sequence: str = Field(primary_key=True)
    practice: str
    ref: str
    patient_id: str | None
    payer_id: str
    dos: date
    procedure: str
    units: str
    expected_allowed: int | None = _cents_or_null()
    expected_patient: int | None = _cents_or_null()
    expected_paid: int | None = _cents_or_null()
    allowed: int | None = _cents_or_null()
    variance: int | None = _cents_or_null()
    verdict: str
    cause: str | None
    contract: str | None
    state: str
    notice_date: date | None
    dispute_due: date | None
    recovered: int | None = _cents_or_null()
    bucket: str | None
    modifiers: str
    sent_at: datetime | None = Field(sa_type=UtcInstant, nullable=True)
    use: Any = _json()
    explanation: Any = _json()


class ThresholdRow(TableModel, table=True):
    """Therapy dollars used in one year and bucket. Written by patient-year keys."""

    __tablename__ = "threshold"
    __table_args__ = (Index("threshold_by_patient", "practice", "patient_id", "year"),)

    key: str = Field(primary_key=True)
    practice: str
    patient_id: str
    year: int
    bucket: str
    confirmed: int = _cents()
    pending: int = _cents()
    projected: int = _cents()
    band: str
    lines_missing_kx: Any = _json()
    forecast: Any = _json()
    explanation: Any = _json()


class FindingRow(TableModel, table=True):
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
    practice: str
    visit_id: str | None
    claim_id: str | None
    patient_id: str | None
    dos: date | None
    line: int | None
    attempt: int | None
    is_current: bool
    rule: str
    grade: str
    message: str = Field(sa_type=Text)
    source: str = Field(sa_type=Text)
    change: str = Field(sa_type=Text)
    predicts: str
    worth: int | None = _cents_or_null()


class ReadinessRow(TableModel, table=True):
    """A visit, its claim, and the claim it should become. state: unbilled, mendable, billed, closed.

    `bucket` only where Original Medicare pays; `brief` is what the folds of episode, therapist's day and year need.
    Written by patient-day keys.
    """

    __tablename__ = "readiness"
    __table_args__ = (Index("readiness_by_visit", "practice", "visit_id"),)

    key: str = Field(primary_key=True)
    visit_id: str = Field(primary_key=True)
    practice: str
    patient_id: str
    payer_id: str
    discipline: str
    dos: date
    therapist_id: str | None
    claim_id: str | None
    state: str
    bucket: str | None
    expected_allowed: int | None = _cents_or_null()
    plan: Any = _json()
    brief: Any = _json()


class VisitRow(TableModel, table=True):
    """A visit as last documented; `closed`: who said why no claim is made of it. Written by visit keys."""

    __tablename__ = "visit"
    __table_args__ = (Index("visit_by_patient", "practice", "patient_id", "dos"),)

    key: str = Field(primary_key=True)
    practice: str
    visit_id: str
    patient_id: str
    payer_id: str
    discipline: str
    dos: date
    facts: Any = _json()
    closed: Any = _json()


class PatientRow(TableModel, table=True):
    """Who a patient is, as registered: `full_name` is last name, first name. Written by patient keys."""

    __tablename__ = "patient"
    __table_args__ = (
        Index("patient_by_name", "practice", "full_name"),
        Index("patient_by_member", "practice", "member_id"),
    )

    key: str = Field(primary_key=True)
    practice: str
    patient_id: str
    initials: str
    full_name: str | None
    member_id: str | None
    facts: Any = _json()


READ_TABLES = {
    str(model.__tablename__): table_of(model)
    for model in (
        ClaimRow,
        ClaimLineRow,
        DeadlineRow,
        WorkItemRow,
        MembershipRow,
        RemittanceRow,
        LinePriceRow,
        ThresholdRow,
        ClaimPayerRow,
        ClaimAttemptRow,
        ClaimOutcomeRow,
        FindingRow,
        ReadinessRow,
        VisitRow,
        PatientRow,
    )
}
