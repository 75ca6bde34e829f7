"""Worklists: what dies first, how much it is worth, why it is there, what to do."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, or_, select

from events.values import from_cents
from projections.tables import NEVER, READ_TABLES
from services.errors import UsageError
from services.reads.desk import Desk

ITEM = READ_TABLES["work_item"]
KINDS = ("rejection", "denial", "filing", "underpayment", "overpayment", "unmatched", "missing_ack", "threshold",
         "readiness", "today")  # fmt: skip


class UnknownWorklistError(UsageError):
    """There is no such worklist."""


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to. `due_before` and amounts bound; snoozed items return by themselves."""

    payer: str | None = None
    assignee: str | None = None
    category: str | None = None
    discipline: str | None = None
    amount_min: Decimal | None = None
    amount_max: Decimal | None = None
    due_from: datetime | None = None
    due_before: datetime | None = None
    include_snoozed: bool = False


@dataclass(frozen=True)
class Page:
    """One page of a list and the cursor of the next; None at the end."""

    items: list[dict[str, Any]]
    next_cursor: str | None


def worklist(
    desk: Desk, kind: str = "today", filters: Filters = Filters(), limit: int | None = None, cursor: str | None = None
) -> Page:
    """The items of one list, most urgent first: lost_on, overdue, amount at risk descending, claim id."""
    if kind not in KINDS:
        raise UnknownWorklistError(f"no worklist {kind!r}; there are {', '.join(KINDS)}")
    query = _ordered(desk, _narrowed(desk, kind, filters))
    if cursor:
        query = query.where(_after(desk, cursor))
    if limit is not None:
        query = query.limit(limit + 1)
    with desk.ground() as (ground, _):
        rows = ground.rows.execute(query).all()
    more = limit is not None and len(rows) > limit
    kept = rows[:limit] if limit is not None else rows
    return Page([item_json(row, desk.at) for row in kept], _cursor(kept[-1], desk.at) if more and kept else None)


def _overdue(at: datetime) -> ColumnElement[int]:
    return case((ITEM.c.overdue_at <= at, 0), else_=1)


def _ordered(desk: Desk, query: Select[Any]) -> Select[Any]:
    return query.order_by(
        ITEM.c.lost_on, _overdue(desk.at), ITEM.c.amount_order, ITEM.c.claim_id, ITEM.c.kind, ITEM.c.item
    )


def _narrowed(desk: Desk, kind: str, filters: Filters) -> Select[Any]:
    query = select(ITEM).where(ITEM.c.practice == desk.practice)
    if kind != "today":
        query = query.where(ITEM.c.kind == kind)
    for column, wanted in (
        (ITEM.c.payer_id, filters.payer), (ITEM.c.assignee, filters.assignee), (ITEM.c.category, filters.category),
        (ITEM.c.discipline, filters.discipline),
    ):  # fmt: skip
        if wanted is not None:
            query = query.where(column == wanted)
    if filters.amount_min is not None:
        query = query.where(ITEM.c.amount_at_risk >= int(filters.amount_min * 100))
    if filters.amount_max is not None:
        query = query.where(ITEM.c.amount_at_risk <= int(filters.amount_max * 100))
    if filters.due_from is not None:
        query = query.where(ITEM.c.overdue_at >= filters.due_from)
    if filters.due_before is not None:
        query = query.where(ITEM.c.overdue_at < filters.due_before)
    if not filters.include_snoozed:
        query = query.where(or_(ITEM.c.snoozed_until.is_(None), ITEM.c.snoozed_until <= desk.at))
    return query


def _sort_values(row: Any, at: datetime) -> tuple[str, int, int, str, str, str]:
    overdue = 0 if row.overdue_at is not None and row.overdue_at <= at else 1
    return (row.lost_on.isoformat(), overdue, row.amount_order, row.claim_id, row.kind, row.item)


def _cursor(row: Any, at: datetime) -> str:
    return encode_cursor(_sort_values(row, at))


def _after(desk: Desk, cursor: str) -> ColumnElement[bool]:
    """Rows that come later in the order than the cursor's row."""
    values = decode_cursor(cursor)
    columns = (
        ITEM.c.lost_on, _overdue(desk.at), ITEM.c.amount_order, ITEM.c.claim_id, ITEM.c.kind, ITEM.c.item
    )  # fmt: skip
    given = (date.fromisoformat(values[0]), *values[1:])
    clauses = []
    for depth in range(len(columns)):
        same = [columns[i] == given[i] for i in range(depth)]
        clauses.append(and_(*same, columns[depth] > given[depth]))
    # The leading bound lets the index start at the cursor instead of at the top.
    return and_(columns[0] >= given[0], or_(*clauses))


def encode_cursor(values: Sequence[Any]) -> str:
    """An opaque place in a list."""
    return base64.urlsafe_b64encode(json.dumps(list(values)).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> list[Any]:
    """The place a cursor means. Raises BadCursorError."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        values = None
    if not isinstance(values, list):
        raise BadCursorError("the cursor is not one this list gave")
    return values


class BadCursorError(UsageError):
    """A cursor must come from an earlier answer."""


def item_json(row: Any, at: datetime) -> dict[str, Any]:
    return {
        "kind": row.kind, "claim_id": row.claim_id or None, "ref": row.ref or None, "patient_id": row.patient_id,
        "payer_id": row.payer_id, "due": row.due,
        "lost_on": None if row.lost_on == NEVER else row.lost_on.isoformat(),
        "overdue": row.overdue_at is not None and row.overdue_at <= at,
        "amount_at_risk": f"{from_cents(row.amount_at_risk):.2f}", "reason": row.reason,
        "next_action": row.next_action, "category": row.category, "discipline": row.discipline,
        "assignee": row.assignee,
        "snoozed_until": row.snoozed_until.isoformat() if row.snoozed_until else None, "item": row.item,
        "explanation": row.explanation,
    }  # fmt: skip
