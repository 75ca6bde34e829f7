"""Read tables of remittances, of what lines should have been paid, and of therapy dollars used."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypedDict

from sqlalchemy import Index, false
from sqlmodel import Field

from projections.tables.columns import (
    Row,
    TableModel,
    cents,
    instant,
    json_column,
    json_list,
    optional_cents,
    optional_instant,
    optional_word,
    word,
)
from projections.tables.vocabulary import Band, DisputeState, PriceCause, PriceVerdict


class RemittanceTable(TableModel, table=True):
    """One remittance: what was paid for whom, and whether it adds up. Written by remittance keys.

    `work`: what people did about its items.
    """

    __tablename__ = "remittance"
    __table_args__ = (
        Index("remittance_by_trace", "practice", "trace_number"),
        Index("remittance_by_total", "practice", "total_paid"),
    )

    key: str = Field(primary_key=True)
    practice: str = Field(primary_key=True)
    payer_identifier: str | None
    payer_name: str | None
    trace_number: str | None
    payment_date: date | None = Field(index=True)
    total_paid: int | None = optional_cents()
    typed: bool = Field(sa_column_kwargs={"server_default": false()})  # entered by hand from a paper EOB
    claims: int
    claims_paid: int = cents()
    provider_adjusted: int = cents()
    balanced: bool
    received_at: datetime = instant()
    provider_adjustments: list[Row] | None = json_list("events.remittance.ProviderAdjustment")
    differences: list[Row] | None = json_list("events.adjustment.Difference")
    work: list[Row] | None = json_list("projections.tables.work_acts.WorkDone")


class RemittanceRow(TypedDict):
    """A row of `RemittanceTable`."""

    key: str
    practice: str
    payer_identifier: str | None
    payer_name: str | None
    trace_number: str | None
    payment_date: date | None
    total_paid: int | None
    typed: bool
    claims: int
    claims_paid: int
    provider_adjusted: int
    balanced: bool
    received_at: datetime
    provider_adjustments: list[Row] | None
    differences: list[Row] | None
    work: list[Row] | None


class LinePriceTable(TableModel, table=True):
    """What a line should have been paid, next to what was allowed. Written by patient-day keys."""

    __tablename__ = "line_price"
    __table_args__ = (Index("line_price_by_class", "practice", "verdict", "payer_id", "procedure"),)

    key: str = Field(primary_key=True)
    claim_id: str = Field(primary_key=True)
    line: int = Field(primary_key=True)
    sequence: str = Field(primary_key=True)
    practice: str = Field(primary_key=True)
    ref: str
    patient_id: str | None
    payer_id: str
    dos: date
    procedure: str
    units: str
    expected_allowed: int | None = optional_cents()
    expected_patient: int | None = optional_cents()
    expected_paid: int | None = optional_cents()
    allowed: int | None = optional_cents()
    variance: int | None = optional_cents()
    verdict: PriceVerdict = word()
    cause: PriceCause | None = optional_word()
    contract: str | None
    state: DisputeState = word()
    notice_date: date | None
    dispute_due: date | None
    recovered: int | None = optional_cents()
    bucket: str | None
    modifiers: str
    sent_at: datetime | None = optional_instant()
    use: Row | None = json_column("projections.tables.price_facts.ThresholdUse")
    explanation: Row | None = json_column("projections.tables.price_facts.PriceExplanation")


class LinePriceRow(TypedDict):
    """A row of `LinePriceTable`."""

    key: str
    claim_id: str
    line: int
    sequence: str
    practice: str
    ref: str
    patient_id: str | None
    payer_id: str
    dos: date
    procedure: str
    units: str
    expected_allowed: int | None
    expected_patient: int | None
    expected_paid: int | None
    allowed: int | None
    variance: int | None
    verdict: PriceVerdict
    cause: PriceCause | None
    contract: str | None
    state: DisputeState
    notice_date: date | None
    dispute_due: date | None
    recovered: int | None
    bucket: str | None
    modifiers: str
    sent_at: datetime | None
    use: Row | None
    explanation: Row | None


class ThresholdTable(TableModel, table=True):
    """Therapy dollars used in one year and bucket. Written by patient-year keys."""

    __tablename__ = "threshold"
    __table_args__ = (Index("threshold_by_patient", "practice", "patient_id", "year"),)

    key: str = Field(primary_key=True)
    practice: str = Field(primary_key=True)
    patient_id: str
    year: int
    bucket: str
    confirmed: int = cents()
    pending: int = cents()
    projected: int = cents()
    band: Band = word()
    lines_missing_kx: list[Row] | None = json_list("projections.tables.threshold_facts.ThresholdLine")
    forecast: Row | None = json_column("projections.tables.threshold_facts.ForecastBasis")
    explanation: Row | None = json_column("projections.tables.threshold_facts.ThresholdExplanation")


class ThresholdRow(TypedDict):
    """A row of `ThresholdTable`."""

    key: str
    practice: str
    patient_id: str
    year: int
    bucket: str
    confirmed: int
    pending: int
    projected: int
    band: Band
    lines_missing_kx: list[Row] | None
    forecast: Row | None
    explanation: Row | None
