"""What lists look like, for the OpenAPI document. Reads make them; nothing is converted on the way out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from services.api.claim_schemas import Amount, ClaimPart, FindingJson


class VisitListItem(ClaimPart):
    """A documented visit and the claim that bills it. `correctable`: its claim can still be corrected."""

    visit_id: str
    patient_id: str
    payer_id: str
    discipline: str
    dos: date
    state: Literal["unbilled", "correctable", "billed", "closed"]
    claim_id: str | None
    ref: str | None
    expected_allowed: Amount | None


class VisitWithPlan(VisitListItem):
    """With the claim it should become (`plan`) and what is wrong with it."""

    plan: dict[str, Any]
    findings: list[FindingJson]
    closed: dict[str, Any] | None = None


class RuleScore(ClaimPart):
    """precision: of the predictions that were answered, those that came true; recall: of the troubles, those named."""

    rule: str
    grade: str
    predicts: list[str]
    findings: int
    predicted: int
    hit: int
    missed: int
    open: int
    precision: float | None
    recall: float | None


class FamilyScore(ClaimPart):
    family: str
    came: int
    predicted: int
    unpredicted: int
    recall: float | None


class RuleScores(ClaimPart):
    rules: list[RuleScore]
    families: list[FamilyScore]


class ProviderAdjustmentJson(ClaimPart):
    """A provider-level adjustment (PLB): a positive amount takes money."""

    reason: str | None = None
    reference: str | None = None
    amount: Amount | None = None


class RemittanceListItem(ClaimPart):
    """A check. `computed`: what its claims paid less what was taken besides; `difference`: what the check says more."""

    ref: str
    payer: str | None
    payer_identifier: str | None
    trace_number: str | None
    payment_date: date | None
    received_at: datetime
    total_paid: Amount | None
    claims: int
    claims_paid: Amount
    provider_adjusted: Amount
    computed: Amount
    balanced: bool
    difference: Amount | None
    provider_adjustments: list[ProviderAdjustmentJson]
    differences: list[dict[str, Any]]


class RemittanceEntryJson(ClaimPart):
    """A claim in a remittance."""

    ordinal: int | None
    claim_id: str
    ref: str
    patient_id: str | None
    status: str | None
    kind: str
    status_code: str | None
    payer_claim_number: str | None
    charge: Amount | None
    paid: Amount | None
    patient_responsibility: Amount | None
    codes: list[str]


class Remittance(RemittanceListItem):
    entries: list[RemittanceEntryJson]


class ContractNoticeJson(ClaimPart):
    kind: str = Field(description="problem, overlap, gap, unknown_code, change or note")
    contract: str
    text: str


class ContractImportJson(ClaimPart):
    """`contracts`: what was read, as `contract.published` carries it. `change`: as `POST /v1/what-if` answers."""

    published: list[str] = Field(description="Names of the versions published; none where it was only tried.")
    clean: bool
    contracts: list[dict[str, Any]]
    notices: list[ContractNoticeJson]
    change: dict[str, Any]


class ContractListItem(ClaimPart):
    """A published version of a contract. `effective_to` is the first day it is no longer in force."""

    contract_id: str
    version: str
    payer_id: str
    scope: dict[str, Any]
    method: str
    effective_from: date
    effective_to: date | None
    rates: int


class AlertItem(ClaimPart):
    """A clock that came to a step. `running`: nothing has ended it yet."""

    raised_at: datetime
    claim_id: str
    ref: str
    payer_id: str
    clock: str
    step: str
    due: date | datetime | None
    overdue: bool
    to: str | None
    assignee: str | None
    attempt: int | None
    amount: Amount | None
    worklist: str | None
    running: bool
    id: str
    delivery: str | None


class PatternTables(ClaimPart):
    """Each list as docs/metrics.md defines its measures; by code there are denials and rejections alone."""

    metrics: list[dict[str, Any]] | None = None
    denials: list[dict[str, Any]]
    rejections: list[dict[str, Any]]
    lost: list[dict[str, Any]] | None = None
    lags: list[dict[str, Any]] | None = None
    silences: list[dict[str, Any]] | None = None


class LinesShort(ClaimPart):
    """How many lines, and the dollars they are short: for `more` and `less` by how much that rises or falls."""

    lines: int
    amount: Amount


class TermsDifference(ClaimPart):
    """What other terms would change. `not_judged`: claims, days and years that could not be folded under them."""

    lines: int
    not_judged: int
    deadlines: int
    work_items: int
    opened: int
    closed: int
    underpaid: dict[str, LinesShort] = Field(
        description="Of the lines priced otherwise: before, after, new, more, less, closed; before + new + more - less "
        "- closed is after."
    )
    groups: list[dict[str, Any]]
    deadlines_moved: list[dict[str, Any]]


class Deposit(ClaimPart):
    """Bank deposits and remittances that belong together, or one that lacks the other."""

    state: Literal["matched", "differing", "money_without_era", "era_without_money"]
    matched_by: str
    deposited: Amount
    remitted: Amount
    difference: Amount
    deposits: list[dict[str, Any]]
    remittances: list[dict[str, Any]]
    closed: dict[str, Any] | None
