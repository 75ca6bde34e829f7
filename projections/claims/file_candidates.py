"""Which submission a 999 or 277CA about a whole file could answer: points for each, with reasons in plain words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from events.normal_forms import number_form
from events.submission_key import SubmissionRef, submission_identity
from projections.claims.match_candidates import MOST, MatchReason
from projections.claims.settlement import CLOCK_SKEW, SubmissionContent, contradiction, counts, said_at
from projections.history import LoggedEvent

SOON, LATE = timedelta(days=3), timedelta(days=14)  # after it was sent, an acknowledgment usually comes
NUMBERS = (("group", "Group number (GS06)"), ("set", "Set number (ST02)"), ("reference", "Batch number (BHT03)"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """A submission of this practice: what identifies it, when it left, and what it holds."""

    ref: SubmissionRef
    sent_at: datetime
    content: SubmissionContent

    @property
    def identity(self) -> str:
        return submission_identity(self.ref)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCandidate:
    """A submission that an acknowledgment could answer. `score`: the sum of the points, from 0 to 100."""

    file: SentFile
    score: int
    reasons: tuple[MatchReason, ...]

    @property
    def differs_in(self) -> tuple[str, ...]:
        """What speaks against it."""
        return tuple(reason.what for reason in self.reasons if reason.points < 0)


def ranked_files(answer: LoggedEvent, files: Iterable[SentFile]) -> list[FileCandidate]:
    """The submissions with what speaks for and against each, the best first."""
    found = []
    for file in files:
        reasons = (*_numbers(answer, file), *_receiver(answer, file), *_when(answer, file), *_held(answer, file))
        score = max(0, min(MOST, sum(reason.points for reason in reasons)))
        found.append(FileCandidate(file=file, score=score, reasons=reasons))
    return sorted(found, key=lambda one: (-one.score, one.file.sent_at, one.file.identity))


def _numbers(answer: LoggedEvent, file: SentFile) -> list[MatchReason]:
    asked, found = answer.data.submission, []
    for name, what in NUMBERS:
        theirs, ours = getattr(asked, name), getattr(file.ref, name)
        if theirs and ours:
            same = number_form(theirs) == number_form(ours)
            points, words = (20, "the same") if same else (-10, "a different number")
            found.append(MatchReason(what=what, ours=ours, theirs=theirs, points=points, words=words))
    return found


def _receiver(answer: LoggedEvent, file: SentFile) -> list[MatchReason]:
    theirs, ours = answer.data.submission.receiver, file.ref.receiver
    if not theirs or not ours:
        return []
    same = number_form(theirs) == number_form(ours)
    points, words = (10, "the responder is the receiver of the file") if same else (-10, "a different receiver")
    return [MatchReason(what="Receiver", ours=ours, theirs=theirs, points=points, words=words)]


def _when(answer: LoggedEvent, file: SentFile) -> list[MatchReason]:
    said = said_at(answer)
    if said is None:
        return []
    if file.sent_at > said + CLOCK_SKEW:
        points, words = -40, "sent after the response was made"
    elif said - file.sent_at <= SOON:
        points, words = 20, "sent in the three days before the response"
    elif said - file.sent_at <= LATE:
        points, words = 10, "sent in the two weeks before the response"
    else:
        points, words = 0, "sent long before the response"
    return [
        MatchReason(what="Date", ours=f"{file.sent_at:%Y-%m-%d}", theirs=f"{said:%Y-%m-%d}", points=points, words=words)
    ]


def _held(answer: LoggedEvent, file: SentFile) -> list[MatchReason]:
    data: Any = answer.data
    against = contradiction(data, file.content)
    count, total = counts(data)
    ours = f"{file.content.count(None)} claims, {file.content.total(None):.2f}"
    theirs = ", ".join(
        [*([f"{count} claims"] if count is not None else []), *([f"{total:.2f}"] if total is not None else [])]
    )
    if against:
        return [MatchReason(what="Claims", ours=ours, theirs=theirs, points=-40, words=against)]
    if count is None and total is None:
        return []
    npi = data.billing_npi
    equal = count in (None, file.content.count(npi)) and total in (None, file.content.total(npi))
    words = "the same count and total" if equal else "no more claims than the file contains"
    return [MatchReason(what="Claims", ours=ours, theirs=theirs, points=20 if equal else 5, words=words)]
