"""A claim on its way: sent, acknowledged, rejected; and what is said of a whole submission."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from events.adjustment import Adjustment, Difference
from events.event_data import EventData, EventType, MessageData, Names, PayerMention
from events.submission_key import SubmissionRef, submission_identity, verdict_key
from events.values import Code, Day, Fact, Id, Integer, Money, Name, StatedDay, StatedInstant, Text, Units

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


class PriorPayerLine(Fact):
    """What an earlier payer decided on one line (837P, 2430 SVD and CAS)."""

    number: Integer
    paid: Money
    adjustments: tuple[Adjustment, ...] = ()


class PriorPayer(Fact):
    """What an earlier payer decided on a claim (837P, 2320)."""

    payer_id: Name = ""
    payer_name: Name | None = None
    payer_sequence: Code | None = None
    paid: Money
    adjustments: tuple[Adjustment, ...] = ()
    lines: tuple[PriorPayerLine, ...] = ()


class ClaimLine(Fact):
    """One service line. `line_control` (REF*6R) comes back in the payer's answer; `dos_assumed`: from the claim."""

    number: Integer
    procedure: Code
    modifiers: tuple[Code, ...] = ()
    units: Units
    charge: Money
    dos: Day
    dos_through: StatedDay = None
    dos_assumed: bool = False
    line_control: Name | None = None
    unit_basis: Code | None = None  # SV103 where it is not UN: MJ is minutes
    place_of_service: Code | None = None
    rendering_npi: Name | None = None


class ListedPayer(Fact):
    """Another payer of the same patient or claim, in its place among them (SBR01)."""

    payer_id: Name
    name: Name | None = None
    sequence: Code | None = None
    member_id: Name | None = None


class ClaimSubmitted(MessageData):
    event: ClassVar = EventType(
        "claim.submitted.v1",
        "claim id",
        "A claim went to a payer: first, again, replaced (7) or voided (8).",
        "Submitted",
    )

    claim_id: Id
    attempt: Integer | None = None
    frequency: Code = "1"
    original_reference: Name | None = None
    patient_id: Id
    patient_name: Name | None = None  # last name, first name, as the sender wrote them
    patient_birth_date: StatedDay = None
    member_id: Name | None = None  # of the subscriber with this payer
    payer_id: Name = ""
    payer_name: Name | None = None
    payer_sequence: Code = "P"
    other_payers: tuple[ListedPayer, ...] = ()
    claim_filing_indicator: Code | None = None
    plan: Name | None = None
    line_of_business: Name | None = None  # where a payer's terms distinguish several
    state: Code | None = None  # two letters: where the services were given
    discharged_on: StatedDay = None
    billing_npi: Name | None = None
    rendering_npi: Name | None = None
    visit_ids: tuple[Name, ...] = ()
    place_of_service: Code | None = None
    part_a_stay: bool | None = None  # the patient was in a covered Part A stay; absent: see place_of_service
    total_charge: Money
    diagnoses: tuple[Code, ...] = ()
    lines: tuple[ClaimLine, ...] = ()
    submission: SubmissionRef | None = None
    purpose: Code | None = None  # BHT06 where it is not CH: RP only reports an encounter
    prior_payers: tuple[PriorPayer, ...] = ()
    differences: tuple[Difference, ...] = ()
    synthetic_id: bool = False  # the file gave no claim id; this one was made of the entry
    synthetic_patient: bool = False

    def mentioned_payers(self) -> tuple[PayerMention, ...]:
        others = [PayerMention(other.payer_id, other.name or "") for other in self.other_payers]
        others += [PayerMention(prior.payer_id, prior.payer_name or "") for prior in self.prior_payers]
        return (*super().mentioned_payers(), *(other for other in others if other.identifier))

    def index_names(self) -> Names:
        sent = (submission_identity(self.submission),) if self.submission else ()
        return (
            *super().index_names(),
            *(("submission", key) for key in sent),
            *(("visit_claims", visit_id) for visit_id in self.visit_ids),
        )


class RejectionCode(Fact):
    """One reason. `list` names the code list: 277, 999, carc or rarc."""

    code_list: Name = Field(alias="list")
    category: Code | None = None
    status: Code | None = None
    entity: Code | None = None


class AnsweredLine(Fact):
    """One service line of a 277CA, with its own status codes."""

    procedure: Code = ""
    modifiers: tuple[Code, ...] = ()
    charge: Money | None = None
    line_control: Name | None = None
    rejected: bool = False
    codes: tuple[RejectionCode, ...] = ()


class StatedClaim(Fact):
    """What a 277CA or 277 repeats of the claim it refers to besides its number; it shows whose claim it is."""

    payer_id: Name | None = None
    payer_name: Name | None = None
    member_id: Name | None = None
    service_from: StatedDay = None
    service_to: StatedDay = None


class ClaimAcknowledged(MessageData):
    event: ClassVar = EventType(
        "claim.acknowledged.v1",
        "claim id",
        "The clearinghouse or the payer has the claim, or accepted it.",
        "Acknowledged",
    )

    claim_id: Id
    attempt: Integer | None = None
    stage: Stage
    category: Code
    payer_claim_number: Name | None = None
    effective_on: StatedDay = None
    submission: SubmissionRef | None = None
    codes: tuple[RejectionCode, ...] = ()
    message: Text | None = None
    claim_charge: Money | None = None
    about: StatedClaim | None = None
    said_at: StatedInstant = None  # the message's own date and time
    service_lines: tuple[AnsweredLine, ...] = ()
    synthetic_id: bool = False

    def business_date(self) -> date | None:
        return self.effective_on


class ClaimStatusReported(MessageData):
    """A payer's answer to a status inquiry (277, X12 external code lists 507 and 508): informs, stops no clock.

    `category`, `status` and `entity` are the leading code, `codes` all of them; `paid`: what the payer says it paid.
    """

    event: ClassVar = EventType(
        "claim.status_reported.v1", "claim id", "The payer reported a claim's status; it stops no clock.", "Status"
    )

    claim_id: Id
    category: Code
    status: Code
    entity: Code | None = None
    effective_on: Day
    payer_claim_number: Name | None = None
    codes: tuple[RejectionCode, ...] = ()
    message: Text | None = None
    claim_charge: Money | None = None
    paid: Money | None = None
    about: StatedClaim | None = None
    service_lines: tuple[AnsweredLine, ...] = ()
    said_at: StatedInstant = None  # the message's own date and time

    def business_date(self) -> date | None:
        return self.effective_on


class ClaimCarriedOver(EventData):
    """An open claim of a system used before, stated as of a day.

    Files of the claim take its place; entries dated up to `as_of` are contained in it and never added to it. Where it
    says nothing, clocks are unknown. Amounts in dollars; `source_row` names the row of the list it came from.
    `owner`: who owes the balance, payer (also where it is not said) or patient.
    """

    event: ClassVar = EventType(
        "claim.carried_over.v1", "claim id", "An open claim of an earlier system, stated as of a day.", "Carried over"
    )

    claim_id: Id
    as_of: Day
    patient_id: Id
    patient_name: Name | None = None
    payer_id: Name
    payer_name: Name | None = None
    payer_sequence: Code = "P"
    member_id: Name | None = None
    dos: Day
    charge: Money
    paid: Money
    adjusted: Money | None = None
    patient_paid: Money | None = None
    balance: Money
    owner: Literal["payer", "patient"] | None = None
    sent_on: StatedDay = None
    denied_on: StatedDay = None
    status: Name | None = None
    note: Text | None = None
    source_row: Text

    def business_date(self) -> date | None:
        return self.as_of


class ElementError(Fact):
    """Which element of a segment is at fault (IK4, AK4); its value stays in the file, since it may be a patient's."""

    position: Name | None = None
    element: Name | None = None
    component: Name | None = None
    reference: Name | None = None
    code: Code | None = None


class SubmissionError(Fact):
    """One fault of a transaction set: a segment of it (999), or a status code (277CA) as in `RejectionCode`."""

    segment: Name | None = None
    position: Name | None = None
    loop: Name | None = None
    code: Code | None = None
    claim_id: Name | None = None
    elements: tuple[ElementError, ...] = ()
    code_list: Name | None = Field(None, alias="list")
    category: Code | None = None
    status: Code | None = None
    entity: Code | None = None


class SubmissionVerdict(MessageData):
    """What a 999, or a 277CA that names no claim, says of a whole transaction set.

    `payer_id`, `payer_name`, `billing_npi`: whose claims in it are meant. `functional_group`: GS01 of what was checked.
    Counts are of claims (277CA) or of transaction sets (999).
    """

    submission: SubmissionRef
    stage: Stage
    category: Code | None = None
    code: Code | None = None
    errors: tuple[SubmissionError, ...] = ()
    reasons: tuple[Code, ...] = ()
    effective_on: StatedDay = None
    said_at: StatedInstant = None  # the message's own date and time: BHT04/05, GS04/05 or ISA09/10
    payer_id: Name | None = None
    payer_name: Name | None = None
    billing_npi: Name | None = None
    functional_group: Code | None = None
    sets_included: Integer | None = None
    sets_received: Integer | None = None
    sets_accepted: Integer | None = None
    accepted_count: Integer | None = None
    rejected_count: Integer | None = None
    accepted_amount: Money | None = None
    rejected_amount: Money | None = None

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
