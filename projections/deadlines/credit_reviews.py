"""What people found about a payer's credit."""

from __future__ import annotations

from events.followup import RefundSent
from events.review import CreditReviewed
from projections.claims.state import ClaimState
from projections.tables.line_facts import CreditReview, CreditWords


def credit_words(state: ClaimState) -> CreditWords:
    found = [
        CreditReview(act.data.payer_id, act.data.finding, act.data.on, act.data.by, act.time, act.event)
        for act in state.acts
        if isinstance(act.data, CreditReviewed)
    ]
    returned = [act.time for act in state.acts if isinstance(act.data, RefundSent)]
    returned += [taken.received_at for taken in state.recoupments if taken.amount > 0]
    return CreditWords(found, sorted(returned))
