"""Clocks of our own letters: until when an answer is awaited. The payer's next word about the claim ends them."""

from __future__ import annotations

from datetime import datetime

from events.followup import AppealDecided, DisputeClosed, WorkResolved
from events.review import LetterSent
from projections.claims.state import PersonAct
from projections.deadlines.base import Case, Deadline, DueBy, Ended, clock, say_day, verdict
from projections.deadlines.kinds import DeadlineKind
from projections.history import EventId

LISTS = ("missing_ack", "today")


def sent_letter_deadlines(case: Case) -> list[Deadline]:
    """One clock for each letter that names the day by which an answer is due; the others are only in the history."""
    return [
        _awaited(case, act, act.data) for act in case.acts if isinstance(act.data, LetterSent) and act.data.answer_due
    ]


def letter_item(letter: EventId) -> str:
    """The name of a letter's own item on the worklist."""
    return f"letter {letter[1]}"


def _awaited(case: Case, act: PersonAct, letter: LetterSent) -> Deadline:
    due, account = letter.answer_due, case.state.current
    assert due is not None
    answer = _answer(case, act, letter)
    steps = (
        f"{_words(letter)} sent to {letter.recipient} on {case.say(act.time)}",
        f"An answer is expected by {say_day(due)}, as entered when it was sent",
    )
    ended = Ended("What stops it: the payer's answer")
    if answer:
        event, at, words = answer
        ended = Ended(f"Stopped: {words} {case.say(at)}", event, at, verdict(due, at, case.zone))
    payer = account.payer_id if account else ""
    return clock(DeadlineKind.LETTER_ANSWER, payer, DueBy(due, "", steps), ended, by=act.event, at=act.time)


def _words(letter: LetterSent) -> str:
    return f"{letter.kind.replace('_', ' ').capitalize()} letter"


def _answer(case: Case, act: PersonAct, letter: LetterSent) -> tuple[EventId, datetime, str] | None:
    """The first word of the payer after the letter: a remittance, a decision, or what a person noted as the answer."""
    found = [
        (entry.event, entry.received_at, "remittance received")
        for account in case.state.accounts
        for entry in account.entries
        if entry.received_at > act.time
    ]
    for later in case.acts:
        data = later.data
        if later.time <= act.time:
            continue
        if letter.kind == "appeal" and isinstance(data, AppealDecided):
            found.append((later.event, later.time, "appeal decided"))
        elif letter.kind == "underpayment_dispute" and isinstance(data, DisputeClosed):
            found.append((later.event, later.time, "dispute closed"))
        elif (
            isinstance(data, WorkResolved)
            and data.worklist in LISTS
            and data.closes
            and data.names(letter_item(act.event))
        ):
            found.append((later.event, later.time, "resolved by a user"))
    return min(found, key=lambda each: (each[1], each[0]), default=None)
