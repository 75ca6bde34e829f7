"""The read table of worklists."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypedDict

from sqlalchemy import Index, Text, text
from sqlmodel import Field

from projections.tables.columns import (
    Row,
    TableModel,
    cents,
    json_column,
    json_list,
    only_where,
    optional_instant,
    word,
)
from projections.tables.vocabulary import ListKind


def _narrow(name: str, column: str) -> Index:
    """For what most items lack, so that the work of one person, queue or kind is found however many items there are."""
    return Index(name, "practice", column, "lost_on", **only_where(text(f"{column} IS NOT NULL")))


class WorkItemTable(TableModel, table=True):
    """Something for a person to do. `lost_on` is NEVER where nothing is lost by waiting.

    `clocks`: the kinds of deadline that decide about it, with spaces between them. `done`: who closed it, when and why;
    it is then hidden until `snoozed_until`. `remit`: of an unmatched payment, the remittance that it came in last.
    """

    __tablename__ = "work_item"
    __table_args__ = (
        Index("work_item_order", "practice", "lost_on", "overdue_at", "amount_order", "claim_id"),
        Index("work_item_by_claim", "practice", "claim_id"),
        Index("work_item_by_remit", "practice", "remit"),
        _narrow("work_item_by_assignee", "assignee"),
        _narrow("work_item_by_category", "category"),
        Index("work_item_by_payer", "practice", "payer_id", "lost_on"),
        Index("work_item_kind_order", "practice", "kind", "lost_on", "overdue_at", "amount_order", "claim_id"),
    )

    key: str = Field(primary_key=True)
    kind: ListKind = word(primary_key=True)
    claim_id: str = Field(primary_key=True)
    item: str = Field(primary_key=True)
    practice: str = Field(primary_key=True)
    ref: str
    patient_id: str | None
    payer_id: str
    due: str | None
    overdue_at: datetime | None = optional_instant()
    lost_on: date
    amount_at_risk: int = cents()
    amount_order: int = cents()
    amount_unknown: bool | None = None
    category: str | None
    discipline: str | None
    reason: str = Field(sa_type=Text)
    next_action: str = Field(sa_type=Text)
    assignee: str | None
    snoozed_until: datetime | None = optional_instant()
    clocks: str
    explanation: list[str] | None = json_list("builtins.str")
    done: Row | None = json_column("projections.tables.work_acts.ItemClosed")
    remit: str | None = None
    payer_sequence: str | None = None


class WorkItemRow(TypedDict):
    """A row of `WorkItemTable`."""

    key: str
    kind: ListKind
    claim_id: str
    item: str
    practice: str
    ref: str
    patient_id: str | None
    payer_id: str
    due: str | None
    overdue_at: datetime | None
    lost_on: date
    amount_at_risk: int
    amount_order: int
    amount_unknown: bool | None
    category: str | None
    discipline: str | None
    reason: str
    next_action: str
    assignee: str | None
    snoozed_until: datetime | None
    clocks: str
    explanation: list[str] | None
    done: Row | None
    remit: str | None
    payer_sequence: str | None
