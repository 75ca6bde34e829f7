"""The numbers under which a payer knows claims."""

from __future__ import annotations

from collections.abc import Iterable

from projections.claims.state import ClaimState
from projections.keys import Key
from services.projector.claims import load_claims, view_claim
from services.reads.read_context import ReadContext


def payer_numbers(context: ReadContext, payer_id: str, claim_ids: Iterable[str]) -> dict[str, str]:
    """By claim id, the number in the payer's newest decision that nothing took back; a claim without one is absent."""
    keys = {str(Key("claim", context.practice, claim_id)): claim_id for claim_id in claim_ids}
    with context.context() as (fold_context, reference):
        histories = load_claims(fold_context, list(keys), reference)
        views = {keys[key]: view_claim(key, histories[key], reference).state for key in keys}
    found = {claim_id: _newest(state, payer_id) for claim_id, state in views.items() if state is not None}
    return {claim_id: number for claim_id, number in found.items() if number}


def _newest(state: ClaimState, payer_id: str) -> str:
    mine = (account for account in state.accounts if account.payer_id == payer_id)
    told = [e.payer_claim_number for account in mine for e in account.entries if not (e.undone or e.carried)]
    return next((number for number in reversed(told) if number), "")
