"""The clock from the visit to the claim: a house rule, met or missed once the claim has left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from projections.claims.state import ClaimState
from projections.deadlines.base import Case, Deadline
from projections.deadlines.service_levels import submission_deadline
from projections.history import Happening, Name, settle
from projections.reference import Reference


def submission_deadlines(state: ClaimState, visits: Sequence[Happening], reference: Reference) -> tuple[Deadline, ...]:
    """One for each visit the claim bills; where it names none that is known, one from its first day of service."""
    sent = _first_sent(state)
    if sent is None or not state.accounts:
        return ()
    case, payer = Case(state, reference), state.accounts[0].payer_id
    latest = {happening.data.visit_id: happening for happening in settle(visits, reference.zone)}
    if latest:
        return tuple(
            submission_deadline(case, payer, visit.data.dos, ended_at=visit.data.ended_at, visit=visit.name, sent=sent)
            for _, visit in sorted(latest.items())
        )
    return (submission_deadline(case, payer, state.dos, sent=sent),) if state.dos else ()


def _first_sent(state: ClaimState) -> tuple[datetime, Name] | None:
    sent = [
        (attempt.sent_at, attempt.event) for account in state.accounts for attempt in account.attempts if attempt.lines
    ]
    return min(sent, default=None)
