"""What answers look like, for the OpenAPI document. Reads make them; nothing is converted on the way out."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Amount = Field(pattern=r"^-?[0-9]+\.[0-9]{2}$", examples=["150.00"])
MaybeAmount = Field(None, pattern=r"^-?[0-9]+\.[0-9]{2}$", examples=["150.00"])


class Shape(BaseModel):
    model_config = ConfigDict(extra="allow")


class Fault(Shape):
    pointer: str = Field(examples=["/data/total_charge"])
    message: str


class Problem(Shape):
    """RFC 9457."""

    type: str = Field(examples=["about:blank"])
    title: str
    status: int
    detail: str | None = None
    errors: list[Fault] | None = None


class EventResult(Shape):
    """`invalid` was not taken and says why. `conflict` is parked: another content was there first."""

    index: int
    result: Literal["accepted", "duplicate", "conflict", "invalid"]
    source: str | None = None
    id: str | None = None
    errors: list[Fault] | None = None


class Accepted(Shape):
    correlation_id: str
    results: list[EventResult]


class CloudEvent(Shape):
    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: str
    data: dict[str, Any]
    sequence: str
    recordedat: str


class IntakeTold(Shape):
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


class Found(Shape):
    ref: str
    claim_id: str
    patient_id: str | None
    payer_id: str
    status: str
    dos: str | None


class SearchAnswer(Shape):
    refs: list[str]
    claims: list[Found]


class WorkItem(Shape):
    kind: str
    claim_id: str
    ref: str
    patient_id: str | None
    payer_id: str
    due: str | None
    lost_on: str | None
    overdue: bool
    amount_at_risk: str = Amount
    reason: str
    next_action: str
    assignee: str | None
    explanation: Any


class Claim(Shape):
    claim_id: str
    ref: str
    patient_id: str | None
    payer_id: str | None
    status: str
    flags: list[str]
    dos: str | None
    charge: str = Amount
    allowed: str = Amount
    paid: str = Amount
    patient_responsibility: str = Amount
    balance: str = Amount
    lines: list[dict[str, Any]]
    deadlines: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    timeline: list[dict[str, Any]]


class ActResult(Shape):
    ref: str
    result: Literal["accepted", "duplicate", "refused"]
    event_id: str | None = None
    projected: bool | None = None
    problem: Problem | None = None


class Threshold(Shape):
    patient_id: str
    year: int
    bucket: str
    confirmed: str = Amount
    pending: str = Amount
    projected: str = Amount
    band: str


class Aged(Shape):
    payer_id: str | None
    owner: str | None
    basis: str
    bucket: str | None
    claims: int
    amount: str = Amount


class Underpayment(Shape):
    """A line; with `groups`, a payer's rate of a code."""

    payer_id: str | None
    procedure: str
    variance: str | None = MaybeAmount


class ParkedEntry(Shape):
    id: str
    state: str
    reason: str
    place: str | None
    transaction: str | None


class ParkedWhole(ParkedEntry):
    raw: str


class ParkedDone(Shape):
    id: str
    state: str
    message: str


class Session(Shape):
    """`csrf` goes into the header X-CSRF-Token of whatever changes something."""

    name: str
    role: str
    practices: list[str]
    permissions: list[str]
    csrf: str | None


class AuditRow(Shape):
    seq: int
    at: str
    who: str
    role: str
    action: str
    ref: str | None
    status: int


class AuditCheck(Shape):
    entries: int
    intact: bool
    broken_at: int | None


class Health(Shape):
    status: str


class Ready(Shape):
    ready: bool
    checks: dict[str, bool]


class Estimate(Shape):
    total_timed_minutes: int
    lines: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    expected_allowed: str | None = MaybeAmount
