"""The kinds of letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from projections.tables.vocabulary import ListKind


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


@dataclass(frozen=True, kw_only=True)
class KindWords:
    """`name`: on buttons and in lists; `purpose`: what it is for; `office`: whom at the payer it is addressed to.

    `lists`: whose items the letter works on.
    """

    name: str
    purpose: str
    office: str
    lists: tuple[ListKind, ...] = ()


_L = ListKind
WORDS: Mapping[LetterKind, KindWords] = {
    LetterKind.APPEAL: KindWords(
        name="Appeal", purpose="Ask the payer to reverse a denial", office="Appeals department", lists=(_L.DENIAL,)
    ),
    LetterKind.CORRECTED_CLAIM: KindWords(
        name="Corrected claim cover",
        purpose="State what the corrected claim replaces and what changed",
        office="Claims department",
        lists=(_L.DENIAL, _L.REJECTION, _L.UNBILLED, _L.THRESHOLD, _L.READINESS),
    ),
    LetterKind.TIMELY_FILING: KindWords(
        name="Proof of timely filing",
        purpose="Show when the claim was sent and who accepted it, with the EDI segments",
        office="Claims department",
        lists=(_L.DENIAL, _L.FILING, _L.MISSING_ACK),
    ),
    LetterKind.KX_REOPENING: KindWords(
        name="Reopening for KX",
        purpose="Ask for a reopening to add KX, with the threshold's figures",
        office="Reopenings department",
        lists=(_L.THRESHOLD, _L.DENIAL),
    ),
    LetterKind.UNDERPAYMENT_DISPUTE: KindWords(
        name="Underpayment dispute",
        purpose="Request the difference from the contract, line by line",
        office="Provider disputes department",
        lists=(_L.UNDERPAYMENT,),
    ),
    LetterKind.RECORDS_RESPONSE: KindWords(
        name="Response to a records request",
        purpose="Send the records that the payer asked for",
        office="Medical records department",
        lists=(_L.DENIAL,),
    ),
    LetterKind.REFUND: KindWords(
        name="Refund",
        purpose="Return an overpayment and explain how it happened",
        office="Refunds department",
        lists=(_L.OVERPAYMENT,),
    ),
    LetterKind.PATIENT_STATEMENT: KindWords(
        name="Patient statement", purpose="What the patient owes on this claim and why", office=""
    ),
}
