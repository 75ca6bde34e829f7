"""What people did about items of worklists, as the folds of other keys read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from pydantic import PlainSerializer, PlainValidator

from events.followup import WorkFact
from events.registry import TYPES
from projections.tables.columns import Row
from projections.tables.records import JsonRecord, StoredInstant

_KEPT = {
    "claim_id",
    "deposit_id",
    "remittance",
    "visit_id",
    "worklist",
    "item",
    "by",
    "assignee",
    "until",
    "note",
    "resolution",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemClosed(JsonRecord):
    """Who closed an item of a worklist, when and why."""

    by: str
    at: StoredInstant
    resolution: str
    note: str | None = None


class WorkDone(NamedTuple):
    """One act, as every fold that fills a list is given it."""

    at: datetime
    data: WorkFact

    def to_json(self) -> Row:
        told = self.data.model_dump(mode="json", include=_KEPT, exclude_none=True)
        return {"type": self.data.event.name, "time": self.at.isoformat(), **told}


def read_act(stored: Any) -> WorkDone:
    """What `WorkDone.to_json` made."""
    if isinstance(stored, WorkDone):
        return stored
    data = TYPES[stored["type"]].model_validate(stored)
    if not isinstance(data, WorkFact):
        raise TypeError(f"{stored['type']} is no act on an item")
    return WorkDone(datetime.fromisoformat(stored["time"]), data)


def read_acts(stored: Iterable[Any] | None) -> tuple[WorkDone, ...]:
    """A column that holds a list of acts."""
    return tuple(read_act(one) for one in stored or ())


def acts_column(acts: Iterable[WorkDone]) -> list[Row] | None:
    """The same list as its column keeps it; NULL where nobody did anything."""
    return [act.to_json() for act in acts] or None


StoredAct = Annotated[WorkDone, PlainValidator(read_act), PlainSerializer(WorkDone.to_json)]
