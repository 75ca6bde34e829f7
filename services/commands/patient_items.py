"""Work on items that hang on a patient and not on a claim: authorizations and eligibility."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from projections.tables.tables import READ_TABLES
from projections.work.kinds import ListKind
from projections.work.people import gives_reason
from services.app_context import AppContext
from services.commands.action_models import SOURCE, AddNote, Assign, Resolve, Snooze
from services.commands.actions import ReasonMissingError
from services.commands.own_events import publish_own
from services.core.errors import NotFoundError, UsageError
from services.reads.patients import patient_ref
from services.reads.read_context import ReadContext

ITEM = READ_TABLES["work_item"]
PATIENT_LISTS = (ListKind.AUTHORIZATION, ListKind.ELIGIBILITY)
ItemAct = Annotated[Assign | Snooze | AddNote | Resolve, Field(discriminator="action")]


class WrongListError(UsageError):
    """Items of this list hang on a claim or a visit."""


class PatientItemAct(BaseModel):
    """An act on one item of the list authorization or eligibility; `act` names the list and the item."""

    model_config = ConfigDict(extra="forbid")

    patient_id: str = Field(min_length=1, max_length=200)
    act: ItemAct


def patient_of_item(context: ReadContext, ref: str, worklist: str, item: str) -> str:
    """The patient of a ref, among those with this item on the list. Raises NotFoundError."""
    same = (ITEM.c.practice == context.practice, ITEM.c.kind == worklist, ITEM.c.item == item)
    with context.rows() as rows:
        known = rows.scalars(select(ITEM.c.patient_id).where(*same).where(ITEM.c.patient_id.is_not(None)))
        found = next((each for each in known if patient_ref(context, each) == ref), None)
    if found is None:
        raise NotFoundError("no such item of this patient on the list")
    return str(found)


def act_on_item(app: AppContext, context: ReadContext, asked: PatientItemAct, by: str) -> dict[str, Any]:
    """Raises NotFoundError, WrongListError, ReasonMissingError."""
    wanted = asked.act
    if wanted.worklist not in PATIENT_LISTS:
        raise WrongListError(f"worklist: use {' or '.join(PATIENT_LISTS)}; act on other items at their claim or visit")
    if isinstance(wanted, Resolve) and not gives_reason(wanted.resolution, wanted.note):
        raise ReasonMissingError("add a note that says why it is done")
    same = (ITEM.c.practice == context.practice, ITEM.c.kind == wanted.worklist, ITEM.c.item == wanted.item)
    with context.rows() as rows:
        found = rows.scalar(select(ITEM.c.key).where(*same, ITEM.c.patient_id == asked.patient_id))
    if found is None:
        raise NotFoundError("no such item of this patient on the list")
    data = {"patient_id": asked.patient_id} | wanted.data(by)
    event_id = publish_own(app, SOURCE, wanted.event_type, asked.patient_id, data)
    return {"worklist": wanted.worklist, "item": wanted.item, "event_id": event_id}
