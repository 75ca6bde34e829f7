"""The 24-hour rejection clock: two milestones from the instant we received the rejection, attempt by attempt.

A new attempt, a void or a write-off stops it; seen or assigned does not. An acceptance of an older attempt never closes
a newer rejection. An adjudication shows that the payer had the claim after all: the rejection is then superseded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from events.claim import REPLACEMENT, VOID_CLAIM
from events.followup import REASON_IDENTIFIED, RESUBMITTED, WorkResolved
from projections import calendar
from projections.claims.state import Account, Attempt, Entry, PersonAct, Rejection
from projections.deadlines.base import Case, Deadline, Ended, clock, say_day, verdict
from projections.deadlines.kinds import VOID, DeadlineKind
from projections.deadlines.service_levels import ServiceLevel, due_after
from projections.history import EventId
from projections.rules.programs import ORIGINAL_MEDICARE

LISTS = ("rejection", "today")  # worklists on which a person resolves a rejection


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What ended a milestone. `void`: it no longer mattered, so that late is not a breach."""

    event: EventId
    at: datetime
    words: str
    void: bool = False


class Refusal(NamedTuple):
    """The first rejection of an attempt at a stage. `repeats`: how often the same refusal was reported again."""

    account: Account
    attempt: Attempt
    rejection: Rejection
    repeats: int


def rejection_deadlines(case: Case, account: Account) -> list[Deadline]:
    """Two clocks for the first rejection of each attempt at each stage."""
    found: list[Deadline] = []
    for attempt in account.attempts:
        for rejection, repeats in _first_by_stage(attempt.rejections):
            found += _milestones(case, Refusal(account, attempt, rejection, repeats))
    return found


def _first_by_stage(rejections: Sequence[Rejection]) -> list[tuple[Rejection, int]]:
    """The same refusal is often reported twice; only the first report of a stage starts a clock."""
    first: dict[str, Rejection] = {}
    for rejection in sorted(rejections, key=lambda r: r.received_at):
        first.setdefault(rejection.stage, rejection)
    return [(r, sum(other.stage == r.stage for other in rejections) - 1) for r in first.values()]


def _milestones(case: Case, refusal: Refusal) -> tuple[Deadline, Deadline]:
    notes = _notes(case, refusal)
    left = _left(case, refusal)
    reason = left
    if told := _resolved(case, refusal, closing=False):
        words = f"Stopped: {_by(told)} recorded the reason {case.say(told.time)}"
        if left is None or told.time <= left.at:
            reason = Ending(event=told.event, at=told.time, words=words)
    return (
        _milestone(case, refusal, DeadlineKind.REJECTION_REASON, reason, notes),
        _milestone(case, refusal, DeadlineKind.REJECTION_RESUBMIT, left, notes),
    )


def _milestone(
    case: Case, refusal: Refusal, kind: DeadlineKind, ending: Ending | None, notes: tuple[str, ...]
) -> Deadline:
    account, attempt, rejection, _ = refusal
    due: ServiceLevel = due_after(
        case.reference, kind, rejection.received_at, f"receipt of the rejection of attempt {attempt.number}"
    )
    stops = "the reason recorded" if kind == DeadlineKind.REJECTION_REASON else "a new submission"
    ended = Ended(f"What stops it: {stops}, a void or a write-off")
    if ending is not None:
        state = VOID if ending.void else verdict(due.due, ending.at, case.zone)
        ended = Ended(ending.words, ending.event, ending.at, state)
    noted = due._replace(steps=(*due.steps, *notes))
    by, at = rejection.event, rejection.received_at
    return clock(kind, account.payer_id, noted, ended, by=by, at=at, attempt=attempt.number)


def _left(case: Case, refusal: Refusal) -> Ending | None:
    """What took the rejection off the worklist: the earliest of a new attempt, an adjudication and a person's word."""
    ends = [
        end
        for end in (
            _new_attempt(case, refusal),
            _superseded(refusal.account.entries, refusal.rejection),
            _closed(case, refusal),
        )
        if end is not None
    ]
    return min(ends, key=lambda end: end.at) if ends else None


def _new_attempt(case: Case, refusal: Refusal) -> Ending | None:
    later = [other for other in refusal.account.attempts if other.number > refusal.attempt.number]
    if not later:
        return None
    new = min(later, key=lambda other: (other.sent_at, other.number))
    words = f"Stopped: attempt {new.number} submitted {case.say(new.sent_at)}"
    if new.frequency == REPLACEMENT:
        words += " as frequency 7, although a rejected claim leaves nothing to replace: expect another rejection"
    return Ending(event=new.event, at=new.sent_at, words=words)


def _superseded(entries: Sequence[Entry], rejection: Rejection) -> Ending | None:
    for entry in entries:
        if entry.is_decision and entry.received_at >= rejection.received_at:
            words = f"Superseded: the payer decided on {say_day(entry.notice_date)}, so it had received the claim"
            return Ending(event=entry.event, at=entry.received_at, words=words, void=True)
    return None


def _closed(case: Case, refusal: Refusal) -> Ending | None:
    """A person's word: resubmitted, or closed for another reason."""
    act = _resolved(case, refusal, closing=True)
    if act is None or not isinstance(act.data, WorkResolved):
        return None
    if act.data.resolution == RESUBMITTED:
        return Ending(
            event=act.event,
            at=act.time,
            words=f"Stopped: {_by(act)} states it was resubmitted; no new attempt was seen",
        )
    return Ending(event=act.event, at=act.time, words=f"Closed by {_by(act)}: {act.data.resolution}", void=True)


def _resolved(case: Case, refusal: Refusal, *, closing: bool) -> PersonAct | None:
    """The first resolution about the rejection since it came: one that closes it, or the mere reason."""
    item = item_name(refusal.account, refusal.attempt)
    for act in case.acts:
        data = act.data
        if isinstance(data, WorkResolved) and data.worklist in LISTS and data.names(item):
            wanted = data.closes if closing else data.resolution == REASON_IDENTIFIED
            if wanted and act.time >= refusal.rejection.received_at:
                return act
    return None


def item_name(account: Account, attempt: Attempt) -> str:
    """The name of the rejection's item on the worklist."""
    return f"{account.payer_id}#{attempt.number}"


def _by(act: PersonAct) -> str:
    return act.data.by if isinstance(act.data, WorkResolved) else "a person"


def replaces(account: Account, attempt: Attempt) -> bool:
    """Whether the attempt was to replace a claim that the payer had decided."""
    return attempt.frequency == REPLACEMENT and bool(account.standing_entries)


def how_to_resend(account: Account, attempt: Attempt) -> str:
    """Frequency 7 replaces something: only the replacement of a decided claim goes out as 7 again. A void stays one."""
    if attempt.frequency == VOID_CLAIM:
        return "resubmit the void (frequency 8), or leave the claim as it is"
    if replaces(account, attempt) and account.program == ORIGINAL_MEDICARE:
        return "request a clerical error reopening of the decided claim; Part B accepts no replacement (frequency 7)"
    if replaces(account, attempt):
        return "resubmit the replacement of the decided claim (frequency 7)"
    return "submit as an original claim (frequency 1, not 7)"


def _notes(case: Case, refusal: Refusal) -> tuple[str, ...]:
    account, attempt, rejection, repeats = refusal
    notes = [f"Rejected before adjudication, no appeal: {how_to_resend(account, attempt)}"]
    if repeats:
        notes.append(f"Reported {repeats} more time{'s' if repeats > 1 else ''}; the first report started the clock")
    if rejection.occurred_on:
        age = calendar.business_days_between(
            rejection.occurred_on, case.day(rejection.received_at), case.terms.days_off
        )
        if age > _late_after(case, rejection):
            notes.append(f"Delivered late: the payer dated it {say_day(rejection.occurred_on)}")
    # What an accepted claim turns out to be when it is decided on contradicts nothing.
    accepted = [ack for ack in attempt.acks if ack.accepts and not rejection.from_remittance]
    contradicting = next((ack for ack in accepted if ack.stage == rejection.stage), None)
    if contradicting:
        notes.append(f"Conflict: the same stage also accepted this attempt ({contradicting.category}); stays open")
    elif any(ack.stage == "payer" for ack in accepted):
        notes.append("The payer also accepted this attempt: check with the payer before resubmitting")
    if rejection.bound_by == "nearest" and len(account.attempts) > 1:
        notes.append("The message names no attempt: matched to the closest earlier one")
    return tuple(notes)


def _late_after(case: Case, rejection: Rejection) -> int:
    ruling = case.terms.pack("sla", case.day(rejection.received_at))
    days = ruling.values.get("late_delivered", {}).get("business_days") if ruling else None
    return days if isinstance(days, int) else 1
