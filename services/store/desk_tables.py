"""What the web app keeps for a person: texts not sent yet, filters that must not be in an address, saved views."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from projections.tables.columns import TableModel, UtcInstant
from projections.tables.tables import table_of


class Draft(TableModel, table=True):
    """A text being typed at a place in the web app. `body` is JSON, encrypted where a key is set."""

    __tablename__ = "draft"

    person_id: str = Field(primary_key=True)
    practice: str = Field(primary_key=True)
    place: str = Field(primary_key=True)
    saved_at: datetime = Field(sa_type=UtcInstant)
    body: bytes


class KeptFilter(TableModel, table=True):
    """A filter by text, patient, member or claim number, under the opaque id used in addresses instead."""

    __tablename__ = "kept_filter"

    filter_id: str = Field(primary_key=True)
    practice: str
    person_id: str
    made_at: datetime = Field(sa_type=UtcInstant)
    body: bytes


class SavedView(TableModel, table=True):
    """A named list with its filters, of one person or shared with the practice. `query` is as in the address."""

    __tablename__ = "saved_view"
    __table_args__ = (Index("saved_view_by_person", "practice", "person_id"),)

    view_id: str = Field(primary_key=True)
    practice: str
    person_id: str
    shared: bool
    name: str
    kind: str
    query: str
    version: int
    saved_at: datetime = Field(sa_type=UtcInstant)


class DeskChoice(TableModel, table=True):
    """How a person wants the pages to look, by the name of the choice; `columns`: those of the worklists."""

    __tablename__ = "desk_choice"

    person_id: str = Field(primary_key=True)
    practice: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: str


DRAFT, KEPT_FILTER, SAVED_VIEW = table_of(Draft), table_of(KeptFilter), table_of(SavedView)
DESK_CHOICE = table_of(DeskChoice)
