"""What lists look like, for the OpenAPI document. Reads make them; nothing is converted on the way out."""

from __future__ import annotations

import datetime as dt
from datetime import date, datetime
from typing import Literal

from pydantic import Field

from services.api.claim_schemas import Amount, ClaimPart, FindingJson, RepeatedAnswer
from services.api.report_schemas import TermsDifference
from services.api.term_schemas import ContractTerms, ListedScope


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


class PlannedLineJson(ClaimPart):
    """A line of the claim that a visit should become. `unpriced`: why no amount is expected."""

    procedure: str
    units: int
    modifiers: list[str]
    minutes: int | None
    explanation: str
    expected_allowed: Amount | None
    unpriced: str | None


class PlannedClaimJson(ClaimPart):
    """The claim that a visit, or several of a day, should become. `tie`: minutes leave a choice of codes."""

    visits: list[str]
    payer_id: str
    method: str
    tie: bool
    units_explanation: str
    total_timed_minutes: int
    total_units: int
    lines: list[PlannedLineJson]
    expected_allowed: Amount | None
    rules: list[str]


class VisitClosedJson(ClaimPart):
    """Who said that no claim will be made of a visit, and why."""

    reason: str
    by: str
    note: str | None = None


class ItemClosedJson(ClaimPart):
    """Who closed an item of a worklist, when and why."""

    by: str
    at: datetime
    resolution: str
    note: str | None = None


class VisitStateJson(ClaimPart):
    """A visit after it was closed or opened again."""

    visit_id: str
    state: Literal["unbilled", "correctable", "billed", "closed"]
    event_id: str | None = None


class ItemActDone(ClaimPart):
    worklist: str
    item: str
    event_id: str


class VisitWithPlan(VisitListItem):
    """With the claim it should become (`plan`) and what is wrong with it."""

    plan: PlannedClaimJson
    findings: list[FindingJson]
    closed: VisitClosedJson | None = None


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


class MeantClaim(ClaimPart):
    claim_id: str
    ref: str


class ProviderAdjustmentJson(ClaimPart):
    """A provider-level adjustment (PLB): a positive amount takes money."""

    reason: str | None = None
    reference: str | None = None
    amount: Amount | None = None
    provider: str | None = None
    fiscal_period_end: date | None = None
    claims: list[MeantClaim] | None = Field(None, description="Claims that the reference may mean.")


class BalanceDifferenceJson(ClaimPart):
    """A figure of a check that is not the sum it should be. `where`: line, claim or check."""

    where: str
    stated: Amount | None
    computed: Amount | None
    difference: Amount | None
    claim_id: str | None = None
    ordinal: int | None = None
    line: int | None = None


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
    typed: bool = Field(description="From a paper EOB.")
    difference: Amount | None
    provider_adjustments: list[ProviderAdjustmentJson]
    differences: list[BalanceDifferenceJson]


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
    reasons: list[CodeMeaning]
    repeats: list[RepeatedAnswer]


class CodeMeaning(ClaimPart):
    """An adjustment code with the remark codes next to it, and what they mean."""

    code: str
    meaning: str


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
    contracts: list[ContractTerms]
    notices: list[ContractNoticeJson]
    change: TermsDifference


class ContractListItem(ClaimPart):
    """A published version of a contract. `effective_to` is the first day it is no longer in force."""

    contract_id: str
    version: str
    payer_id: str
    scope: ListedScope
    method: str
    effective_from: date
    effective_to: date | None
    rates: int


class AlertItem(ClaimPart):
    """A clock that came to a step. `running`: nothing has ended it yet."""

    raised_at: datetime
    about: str = Field(description="The claim, the visit without one, or the rule and the time it lacks for.")
    claim_id: str | None
    visit_id: str | None
    rule: str | None
    covers: str | None
    ref: str | None
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


class DepositSide(ClaimPart):
    """`typed`: entered by hand; `replaced`: the bank's own line, or the 835, counts instead."""

    date: dt.date | None
    amount: Amount
    trace: str | None
    name: str | None
    typed: bool
    replaced: bool


class DepositLine(DepositSide):
    deposit_id: str
    method: str | None


class DepositRemittance(DepositSide):
    ref: str


class Deposit(ClaimPart):
    """Bank deposits and remittances that belong together, or one that lacks the other."""

    state: Literal["matched", "differing", "money_without_era", "era_without_money"]
    matched_by: str
    deposited: Amount
    remitted: Amount
    difference: Amount
    deposits: list[DepositLine]
    remittances: list[DepositRemittance]
    closed: ItemClosedJson | None
