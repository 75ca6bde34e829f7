"""A claim on its way: sent, acknowledged, rejected; and what is said of a whole submission."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from events.values import Code, Day, Fact, Id, Instant, Money, Text, Units

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


class SubmissionRef(Fact):
    """Where in which interchange a claim travelled. Any part may be unknown.

    interchange is ISA13, group GS06, set ST02, reference BHT03, sent_at BHT04/05.
    """

    sender: Text | None = None
    receiver: Text | None = None
    interchange: Text | None = None
    group: Text | None = None
    set: Text | None = None
    reference: Text | None = None
    sent_at: Instant | None = None


class ClaimLine(Fact):
    number: int
    procedure: Code
    modifiers: tuple[Code, ...] = ()
    units: Units
    charge: Money
    dos: Day


class ClaimSubmitted(Fact):
    claim_id: Id
    attempt: int | None = None
    frequency: Code = "1"
    original_reference: Text | None = None
    patient_id: Id
    payer_id: Text = ""
    payer_name: Text | None = None
    payer_sequence: Code = "P"
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


class ClaimAcknowledged(Fact):
    claim_id: Id
    attempt: int | None = None
    stage: Stage
    category: Code
    payer_claim_number: Text | None = None
    effective_on: Day | None = None
    submission: SubmissionRef | None = None


class RejectionCode(Fact):
    """One reason. `list` names the code list: 277, 999, carc or rarc."""

    code_list: Text = Field(alias="list")
    category: Code | None = None
    status: Code | None = None
    entity: Code | None = None


class SubmissionVerdict(Fact):
    """What a 999, or a 277CA that names no claim, says of a whole transaction set."""

    submission: SubmissionRef
    stage: Stage
    category: Code | None = None
    code: Code | None = None
    errors: tuple[object, ...] = ()
    effective_on: Day | None = None


class SubmissionAcknowledged(SubmissionVerdict):
    pass


class SubmissionRejected(SubmissionVerdict):
    pass
