"""What answers look like, for the OpenAPI document. Reads make them; nothing is converted on the way out."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.api.claim_schemas import NextStepJson
from services.api.list_schemas import ItemClosedJson
from services.api.match_schemas import AnyCandidate, ClaimCandidate
from services.api.readiness import StreamLag
from services.presentation.item_columns import document_columns

AmountField = Field(pattern=r"^-?[0-9]+\.[0-9]{2}$", examples=["150.00"])
MaybeAmount = Field(None, pattern=r"^-?[0-9]+\.[0-9]{2}$", examples=["150.00"])


class JsonModel(BaseModel):
    model_config = ConfigDict(extra="allow")


class FaultJson(JsonModel):
    pointer: str = Field(examples=["/data/total_charge"])
    message: str


class Problem(JsonModel):
    """RFC 9457."""

    type: str = Field(
        examples=["/problems/invalid-request"],
        description="Names the kind: the address, on this server, of a page that says what was wrong and what to do.",
        json_schema_extra={"format": "uri-reference"},
    )
    title: str
    status: int
    detail: str | None = None
    errors: list[FaultJson] | None = None
    codes: list[str] | None = Field(None, description="Of a 409 on an action: what refused it, or what to confirm.")


class EventResult(JsonModel):
    """`invalid` was not taken and says why. `conflict` is parked: another content was there first."""

    index: int
    result: Literal["accepted", "duplicate", "conflict", "invalid"]
    source: str | None = None
    id: str | None = None
    errors: list[FaultJson] | None = None


class Accepted(JsonModel):
    correlation_id: str
    results: list[EventResult]
    projected: bool | None = Field(None, description="with ?wait=projected: whether every list shows them")


class JsonSchemaJson(JsonModel):
    """A JSON Schema document; `$defs` holds the parts it refers to."""

    dialect: str = Field(alias="$schema")
    address: str = Field(alias="$id")
    title: str
    description: str
    type: Literal["object"]
    required: list[str]


class EventTypeJson(JsonModel):
    type: str = Field(examples=["patient.paid.v1"])
    dataschema: str = Field(examples=["/v1/schemas/patient.paid.v1"])


class IntakeTold(JsonModel):
    """What came of a file so far. Final once `projected`."""

    correlation_id: str
    transaction: str | None = None
    published: int | None = None
    events: int
    duplicates: int
    parked: int
    unbalanced: int
    notes: list[str]
    projected: bool


class FoundJson(JsonModel):
    ref: str
    claim_id: str
    patient_id: str | None
    payer_id: str
    status: str
    dos: str | None


class SearchAnswer(JsonModel):
    refs: list[str]
    claims: list[FoundJson]


class AlsoOpen(JsonModel):
    """Another open item of the row's claim."""

    kind: str
    payer_id: str
    due: str | None
    lost_on: str | None
    amount_at_risk: str | None = MaybeAmount
    reason: str
    next_action: str


class RuleNamedJson(JsonModel):
    """A routing rule as an item names it."""

    rule: str
    version: int
    since: str


class WorkItem(JsonModel):
    """`also`: in the list `today`, the claim's other open items; there the amount is the claim's, counted once.

    Its plain columns are added from `services/presentation/item_columns.py`.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra=document_columns)

    next_step: NextStepJson = Field(description="The claim's next step, whichever of its items that comes from.")
    routed_by: RuleNamedJson | None = Field(None, description="The rule that assigns it, where no person did.")
    held_by: RuleNamedJson | None = Field(None, description="The rule that holds it back.")
    tags: list[str] = Field([], description="Those that rules give it.")
    explanation: list[str]
    done: ItemClosedJson | None = None
    also: list[AlsoOpen] | None = None
    payments: int | None = Field(None, description="Of a check in one row: how many unmatched payments it holds.")


class ActResult(JsonModel):
    ref: str
    result: Literal["accepted", "duplicate", "refused"]
    event_id: str | None = None
    projected: bool | None = None
    problem: Problem | None = None


class ParkedEntry(JsonModel):
    id: str
    state: str
    reason: str
    place: str | None
    transaction: str | None
    source: str | None
    event_id: str | None
    origin: str = Field(description="Which door it came through.")
    recorded_at: str
    tries: int


class ParkedWhole(ParkedEntry):
    raw: str


class ParkedDone(JsonModel):
    """`projected`: whatever was to happen has happened; where not, the projector has yet to come to it."""

    id: str
    state: str
    projected: bool
    message: str


class PersonJson(JsonModel):
    id: str
    name: str
    role: str
    practices: list[str]
    has_password: bool
    second_factor: bool
    created_at: str
    disabled: bool


class SignInLinkJson(JsonModel):
    """Signs in once."""

    link: str


class Session(JsonModel):
    """`csrf` goes into the header X-CSRF-Token of every request that changes something."""

    name: str
    role: str
    practices: list[str]
    permissions: list[str]
    csrf: str | None


class AuditRow(JsonModel):
    seq: int
    at: str
    who: str
    role: str
    action: str
    ref: str | None
    status: int
    detail: str | None
    hash: str = Field(description="Covers this entry and the one before.")


class AuditCheck(JsonModel):
    entries: int
    intact: bool
    broken_at: int | None


class Health(JsonModel):
    status: str


class Ready(JsonModel):
    ready: bool
    checks: dict[str, bool]
    reasons: list[str]
    warnings: list[str]
    lag_entries: int | None
    lag_seconds: float | None
    streams: list[StreamLag]
    behind_keys: int | None
    behind_seconds: float | None
    replica_seconds: float | None


class UnidentifiedResponse(JsonModel):
    """A response that matches nothing by itself. `name` is its opaque name in addresses."""

    name: str
    kind: Literal["claim", "copy", "file", "shared"]
    claim_id: str | None
    ref: str | None
    patient_id: str | None
    payer_id: str
    amount: str = AmountField
    category: str | None
    reason: str
    next_action: str
    assignee: str | None
    explanation: list[str]


class UnidentifiedJson(UnidentifiedResponse):
    """With the claims that it could belong to, the best first; none where it is no answer about a claim."""

    candidates: list[ClaimCandidate]


class UnidentifiedPage(UnidentifiedResponse):
    """`stated`: what the response says of itself; a candidate's `score` is the sum of its reasons' points."""

    stated: dict[str, list[str]]
    candidates: list[AnyCandidate]


class DecisionJson(JsonModel):
    event_id: str
    kind: Literal["claim", "copy", "file"]
    time: str
    by: str
    undone: bool
    undone_by: str | None


class DecisionDone(JsonModel):
    event_id: str | None = None
    result: Literal["accepted", "duplicate"]
    projected: bool


class ParagraphJson(JsonModel):
    type: Literal["paragraph"]
    text: str


class GridJson(JsonModel):
    """A table. `right`: numbers of the columns with figures, from 0; `total`: a last row, if any."""

    type: Literal["grid"]
    caption: str
    heads: list[str]
    rows: list[list[str]]
    right: list[int]
    total: list[str]


class RawTextJson(JsonModel):
    """Lines of a file exactly as they were sent or received."""

    type: Literal["raw"]
    caption: str
    lines: list[str]


class LetterJson(JsonModel):
    """`blocks`: paragraphs, tables and lines of files, in order. `missing`: what it cannot be sent without."""

    kind: str
    title: str
    date: str
    sender: list[str]
    recipient: list[str]
    about: list[list[str]]
    blocks: list[ParagraphJson | GridJson | RawTextJson]
    signer: list[str]
    enclosures: list[str]
    left_out: list[str]
    missing: list[str]


class LetterDraftJson(JsonModel):
    letter: LetterJson
    text: dict[str, str]
    text_version: int
    refused: str | None = Field(description="Why this letter has no meaning for the claim.")
    next_step: NextStepJson | None = Field(description="Of the claim, as its page says; null for a group of lines.")


class RefusedRecordJson(JsonModel):
    ref: str
    reason: str


class LetterFiledJson(JsonModel):
    """`event` names the letter in `GET /v1/claims/{ref}/letters/{event}`, for each of `refs`."""

    kind: str
    sha256: str
    refs: list[str]
    event_id: str
    event: str
    recorded: int = Field(description="Claims on which what the letter does was noted.")
    projected: bool
    refused: list[RefusedRecordJson] = Field(description="Claims of a packet on which it could not be noted.")


class SentLetterJson(JsonModel):
    event: str
    kind: str
    recipient: str
    method: str
    by: str
    sent_at: str
    answer_due: str | None
    sha256: str
    claims: int
    kept: bool


class LetterTextJson(JsonModel):
    kind: str
    name: str
    version: int
    title: str
    body: str


class ProfileJson(JsonModel):
    name: str
    address: list[str]
    phone: str
    fax: str
    npi: str
    tax_id: str
    signer: str
    version: int


class AddressJson(JsonModel):
    payer_id: str
    kind: str
    lines: list[str]
    version: int


class ExportTable(JsonModel):
    table: str
    meaning: str
    incremental: bool
    columns: list[dict[str, str]]
