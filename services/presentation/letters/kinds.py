"""The kinds of letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class LetterKind(StrEnum):
    """As `letter.sent` names them."""

    APPEAL = "appeal"
    CORRECTED_CLAIM = "corrected_claim"
    TIMELY_FILING = "timely_filing"
    KX_REOPENING = "kx_reopening"
    UNDERPAYMENT_DISPUTE = "underpayment_dispute"
    RECORDS_RESPONSE = "records_response"
    REFUND = "refund"
    PATIENT_STATEMENT = "patient_statement"


@dataclass(frozen=True)
class KindWords:
    """`name`: on buttons and in lists; `purpose`: what it is for; `office`: whom at the payer it is addressed to."""

    name: str
    purpose: str
    office: str


WORDS: Mapping[LetterKind, KindWords] = {
    LetterKind.APPEAL: KindWords("Appeal", "Ask the payer to reverse a denial", "Appeals department"),
    LetterKind.CORRECTED_CLAIM: KindWords(
        "Corrected claim cover", "Say what a corrected claim replaces and what changed", "Claims department"
    ),
    LetterKind.TIMELY_FILING: KindWords(
        "Proof of timely filing",
        "Show when the claim was sent and who accepted it, with the files' own segments",
        "Claims department",
    ),
    LetterKind.KX_REOPENING: KindWords(
        "Reopening for KX", "Ask for a reopening to add KX, with the threshold's figures", "Reopenings department"
    ),
    LetterKind.UNDERPAYMENT_DISPUTE: KindWords(
        "Underpayment dispute", "Claim the difference to the contract, line by line", "Provider disputes department"
    ),
    LetterKind.RECORDS_RESPONSE: KindWords(
        "Response to a records request", "Send the records that the payer asked for", "Medical records department"
    ),
    LetterKind.REFUND: KindWords("Refund", "Return an overpayment and say how it came about", "Refunds department"),
    LetterKind.PATIENT_STATEMENT: KindWords("Patient statement", "What the patient owes on this claim and why", ""),
}
