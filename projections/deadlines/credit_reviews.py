"""What people found about a payer's credit: as the claim's own fold has it, and as rows for the folds of other keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from events.followup import RefundSent
from events.review import CreditReviewed
from projections.claims.state import ClaimState
from projections.history import EventId


class CreditReview(NamedTuple):
    """One word about the credit of a payer: `on` the day it is about, `at` when it was recorded."""

    payer_id: str
    finding: str
    on: date
    by: str
    at: datetime
    event: EventId


class CreditWords(NamedTuple):
    """The reviews of a claim's credits in the order they were recorded, and when money was returned."""

    reviews: Sequence[CreditReview] = ()
    returned: Sequence[datetime] = ()

    def about(self, payer_id: str, since: datetime) -> list[CreditReview]:
        """Those about the credit of a payer that began then, by their own dates.

        What was recorded before the last return of money that came before it is about an earlier credit.
        """
        settled = max((at for at in self.returned if at < since), default=None)
        mine = (r for r in self.reviews if r.payer_id == payer_id and (settled is None or r.at > settled))
        return sorted(mine, key=lambda review: (review.on, review.at))


def credit_words(state: ClaimState) -> CreditWords:
    found = [
        CreditReview(act.data.payer_id, act.data.finding, act.data.on, act.data.by, act.time, act.event)
        for act in state.acts
        if isinstance(act.data, CreditReviewed)
    ]
    returned = [act.time for act in state.acts if isinstance(act.data, RefundSent)]
    returned += [taken.received_at for taken in state.recoupments if taken.amount > 0]
    return CreditWords(found, sorted(returned))


def words_row(words: CreditWords) -> dict[str, Any]:
    """As JSON; nothing where nobody reviewed a credit."""
    if not words.reviews:
        return {}
    told = [[r.payer_id, r.finding, r.on.isoformat(), r.by, r.at.isoformat(), list(r.event)] for r in words.reviews]
    return {"credit_reviews": told, "returned": [at.isoformat() for at in words.returned]}


def read_words(facts: Mapping[str, Any]) -> CreditWords:
    """The facts that `words_row` made."""
    told: Iterable[Any] = facts.get("credit_reviews", ())
    reviews = [
        CreditReview(payer, finding, date.fromisoformat(on), by, datetime.fromisoformat(at), tuple(event))
        for payer, finding, on, by, at, event in told
    ]
    return CreditWords(reviews, [datetime.fromisoformat(at) for at in facts.get("returned", ())])
