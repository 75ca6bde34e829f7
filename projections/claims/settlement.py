"""Which one submission an acknowledgment answers.

Numbers come round again: group and set numbers start again, some senders put the same BHT03 into every file. Candidates
are the submissions with the same sender, receiver and numbers that the acknowledgment does not contradict: by naming a
claim that is not in the file, or by counting more claims or more money than it holds. Of several, the date inside the
acknowledgment selects the latest one sent no later than that plus one day; where that leaves none or two, a person
decides. What a person decided comes before all of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from events.claim import SubmissionVerdict
from events.normal_forms import number_form
from events.review import SubmissionMatched
from events.submission_key import submission_identity
from events.values import ZERO
from projections.history import EventId, LoggedEvent

FILES = "x12/"  # begins the source of what our readers found in files
NOTHING: Mapping[EventId, str] = MappingProxyType({})
CLOCK_SKEW = timedelta(days=1)  # an acknowledgment may carry a time slightly before the submission it answers


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionContent:
    """What a submission holds: claims and their charges by billing NPI, and which of some asked-for numbers."""

    claims: Mapping[str, int]
    charges: Mapping[str, Decimal]
    numbers: frozenset[str] = frozenset()

    def count(self, npi: str | None) -> int:
        return self.claims[npi] if npi is not None and npi in self.claims else sum(self.claims.values())

    def total(self, npi: str | None) -> Decimal:
        return self.charges[npi] if npi is not None and npi in self.charges else sum(self.charges.values(), ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A submission. `identity` is that of `events.submission_key.submission_identity`.

    `content` is None where nobody asked for it.
    """

    identity: str
    receiver: str
    sent_at: datetime | None
    content: SubmissionContent | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """The submission answered; None with the reason where it is not certain, and how many could be meant."""

    identity: str | None
    reason: str
    count: int


def decisions(standing: Iterable[LoggedEvent]) -> dict[EventId, str]:
    """What people decided, by acknowledgment: the submission, empty for none here. The latest word counts."""
    found: dict[EventId, str] = {}
    for event in standing:
        if isinstance(data := event.data, SubmissionMatched):
            ours = submission_identity(data.submission) if data.submission else ""
            found[data.answer.source, data.answer.id] = ours
    return found


def settle(answer: LoggedEvent, candidates: Iterable[Candidate], said: Mapping[EventId, str] = NOTHING) -> Settled:
    """The one submission that a 999, or a 277CA, refers to. `said`: what people decided."""
    if answer.name in said:
        return Settled(said[answer.name] or None, "decided by a user", 1)
    asked = answer.data.submission
    receiver = number_form(asked.receiver) if asked else ""
    named = {c.identity: c for c in candidates if not receiver or not c.receiver or c.receiver == receiver}
    if not named:
        return Settled(None, "no submission on file has these numbers", 0)
    against = {one.identity: contradiction(answer.data, one.content) for one in named.values()}
    fitting = [one for one in named.values() if against[one.identity] is None]
    if not fitting:
        return Settled(None, next(reason for reason in against.values() if reason), len(named))
    if len(fitting) == 1:
        only = "the only submission with these numbers" if len(named) == 1 else "the only one consistent with it"
        return Settled(fitting[0].identity, only, len(named))
    return _latest(fitting, said_at(answer))


def counts(data: Any) -> tuple[int | None, Decimal | None]:
    """How many claims of which total charge a 277CA counts; None where it does not say. A 999 counts sets."""
    if data.stage == "syntax":
        return None, None
    numbers = [n for n in (data.accepted_count, data.rejected_count) if n is not None]
    amounts = [a for a in (data.accepted_amount, data.rejected_amount) if a is not None]
    return sum(numbers) if numbers else None, sum(amounts, ZERO) if amounts else None


def claims_named(data: Any) -> set[str]:
    """The claims, by the form of their number, in which a 999 or 277CA found a fault."""
    return {number_form(error.claim_id) for error in data.said("errors") or () if error.claim_id}


def states_content(data: Any) -> bool:
    """Whether it says anything by which it could contradict a submission."""
    return isinstance(data, SubmissionVerdict) and (counts(data) != (None, None) or bool(claims_named(data)))


def contradiction(data: Any, content: SubmissionContent | None) -> str | None:
    """Why an acknowledgment cannot answer the submission of this content; None where nothing speaks against it."""
    if content is None or not states_content(data):
        return None
    missing = claims_named(data) - content.numbers
    if missing:
        words = "a claim" if len(missing) == 1 else f"{len(missing)} claims"
        return f"it names {words} that the file with these numbers does not contain"
    count, total = counts(data)
    if count is not None and count > content.count(data.billing_npi):
        return f"it states {count} claims; the file with these numbers contains {content.count(data.billing_npi)}"
    if total is not None and total > content.total(data.billing_npi):
        held = content.total(data.billing_npi)
        return f"it states total charges of {total:.2f}; the file with these numbers contains {held:.2f}"
    return None


def said_at(answer: LoggedEvent) -> datetime | None:
    """The date and time inside a message; of a publisher's, its own time. Never the instant a file was imported."""
    found: datetime | None = answer.data.said("said_at")
    return found or (None if answer.source.startswith(FILES) else answer.time)


def _latest(fitting: Sequence[Candidate], said: datetime | None) -> Settled:
    count = len(fitting)
    if said is None:
        return Settled(None, f"{count} submissions have these numbers, and the response has no date", count)
    earlier = [c for c in fitting if c.sent_at is not None and c.sent_at <= said + CLOCK_SKEW]
    if not earlier:
        return Settled(None, f"{count} submissions have these numbers, all of them sent after the response", count)
    newest = max(c.sent_at for c in earlier if c.sent_at is not None)
    last = [c for c in earlier if c.sent_at == newest]
    if len(last) > 1:
        return Settled(None, f"{len(last)} submissions with these numbers were sent at the same time", count)
    return Settled(last[0].identity, f"the latest of {count} submissions sent before the response", count)
