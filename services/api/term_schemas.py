"""What payers, contracts and rule packs look like, for the OpenAPI document."""

from __future__ import annotations

from datetime import date

from pydantic import Field, JsonValue

from services.api.claim_schemas import Amount, ClaimPart

PackValue = JsonValue  # what a pack holds depends on its kind (docs/rule-packs.md)


class PayerJson(ClaimPart):
    """`open`: money open; `lacks`: what is not known of its terms; `linked`: other ids that mean this payer."""

    payer_id: str
    name: str
    names: list[str]
    identifiers: list[str]
    claims: int
    open_claims: int
    open: Amount
    lacks: list[str]
    adopted: str | None = Field(description="The template whose terms are in force.")
    linked: list[str]


class TermWindow(ClaimPart):
    """A window as `policy.published` carries it; what is left out is usual."""

    anchor: str | None = None
    length: int | None = None
    unit: str | None = None
    counts: str | None = None
    roll: str | None = None
    level: int | None = None


class StatedPolicy(ClaimPart):
    """A payer's terms as `policy.published` carries them; what is left out is unknown."""

    payer_id: str
    version: int | str | None = None
    program: str | None = None
    names: list[str] | None = None
    identifiers: list[str] | None = None
    filing: TermWindow | None = None
    corrected: TermWindow | None = None
    appeals: list[TermWindow] | None = None
    tolerances: dict[str, Amount] | None = None
    effective_from: date | None = None
    effective_to: date | None = None


class TermInWords(ClaimPart):
    term: str
    name: str
    says: str
    source: str | None
    read_on: date | None
    template: str | None


class PayerWithTerms(PayerJson):
    terms: StatedPolicy | None
    windows: list[TermInWords]


class TemplateJson(ClaimPart):
    """Terms that public sources give. `empty`: what nobody could read."""

    id: str
    name: str
    program: str
    names: list[str]
    identifiers: list[str]
    state: str | None
    note: str | None
    figures: int
    empty: list[str]


class TemplateFigure(ClaimPart):
    term: str
    says: str
    network: str
    source: str
    dated: str | None
    read_on: date
    confidence: str = Field(description="H, M or L.")
    note: str | None


class TemplateWithFigures(TemplateJson):
    terms: list[TemplateFigure]


class PolicyEffect(ClaimPart):
    """How many claims get a date, lose one, or get another; `text`: the same in words."""

    dated: int
    lost: int
    moved: int
    undated: int
    text: str


class PolicyDone(ClaimPart):
    policy: StatedPolicy
    would: PolicyEffect
    published: bool


class MergeEffect(ClaimPart):
    claims: int
    text: str


class MergeDone(ClaimPart):
    gone: str = Field(alias="from")
    kept: str = Field(alias="to")
    claims: int
    would: MergeEffect
    published: bool


class ListedScope(ClaimPart):
    payer_id: str
    plan: str | None = None
    billing_npi: str | None = None
    discipline: str | None = None
    place_of_service: str | None = None
    provider_kind: str | None = None


class ListedRate(ClaimPart):
    procedure: str
    modifiers: list[str] = Field([])
    amount: Amount | float | None = None


class ContractTerms(ClaimPart):
    """A contract as it was published; `GET /v1/schemas/contract.published.v1` has all terms."""

    contract_id: str
    version: int | str
    supersedes: str | None = None
    scope: ListedScope
    effective_from: date
    effective_to: date | None = None
    method: str
    rates: list[ListedRate] = Field([])
    dispute_days: int | None = None


class PackJson(ClaimPart):
    """A rule pack. `effective_to` is the first day it does not cover; null where it goes on."""

    pack_id: str
    kind: str
    version: str
    scope: dict[str, str]
    basis: str
    effective_from: date
    effective_to: date | None
    periods: int
    source: str
    verified_on: str
    confidence: str
    checksum: str
    origin: str = Field(description="shipped, or own where the practice published it.")


class PackPeriod(ClaimPart):
    effective_from: date
    effective_to: date | None
    values: dict[str, PackValue]


class PackWithValues(PackJson):
    values: list[PackPeriod]


class PackValueChange(ClaimPart):
    """A value of a period by its place; null: not there."""

    period: str
    path: str
    old: PackValue
    new: PackValue


class RowCounts(ClaimPart):
    gone: int
    new: int


class RuleChangeClaim(ClaimPart):
    claim_id: str | None
    visit_id: str | None
    status: str | None
    changes: dict[str, RowCounts] = Field(description="By table: rows that would go and come.")


class BandChange(ClaimPart):
    patient_id: str
    year: int
    bucket: str
    old: str | None
    new: str | None


class RuleDifference(ClaimPart):
    """What a pack would change."""

    pack: str
    checksum: str
    in_force: str | None
    values: list[PackValueChange]
    claims: list[RuleChangeClaim]
    bands: list[BandChange]


class PackDone(ClaimPart):
    pack: str
    checksum: str
    published: bool


class ReadRuleFile(ClaimPart):
    kind: str
    files: list[str]
    title: str
    covers: str
    pack: str
    rows: int
    kept: int
    why: str
    notes: list[str]


class RefusedRuleFile(ClaimPart):
    name: str
    reason: str


class ImportedPack(ClaimPart):
    """`values`: the first of what changes."""

    pack: str
    in_force: str | None
    checksum: str
    added: int
    removed: int
    changed: int
    values: list[PackValueChange]


class RuleImportDone(ClaimPart):
    """`claims` and `bands` are null where it was not looked."""

    files: list[ReadRuleFile]
    refused: list[RefusedRuleFile]
    notes: list[str]
    packs: list[ImportedPack]
    claims: list[RuleChangeClaim] | None
    bands: list[BandChange] | None
    published: bool


class MissingRuleJson(ClaimPart):
    """A year or quarter that lacks its rules."""

    kind: str
    title: str
    covers: str
    first: date = Field(alias="from")
    first_needed: date | None
    claims: int
    why: str
    how: str = Field(alias="import", description="Which file brings it.")


class CodeListJson(ClaimPart):
    name: str = Field(alias="list")
    title: str
    known: int
    met: int
    unknown: list[str]
    claims: int


class LearnedOfferJson(ClaimPart):
    """A denial that a feature of the line explains."""

    rule: str
    payer_id: str
    procedure: str
    beside: str = Field(description="A code on the same claim; empty where it does not matter, as the next two.")
    modifier: str
    diagnosis: str
    code: str
    category: str
    seen: int
    of: int
    charge: Amount
    claims: list[str]
    text: str


class LearnedRuleJson(ClaimPart):
    """How an adopted rule did: `precision` is null where nothing was answered yet."""

    rule: str
    payer_id: str
    text: str
    hit: int
    missed: int
    open: int
    precision: float | None


class LearnedRules(ClaimPart):
    offers: list[LearnedOfferJson]
    adopted: list[LearnedRuleJson]


class LearnedDone(ClaimPart):
    rule: str
    pack: str


class PayerChangeJson(ClaimPart):
    """Something that a payer does otherwise since a day."""

    payer_id: str
    kind: str = Field(description="allowed, denials or days")
    procedure: str | None
    code: str | None
    since: date
    size: str
    dollars: Amount
    claims: list[str]
    text: str
