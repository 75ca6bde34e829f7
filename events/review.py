"""What a person settled: which claim an answer belongs to, what a credit is, what was sent to whom."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from events.event_data import EventData, EventType, Names
from events.remittance import NamedRemittance, remit_key
from events.submission_key import SubmissionRef, submission_identity, verdict_key
from events.values import Day, Fact, Id, Money, Name, StatedDay, Text

MATCHING = ("matching", "")  # the key under which a practice's decisions about responses are found


class MatchEvidence(Fact):
    """One thing that two claim numbers agree or differ on: `what`, as it is on our side and on the payer's."""

    what: Text
    ours: Text | None = None
    theirs: Text | None = None


class ClaimMatched(EventData):
    """An answer under another number (`answered_as`) belongs to our claim. Taken back by event.withdrawn."""

    event: ClassVar = EventType(
        "claim.matched.v1", "claim id", "A person matched a payer's answer under another number to a claim.", "Matched"
    )

    claim_id: Id
    answered_as: Id
    payer_id: Name | None = None
    remit: NamedRemittance | None = None
    submission: SubmissionRef | None = None
    evidence: tuple[MatchEvidence, ...] = ()
    by: Name

    def index_names(self) -> Names:
        remit = (("remittance", remit_key(self.remit)),) if self.remit else ()
        both = (("claim_match", self.claim_id), ("claim_match", self.answered_as))
        return (*super().index_names(), ("claim", self.answered_as), *both, *remit, MATCHING)


class NamedAnswer(Fact):
    """The identity of a logged 999 or 277CA."""

    source: Name
    id: Id


class SubmissionMatched(EventData):
    """Which submission an acknowledgment of a whole file answers; without `submission`, none of this practice.

    `answered`: the submission as the acknowledgment names it. Taken back by event.withdrawn.
    """

    event: ClassVar = EventType(
        "submission.matched.v1",
        "submission key",
        "A person said which submission an acknowledgment of a whole file answers, or that it answers none here.",
        "File response matched",
    )

    answer: NamedAnswer
    answered: SubmissionRef
    submission: SubmissionRef | None = None
    evidence: tuple[MatchEvidence, ...] = ()
    by: Name

    def index_names(self) -> Names:
        ours = (("verdict_match", submission_identity(self.submission)),) if self.submission else ()
        return (("verdict", verdict_key(self.answered)), *ours, MATCHING)


CreditFinding = Literal["identified", "investigation_begun", "investigation_ended", "not_owed"]


class CreditReviewed(EventData):
    """A step in the review of a credit balance: whether and when an overpayment was identified (42 CFR 401.305)."""

    event: ClassVar = EventType(
        "credit.reviewed.v1",
        "claim id",
        "A person reviewed a credit: overpaid or not, since when.",
        "Credit reviewed",
    )

    claim_id: Id
    payer_id: Name
    finding: CreditFinding
    on: Day
    amount: Money | None = None
    by: Name

    def business_date(self) -> date | None:
        return self.on


class LetterSent(EventData):
    """A letter about one or more claims. `sha256`: of the letter as sent; `answer_due`: the day an answer is due."""

    event: ClassVar = EventType("letter.sent.v1", "claim id", "A letter about a claim was sent.", "Letter")

    claim_ids: Annotated[tuple[Id, ...], Field(min_length=1)]
    kind: Name
    recipient: Text
    method: Name
    sha256: Annotated[Name, Field(pattern=r"^[0-9a-f]{64}$")]
    by: Name
    answer_due: StatedDay = None

    def index_names(self) -> Names:
        return tuple(("claim", claim_id) for claim_id in self.claim_ids)
