"""What a response could belong to, for the OpenAPI document."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from services.api.claim_schemas import Amount, ClaimPart


class MatchReasonJson(ClaimPart):
    """One thing that was compared, what both sides say, and the points it gives."""

    what: str
    ours: str | None
    theirs: str | None
    points: int
    words: str


class ClaimCandidate(ClaimPart):
    """A claim it could belong to. `score` is the sum of the reasons' points, from 0 to 100."""

    claim_id: str
    ref: str
    score: int
    strength: str
    differs_in: list[str]
    reasons: list[MatchReasonJson]


class StatedCandidate(ClaimCandidate):
    stated: dict[str, list[str]]
    status: str | None
    paid: Amount | None


class FirstCopy(ClaimPart):
    remittance: str
    ref: str
    trace_number: str | None
    payment_date: date | None


class CopyCandidate(FirstCopy):
    """The remittance that another one, `copy`, repeats."""

    again: FirstCopy = Field(alias="copy")
    paid: Amount


class SentFileCandidate(ClaimPart):
    """A file of claims that an acknowledgment could answer."""

    ref: str
    sent_at: datetime
    receiver: str | None
    group: str | None
    set: str | None
    reference: str | None
    claims: int
    total_charge: Amount
    score: int
    differs_in: list[str]
    reasons: list[MatchReasonJson]


AnyCandidate = StatedCandidate | CopyCandidate | SentFileCandidate
