"""A claim on its way: sent, acknowledged, rejected; and what is said of a whole submission."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from events.event_data import EventData, EventType, Names
from events.submission_key import SubmissionRef, submission_keys, verdict_key
from events.values import Code, Day, Fact, Id, Money, Text, Units

Stage = Literal["syntax", "clearinghouse", "payer"]
ORIGINAL, REPLACEMENT, VOID_CLAIM = "1", "7", "8"  # CLM05-3, the frequency of a claim
# 277CA, STC01-1 (X12 external code list 507): A0 passed on, A1 received, A5 split, A2 accepted into adjudication, the
# weakest first; A3 unprocessable, A4 not found, A6 information missing, A7 invalid, A8 in conflict.
ACKNOWLEDGED, ACCEPTED = ("A0", "A1", "A5", "A2"), ("A2", "A5")
REFUSED = frozenset({"A3", "A4", "A6", "A7", "A8"})
# 999, IK501 and AK901. E: accepted with errors noted; M, W, X: rejected for security reasons.
SYNTAX_ACCEPTED, SYNTAX_REFUSED = frozenset({"A", "E"}), frozenset({"R", "M", "W", "X"})
KX = "KX"  # modifier: needed beyond the therapy threshold, as the record shows (42 USC 1395l(g))
PAYER_SEQUENCE = "PSTABCDEFGHU"  # SBR01: primary, secondary, tertiary, fourth to eleventh, unknown


def payer_place(sequence: str) -> int:
    """A payer's place among those of a claim, from 0; what is no sequence comes last."""
    return PAYER_SEQUENCE.find(sequence) % (len(PAYER_SEQUENCE) + 1)


class ClaimLine(Fact):
    number: int
    procedure: Code
    modifiers: tuple[Code, ...] = ()
    units: Units
    charge: Money
    dos: Day


class ListedPayer(Fact):
    """Another payer of the same patient or claim, in its place among them (SBR01)."""

    payer_id: Text
    name: Text | None = None
    sequence: Code | None = None
    member_id: Text | None = None


class ClaimSubmitted(EventData):
    event: ClassVar = EventType(
        "claim.submitted.v1",
        "claim id",
        "A claim went to a payer: first, again, replaced (7) or voided (8).",
        "Submitted",
    )

    claim_id: Id
    attempt: int | None = None
    frequency: Code = "1"
    original_reference: Text | None = None
    patient_id: Id
    payer_id: Text = ""
    payer_name: Text | None = None
    payer_sequence: Code = "P"
    other_payers: tuple[ListedPayer, ...] = ()
    claim_filing_indicator: Code | None = None
    plan: Text | None = None
    billing_npi: Text | None = None
    rendering_npi: Text | None = None
    visit_ids: tuple[Text, ...] = ()
    place_of_service: Code | None = None
    part_a_stay: bool | None = None  # the patient was in a covered Part A stay; absent means: as the place tells
    total_charge: Money
    diagnoses: tuple[Code, ...] = ()
    lines: tuple[ClaimLine, ...] = ()
    submission: SubmissionRef | None = None

    def index_names(self) -> Names:
        sent = submission_keys(self.submission) if self.submission else ()
        return (
            *super().index_names(),
            *(("submission", key) for key in sent),
            *(("visit_claims", visit_id) for visit_id in self.visit_ids),
        )


class ClaimAcknowledged(EventData):
    event: ClassVar = EventType(
        "claim.acknowledged.v1",
        "claim id",
        "The clearinghouse or the payer has the claim, or accepted it.",
        "Acknowledged",
    )

    claim_id: Id
    attempt: int | None = None
    stage: Stage
    category: Code
    payer_claim_number: Text | None = None
    effective_on: Day | None = None
    submission: SubmissionRef | None = None

    def business_date(self) -> date | None:
        return self.effective_on


class ClaimStatusReported(EventData):
    """A payer's answer to a status inquiry (277, X12 external code lists 507 and 508): informs, stops no clock."""

    event: ClassVar = EventType(
        "claim.status_reported.v1", "claim id", "The payer reported a claim's status; it stops no clock.", "Status"
    )

    claim_id: Id
    category: Code
    status: Code
    entity: Code | None = None
    effective_on: Day
    payer_claim_number: Text | None = None

    def business_date(self) -> date | None:
        return self.effective_on


class ClaimCarriedOver(EventData):
    """An open claim of a system used before, stated as of a day.

    Files of the claim take its place; entries dated up to `as_of` are contained in it and never added to it. Where it
    says nothing, clocks are unknown. Amounts in dollars; `source_row` names the row of the list it came from.
    """

    event: ClassVar = EventType(
        "claim.carried_over.v1", "claim id", "An open claim of an earlier system, stated as of a day.", "Carried over"
    )

    claim_id: Id
    as_of: Day
    patient_id: Id
    payer_id: Text
    payer_sequence: Code = "P"
    dos: Day
    charge: Money
    paid: Money
    adjusted: Money | None = None
    patient_paid: Money | None = None
    balance: Money
    sent_on: Day | None = None
    denied_on: Day | None = None
    status: Text | None = None
    note: Text | None = None
    source_row: Text

    def business_date(self) -> date | None:
        return self.as_of


class RejectionCode(Fact):
    """One reason. `list` names the code list: 277, 999, carc or rarc."""

    code_list: Text = Field(alias="list")
    category: Code | None = None
    status: Code | None = None
    entity: Code | None = None


class SubmissionVerdict(EventData):
    """What a 999, or a 277CA that names no claim, says of a whole transaction set."""

    submission: SubmissionRef
    stage: Stage
    category: Code | None = None
    code: Code | None = None
    errors: tuple[object, ...] = ()
    effective_on: Day | None = None

    def business_date(self) -> date | None:
        return self.effective_on

    def index_names(self) -> Names:
        return (("verdict", verdict_key(self.submission)),)


class SubmissionAcknowledged(SubmissionVerdict):
    event: ClassVar = EventType(
        "submission.acknowledged.v1", "submission key", "A whole transaction set was accepted.", "File accepted"
    )


class SubmissionRejected(SubmissionVerdict):
    event: ClassVar = EventType(
        "submission.rejected.v1",
        "submission key",
        "A whole transaction set was rejected, and each claim in it.",
        "File rejected",
    )
