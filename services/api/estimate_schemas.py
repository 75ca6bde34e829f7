"""What an estimate looks like, for the OpenAPI document."""

from __future__ import annotations

from pydantic import Field

from services.api.claim_schemas import Amount, ClaimPart, PriceStepJson


class ExpectedMoney(ClaimPart):
    """What should be allowed, and of that the patient's part and the payer's. Null: not known."""

    expected_allowed: Amount | None
    expected_patient: Amount | None
    expected_paid: Amount | None


class EstimatedLine(ExpectedMoney):
    """`price_unknown`: why no amount is expected."""

    number: int
    procedure: str
    units: int
    modifiers: list[str]
    charge: Amount | None
    explanation: str
    denied: bool
    price_explanation: list[PriceStepJson]
    contract: str | None
    price_unknown: str | None


class EstimateFinding(ClaimPart):
    rule: str
    grade: str
    message: str
    source: str
    change: str | None
    worth: Amount | None
    line: int | None


class EstimatedThreshold(ClaimPart):
    """The year's therapy dollars before and after the session. Null: not known; `explanation` says why."""

    year: int
    bucket: str
    limit: Amount | None
    running_before: Amount | None
    running_after: Amount | None
    band: str | None
    crossing_line: int | None
    lines_needing_kx: list[int] | None
    lines_kx_unknown: list[int]
    explanation: str


class SessionEstimate(ExpectedMoney):
    total_timed_minutes: int
    total_units: int
    total_billed_units: int
    method: str
    tie: bool
    units_explanation: str
    lines: list[EstimatedLine]
    findings: list[EstimateFinding]
    threshold: EstimatedThreshold | None
    threshold_reason: str | None
    not_checked: list[str]
    discipline: str | None = None


class Estimate(SessionEstimate):
    """Of several sessions of a day this is the first; `also` has the others and `day` the sums."""

    also: list[SessionEstimate] = Field([])
    day: ExpectedMoney | None = None
