"""What people and payers do about a claim after its first answer."""

from __future__ import annotations

from typing import Literal

from events.values import Day, Fact, Id, Instant, Money, Text


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


class WorkAssigned(WorkFact):
    assignee: Text | None = None


class WorkSnoozed(WorkFact):
    until: Instant | Day


class WorkNoted(WorkFact):
    note: Text


class WorkResolved(WorkFact):
    """`reason_identified` and `resubmitted` are the two milestones of a rejection; others close the item."""

    resolution: Text
    note: Text | None = None


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
