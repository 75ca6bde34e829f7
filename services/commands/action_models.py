"""The acts a person can do about a claim, checked; each becomes one event."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from events.followup import RejectionWord
from events.review import CreditFinding
from events.values import Day, DayOrInstant, Id, Money
from projections.tables.vocabulary import ListKind
from projections.work.kinds import EVERY_LIST

SOURCE = "claimclock/desk"
NoteRequest = Annotated[str, Field(min_length=1, max_length=4000)]
ShortText = Annotated[str, Field(min_length=1, max_length=200)]
Positive = Annotated[Money, Field(gt=0)]


class ActionRequest(BaseModel):
    """`id` makes a repetition harmless: the same id counts once. `version` is what the claim's page said.

    `confirm`: codes of questions that a refusal with 409 asked and the person answered with yes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    event_type: ClassVar[str]
    about_money: ClassVar[bool] = False

    id: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]{8,64}$")
    version: str | None = Field(None, pattern=r"^[0-9]{1,20}-[0-9]{1,20}(-[0-9a-f]{32})?$")

    confirm: tuple[ShortText, ...] = Field((), max_length=10)

    def data(self, by: str) -> dict[str, Any]:
        """What the event says, the claim apart."""
        told = self.model_dump(mode="json", exclude={"id", "version", "action", "confirm"}, exclude_none=True)
        return told | {"by": by} | ({"confirmed": list(self.confirm)} if self.confirm else {})


class WorkAct(ActionRequest):
    """About an item of a worklist; `today` means all of the claim's items."""

    worklist: ShortText = EVERY_LIST
    item: ShortText | None = None


class Assign(WorkAct):
    event_type = "work.assigned.v1"
    action: Literal["assign"]
    assignee: ShortText | None = None


class Snooze(WorkAct):
    event_type = "work.snoozed.v1"
    action: Literal["snooze"]
    until: DayOrInstant


class AddNote(WorkAct):
    event_type = "work.noted.v1"
    action: Literal["note"]
    note: NoteRequest


class Milestone(WorkAct):
    event_type = "work.resolved.v1"
    action: RejectionWord
    worklist: ShortText = ListKind.REJECTION
    note: NoteRequest | None = None

    def data(self, by: str) -> dict[str, Any]:
        return super().data(by) | {"resolution": self.action}


class Resolve(WorkAct):
    event_type = "work.resolved.v1"
    action: Literal["resolve"]
    resolution: ShortText = "done"
    note: NoteRequest | None = None


class FileAppeal(ActionRequest):
    event_type = "appeal.filed.v1"
    action: Literal["appeal_filed"]
    payer_id: ShortText | None = None  # whose decision it is about; without it any payer of the claim
    level: int = Field(1, ge=1, le=5)
    filed_on: Day
    received_on: Day | None = None  # by the payer
    reference: ShortText | None = None
    reason: NoteRequest | None = None


class DecideAppeal(ActionRequest):
    event_type = "appeal.decided.v1"
    action: Literal["appeal_decided"]
    payer_id: ShortText | None = None  # whose decision it is about; without it any payer of the claim
    level: int = Field(1, ge=1, le=5)
    decided_on: Day
    outcome: Literal["upheld", "overturned", "partial", "dismissed", "withdrawn"]


class WriteOff(ActionRequest):
    """Without an amount, all that is left."""

    event_type = "claim.written_off.v1"
    about_money = True
    action: Literal["write_off"]
    amount: Positive | None = None
    reason: NoteRequest


class OpenDispute(ActionRequest):
    event_type = "dispute.opened.v1"
    action: Literal["dispute_open"]
    payer_id: ShortText | None = None  # whose decision it is about; without it any payer of the claim
    lines: tuple[int, ...] = Field((), max_length=100)
    contract: ShortText | None = None
    amount: Positive | None = None


class CloseDispute(ActionRequest):
    event_type = "dispute.closed.v1"
    action: Literal["dispute_close"]
    lines: tuple[int, ...] = Field((), max_length=100)
    outcome: Literal["recovered", "invalid", "written_off"]


class TakePayment(ActionRequest):
    event_type = "patient.paid.v1"
    about_money = True
    action: Literal["patient_paid"]
    amount: Positive
    reason: NoteRequest | None = None


class SendRefund(ActionRequest):
    event_type = "refund.sent.v1"
    about_money = True
    action: Literal["refund_sent"]
    amount: Positive
    reason: NoteRequest | None = None


class ReviewCredit(ActionRequest):
    """Whether and since when a payer's credit is an overpayment; begin and end of its investigation."""

    event_type = "credit.reviewed.v1"
    about_money = True
    action: Literal["credit_reviewed"]
    payer_id: ShortText | None = None  # without it the payer whose credit it is
    finding: CreditFinding
    on: Day
    amount: Positive | None = None


class RequestRecords(ActionRequest):
    event_type = "records.requested.v1"
    action: Literal["records_requested"]
    due_on: Day | None = None
    reason: NoteRequest | None = None


class Undo(ActionRequest):
    """Takes back an act of a person; it stays in the timeline."""

    event_type = "event.withdrawn.v1"
    action: Literal["undo"]
    event_id: Id
    why: NoteRequest | None = None

    def data(self, by: str) -> dict[str, Any]:
        told: dict[str, Any] = {"source": SOURCE, "id": self.event_id, "by": by}
        return told | ({"why": self.why} if self.why else {})


AnyAct = Annotated[
    Assign
    | Snooze
    | AddNote
    | Milestone
    | Resolve
    | FileAppeal
    | DecideAppeal
    | WriteOff
    | OpenDispute
    | CloseDispute
    | TakePayment
    | SendRefund
    | ReviewCredit
    | RequestRecords
    | Undo,
    Field(discriminator="action"),
]
MONEY_EVENTS = frozenset(
    kind.event_type for kind in ActionRequest.__subclasses__() if kind.about_money
)  # taking one of these back needs the right to make one
