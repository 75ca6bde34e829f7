"""What people and payers do about a claim after its first answer."""

from __future__ import annotations

from typing import Literal

from events.values import Day, Fact, Id, Instant, Money, Text

# Words of a resolution. The milestones are steps on the way: each ends its own clock at most, and no item.
# Every other word closes the item, RESUBMITTED among them.
RejectionWord = Literal["reason_identified", "resubmitted"]
REASON_IDENTIFIED: RejectionWord = "reason_identified"
RESUBMITTED: RejectionWord = "resubmitted"
RECORDS_SENT = ("records_sent", "documents_sent", "sent")
REOPENING_REQUESTED = ("reopening_requested", "reopened", "reopening")
MILESTONES = (REASON_IDENTIFIED, *RECORDS_SENT, *REOPENING_REQUESTED)


class AppealFiled(Fact):
    claim_id: Id
    level: int = 1
    filed_on: Day
    reference: Text | None = None
    reason: Text | None = None
    by: Text | None = None


class AppealDecided(Fact):
    claim_id: Id
    level: int = 1
    decided_on: Day
    outcome: Literal["upheld", "overturned", "partial"]


class ClaimWrittenOff(Fact):
    claim_id: Id
    amount: Money | None = None
    reason: Text | None = None
    by: Text | None = None


class PatientPaid(Fact):
    claim_id: Id
    amount: Money
    reason: Text | None = None
    by: Text | None = None


class RefundSent(Fact):
    claim_id: Id
    amount: Money
    reason: Text | None = None
    by: Text | None = None


class RecordsRequested(Fact):
    claim_id: Id
    due_on: Day | None = None
    reason: Text | None = None
    by: Text | None = None


class DisputeOpened(Fact):
    claim_id: Id
    lines: tuple[int, ...] = ()
    contract: Text | None = None
    amount: Money | None = None
    by: Text | None = None


class DisputeClosed(Fact):
    claim_id: Id
    lines: tuple[int, ...] = ()
    outcome: Literal["recovered", "invalid", "written_off"]
    by: Text | None = None


class WorkFact(Fact):
    """A person's act on one item of one worklist."""

    claim_id: Id
    worklist: Text
    by: Text

    def names(self, item: str) -> bool:
        """Whether the act is about this item: the extra field `item` names one; without it all of the list are."""
        return (self.model_extra or {}).get("item") in (None, item)


class WorkAssigned(WorkFact):
    assignee: Text | None = None


class WorkSnoozed(WorkFact):
    until: Instant | Day


class WorkNoted(WorkFact):
    note: Text


class WorkResolved(WorkFact):
    """`reason_identified`, and that records were sent or a reopening asked for, are milestones and close no item.

    Any other resolution does, `resubmitted` included.
    """

    resolution: Text
    note: Text | None = None

    @property
    def closes(self) -> bool:
        return self.resolution not in MILESTONES


class AlertRaised(Fact):
    """A clock reached a step of its ladder: days left (`30d`) or hours run (`20h`).

    `to`: owner, lead, manager or director. `amount`: what was at risk then; `assignee`: who had the item of `worklist`.
    """

    claim_id: Id
    clock: Text
    step: Text
    due: Text | None = None
    attempt: int | None = None
    payer_id: Text | None = None
    worklist: Text | None = None
    to: Text | None = None
    assignee: Text | None = None
    amount: Money | None = None


class EventWithdrawn(Fact):
    """Takes one event of ours back; the event stays in the log and the fold ignores it."""

    claim_id: Id | None = None
    source: Text
    id: Id
    by: Text | None = None
    why: Text | None = None


class EventConflicted(Fact):
    """Written by the house itself: an identity that was already logged arrived again with other content."""

    claim_id: Id | None = None
    source: Text
    id: Id
    type: Text
