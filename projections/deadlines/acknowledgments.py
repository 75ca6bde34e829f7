"""Clocks on silence: no 999, no clearinghouse report, no payer acknowledgment, no answer.

A message of a later stage proves the earlier ones; a rejection ends them all. An attempt that a newer one replaced
is waited for no longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from events.claim import VOID_CLAIM
from events.values import ZERO
from projections import calendar
from projections.claims.state import Account, Ack, Attempt, Entry
from projections.deadlines.base import Case, Deadline, Ended, answers_to, clock, next_attempt, say_day, verdict
from projections.deadlines.kinds import VOID, DeadlineKind
from projections.deadlines.service_levels import due_after
from projections.history import EventId
from projections.tables.vocabulary import EntryKind

STAGES = ("syntax", "clearinghouse", "payer")
_KINDS = {stage: DeadlineKind(f"ack_{stage}") for stage in STAGES}
_STOPS = {
    "syntax": "What stops it: a 999 or any later response",
    "clearinghouse": "What stops it: the clearinghouse's report or any later response",
    "payer": "What stops it: the payer's 277CA or its remittance",
}
_ADJUDICATED = len(STAGES)


class Message(NamedTuple):
    """An answer to an attempt: how far the attempt had come, and whether it was refused there."""

    rank: int
    at: datetime
    event: EventId
    words: str
    refused: bool


class Watch(NamedTuple):
    """An attempt whose answers are awaited, and what came of it so far."""

    case: Case
    payer_id: str
    attempt: Attempt
    answers: Sequence[Entry]
    messages: Sequence[Message]
    dropped: Ended | None  # why an answer is awaited no longer


def acknowledgment_deadlines(case: Case, account: Account) -> list[Deadline]:
    """The clocks of every attempt that we know was sent."""
    found: list[Deadline] = []
    for attempt in account.attempts:
        if attempt.lines or attempt.total_charge or attempt.submission:  # else only its answer reached us
            watch = _watch(case, account, attempt)
            found += [_stage(watch, stage) for stage in STAGES]
            if attempt.frequency != VOID_CLAIM:
                found.append(_response(watch))
    return [*found, *_pending_again(case, account)]


def _watch(case: Case, account: Account, attempt: Attempt) -> Watch:
    answers = answers_to(account, attempt)
    messages = _messages(attempt, answers)
    return Watch(case, account.payer_id, attempt, answers, messages, _dropped(case, account, attempt, messages))


def _messages(attempt: Attempt, answers: Sequence[Entry]) -> list[Message]:
    found = [
        Message(_proves(ack), ack.received_at, ack.event, f"{ack.stage} {ack.category}", refused=False)
        for ack in attempt.acks
    ]
    found += [
        Message(STAGES.index(r.stage), r.received_at, r.event, f"rejected at stage {r.stage}", refused=True)
        for r in attempt.rejections
    ]
    found += [
        Message(_ADJUDICATED, entry.received_at, entry.event, "the payer's remittance", refused=False)
        for entry in answers
        if entry.kind != EntryKind.REJECTION
    ]
    return sorted(found, key=lambda message: (message.at, message.rank))


def _dropped(case: Case, account: Account, attempt: Attempt, messages: Sequence[Message]) -> Ended | None:
    for message in messages:
        if message.refused:
            words = f"No longer awaited: {message.words} {case.say(message.at)}"
            return Ended(words, message.event, message.at, VOID)
    following = next_attempt(account, attempt)
    if following is None:
        return None
    words = f"No longer awaited: replaced by attempt {following.number}"
    return Ended(words, following.event, following.sent_at, VOID)


def _proves(ack: Ack) -> int:
    """The rank of the stage an acknowledgment proves.

    A payer that took note of a whole set without naming a claim proves only that the set reached it: its answer to this
    claim is still owed.
    """
    named = ack.bound_by != "set" or ack.accepts
    return STAGES.index(ack.stage) if named or ack.stage != "payer" else STAGES.index("clearinghouse")


def _stage(watch: Watch, stage: str) -> Deadline:
    case, attempt = watch.case, watch.attempt
    rank, kind = STAGES.index(stage), _KINDS[stage]
    due = due_after(case.reference, kind, attempt.sent_at, f"the submission of attempt {attempt.number}")
    proof = next((message for message in watch.messages if message.rank >= rank), None)
    if proof is None:
        ended = watch.dropped or Ended(_STOPS[stage])
    else:
        words = f"Stopped: {proof.words} {case.say(proof.at)}"
        ended = Ended(words, proof.event, proof.at, verdict(due.due, proof.at, case.zone))
    return clock(kind, watch.payer_id, due, ended, by=attempt.event, at=attempt.sent_at, attempt=attempt.number)


def _response(watch: Watch) -> Deadline:
    case, attempt, answers = watch.case, watch.attempt, watch.answers
    ack = attempt.accepted
    start, event = (ack.received_at, ack.event) if ack else (attempt.sent_at, attempt.event)
    since = f"the payer's acceptance ({ack.category})" if ack else f"the submission of attempt {attempt.number}"
    due = due_after(case.reference, DeadlineKind.PAYER_RESPONSE, start, since)
    ended = watch.dropped or Ended("What stops it: the payer's remittance")
    if answers:
        first = min(answers, key=lambda entry: entry.received_at)
        state = verdict(due.due, first.received_at, case.zone)
        ended = Ended(f"Stopped: remittance of {say_day(first.notice_date)}", first.event, first.received_at, state)
    kind = DeadlineKind.PAYER_RESPONSE
    return clock(kind, watch.payer_id, due, ended, by=event, at=start, attempt=attempt.number)


def _pending_again(case: Case, account: Account) -> list[Deadline]:
    """A payer that took back what it had answered owes another answer, counted from the reversal's own notice.

    Also one to which another payer sent the claim on, so that nothing was submitted to it here.
    """
    last, submitted = account.last_attempt, any(one.attempts for one in case.state.accounts)
    reversals = [entry for entry in account.entries if entry.is_reversal and (entry.undone or entry.applied)]
    if not reversals or not submitted or (last and last.rejections):
        return []
    reversal = max(reversals, key=lambda entry: (entry.notice_date, entry.received_at))
    if (last and reversal.received_at < last.sent_at) or _answered_since(case, account, reversal):
        return []
    since = f"the reversal of {say_day(reversal.notice_date)}"
    due = due_after(
        case.reference, DeadlineKind.PAYER_RESPONSE, calendar.start_of_day(reversal.notice_date, case.zone), since
    )
    ended = Ended("What stops it: the corrected remittance")
    kind, by, at = DeadlineKind.PAYER_RESPONSE, reversal.event, reversal.notice_date
    return [clock(kind, account.payer_id, due, ended, by=by, at=at, attempt=last.number if last else None)]


def _answered_since(case: Case, account: Account, reversal: Entry) -> bool:
    """Whether something of the payer's is in effect that leaves nothing open, or was decided after the reversal."""
    standing = account.standing_entries
    if not standing:
        return False
    if account is not case.state.accounts[0] or case.state.answered_balance <= ZERO:
        return True
    newest = (reversal.notice_date, reversal.received_at)
    return any((entry.notice_date, entry.received_at) >= newest for entry in standing)
