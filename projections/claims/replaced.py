"""A claim that was replaced under a new claim number: once the payer decided the new one, nothing is left of the old.

The new claim (CLM05-3 of 7 or 8) names the payer's control number of the old one (REF*F8). Until it is decided the old
answer is in effect; from then on the old claim has no balance and no work of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from events.claim import REPLACEMENT, VOID_CLAIM, ClaimSubmitted
from events.normal_forms import number_form
from events.remittance import ClaimDenied, PaymentPosted, PaymentReversed
from events.values import ZERO
from projections.claims.state import Account, ClaimState
from projections.history import LoggedEvent
from projections.tables.vocabulary import ClaimStatus
from projections.terms.terms_in_force import Reference


def replaced_by(state: ClaimState, others: Sequence[LoggedEvent], reference: Reference) -> str | None:
    """The claim that took this one's place; `others` are effective events of claims that may have."""
    numbers = _control_numbers(state.accounts)
    payers = {account.payer_id for account in state.accounts}
    found = {
        event.data.claim_id
        for event in others
        if isinstance(data := event.data, ClaimSubmitted)
        and data.frequency in (REPLACEMENT, VOID_CLAIM)
        and number_form(data.original_reference) in numbers
        and reference.payer(data.payer_id, data.payer_name, data.claim_filing_indicator) in payers
        and _is_decided(data.claim_id, others)
    }
    return min(found, default=None)


def without_rest(state: ClaimState, successor: str) -> ClaimState:
    """The claim as it stands once another took its place."""
    return replace(
        state,
        status=ClaimStatus.REPLACED,
        payer_balance=ZERO,
        patient_balance=ZERO,
        next_payer=None,
        replaced_by=successor,
    )


def _control_numbers(accounts: Sequence[Account]) -> set[str]:
    stated = [entry.payer_claim_number for account in accounts for entry in account.entries]
    stated += [ack.payer_claim_number for account in accounts for attempt in account.attempts for ack in attempt.acks]
    return {form for number in stated if (form := number_form(number))}


def _is_decided(claim_id: str, others: Sequence[LoggedEvent]) -> bool:
    answers = [event.data for event in others if event.data.said("claim_id") == claim_id]
    decided = sum(isinstance(data, PaymentPosted | ClaimDenied) for data in answers)
    return decided > sum(isinstance(data, PaymentReversed) for data in answers)
