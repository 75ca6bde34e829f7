"""What a letter is written from: the very JSON that the claim's page and the list of underpayments show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

FactJson = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class PracticeProfile:
    """Who writes. `address`: its lines; `signer`: name and title of who signs."""

    name: str = ""
    address: tuple[str, ...] = ()
    phone: str = ""
    fax: str = ""
    npi: str = ""
    tax_id: str = ""
    signer: str = ""

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "address": list(self.address)}

    @staticmethod
    def of(body: FactJson) -> PracticeProfile:
        known = {name: body[name] for name in PracticeProfile.__dataclass_fields__ if name in body}
        return PracticeProfile(**known | {"address": tuple(body.get("address", ()))})


@dataclass(frozen=True, kw_only=True)
class Response:
    """A 999 or 277CA about a submission. `on`: the payer's own day where it names one; `segments` as received."""

    stage: str
    words: str
    accepts: bool
    on: date
    payer_claim_number: str | None
    segments: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SubmissionProof:
    """One 837 of the claim. `numbers`: its interchange, group, set and reference numbers, as far as known."""

    attempt: int
    payer_id: str
    sent: str
    frequency: str
    original_reference: str | None
    numbers: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, ...], ...]
    responses: tuple[Response, ...] = ()
    segments: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ClaimFacts:
    """One claim. `page`: as `GET /v1/claims/{ref}`; `items`: its open work; `meanings`: (group, code) in words.

    `asked`: the newest request for records, its reason and day. `patient_paid`: what the patient paid on it.
    `appeals_decided`: by level of an appeal, the day of its decision. `denied_for_kx`: lines that Medicare denied
    because KX is missing.
    """

    page: FactJson
    patient_name: str | None
    birth_date: str | None
    member_id: str | None
    meanings: Mapping[tuple[str, str], str]
    items: Sequence[FactJson]
    submissions: Sequence[SubmissionProof]
    thresholds: Sequence[FactJson]
    patient_paid: str = "0.00"
    asked: tuple[str, str] | None = None
    appeals_decided: Mapping[int, str] = field(default_factory=dict)
    denied_for_kx: frozenset[int | None] = frozenset()


@dataclass(frozen=True, kw_only=True)
class LetterFacts:
    """`claim` is None for a letter about a whole group of lines. `prices`: priced lines, as the list of underpayments.

    `contract`: the terms in force that priced them, name and value. `names`: patients' names by patient id.
    `numbers`: the payer's numbers of the claims with prices, by claim id.
    """

    today: date
    zone: ZoneInfo
    profile: PracticeProfile
    payer_id: str
    recipient: tuple[str, ...] = ()
    claim: ClaimFacts | None = None
    level: int = 1
    prices: Sequence[FactJson] = ()
    contract: tuple[tuple[str, str], ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
