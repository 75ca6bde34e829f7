"""Clocks of our own letters: until when an answer is awaited. The payer's next word about the claim ends them."""

from __future__ import annotations

from datetime import datetime

from events.followup import AppealDecided, DisputeClosed, WorkResolved
from events.review import LetterSent
from projections.claims.state import PersonAct
from projections.deadlines.base import Case, Deadline, say_day, verdict
from projections.deadlines.kinds import OPEN, DeadlineKind
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
    ending = f"Stopped: {answer[2]} {case.say(answer[1])}" if answer else "What stops it: the payer's answer"
    return Deadline(
        kind=DeadlineKind.LETTER_ANSWER,
        payer_id=account.payer_id if account else "",
        due=due,
        latest=None,
        state=verdict(due, answer[1], case.zone) if answer else OPEN,
        started_by=act.event,
        started_at=act.time,
        ended_by=answer[0] if answer else None,
        ended_at=answer[1] if answer else None,
        rule="",
        steps=steps,
        ending=(ending,),
    )


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
