"""The words for what a claim, its lines and a payer's answers are."""

from enum import StrEnum


class EntryKind(StrEnum):
    """What one answer (CLP) of a remittance does."""

    PAYMENT = "payment"
    DENIAL = "denial"
    REVERSAL = "reversal"
    REJECTION = "rejection"  # unprocessable: never adjudicated
    PREDETERMINATION = "predetermination"
    FORWARDED = "forwarded"  # CLP02 23: not this payer's claim, sent on to another; nothing is decided
    DUPLICATE = "duplicate"  # a copy refused because the original was answered


class LineStatus(StrEnum):
    """Where a billed line stands after all payers' answers."""

    OPEN = "open"
    PAID = "paid"
    DENIED = "denied"
    PATIENT_DUE = "patient_due"
    REJECTED = "rejected"
    VOIDED = "voided"


class PriceVerdict(StrEnum):
    """What a comparison of allowed with expected says of a line."""

    AS_EXPECTED = "as_expected"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    DENIED = "denied"
    RECODED = "recoded"  # paid under another code
    BUNDLED = "bundled"  # paid with another line
    NO_CONTRACT = "no_contract"
    UNKNOWN = "unknown"
    NOT_ANSWERED = "not_answered"  # no payer has decided on it


SHORT = (PriceVerdict.UNDERPAID, PriceVerdict.RECODED)  # verdicts under which money is missing


class DisputeState(StrEnum):
    """Where the dispute of a line's price stands."""

    NONE = ""  # nothing is short
    DETECTED = "detected"
    REVIEWING = "reviewing"
    DISPUTED = "disputed"
    RECOVERED = "recovered"
    INVALID = "invalid"
    WRITTEN_OFF = "written_off"


class Grade(StrEnum):
    """How grave a finding is, the worst first."""

    REJECTED = "rejected"
    DENIED = "denied"
    AT_RISK = "at_risk"
    ADVICE = "advice"


class TroubleKind(StrEnum):
    """How a payer's answer turned a claim or line away."""

    REJECTED = "rejected"  # never adjudicated
    DENIED = "denied"


class CountedAs(StrEnum):
    """How a line counts toward the therapy threshold."""

    PENDING = "pending"  # in flight, by its expected amount
    FINALIZED = "finalised"  # the stored and public name
    DENIED = "denied"  # uses nothing


class VisitState(StrEnum):
    """Whether a claim bills the visit, and whether that claim can still be changed."""

    UNBILLED = "unbilled"
    CORRECTABLE = "correctable"
    BILLED = "billed"
    CLOSED = "closed"  # a person said that no claim will be made


class ClaimStatus(StrEnum):
    """What a claim's page shows first."""

    UNMATCHED = "unmatched"  # answers to a claim that was never submitted here
    IN_FLIGHT = "in_flight"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PAID = "paid"
    PARTIALLY_DENIED = "partially_denied"
    DENIED = "denied"
    IN_APPEAL = "in_appeal"
    PATIENT_DUE = "patient_due"
    CLOSED = "closed"
    VOIDED = "voided"
    WRITTEN_OFF = "written_off"
    REPLACED = "replaced"  # by a claim with a number of its own
