"""What a claim's lines keep of its payers, so that a price is judged by the terms that judge the claim's own clocks."""

from __future__ import annotations

from collections.abc import Sequence

from projections.claims.state import Account
from projections.deadlines.base import payer_of
from projections.rules.policy_choice import PayerTerms
from projections.rules.programs import ORIGINAL_MEDICARE
from projections.tables.line_facts import LineFacts, StoredPayer
from projections.terms.terms_in_force import MEDICARE


def payer_facts(accounts: Sequence[Account]) -> tuple[StoredPayer, ...]:
    """The payers of which more is known than their ids. Of two accounts with one payer the first, as for the clocks."""
    first = {account.payer_id: _known(account) for account in reversed(accounts)}
    return tuple(known for payer_id, known in sorted(first.items()) if known != StoredPayer(payer_id=payer_id))


def _known(account: Account) -> StoredPayer:
    who = payer_of(account)
    by_name = account.payer_id == MEDICARE  # which says the program
    return StoredPayer(
        payer_id=who.payer_id,
        plan=who.plan,
        program=None if by_name else who.program,
        state=who.state,
        line_of_business=who.line_of_business,
        indicator=None if by_name else account.indicator,
    )


def stored_payer(facts: LineFacts, payer_id: str) -> StoredPayer:
    """What is kept of a payer. Rows written before payers were kept say only the first one's plan."""
    if not facts.payers:
        return StoredPayer(payer_id=payer_id, plan=facts.plan)
    return next((known for known in facts.payers if known.payer_id == payer_id), StoredPayer(payer_id=payer_id))


def stored_terms(facts: LineFacts, payer_id: str) -> PayerTerms:
    """The payer whose terms are asked for."""
    known = stored_payer(facts, payer_id)
    program = ORIGINAL_MEDICARE if payer_id == MEDICARE else known.program
    return PayerTerms(payer_id, known.plan, program, known.state, known.line_of_business)
