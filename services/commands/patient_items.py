"""Work on items that hang on no claim: on a patient (authorizations, eligibility), a visit, or money (deposits)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import select

from events.followup import WorkFact
from events.values import Id
from projections.history import effective_events
from projections.keys import Key, parse_key
from projections.tables.tables import READ_TABLES
from projections.tables.vocabulary import ListKind
from projections.work.people import gives_reason
from services.app_context import AppContext
from services.commands.action_facts import Moment
from services.commands.action_guards import check_work
from services.commands.action_models import SOURCE, AddNote, Assign, Resolve, Snooze, WorkAct
from services.commands.actions import ReasonMissingError, assignable
from services.commands.own_events import publish_own
from services.core.errors import NotFoundError, UsageError
from services.reads.patients import patient_ref
from services.reads.read_context import ReadContext
from services.store.log import LOG, histories

ITEM, VISIT = READ_TABLES["work_item"], READ_TABLES["visit"]
PATIENT_LISTS = (ListKind.AUTHORIZATION, ListKind.ELIGIBILITY)
VISIT_LISTS = (ListKind.UNBILLED, ListKind.READINESS, ListKind.PLAN_OF_CARE)
MONEY_LISTS = (ListKind.DEPOSIT,)  # their items hang on a deposit or a remittance: the item alone names it
ITEM_LISTS = (*PATIENT_LISTS, *VISIT_LISTS, *MONEY_LISTS)


class WrongListError(UsageError):
    """Items of this list hang on a claim, or are closed in another way."""


class UndoItemAct(WorkAct):
    """Takes back an act about the item: the one named, else the newest that stands; once more, the one before."""

    event_type = "event.withdrawn.v1"
    action: Literal["undo"]
    event_id: Id | None = None


ItemAct = Annotated[Assign | Snooze | AddNote | Resolve | UndoItemAct, Field(discriminator="action")]


class PatientItemAct(BaseModel):
    """An act on one item that no claim bears; `act` names the list and the item.

    The patient by its id, or by the opaque `patient_ref` that pages use; none on the list deposit.
    """

    model_config = ConfigDict(extra="forbid")

    patient_id: str | None = Field(None, min_length=1, max_length=200)
    patient_ref: str | None = Field(None, pattern=r"^[0-9a-f]{8,64}$")
    act: ItemAct

    @model_validator(mode="after")
    def _about_one_patient(self) -> Self:
        if self.act.worklist in MONEY_LISTS:
            if self.patient_id or self.patient_ref:
                raise ValueError("an item of the list deposit has no patient: name the item alone")
        elif (self.patient_id is None) == (self.patient_ref is None):
            raise ValueError("name the patient by patient_id or by patient_ref")
        return self


def act_on_item(app: AppContext, context: ReadContext, asked: PatientItemAct, by: str) -> dict[str, Any]:
    """Raises NotFoundError, WrongListError, ReasonMissingError, RefusedActionError."""
    wanted = asked.act
    if wanted.worklist not in ITEM_LISTS or wanted.item is None:
        raise WrongListError(f"worklist: use one of {', '.join(ITEM_LISTS)}, and name the item; others: at their claim")
    if isinstance(wanted, Resolve):
        _check_closing(wanted)
    people = assignable(context) if isinstance(wanted, Assign) else frozenset[str]()
    check_work(wanted, Moment(today=context.today, people=people))
    about = _money_of_item(context, wanted.item) if wanted.worklist in MONEY_LISTS else _person_of_item(context, asked)
    if isinstance(wanted, UndoItemAct):
        data = {"source": SOURCE, "id": _standing_act(context, str(about.key), wanted), "by": by}
    else:
        data = dict(about.names) | wanted.data(by)
    event_id = publish_own(app, SOURCE, wanted.event_type, about.key.name, data)
    return {"worklist": wanted.worklist, "item": wanted.item, "event_id": event_id}


class ItemOwner(NamedTuple):
    """What an act is about: the key under which the log files it, and what the event names."""

    key: Key
    names: Mapping[str, str]


def _person_of_item(context: ReadContext, asked: PatientItemAct) -> ItemOwner:
    """The visit of an item, with its patient, else the patient. Raises NotFoundError, WrongListError."""
    patient_id = _patient_of_item(context, asked)
    if asked.act.worklist not in VISIT_LISTS:
        return ItemOwner(Key("patient", context.practice, patient_id), {"patient_id": patient_id})
    visit_id = _visit_of_item(context, asked.act.item or "")
    return ItemOwner(Key("visit", context.practice, visit_id), {"patient_id": patient_id, "visit_id": visit_id})


def _money_of_item(context: ReadContext, item: str) -> ItemOwner:
    """The deposit or remittance of an item of the list deposit. Raises NotFoundError."""
    wanted = select(ITEM.c.key).where(
        ITEM.c.practice == context.practice, ITEM.c.kind == ListKind.DEPOSIT, ITEM.c.item == item
    )
    with context.rows() as rows:
        folded = rows.scalar(wanted)
    if folded is None:
        raise NotFoundError("no such item on the list deposit")
    named = parse_key(str(folded))
    key = named if named.kind == "remittance" else parse_key(item.split(" ", 1)[1])
    return ItemOwner(key, {"deposit_id" if key.kind == "deposit" else "remittance": key.name})


def _check_closing(wanted: Resolve) -> None:
    if wanted.worklist == ListKind.UNBILLED:
        raise WrongListError("an unbilled visit leaves the list when it is billed or closed")
    if not gives_reason(wanted.resolution, wanted.note):
        raise ReasonMissingError("add a note that says why it is done")


def _patient_of_item(context: ReadContext, asked: PatientItemAct) -> str:
    """The patient who has the item on the list, without a claim. Raises NotFoundError, WrongListError."""
    same = [ITEM.c.practice == context.practice, ITEM.c.kind == asked.act.worklist, ITEM.c.item == asked.act.item]
    if asked.patient_id is not None:
        same.append(ITEM.c.patient_id == asked.patient_id)
    with context.rows() as rows:
        found = list(rows.execute(select(ITEM.c.patient_id, ITEM.c.claim_id).where(*same)))
    if asked.patient_ref is not None:
        found = [row for row in found if row.patient_id and patient_ref(context, row.patient_id) == asked.patient_ref]
    if not found:
        raise NotFoundError("no such item of this patient on the list")
    free = [row.patient_id for row in found if not row.claim_id]
    if not free:
        raise WrongListError("the item belongs to a claim: work it there")
    return str(free[0])


def _visit_of_item(context: ReadContext, item: str) -> str:
    """The visit that an item hangs on: what it is about may follow the visit's number. Raises NotFoundError."""
    named = {item, item.rpartition(" ")[0]}
    with context.rows() as rows:
        known = rows.scalars(
            select(VISIT.c.visit_id).where(VISIT.c.practice == context.practice, VISIT.c.visit_id.in_(named))
        )
        found = max(known, key=len, default=None)
    if found is None:
        raise NotFoundError("no such visit")
    return str(found)


def _standing_act(context: ReadContext, key: str, wanted: UndoItemAct) -> str:
    """The id of our own act about the item that is taken back. Raises NotFoundError."""
    with context.context() as (fold_context, reference):
        history = effective_events(histories(fold_context.log, [key])[key], reference.zone)
    mine = {
        event.id
        for event in history
        if event.source == SOURCE
        and isinstance(event.data, WorkFact)
        and (event.data.worklist, event.data.item) == (wanted.worklist, wanted.item)
        and wanted.event_id in (None, event.id)
    }
    query = select(LOG.c.id).where(LOG.c.practice == context.practice, LOG.c.source == SOURCE, LOG.c.id.in_(mine))
    with context.engine.connect() as connection:
        newest = connection.scalar(query.order_by(LOG.c.position.desc()).limit(1))
    if newest is None:
        raise NotFoundError("nothing about this item can be undone")
    return str(newest)
