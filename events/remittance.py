"""What a payer answered: payments, denials, reversals, unprocessable claims, and the remittance around them."""

from __future__ import annotations

from events.claim import RejectionCode, Stage, SubmissionRef
from events.values import Code, Day, Fact, Id, Money, Text, Units

# CLP02. DENIED_STATUS: the patient is not known here. PREDETERMINATION is a price told in advance, no money.
DENIED_STATUS, REVERSAL, NOT_OURS, PREDETERMINATION = "4", "22", "23", "25"
FORWARDED = ("19", "20", "21")  # processed, and sent on to the next payer
SEQUENCES = {"1": "P", "2": "S", "3": "T", "19": "P", "20": "S", "21": "T"}
UNPROCESSABLE = frozenset({"MA130", "N704"})  # RARC: no initial determination was made (42 CFR 405.926)


class Adjustment(Fact):
    """One CAS entry: group code (CO, PR, OA, PI), claim adjustment reason code, amount taken off the charge."""

    group: Code
    reason: Code
    amount: Money
    quantity: Units | None = None


class RemittanceRef(Fact):
    trace_number: Text | None = None
    payer_identifier: Text | None = None
    payment_date: Day | None = None
    total_paid: Money | None = None
    payee: Text | None = None


class RemittanceLine(Fact):
    """One SVC loop. `procedure` is what was adjudicated, `submitted_procedure` what was billed where they differ."""

    number: int | None = None
    procedure: Code
    submitted_procedure: Code | None = None
    modifiers: tuple[Code, ...] = ()
    units: Units | None = None
    charge: Money
    paid: Money
    allowed: Money | None = None
    dos: Day | None = None
    adjustments: tuple[Adjustment, ...] = ()
    remark_codes: tuple[Code, ...] = ()


class RemittanceEntry(Fact):
    """One CLP loop: an entry is (remittance, ordinal); the claim is CLP01 as sent."""

    claim_id: Id
    payer_id: Text = ""
    payer_sequence: Code = "P"
    claim_filing_indicator: Code | None = None
    patient_id: Text | None = None
    remit: RemittanceRef
    ordinal: int = 1
    status_code: Code
    payer_claim_number: Text | None = None
    charge: Money
    paid: Money
    patient_responsibility: Money | None = None
    adjustments: tuple[Adjustment, ...] = ()
    remark_codes: tuple[Code, ...] = ()
    lines: tuple[RemittanceLine, ...] = ()


class PaymentPosted(RemittanceEntry):
    pass


class ClaimDenied(RemittanceEntry):
    pass


class PaymentReversed(RemittanceEntry):
    pass


class ClaimRejected(Fact):
    """A claim that was never adjudicated. From an unprocessable 835 claim it carries the entry's fields too."""

    claim_id: Id
    attempt: int | None = None
    stage: Stage
    codes: tuple[RejectionCode, ...] = ()
    message: Text | None = None
    occurred_on: Day | None = None
    submission: SubmissionRef | None = None
    payer_id: Text | None = None
    payer_sequence: Code | None = None
    claim_filing_indicator: Code | None = None
    patient_id: Text | None = None
    remit: RemittanceRef | None = None
    ordinal: int | None = None
    status_code: Code | None = None
    payer_claim_number: Text | None = None
    charge: Money | None = None
    paid: Money | None = None
    patient_responsibility: Money | None = None
    adjustments: tuple[Adjustment, ...] = ()
    remark_codes: tuple[Code, ...] = ()
    lines: tuple[RemittanceLine, ...] = ()


class ProviderAdjustment(Fact):
    """One PLB pair. A positive amount takes money from the provider, a negative one adds."""

    reason: Code
    reference: Text | None = None
    amount: Money


class Difference(Fact):
    """A sum that does not come out. `where` is line, claim, patient or remittance."""

    where: Text
    stated: Money
    computed: Money
    difference: Money
    claim_id: Text | None = None
    ordinal: int | None = None
    line: int | None = None


class RemittanceReceived(Fact):
    remit: RemittanceRef
    payer: object = None
    claim_count: int | None = None
    provider_adjustments: tuple[ProviderAdjustment, ...] = ()
    balanced: bool = True
    differences: tuple[Difference, ...] = ()
