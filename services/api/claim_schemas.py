"""What a claim's page looks like, for the OpenAPI document: `services/reads/claims.py` makes it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from projections.session_rules.findings import GRADES
from projections.tables.vocabulary import ClaimStatus, DeadlineState, EntryKind, LineStatus
from services.presentation.labels import CLASSES, DEADLINES

Amount = Annotated[str, Field(pattern=r"^-?[0-9]+\.[0-9]{2}$", examples=["150.00"])]
ClockKind = Annotated[str, Field(description=f"{', '.join(DEADLINES)}; appeals of further levels likewise.")]
Sequence = Annotated[str, Field(description="P, S or T.", examples=["P"])]


class ClaimPart(BaseModel):
    model_config = ConfigDict(extra="allow")


class AdjustmentJson(ClaimPart):
    """A CAS adjustment of the payer."""

    group: str = Field(examples=["CO"])
    reason: str = Field(examples=["45"])
    amount: Amount


class PriceStepJson(ClaimPart):
    """A step of an expected amount."""

    label: str
    figure: str | None
    source: str | None


class ClaimLineJson(ClaimPart):
    """A service line. What it should have brought is there where a price is known."""

    number: int | None
    procedure: str
    modifiers: list[str]
    units: str
    charge: Amount
    dos: date | None
    allowed: Amount
    paid: Amount
    patient_responsibility: Amount
    status: LineStatus
    adjustments: list[AdjustmentJson]
    remark_codes: list[str]
    expected_allowed: Amount | None = None
    verdict: Annotated[str | None, Field(json_schema_extra={"enum": [*sorted({*CLASSES}), None]})] = None
    contract: str | None = None
    explanation: list[PriceStepJson] = []


class ClaimPayerJson(ClaimPart):
    payer_id: str
    sequence: Sequence
    attempts: int


class EntryJson(ClaimPart):
    """A payer's answer, as it stated it."""

    kind: EntryKind
    event: EventName
    payer_id: str
    trace_number: str | None
    ordinal: int | None
    notice_date: date | None
    status_code: str | None
    payer_claim_number: str | None
    charge: Amount
    paid: Amount
    allowed: Amount
    patient_responsibility: Amount
    adjustments: list[AdjustmentJson]
    remark_codes: list[str]
    undone: bool = Field(description="The payer took it back later.")
    unpaired: Amount = Field(description="Of a reversal: what no payment seen here explains.")
    corrected_member_id: str | None
    forwarded_to: str | None = Field(description="The payer to which this one passed the claim on.")
    received_on: date | None


class EventName(ClaimPart):
    """Source and id of an event."""

    source: str
    id: str


class DeadlineJson(ClaimPart):
    """A clock of the claim. `due` is a day, an instant for clocks of hours, null where it is not known."""

    kind: ClockKind
    payer_id: str | None
    due: date | datetime | None
    latest: date | datetime | None
    state: DeadlineState
    started_by: EventName | None
    started_at: date | datetime | None
    ended_by: EventName | None
    ended_at: date | datetime | None
    rule: str | None
    attempt: int | None
    explanation: list[str]


class FindingJson(ClaimPart):
    """What is wrong with a claim or visit, and what came of it."""

    rule: str
    grade: Annotated[str, Field(json_schema_extra={"enum": list(GRADES)})]
    line: int | None
    message: str
    source: str
    change: str | None
    worth: Amount | None
    visit_id: str | None
    outcome: str | None


class FindingListItem(FindingJson):
    """A finding with the claim it is about."""

    claim_id: str | None
    ref: str | None
    patient_id: str | None
    dos: date | None
    attempt: int | None


class TimelineJson(ClaimPart):
    """An event of the claim in words, in business order; withdrawn ones are shown too."""

    time: datetime
    recorded_at: datetime
    type: str
    source: str
    id: str
    supersedes: EventName | None
    rawref: str | None
    summary: str


class NextStepJson(ClaimPart):
    """What is next, by whom, until when."""

    what: str
    by: str
    due: date | datetime | None
    lost_on: date | None
    overdue: bool
    why: str
    worklist: str | None
    item: str | None


class NextPayerJson(ClaimPart):
    """The payer whose turn it is."""

    payer_id: str
    sequence: Sequence
    step: str
    share: Amount


class ClaimListItem(ClaimPart):
    """A claim in the list of claims."""

    claim_id: str
    ref: str
    patient_id: str | None
    payer_id: str | None
    status: ClaimStatus
    dos: date | None
    sent_on: date | None
    charge: Amount
    allowed: Amount
    paid: Amount
    balance: Amount
    payer_balance: Amount
    patient_balance: Amount
    written_off: Amount
    flags: list[str]


class PatientJson(ClaimPart):
    """Who was treated, as the claim's own files say."""

    name: str | None = Field(examples=["HOLLISTER, BRAM"])
    birth_date: date | None = Field(examples=["1958-04-12"])
    member_id: str | None


class CarriedOverJson(ClaimPart):
    """What the system used before said of the claim. `counts`: the balance is taken from it."""

    as_of: date
    counts: bool
    balance: Amount
    status: str | None
    note: str | None
    words: str
    differences: list[str]


class RemittanceOfClaim(ClaimPart):
    """A remittance as a claim names it."""

    ref: str
    trace_number: str | None
    payment_date: date | None


class RepeatedAnswer(ClaimPart):
    """An answer that came again: a second copy, or a check issued again."""

    kind: str
    paid: Amount
    first: RemittanceOfClaim
    again: RemittanceOfClaim


class ConflictingField(ClaimPart):
    field: str
    counts: str | None
    came_again: str | None


class Contradiction(ClaimPart):
    """Another content under the same identity. What came first counts; the other is parked."""

    what: str
    came_again_at: datetime
    trace_number: str | None
    file: str | None
    other_file: str | None
    differs: list[ConflictingField]


class RecoupmentJson(ClaimPart):
    """A provider adjustment (PLB) that names the claim; a positive amount takes money."""

    on: date | None
    reason: str | None
    reference: str | None
    amount: Amount
    counts: bool


class TypedAnswer(ClaimPart):
    """A paper EOB that was typed before its 835 came."""

    entered_by: str | None
    check_number: str | None
    payment_date: date | None
    paid: Amount


class StatusReportJson(ClaimPart):
    """A payer's answer to a status inquiry, in words and codes."""

    effective_on: date | None
    category: str
    status: str | None
    entity: str | None
    pending: bool
    words: str
    payer: str | None
    payer_claim_number: str | None
    message: str | None
    paid: Amount | None


class KxLine(ClaimPart):
    """A line whose place in the year's therapy dollars decides about modifier KX."""

    claim_id: str
    ref: str
    line: int | None
    procedure: str
    dos: date | None
    amount: Amount | None
    running_before: Amount | None
    running_after: Amount | None
    state: str
    attempt: int | None = None


class Claim(ClaimPart):
    claim_id: str
    ref: str
    patient_id: str | None
    patient: PatientJson
    payer_id: str | None
    billing_npi: str | None
    rendering_npi: str | None
    place_of_service: str | None
    sent_at: datetime | None
    payers: list[ClaimPayerJson]
    status: ClaimStatus
    flags: list[str]
    dos: date | None
    charge: Amount
    allowed: Amount
    paid: Amount
    patient_responsibility: Amount
    balance: Amount
    payer_balance: Amount
    patient_balance: Amount
    written_off: Amount
    visit_ids: list[str]
    diagnoses: list[str]
    lines: list[ClaimLineJson]
    entries: list[EntryJson]
    deadlines: list[DeadlineJson]
    next_step: NextStepJson
    findings: list[FindingJson]
    not_checked: list[str]
    lines_missing_kx: list[KxLine]
    repeats: list[RepeatedAnswer]
    conflicts: list[Contradiction]
    recoupments: list[RecoupmentJson]
    recouped: Amount
    unpaired: Amount = Field(description="Of reversals: what no payment seen here explains.")
    typed_before: list[TypedAnswer]
    status_reports: list[StatusReportJson]
    stale: list[str]
    repricing: bool
    next_payer: NextPayerJson | None
    carried_over: CarriedOverJson | None
    timeline: list[TimelineJson]
