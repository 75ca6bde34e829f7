"""What a deadline is, when it counts as missed, and the words every explanation shares."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from events.claim import VOID_CLAIM
from events.followup import ClaimWrittenOff
from projections import calendar
from projections.claims.state import Account, Attempt, ClaimState, Entry, PersonAct
from projections.deadlines.kinds import MET, MISSED, OPEN, VOID, DeadlineKind
from projections.history import EventId
from projections.rules.policies import PayerTerms, Terms
from projections.tables.vocabulary import ClaimStatus, DeadlineState, EntryKind
from projections.terms.terms_in_force import Reference

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Deadline(NamedTuple):
    """One clock. `due` is a date for clocks of days, an instant for clocks of hours, None when unknown.

    `latest` is the last legal day where `due` is a cautious one. `state` is open while nothing has ended the clock:
    whether an open clock is missed depends on the instant it is read at, see `state_at`. `started_at` is a date where
    the clock starts from a date of service or a notice date. `unlimited`: `due` is only a milestone, the right has no
    last day. `steps` calculate it; `ending` says what ended it, or would.
    (A tuple: a claim has a dozen of them on every fold.)
    """

    kind: str
    payer_id: str
    due: date | datetime | None
    latest: date | None
    state: DeadlineState
    started_by: EventId | None
    started_at: date | datetime | None
    ended_by: EventId | None
    ended_at: datetime | None
    rule: str
    steps: tuple[str, ...]
    attempt: int | None = None
    line: int | None = None
    ending: tuple[str, ...] = ()
    unlimited: bool = False

    @property
    def explanation(self) -> tuple[str, ...]:
        return (*self.steps, *self.ending)

    @property
    def limit(self) -> date | datetime | None:
        """The last day or instant that still counts as in time; None where none is known, or there is none."""
        return None if self.unlimited else self.latest or self.due

    @property
    def runs(self) -> bool:
        return self.state == OPEN


class CountedEnd(Protocol):
    """When a clock ends, by which rule, and the steps that count it."""

    @property
    def due(self) -> date | datetime | None: ...

    @property
    def rule(self) -> str: ...

    @property
    def steps(self) -> tuple[str, ...]: ...


class DueBy(NamedTuple):
    """A last day that is counted in days: `CountedEnd`, as the functions that find one return it."""

    due: date | None
    rule: str
    steps: tuple[str, ...]


class Ended(NamedTuple):
    """What ended a clock, in which state; or, where nothing has, the words of what would, if any."""

    words: str = ""
    by: EventId | None = None
    at: datetime | None = None
    state: DeadlineState = OPEN


def clock(
    kind: str,
    payer_id: str,
    counted: CountedEnd,
    ended: Ended,
    *,
    by: EventId | None,
    at: date | datetime | None,
    latest: date | None = None,
    attempt: int | None = None,
    line: int | None = None,
) -> Deadline:
    """The clock that counts from `by`, which happened `at`. `latest`: the legal last day where `due` is cautious."""
    return Deadline(
        kind=kind,
        payer_id=payer_id,
        due=counted.due,
        latest=latest,
        state=ended.state,
        started_by=by,
        started_at=at,
        ended_by=ended.by,
        ended_at=ended.at,
        rule=counted.rule,
        steps=counted.steps,
        attempt=attempt,
        line=line,
        ending=(ended.words,) if ended.words else (),
    )


class Case:
    """A claim with the terms it is judged by, while its deadlines are computed."""

    __slots__ = ("acts", "reference", "state", "terms", "zone")

    def __init__(self, state: ClaimState, reference: Reference) -> None:
        self.state = state
        self.reference = reference
        self.terms: Terms = reference.terms
        self.zone: ZoneInfo = reference.zone
        self.acts: tuple[PersonAct, ...] = state.acts

    def day(self, instant: datetime) -> date:
        return calendar.local_day(instant, self.zone)

    def say(self, instant: datetime) -> str:
        """An instant for people, in the practice's own zone."""
        return say_instant(instant, self.zone)


def payer_of(account: Account) -> PayerTerms:
    return PayerTerms(
        account.payer_id, account.plan, account.program, state=account.state, line_of_business=account.line_of_business
    )


# The same few days and instants recur in every claim of a file; to write them out is what explaining costs most.
@lru_cache(maxsize=65536)
def say_instant(instant: datetime, zone: ZoneInfo) -> str:
    """An instant for people, in a zone."""
    return instant.astimezone(zone).isoformat(" ", "minutes")


@lru_cache(maxsize=16384)  # likewise
def say_day(day: date) -> str:
    return f"{_WEEKDAYS[day.weekday()]} {day.isoformat()}"


def state_at(deadline: Deadline, at: datetime, zone: ZoneInfo) -> DeadlineState:
    """The state as read at an instant: an open clock is missed once its limit has passed."""
    if deadline.state != OPEN or deadline.limit is None:
        return deadline.state
    return MISSED if at >= calendar.overdue_at(deadline.limit, zone) else OPEN


def is_overdue(deadline: Deadline, at: datetime, zone: ZoneInfo) -> bool:
    """Whether an open clock is past its (cautious) due date or instant."""
    return deadline.runs and deadline.due is not None and at >= calendar.overdue_at(deadline.due, zone)


def verdict(limit: date | datetime | None, ended: date | datetime, zone: ZoneInfo) -> DeadlineState:
    """Met or missed for an ended clock. Without a known limit an ended clock is met."""
    if limit is None:
        return MET
    if isinstance(limit, datetime):
        instant = ended if isinstance(ended, datetime) else calendar.start_of_day(ended, zone)
        return MET if instant <= limit else MISSED
    day = calendar.local_day(ended, zone) if isinstance(ended, datetime) else ended
    return MET if day <= limit else MISSED


def next_attempt(account: Account, attempt: Attempt) -> Attempt | None:
    """The attempt that took this one's place: the next number sent to the payer."""
    later = [other for other in account.attempts if other.number > attempt.number]
    return min(later, key=lambda other: other.number) if later else None


ANSWERS = (
    EntryKind.PAYMENT,
    EntryKind.DENIAL,
    EntryKind.REJECTION,
    EntryKind.DUPLICATE,
    EntryKind.FORWARDED,
)


def answers_to(account: Account, attempt: Attempt) -> list[Entry]:
    """Remittance entries that answer this attempt: received after it was sent and before the next one was.

    The first attempt also takes what came before it: clocks differ, and nothing else was there to be answered.
    """
    following = next_attempt(account, attempt)
    first = attempt.number == min(other.number for other in account.attempts)
    return [
        entry
        for entry in account.entries
        if entry.kind in ANSWERS
        and (first or entry.received_at >= attempt.sent_at)
        and (following is None or entry.received_at < following.sent_at)
    ]


def close_out(case: Case, found: Iterable[Deadline]) -> tuple[Deadline, ...]:
    """A void or a write-off ends every running clock except those about money and papers we owe others."""
    ending = _ending(case)
    if ending is None:
        return tuple(found)
    name, instant, words = ending
    return tuple(_ended(deadline, name, instant, words, case.zone) for deadline in found)


def _ended(deadline: Deadline, name: EventId, instant: datetime, words: str, zone: ZoneInfo) -> Deadline:
    if not deadline.runs or deadline.kind in (DeadlineKind.REFUND, DeadlineKind.RECORDS, DeadlineKind.DISPUTE):
        return deadline
    late = deadline.limit is not None and verdict(deadline.limit, instant, zone) == MISSED
    return deadline._replace(
        state=MISSED if late else VOID,
        ended_by=name,
        ended_at=instant,
        ending=(*deadline.ending, words + (", after the deadline" if late else "")),
    )


def _ending(case: Case) -> tuple[EventId, datetime, str] | None:
    if case.state.status == ClaimStatus.WRITTEN_OFF:
        for act in reversed(case.acts):
            if isinstance(act.data, ClaimWrittenOff):
                return act.event, act.time, f"Ended: written off on {say_day(case.day(act.time))}"
    if case.state.status == ClaimStatus.VOIDED:
        for account in case.state.accounts:
            last = account.last_attempt
            if last is not None and last.frequency == VOID_CLAIM:
                return last.event, last.sent_at, f"Ended: the claim was voided (attempt {last.number}, frequency 8)"
    return None
