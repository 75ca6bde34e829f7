"""The clock from the visit to the claim: a service level of our own, met or missed once the claim has left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from projections.claims.state import ClaimState
from projections.deadlines.base import Case, Deadline, Ended, clock
from projections.deadlines.kinds import MET, MISSED, DeadlineKind
from projections.deadlines.service_levels import leaving_due
from projections.history import EventId, LoggedEvent, effective_events
from projections.terms.terms_in_force import Reference


def submission_deadlines(
    state: ClaimState, visits: Sequence[LoggedEvent], reference: Reference
) -> tuple[Deadline, ...]:
    """One for each visit the claim bills; where it names none that is known, one from its first day of service."""
    sent = _first_sent(state)
    if sent is None or not state.accounts:
        return ()
    case, payer = Case(state, reference), state.accounts[0].payer_id
    latest = {logged.data.visit_id: logged for logged in effective_events(visits, reference.zone)}
    if latest:
        return tuple(
            _deadline(case, payer, visit.data.dos, sent, ended_at=visit.data.ended_at, visit=visit.name)
            for _, visit in sorted(latest.items())
        )
    return (_deadline(case, payer, state.dos, sent),) if state.dos else ()


def _first_sent(state: ClaimState) -> tuple[datetime, EventId] | None:
    sent = [
        (attempt.sent_at, attempt.event) for account in state.accounts for attempt in account.attempts if attempt.lines
    ]
    return min(sent, default=None)


def _deadline(
    case: Case,
    payer_id: str,
    dos: date,
    sent: tuple[datetime, EventId],
    *,
    ended_at: datetime | None = None,
    visit: EventId | None = None,
) -> Deadline:
    """`sent`: the first submission's instant and event."""
    start, due = leaving_due(case.reference, dos, ended_at)
    at, event = sent
    in_time = not isinstance(due.due, datetime) or at <= due.due
    ended = Ended(f"Stopped: sent {case.say(at)}", event, at, MET if in_time else MISSED)
    return clock(DeadlineKind.SUBMISSION, payer_id, due, ended, by=visit, at=start)
