"""Clocks of a claim that a system used before left open: from the days it stated, else unknown with the reason.

What files know starts its own clocks; these fill the places that only the statement could have filled.
"""

from __future__ import annotations

from projections.calendar import start_of_day
from projections.claims.carried_statement import Carried
from projections.claims.state import Account
from projections.deadlines.base import Case, Deadline, DueBy, Ended, clock, say_day
from projections.deadlines.kinds import MET, DeadlineKind, appeal_kind
from projections.deadlines.proof import Proof
from projections.deadlines.service_levels import due_after


def carried_deadlines(case: Case, account: Account) -> list[Deadline]:
    """The clock on the payer's answer, and of an appeal whose beginning was not carried over."""
    carried = account.carried
    if carried is None or not carried.anchors:
        return []
    found = [] if any(attempt.seen for attempt in account.attempts) else [_response(case, account, carried)]
    unknown_notice = carried.was_decided and carried.denied_on is None and carried.payer_balance > 0
    if unknown_notice and not any(entry.is_decision for entry in account.entries):
        found.append(_unknown_appeal(account, carried))
    return found


def carried_proof(account: Account) -> Proof | None:
    """A payment, or a denial, that the statement knows: the payer had the claim."""
    carried = account.carried
    if carried is None or not carried.was_decided:
        return None
    day = carried.sent_on or carried.dos
    words = f"Stopped: {_source(carried)} shows that the payer decided, so it had the claim; its notice is not on file"
    return Proof(carried.event, carried.time, day, words)


def _source(carried: Carried) -> str:
    return f"the previous system's list as of {say_day(carried.as_of)}"


def _response(case: Case, account: Account, carried: Carried) -> Deadline:
    kind, by = DeadlineKind.PAYER_RESPONSE, carried.event
    if carried.sent_on is None:
        reason = f"No date: the day the claim was sent is not in {_source(carried)}"
        return clock(kind, account.payer_id, DueBy(None, "", (reason,)), Ended(), by=by, at=None)
    start = start_of_day(carried.sent_on, case.zone)
    due = due_after(case.reference, kind, start, f"sending the claim, per {_source(carried)}")
    attempt = account.attempts[0].number if account.attempts else None
    return clock(kind, account.payer_id, due, _answered(account, carried), by=by, at=start, attempt=attempt)


def _answered(account: Account, carried: Carried) -> Ended:
    answered = next((entry for entry in account.entries if entry.is_decision), None)
    if answered is not None and not answered.carried:
        words = f"Stopped: remittance of {say_day(answered.notice_date)}"
        return Ended(words, answered.event, answered.received_at, MET)
    if carried.was_decided:
        return Ended(f"Stopped: {_source(carried)} shows the payer's decision", carried.event, carried.time, MET)
    return Ended("What stops it: the payer's remittance")


def _unknown_appeal(account: Account, carried: Carried) -> Deadline:
    """The payer decided and left money open; whether and since when an appeal runs, nobody knows."""
    reason = f"No date: the day of the payer's notice is not in {_source(carried)}; ask the payer for the remittance"
    return clock(appeal_kind(1), account.payer_id, DueBy(None, "", (reason,)), Ended(), by=carried.event, at=None)
