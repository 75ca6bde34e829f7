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


class PriceCause(StrEnum):
    """Why the payer may have allowed another amount than expected."""

    OLD_RATE = "old_rate"
    WRONG_PLAN = "wrong_plan"
    WRONG_LOCALITY = "wrong_locality"
    WRONG_YEAR = "wrong_year"
    OTHER_EDITION = "other_edition"
    NO_FULL_UNIT = "no_full_unit"
    FULL_UNIT_ELSEWHERE = "full_unit_elsewhere"
    NO_REDUCTION = "no_reduction_taken"
    REDUCTION_PER_CLAIM = "reduction_per_claim"
    REDUCTION_NOT_DUE = "reduction_not_due"
    CHARGE_BELOW = "charge_below_contract"
    SEQUESTRATION = "sequestration_from_allowed"
    ASSISTANT = "assistant_reduction_not_due"
    UNIT_SHORT = "unit_short"
    NOTHING_ALLOWED = "nothing_allowed"
    PERCENT_SHORT = "percent_short"
    DOWNCODED = "downcoded"  # the other code is priced lower
    UPCODED = "upcoded"
    RECODED = "recoded"  # to the same price, or to an unknown one
    UNEXPLAINED = "unknown"


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


class FirstDecision(StrEnum):
    """What a payer's first decision on a claim was."""

    PAID = "paid"
    PARTLY = "partly"  # some lines were denied
    DENIED = "denied"


class OutcomeKind(StrEnum):
    """What is counted of a claim's end."""

    DENIAL = "denial"
    DECISION = "decision"  # of an appeal
    LOST = "lost"  # to a deadline


class Band(StrEnum):
    """Where therapy dollars used stand to the threshold of the year."""

    OK = "ok"
    ALERT = "alert"
    KX_REQUIRED = "kx_required"
    REVIEW = "review"
    UNKNOWN = "unknown"  # the limits of the year are not known


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


class ListKind(StrEnum):
    """A list of work, most common first. `TODAY` is the one over all of them, one row for each claim."""

    REJECTION = "rejection"
    DENIAL = "denial"
    FILING = "filing"
    UNDERPAYMENT = "underpayment"
    OVERPAYMENT = "overpayment"
    UNMATCHED = "unmatched"
    MISSING_ACK = "missing_ack"
    THRESHOLD = "threshold"
    READINESS = "readiness"
    UNBILLED = "unbilled"
    SECONDARY = "secondary"
    AUTHORIZATION = "authorization"
    PLAN_OF_CARE = "plan_of_care"
    ELIGIBILITY = "eligibility"
    DEPOSIT = "deposit"
    UNIDENTIFIED = "unidentified"
    TODAY = "today"


class DeadlineState(StrEnum):
    """Missed is also what an open clock is read as once its limit has passed."""

    OPEN = "open"
    MET = "met"
    MISSED = "missed"
    VOID = "void"  # does not apply any more


class DepositState(StrEnum):
    """How a deposit and a remittance relate."""

    MATCHED = "matched"
    DIFFERING = "differing"
    NO_MONEY = "era_without_money"
    NO_ADVICE = "money_without_era"
