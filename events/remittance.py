"""What a payer answered: payments, denials, reversals, unprocessable claims, and the remittance around them."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, model_validator

from events.adjustment import Adjustment, Difference
from events.claim import AnsweredLine, RejectionCode, Stage, StatedClaim
from events.event_data import EventData, EventType, MessageData, Names, PayerMention
from events.normal_forms import amount_form, number_form, originator_form
from events.provider_references import claim_forms, reference_forms, trace_name
from events.submission_key import SubmissionRef
from events.values import Code, Day, Fact, Id, Integer, Money, Name, StatedDay, StatedInstant, Text, Units

# CLP02. DENIED_STATUS: the patient is not known here. PREDETERMINATION is a price stated in advance, no money.
DENIED_STATUS, REVERSAL, NOT_OURS, PREDETERMINATION = "4", "22", "23", "25"
FORWARDED = ("19", "20", "21")  # processed, and sent on to the next payer
SEQUENCES = {"1": "P", "2": "S", "3": "T", "19": "P", "20": "S", "21": "T"}
_KEY_LENGTH = 32
UNPROCESSABLE = frozenset({"MA130", "N704"})  # RARC: no initial determination was made (42 CFR 405.926)


class RemittanceRef(Fact):
    """What identifies a remittance. `key` comes from readers of EDI, who distinguish what repeats."""

    key: Name | None = None
    trace_number: Name | None = None
    payer_identifier: Name | None = None
    payment_date: StatedDay = None
    total_paid: Money | None = None
    payee: Name | None = None


def remit_key(remit: RemittanceRef) -> str:
    """Payer, trace, date, amount and payee in their normal forms: what makes a remittance itself, never a file name."""
    return remit.key or made_key(remit)


def made_key(remit: RemittanceRef, content: str = "") -> str:
    """The key made of what is stated. `content`: the hash of what such a remittance says, where that must decide."""
    parts = (
        originator_form(remit.payer_identifier),
        number_form(remit.trace_number),
        "" if remit.payment_date is None else remit.payment_date.isoformat(),
        amount_form(remit.total_paid),
        number_form(remit.payee),
        content,
    )
    return f"remit-{hashlib.sha256(chr(31).join(parts).encode('utf-8', 'surrogatepass')).hexdigest()[:_KEY_LENGTH]}"


def _by_key(value: Any) -> Any:
    return {"key": value} if isinstance(value, str) else value


NamedRemittance = Annotated[RemittanceRef, BeforeValidator(_by_key)]  # its key alone is enough


class RemittanceLine(Fact):
    """One SVC loop. `procedure` is what was adjudicated, `submitted_procedure` what was billed where they differ."""

    number: Integer | None = None
    procedure: Code
    submitted_procedure: Code | None = None
    modifiers: tuple[Code, ...] = ()
    units: Units | None = None
    charge: Money
    paid: Money
    allowed: Money | None = None
    dos: StatedDay = None
    adjustments: tuple[Adjustment, ...] = ()
    remark_codes: tuple[Code, ...] = ()
    submitted_modifiers: tuple[Code, ...] = ()
    submitted_units: Units | None = None
    revenue_code: Code | None = None
    dos_through: StatedDay = None
    line_control: Name | None = None  # REF*6R, the submitter's own name of the line


class RemittanceEntry(MessageData):
    """One CLP loop of a remittance; the claim is CLP01 as sent. `ordinal`: which entry of its claim there, from 1.

    `allowed` is the claim's covered amount (AMT*AU), `received_on` the payer's day of receipt (DTM*050),
    `forwarded_to` the payer it sent the claim on to (NM1*TT), `corrected_member_id` the number to use (NM1*74),
    `frequency` and `place_of_service` as the payer repeats them, `differences` what does not balance inside the claim.
    """

    claim_id: Id
    payer_id: Name = ""
    payer_sequence: Code = "P"
    claim_filing_indicator: Code | None = None
    patient_id: Name | None = None
    patient_name: Name | None = None  # last name, first name, as the payer wrote them
    remit: RemittanceRef
    ordinal: Integer = 1
    status_code: Code
    payer_claim_number: Name | None = None
    charge: Money
    paid: Money
    patient_responsibility: Money | None = None
    adjustments: tuple[Adjustment, ...] = ()
    remark_codes: tuple[Code, ...] = ()
    lines: tuple[RemittanceLine, ...] = ()
    payer_name: Name | None = None
    allowed: Money | None = None
    frequency: Code | None = None
    place_of_service: Code | None = None
    received_on: StatedDay = None
    forwarded_to: Name | None = None
    corrected_member_id: Name | None = None
    entered_by: Name | None = None  # the person who typed it from paper
    service_from: StatedDay = None
    service_to: StatedDay = None
    differences: tuple[Difference, ...] = ()
    synthetic_id: bool = False

    def business_date(self) -> date | None:
        return self.remit.payment_date

    def file_position(self) -> tuple[str, int]:
        return (remit_key(self.remit), self.ordinal)

    def index_names(self) -> Names:
        numbers = claim_forms((self.claim_id, self.payer_claim_number))
        check = trace_name(self.remit.trace_number)
        known = (("claim_number", form) for form in (*numbers, *([check] if check else ())))
        return (*super().index_names(), ("remittance", remit_key(self.remit)), *known)


class PaymentPosted(RemittanceEntry):
    event: ClassVar = EventType("payment.posted.v1", "claim id", "The payer adjudicated the claim.", "Payment")


class ClaimDenied(RemittanceEntry):
    event: ClassVar = EventType(
        "claim.denied.v1", "claim id", "The payer adjudicated the claim and allowed nothing.", "Denied"
    )


class PaymentReversed(RemittanceEntry):
    event: ClassVar = EventType(
        "payment.reversed.v1", "claim id", "An earlier answer is taken back, its amounts negated.", "Reversed"
    )


class ClaimRejected(MessageData):
    """A claim that was never adjudicated. From an unprocessable 835 claim it carries the entry's fields too."""

    event: ClassVar = EventType(
        "claim.rejected.v1", "claim id", "The claim was never adjudicated: correct it and send it as new.", "Rejected"
    )

    claim_id: Id
    attempt: Integer | None = None
    stage: Stage
    codes: tuple[RejectionCode, ...] = ()
    message: Text | None = None
    occurred_on: StatedDay = None
    submission: SubmissionRef | None = None
    payer_id: Name | None = None
    payer_sequence: Code | None = None
    claim_filing_indicator: Code | None = None
    patient_id: Name | None = None
    patient_name: Name | None = None  # last name, first name, as the payer wrote them
    remit: RemittanceRef | None = None
    ordinal: Integer | None = None
    status_code: Code | None = None
    payer_claim_number: Name | None = None
    charge: Money | None = None
    paid: Money | None = None
    patient_responsibility: Money | None = None
    adjustments: tuple[Adjustment, ...] = ()
    remark_codes: tuple[Code, ...] = ()
    lines: tuple[RemittanceLine, ...] = ()
    payer_name: Name | None = None
    allowed: Money | None = None
    frequency: Code | None = None
    place_of_service: Code | None = None
    received_on: StatedDay = None
    forwarded_to: Name | None = None
    corrected_member_id: Name | None = None
    service_from: StatedDay = None
    service_to: StatedDay = None
    differences: tuple[Difference, ...] = ()
    claim_charge: Money | None = None
    about: StatedClaim | None = None
    said_at: StatedInstant = None
    service_lines: tuple[AnsweredLine, ...] = ()
    synthetic_id: bool = False

    def business_date(self) -> date | None:
        return self.remit.payment_date if self.remit else self.occurred_on

    def file_position(self) -> tuple[str, int]:
        return (remit_key(self.remit), self.ordinal or 0) if self.remit else ("", 0)

    def index_names(self) -> Names:
        names = super().index_names()
        return (*names, ("remittance", remit_key(self.remit))) if self.remit else names


class ProviderAdjustment(Fact):
    """One PLB pair. A positive amount takes money from the provider, a negative one adds."""

    reason: Code
    reference: Name | None = None
    amount: Money
    provider: Name | None = None
    fiscal_period_end: StatedDay = None


class RemittancePayer(Fact):
    id: Name | None = None
    name: Name | None = None


class RemittanceReceived(MessageData):
    event: ClassVar = EventType(
        "remittance.received.v1",
        "remit key",
        "A remittance as a whole: what adds up, what was taken off.",
        "Remittance",
    )

    remit: RemittanceRef
    payer: RemittancePayer | None = None
    claim_count: Integer | None = None
    provider_adjustments: tuple[ProviderAdjustment, ...] = ()
    balanced: bool = True
    differences: tuple[Difference, ...] = ()
    entered_by: Name | None = None
    payment_method: Code | None = None  # BPR04: ACH, CHK, NON ...
    parked_claims: Integer | None = None  # entries of it that could not be read
    unbalanced_claims: Integer | None = None
    prenotification: bool = False  # BPR01 P: it announces a payment and moves no money

    def business_date(self) -> date | None:
        return self.remit.payment_date

    def mentioned_payers(self) -> tuple[PayerMention, ...]:
        payer = self.payer or RemittancePayer()
        identifier = self.remit.payer_identifier or payer.id
        return (PayerMention(identifier, payer.name or ""),) if identifier else ()

    def index_names(self) -> Names:
        references = [adjustment.reference for adjustment in self.provider_adjustments]
        named = dict.fromkeys(form for reference in references for form in reference_forms(reference))
        named |= dict.fromkeys(filter(None, map(trace_name, references)))
        return (("remittance", remit_key(self.remit)), *(("plb", form) for form in named))


class RemittanceReviewed(EventData):
    """A person's word on two copies of a remittance: the same one, or another."""

    event: ClassVar = EventType(
        "remittance.reviewed.v1",
        "remit key",
        "A person says whether a remittance is another copy of one already here.",
        "Remittance reviewed",
    )

    remit: NamedRemittance
    same_as: NamedRemittance | None = None
    other_than: NamedRemittance | None = None
    by: Name

    @model_validator(mode="after")
    def _one_answer(self) -> Self:
        if (self.same_as is None) == (self.other_than is None):
            raise ValueError("say either same_as or other_than")
        return self

    def index_names(self) -> Names:
        named = [remit_key(remit) for remit in (self.remit, self.same_as, self.other_than) if remit is not None]
        both = tuple((kind, key) for key in named for kind in ("remittance", "remittance_review"))
        return (*both, ("matching", ""))  # as in events.review: where decisions about responses are found


class DepositReceived(EventData):
    """Money that reached the practice's bank account. `amount` in dollars; `trace`, `company_id` as the bank says."""

    event: ClassVar = EventType("deposit.received.v1", "deposit id", "Money reached the bank account.", "Deposit")

    deposit_id: Id
    date: Day
    amount: Money
    method: Literal["eft", "check", "card"]
    trace: Name | None = None
    company_id: Name | None = None
    payer_name: Name | None = None
    entered_by: Name | None = None  # the person who typed it

    def business_date(self) -> Day | None:
        return self.date

    def index_names(self) -> Names:
        return (("deposit", self.deposit_id),)
