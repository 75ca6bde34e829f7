"""What people and payers do about a claim after its first answer."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, model_validator

from events.event_data import EventData, EventType, Names
from events.values import LAST_DAY, Day, Fact, Id, Instant, Integer, Money, Name, StatedDay, Text

# Words of a resolution. The milestones are steps on the way: each ends its own clock at most, and no item.
# Every other word closes the item, RESUBMITTED among them.
RejectionWord = Literal["reason_identified", "resubmitted"]
REASON_IDENTIFIED: RejectionWord = "reason_identified"
RESUBMITTED: RejectionWord = "resubmitted"
RECORDS_SENT = ("records_sent", "documents_sent", "sent")
REOPENING_REQUESTED = ("reopening_requested", "reopened", "reopening")
PEER_TO_PEER = ("peer_to_peer_requested", "peer_to_peer_held")
REBUTTAL_SENT = ("rebuttal_sent",)
MILESTONES = (REASON_IDENTIFIED, *RECORDS_SENT, *REOPENING_REQUESTED, *PEER_TO_PEER, *REBUTTAL_SENT)


class AppealFiled(EventData):
    event: ClassVar = EventType(
        "appeal.filed.v1", "claim id", "An appeal was filed, at which level and when.", "Appeal"
    )

    claim_id: Id
    payer_id: Name | None = None  # whose decision it is about, where several payers answered
    confirmed: tuple[Text, ...] = ()  # questions about it that the person answered with yes
    level: Integer = 1
    filed_on: Day
    received_on: StatedDay = None  # by the payer
    reference: Name | None = None
    reason: Text | None = None
    by: Name | None = None

    def business_date(self) -> date | None:
        return self.filed_on


class AppealDecided(EventData):
    event: ClassVar = EventType("appeal.decided.v1", "claim id", "An appeal was decided.", "Appeal decided")

    claim_id: Id
    payer_id: Name | None = None  # whose decision it is about, where several payers answered
    confirmed: tuple[Text, ...] = ()  # questions about it that the person answered with yes
    level: Integer = 1
    decided_on: Day
    outcome: Literal["upheld", "overturned", "partial", "dismissed", "withdrawn"]
    by: Name | None = None

    def business_date(self) -> date | None:
        return self.decided_on


class ClaimWrittenOff(EventData):
    event: ClassVar = EventType(
        "claim.written_off.v1", "claim id", "The rest is given up; without an amount, all of it.", "Write-off"
    )

    claim_id: Id
    confirmed: tuple[Text, ...] = ()  # questions about it that the person answered with yes
    amount: Money | None = None
    reason: Text | None = None
    by: Name | None = None


class PatientPaid(EventData):
    event: ClassVar = EventType("patient.paid.v1", "claim id", "The patient paid.", "Patient paid")

    claim_id: Id
    confirmed: tuple[Text, ...] = ()  # questions about it that the person answered with yes
    amount: Money
    reason: Text | None = None
    by: Name | None = None


class RefundSent(EventData):
    event: ClassVar = EventType("refund.sent.v1", "claim id", "Money was sent back.", "Refund")

    claim_id: Id
    confirmed: tuple[Text, ...] = ()  # questions about it that the person answered with yes
    amount: Money
    reason: Text | None = None
    by: Name | None = None


class RecordsRequested(EventData):
    event: ClassVar = EventType("records.requested.v1", "claim id", "The payer asks for records.", "Records")

    claim_id: Id
    confirmed: tuple[Text, ...] = ()  # questions about it that the person answered with yes
    due_on: StatedDay = None
    reason: Text | None = None
    by: Name | None = None


class DisputeOpened(EventData):
    event: ClassVar = EventType(
        "dispute.opened.v1", "claim id", "An underpayment is disputed with the payer.", "Dispute"
    )

    claim_id: Id
    payer_id: Name | None = None  # whose decision it is about, where several payers answered
    confirmed: tuple[Text, ...] = ()  # questions about it that the person answered with yes
    lines: tuple[Integer, ...] = ()
    contract: Name | None = None
    amount: Money | None = None
    by: Name | None = None


class DisputeClosed(EventData):
    event: ClassVar = EventType("dispute.closed.v1", "claim id", "A dispute ended.", "Dispute closed")

    claim_id: Id
    lines: tuple[Integer, ...] = ()
    outcome: Literal["recovered", "invalid", "written_off"]
    by: Name | None = None


class WorkFact(EventData):
    """A person's act on one item of one worklist.

    Of a claim; else of a visit that no claim bills, of a bank deposit, of a remittance (by its key), or of a patient.
    """

    claim_id: Id | None = None
    visit_id: Id | None = None
    deposit_id: Id | None = None
    remittance: Name | None = None
    patient_id: Id | None = None
    worklist: Name
    item: Name | None = None  # of several items of the claim on that list, the one that is meant
    by: Name

    def names(self, item: str) -> bool:
        """Whether the act is about this item: `item` names one; without it all of the list are."""
        return self.item in (None, item)

    @model_validator(mode="after")
    def _about_somebody(self) -> Self:
        if not any((self.claim_id, self.visit_id, self.deposit_id, self.remittance, self.patient_id)):
            raise ValueError("name a claim_id, a visit_id, a deposit_id, a remittance or a patient_id")
        return self

    def index_names(self) -> Names:
        if self.claim_id:
            return super().index_names()
        named = (("visit", self.visit_id), ("deposit", self.deposit_id), ("remittance", self.remittance))
        return next((((kind, name),) for kind, name in named if name), (("patient", self.patient_id or ""),))


class WorkAssigned(WorkFact):
    event: ClassVar = EventType(
        "work.assigned.v1",
        "claim, visit or patient id",
        "An item of a worklist has an owner, or none again.",
        "Assigned",
    )

    assignee: Name | None = None


def _for_good(value: Any) -> Any:
    """9999-12-31 is no end, and our calendars do not go that far."""
    return LAST_DAY if str(value).startswith("9999-12-31") else value


class WorkSnoozed(WorkFact):
    event: ClassVar = EventType(
        "work.snoozed.v1",
        "claim, visit or patient id",
        "An item of a worklist waits until a day or an instant.",
        "Snoozed",
    )

    until: Annotated[Instant | Day, BeforeValidator(_for_good)]


class WorkNoted(WorkFact):
    event: ClassVar = EventType(
        "work.noted.v1", "claim, visit or patient id", "Somebody wrote a note on an item.", "Note"
    )

    note: Text


class WorkResolved(WorkFact):
    """`reason_identified`, and that records were sent or a reopening asked for, are milestones and close no item.

    Any other resolution does, `resubmitted` included.
    """

    event: ClassVar = EventType(
        "work.resolved.v1",
        "claim, visit or patient id",
        "Somebody reached a milestone of an item, or closed it.",
        "Work done",
    )

    resolution: Name
    note: Text | None = None

    @property
    def closes(self) -> bool:
        return self.resolution not in MILESTONES


class AlertRaised(EventData):
    """A clock reached one of its alert steps: days left (`30d`) or hours run (`20h`).

    `to`: owner, lead, manager or director. `amount`: what was at risk then; `assignee`: who had the item of `worklist`.
    """

    event: ClassVar = EventType(
        "alert.raised.v1", "claim id", "The scheduler said that a clock came to a step.", "Alert"
    )

    claim_id: Id | None = None
    visit_id: Id | None = None  # of a clock that runs before there is a claim
    rule: Name | None = None  # of published rules that end without a successor: their kind, such as kx
    covers: Text | None = None  # the year or quarter that is missing, 2027 or 2027 Q1
    clock: Name
    step: Name
    due: Text | None = None
    attempt: Integer | None = None
    payer_id: Name | None = None
    worklist: Name | None = None
    to: Name | None = None
    assignee: Name | None = None
    amount: Money | None = None


class EventWithdrawn(EventData):
    """Withdraws one of our events; the event stays in the log and the fold ignores it."""

    event: ClassVar = EventType(
        "event.withdrawn.v1",
        "claim id",
        "One of our events is withdrawn: it stays in the log and no longer counts.",
        "Undone",
        is_term=True,
    )

    claim_id: Id | None = None
    source: Name
    id: Id
    by: Name | None = None
    why: Text | None = None


class ChangedField(Fact):
    """Where two contents of one event differ: a JSON pointer, what was logged and what came later."""

    pointer: Text
    logged: Text | None = None
    received: Text | None = None


class EventConflicted(EventData):
    """Written by the projector: an identity that was already logged arrived again with other content."""

    event: ClassVar = EventType(
        "event.conflicted.v1",
        "as the event's",
        "Written by the projector: a known identity came again with other content.",
        "Conflict",
    )

    claim_id: Id | None = None
    source: Name
    id: Id
    type: Name
    trace_number: Name | None = None
    rawref: Name | None = None  # the file that brought the other content
    logged_rawref: Name | None = None  # and the one whose content counts
    differs: tuple[ChangedField, ...] = ()
