"""Which one submission an acknowledgment answers.

Numbers come round again: group and set numbers start again, some senders put the same BHT03 into every file. Candidates
are the submissions with the same sender, receiver and numbers. Of several, the date inside the acknowledgment selects
the latest one sent no later than that plus one day; where that leaves none or two, a person decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from events.normal_forms import number_form
from projections.history import LoggedEvent

FILES = "x12/"  # begins the source of what our readers found in files
CLOCK_SKEW = timedelta(days=1)  # an acknowledgment may carry a time slightly before the submission it answers


@dataclass(frozen=True, slots=True)
class Candidate:
    """A submission. `identity` is that of `events.submission_key.submission_identity`."""

    identity: str
    receiver: str
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Settled:
    """The submission answered; None with the reason where it is not certain, and how many could be meant."""

    identity: str | None
    reason: str
    count: int


def settle(answer: LoggedEvent, candidates: Iterable[Candidate]) -> Settled:
    """The one submission that a 999, or a 277CA, refers to."""
    asked = answer.data.submission
    receiver = number_form(asked.receiver) if asked else ""
    fitting = {c.identity: c for c in candidates if not receiver or not c.receiver or c.receiver == receiver}
    if not fitting:
        return Settled(None, "no submission here bears these numbers", 0)
    if len(fitting) == 1:
        return Settled(next(iter(fitting)), "the only submission with these numbers", 1)
    return _latest(list(fitting.values()), said_at(answer))


def said_at(answer: LoggedEvent) -> datetime | None:
    """The date and time inside a message; of a publisher's, its own time. Never the instant a file was imported."""
    found: datetime | None = getattr(answer.data, "said_at", None)
    return found or (None if answer.source.startswith(FILES) else answer.time)


def _latest(fitting: Sequence[Candidate], said: datetime | None) -> Settled:
    count = len(fitting)
    if said is None:
        return Settled(None, f"{count} submissions bear these numbers, and the response has no date", count)
    earlier = [c for c in fitting if c.sent_at is not None and c.sent_at <= said + CLOCK_SKEW]
    if not earlier:
        return Settled(None, f"{count} submissions bear these numbers, all of them sent after the response", count)
    newest = max(c.sent_at for c in earlier if c.sent_at is not None)
    last = [c for c in earlier if c.sent_at == newest]
    if len(last) > 1:
        return Settled(None, f"{len(last)} submissions with these numbers were sent at the same time", count)
    return Settled(last[0].identity, f"the latest of {count} submissions sent before the response", count)
