"""Worklists: what expires first, how much it is worth, why it is there, what to do."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, or_, select

from events.values import from_cents
from projections.tables.tables import NEVER, READ_TABLES
from projections.work.kinds import KINDS, ORDER, ListKind
from services.core.errors import UsageError
from services.reads.pagination import after, place
from services.reads.read_context import ReadContext

ITEM = READ_TABLES["work_item"]
OVERDUE: ColumnElement[Any] = case((ITEM.c.overdue_at <= bindparam("at"), 0), else_=1)
SORTED: tuple[ColumnElement[Any], ...] = tuple(OVERDUE if name == "overdue" else ITEM.c[name] for name in ORDER)
NARROWED: Mapping[str, ColumnElement[bool]] = {
    "kind": ITEM.c.kind == bindparam("kind"), "payer": ITEM.c.payer_id == bindparam("payer"),
    "assignee": ITEM.c.assignee == bindparam("assignee"), "category": ITEM.c.category == bindparam("category"),
    "discipline": ITEM.c.discipline == bindparam("discipline"),
    "amount_min": ITEM.c.amount_at_risk >= bindparam("amount_min"),
    "amount_max": ITEM.c.amount_at_risk <= bindparam("amount_max"),
    "due_from": ITEM.c.overdue_at >= bindparam("due_from"), "due_before": ITEM.c.overdue_at < bindparam("due_before"),
}  # fmt: skip
AMOUNTS = ("amount_min", "amount_max")


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
    done: bool = False  # the items that a person closed, instead of the open ones


@dataclass(frozen=True)
class WorklistPage:
    """One page of a list and the cursor of the next; None at the end."""

    items: list[dict[str, Any]]
    next_cursor: str | None


def worklist(
    context: ReadContext,
    kind: str = ListKind.TODAY,
    filters: Filters = Filters(),
    limit: int | None = None,
    cursor: str | None = None,
) -> WorklistPage:
    """The items of one list, most urgent first: lost_on, overdue, amount at risk descending, claim id."""
    if kind not in KINDS:
        raise UnknownWorklistError(f"no worklist {kind!r}; use one of {', '.join(KINDS)}")
    values: dict[str, Any] = {"practice": context.practice, "at": context.at} | _narrowing(filters)
    if kind != ListKind.TODAY:
        values["kind"] = kind
    if cursor:
        values |= _place(cursor)
    if limit is not None:
        values["rows"] = limit + 1
    with context.rows() as connection:
        rows = connection.execute(_query(frozenset(values), filters.include_snoozed, filters.done), values).all()
    more = limit is not None and len(rows) > limit
    kept = rows[:limit] if limit is not None else rows
    return WorklistPage(
        [item_json(row, context.at) for row in kept], _cursor(kept[-1], context.at) if more and kept else None
    )


def _narrowing(filters: Filters) -> dict[str, Any]:
    given = {name: value for name, value in vars(filters).items() if name in NARROWED and value is not None}
    return {name: int(value * 100) if name in AMOUNTS else value for name, value in given.items()}


@cache
def _query(given: frozenset[str], include_snoozed: bool, done: bool) -> Select[Any]:  # noqa: FBT001
    """For the values that are `given`; made once, since making it takes longer than asking it."""
    query = select(ITEM).where(ITEM.c.practice == bindparam("practice"))
    query = query.where(*(NARROWED[name] for name in sorted(given & NARROWED.keys())))
    shown = or_(ITEM.c.snoozed_until.is_(None), ITEM.c.snoozed_until <= bindparam("at"))
    if done:
        query = query.where(ITEM.c.done.is_not(None), ITEM.c.snoozed_until > bindparam("at"))
    else:
        query = query.where(or_(ITEM.c.done.is_(None), shown) if include_snoozed else shown)
    if "after_0" in given:  # the leading bound lets the index start there instead of at the top
        query = query.where(ITEM.c.lost_on >= bindparam("after_0"), after(SORTED))
    return query.order_by(*SORTED).limit(bindparam("rows") if "rows" in given else None)


def _cursor(row: Any, at: datetime) -> str:
    overdue = 0 if row.overdue_at is not None and row.overdue_at <= at else 1
    return encode_cursor((row.lost_on.isoformat(), overdue, row.amount_order, row.claim_id, row.kind, row.item))


def _place(cursor: str) -> dict[str, Any]:
    lost_on, *rest = decode_cursor(cursor)
    return place((date.fromisoformat(lost_on), *rest))


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
        raise WorklistCursorError("invalid cursor")
    return values


class WorklistCursorError(UsageError):
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
        "explanation": row.explanation, "done": row.done,
    }  # fmt: skip
