"""The kinds of clock, and what state one is in."""

from enum import StrEnum

from projections.tables.vocabulary import DeadlineState


class DeadlineKind(StrEnum):
    """What must happen until a day or an instant, by us or by a payer; appeals apart, see `appeal_kind`."""

    SUBMISSION = "submission"
    ACK_SYNTAX = "ack_syntax"
    ACK_CLEARINGHOUSE = "ack_clearinghouse"
    ACK_PAYER = "ack_payer"
    PAYER_RESPONSE = "payer_response"
    REJECTION_REASON = "rejection_reason"
    REJECTION_RESUBMIT = "rejection_resubmit"
    TIMELY_FILING = "timely_filing"
    CORRECTED_CLAIM = "corrected_claim"
    REOPENING = "reopening"
    VACATE_DISMISSAL = "vacate_dismissal"
    DISMISSAL_REVIEW = "dismissal_review"
    PEER_TO_PEER = "peer_to_peer"
    REBUTTAL = "rebuttal"
    RECOUPMENT = "recoupment"
    LETTER_ANSWER = "letter_answer"
    RECORDS = "records"
    DISPUTE = "dispute"
    REFUND = "refund"


_APPEAL = "appeal_"
OPEN, MET, MISSED, VOID = DeadlineState


def appeal_kind(level: int) -> str:
    """The clock of the appeal at a level: payers may have any number of levels, so these are no fixed list."""
    return f"{_APPEAL}{level}"


def is_appeal(kind: str) -> bool:
    return kind.startswith(_APPEAL)
