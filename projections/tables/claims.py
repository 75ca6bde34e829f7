"""Read tables of claims: a claim, its lines, its clocks, and which other keys it belongs to."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, TypedDict

from sqlalchemy import Index, text
from sqlmodel import Field

from projections.tables.columns import (
    NEVER,
    Row,
    TableModel,
    cents,
    instant,
    json_column,
    json_list,
    only_where,
    optional_instant,
    word,
)
from projections.tables.vocabulary import ClaimStatus, LineStatus

_SINCE = text(f"coalesce(dos, sent_on, '{NEVER}')")  # the day that open balances are counted from
# Most claims are closed: they stay out of the indexes of receivables.
_OPEN: Any = only_where(text("payer_balance <> 0"))


class ClaimTable(TableModel, table=True):
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
    practice: str = Field(primary_key=True)
    claim_id: str
    ref: str = Field(index=True)
    patient_id: str | None
    patient_name: str | None
    member_id: str | None
    payer_number: str | None
    payer_id: str
    status: ClaimStatus = word()
    flags: str
    dos: date | None
    charge: int = cents()
    allowed: int = cents()
    paid: int = cents()
    patient_responsibility: int = cents()
    payer_balance: int = cents()
    patient_balance: int = cents()
    written_off: int = cents()
    sent_on: date | None
    patient_since: date | None
    answers: list[Row] | None = json_list("projections.tables.answered.Answered")


class ClaimRow(TypedDict):
    """A row of `ClaimTable`."""

    key: str
    practice: str
    claim_id: str
    ref: str
    patient_id: str | None
    patient_name: str | None
    member_id: str | None
    payer_number: str | None
    payer_id: str
    status: ClaimStatus
    flags: str
    dos: date | None
    charge: int
    allowed: int
    paid: int
    patient_responsibility: int
    payer_balance: int
    patient_balance: int
    written_off: int
    sent_on: date | None
    patient_since: date | None
    answers: list[Row] | None


class ClaimLineTable(TableModel, table=True):
    """A billed line with the facts that pricing and thresholds need. Written by claim keys."""

    __tablename__ = "claim_line"
    __table_args__ = (Index("claim_line_by_procedure", "practice", "payer_id", "procedure"),)

    key: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    practice: str = Field(primary_key=True)
    claim_id: str
    ref: str
    patient_id: str | None
    payer_id: str
    dos: date | None
    procedure: str
    modifiers: str
    units: str
    charge: int = cents()
    allowed: int = cents()
    paid: int = cents()
    status: LineStatus = word()
    billing_npi: str | None
    facts: Row | None = json_column("projections.tables.line_facts.LineFacts")


class ClaimLineRow(TypedDict):
    """A row of `ClaimLineTable`."""

    key: str
    number: int
    practice: str
    claim_id: str
    ref: str
    patient_id: str | None
    payer_id: str
    dos: date | None
    procedure: str
    modifiers: str
    units: str
    charge: int
    allowed: int
    paid: int
    status: LineStatus
    billing_npi: str | None
    facts: Row | None


class DeadlineTable(TableModel, table=True):
    """A clock that still runs. `started_by`: the event that started it; `started_at`: a date as its local midnight.

    Written by claim keys.
    """

    __tablename__ = "deadline"
    __table_args__ = (Index("deadline_by_due", "practice", "kind", "overdue_at"),)

    key: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    practice: str = Field(primary_key=True)
    claim_id: str
    ref: str
    payer_id: str
    kind: str
    due: str
    overdue_at: datetime = instant()
    attempt: int | None
    rule: str
    started_by: str
    started_at: datetime | None = optional_instant()


class DeadlineRow(TypedDict):
    """A row of `DeadlineTable`."""

    key: str
    seq: int
    practice: str
    claim_id: str
    ref: str
    payer_id: str
    kind: str
    due: str
    overdue_at: datetime
    attempt: int | None
    rule: str
    started_by: str
    started_at: datetime | None


class MembershipTable(TableModel, table=True):
    """Which derived key (patient-day, patient-year …) a key's rows belong to.

    Written by claim, visit, patient and patient-day keys.
    """

    __tablename__ = "membership"
    __table_args__ = (Index("membership_by_derived", "derived"),)

    key: str = Field(primary_key=True)
    derived: str = Field(primary_key=True)
    # The version before names none; a trigger fills it in.
    practice: str = Field(primary_key=True, sa_column_kwargs={"server_default": "?"})


class MembershipRow(TypedDict):
    """A row of `MembershipTable`."""

    key: str
    derived: str
    practice: str
