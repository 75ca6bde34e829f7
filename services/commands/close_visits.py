"""A visit that no claim will bill, closed with a reason, and opened again."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from events.visit import VisitClosed
from projections.history import effective_events
from projections.keys import Key
from projections.tables.vocabulary import VisitState
from services.app_context import AppContext
from services.commands.action_models import SOURCE
from services.commands.own_events import publish_own
from services.core.errors import ConflictError, UsageError
from services.reads.read_context import ReadContext
from services.reads.visits import visit_page
from services.store.log import histories

ClosingWord = Literal["self_pay", "not_billable", "other"]
NOTED = "other"  # a reason that says nothing by itself


class VisitBilledError(ConflictError):
    """A claim bills the visit; it is the claim that can be closed."""


class VisitStateError(ConflictError):
    """The visit is closed already, or is not closed."""


class NoteMissingError(UsageError):
    """The reason "other" needs a note."""


class VisitClosing(BaseModel):
    """Why no claim will be made of a visit; `other` needs a note."""

    model_config = ConfigDict(extra="forbid")

    visit_id: str = Field(min_length=1, max_length=200)
    reason: ClosingWord
    note: str | None = Field(None, max_length=4000)


def close_visit(app: AppContext, context: ReadContext, asked: VisitClosing, by: str) -> dict[str, Any]:
    """Takes the visit off every list. Raises NotFoundError, VisitBilledError, VisitStateError, NoteMissingError."""
    state = visit_page(context, asked.visit_id)["state"]
    if state in (VisitState.BILLED, VisitState.CORRECTABLE):
        raise VisitBilledError("a claim bills this visit: void or write off the claim instead")
    if state == VisitState.CLOSED:
        raise VisitStateError("the visit is already closed; reopen it first")
    note = (asked.note or "").strip()
    if asked.reason == NOTED and not note:
        raise NoteMissingError("note: say why the visit will not be billed")
    data = {"visit_id": asked.visit_id, "reason": asked.reason, "by": by} | ({"note": note} if note else {})
    event_id = publish_own(app, SOURCE, "visit.closed.v1", asked.visit_id, data)
    return {"visit_id": asked.visit_id, "state": VisitState.CLOSED, "event_id": event_id}


def reopen_visit(app: AppContext, context: ReadContext, visit_id: str, by: str) -> dict[str, Any]:
    """Withdraws whatever closed the visit. Raises NotFoundError, VisitStateError."""
    visit_page(context, visit_id)
    with context.context() as (fold_context, reference):
        key = str(Key("visit", context.practice, visit_id))
        history = effective_events(histories(fold_context.log, [key])[key], reference.zone)
        closings = [event for event in history if isinstance(event.data, VisitClosed)]
    if not closings:
        raise VisitStateError("the visit is not closed")
    for closing in closings:
        data = {"source": closing.source, "id": closing.id, "by": by}
        publish_own(app, SOURCE, "event.withdrawn.v1", visit_id, data)
    return {"visit_id": visit_id, "state": visit_page(context, visit_id)["state"]}
