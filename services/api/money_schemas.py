"""What lists of money look like, for the OpenAPI document: thresholds, aging, underpaid lines."""

from __future__ import annotations

from pydantic import Field, JsonValue

from services.api.claim_schemas import KxLine, PriceStepJson
from services.api.schemas import AmountField, JsonModel, MaybeAmount


class Forecast(JsonModel):
    """When the threshold is passed at the pace of the last visits."""

    visits: int
    on: str | None
    per_visit: str
    days_between: str
    explanation: str


class ObservedUse(JsonModel):
    """The payer's own figure: dollars used at all providers as of a day."""

    used_amount: str = AmountField
    as_of: str
    source: str | None


class Threshold(JsonModel):
    """Therapy dollars of a patient, a year and a bucket. `limits`: the values of the rule pack in force."""

    patient_id: str
    year: int
    bucket: str
    confirmed: str = AmountField
    pending: str = AmountField
    projected: str = AmountField
    band: str
    lines_missing_kx: list[KxLine]
    lines_kx_unknown: list[KxLine]
    lines_needless_kx: list[KxLine]
    crossing: KxLine | None
    forecast: Forecast | None
    observed: ObservedUse | None
    limits: dict[str, JsonValue]
    explanation: list[str]


class Aged(JsonModel):
    payer_id: str | None
    owner: str | None
    basis: str
    bucket: str | None
    claims: int
    amount: str = AmountField


class UnderpaidLine(JsonModel):
    """A priced line. `class` is the verdict, `cause` what explains it, `state` how far a dispute has come."""

    claim_id: str
    ref: str
    line: int
    payer_id: str
    patient_id: str | None
    dos: str | None
    procedure: str
    units: str
    expected_allowed: str | None = MaybeAmount
    expected_patient: str | None = MaybeAmount
    expected_paid: str | None = MaybeAmount
    allowed: str | None = MaybeAmount
    variance: str | None = MaybeAmount
    verdict: str = Field(alias="class")
    cause: str | None
    evidence: list[str]
    contract: str | None
    state: str | None
    recovered: str | None = MaybeAmount
    dispute_due: str | None
    explanation: list[PriceStepJson]


class UnderpaidGroup(JsonModel):
    """Underpaid lines of one payer, code and rate paid."""

    payer_id: str
    procedure: str
    rate_paid: str | None
    lines: int
    claims: int
    variance: str = AmountField
    first: str
    last: str
    cause: str | None
    evidence: str
