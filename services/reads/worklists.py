"""Worklists: what expires first, how much it is worth, why it is there, what to do.

The list over all of them (`today`) has one row for each claim: its most urgent item, the others folded in as `also`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, reduce
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    select,
    tuple_,
    type_coerce,
)

from events.values import from_cents
from projections.calendar import LAST_INSTANT
from projections.tables.columns import NEVER, to_micros
from projections.tables.tables import READ_TABLES
from projections.tables.vocabulary import ListKind
from projections.work.kinds import KINDS, ORDER, TIES
from projections.work.next_step import NextStep, next_step
from services.core.errors import UsageError
from services.presentation.item_columns import JSON_COLUMNS
from services.reads.check_rows import UNSENT, tell_checks, unsent_payers
from services.reads.next_steps import next_steps
from services.reads.pagination import after, place
from services.reads.read_context import ReadContext
from services.reads.routing import flags, holder, rules_of, tell
from services.reads.worklist_filters import EVERYTHING, Filters, conditions, listed, values_of

__all__ = ["Filters", "WorklistPage", "item_json", "worklist"]
ITEM = READ_TABLES["work_item"]
STORED = tuple(column for column in JSON_COLUMNS if column.name in ITEM.c)
NEAR = 500  # rows of a list among which the next claim is looked for
BETWEEN: ColumnElement[str] = literal_column("'\x1f'")  # of the parts of a tie: no text that is accepted holds it
ALSO = ("kind", "payer_id", "due", "lost_on", "amount_at_risk", "reason", "next_action")


class UnknownWorklistError(UsageError):
    """There is no such worklist."""


class WorklistCursorError(UsageError):
    """A cursor must come from an earlier answer."""


@dataclass(frozen=True)
class WorklistPage:
    """One page of a list and the cursor of the next; None at the end."""

    items: list[dict[str, Any]]
    next_cursor: str | None


def worklist(
    context: ReadContext,
    kind: str = ListKind.TODAY,
    filters: Filters = EVERYTHING,
    limit: int | None = None,
    cursor: str | None = None,
) -> WorklistPage:
    """The items of one list, most urgent first: lost_on, overdue, amount at risk descending, claim id."""
    if kind not in KINDS:
        raise UnknownWorklistError(f"no worklist {kind!r}; use one of {', '.join(KINDS)}")
    values = values_of(filters, context) | ({} if kind == ListKind.TODAY else {"kind": kind})
    values |= unsent_payers(context, kind)
    given = frozenset(values)
    if cursor:
        values |= _place(cursor)
    if limit is not None:
        values["rows"] = limit + 1
    with context.rows() as connection:
        query = _query(frozenset(values), filters.sort)
        rows = connection.execute(query, values).all()
        more = limit is not None and len(rows) > limit
        kept = rows[:limit] if limit is not None else rows
        items = [item_json(row, context.at) for row in kept]
        tell(items, kept, rules_of(context))
        if kind == ListKind.TODAY:
            _fold_in(connection, items, values, given, context.at)
        _add_next_steps(connection, context, kept, items)
        remits = [row.remit for row in kept]
        tell_checks(context, connection, list(zip(items, remits, strict=True)), values.get(UNSENT, ()))
    if kind == ListKind.UNMATCHED and items:
        from services.reads.unidentified import best_of  # noqa: PLC0415  compares names: slow to load for other lists

        best_of(context, items)
    return WorklistPage(items, _cursor(kept[-1], filters.sort) if more and kept else None)


def _add_next_steps(
    connection: Connection, context: ReadContext, rows: Sequence[Any], items: Sequence[dict[str, Any]]
) -> None:
    """Gives each row its claim's next step, whichever list that comes from; a row without a claim its own."""
    steps = next_steps(connection, context, (row.claim_id for row in rows if row.claim_id))
    for row, item in zip(rows, items, strict=True):
        step = steps[row.claim_id] if row.claim_id else _alone(row, item["assignee"], context)
        item["next_step"] = step.as_json()


def _alone(row: Any, has_it: str | None, context: ReadContext) -> NextStep:
    step = next_step([row], (), context.at)
    return step if has_it is None or step.worklist is None else step._replace(by=has_it)


def urgency(item: FromClause) -> tuple[ColumnElement[Any], ...]:
    """ORDER over the table of items or an alias of it, the ties as one text.

    SQLite leaves the index that begins with the first column alone where many more are to be sorted by.
    """
    overdue: ColumnElement[Any] = case((item.c.overdue_at <= bindparam("at"), 0), else_=1)
    ties: list[ColumnElement[Any]] = [item.c[name] for name in TIES]
    tie = reduce(lambda text, column: text + BETWEEN + column, ties)
    return *(overdue if name == "overdue" else item.c[name] for name in ORDER if name not in TIES), tie


def _sorted(sort: str, given: frozenset[str] = frozenset()) -> tuple[ColumnElement[Any], ...]:
    """What a list is ordered by; all of it ascends and is never null. `given` says which rules route items."""
    first: dict[str, ColumnElement[Any]] = {
        "due": func.coalesce(type_coerce(ITEM.c.overdue_at, BigInteger), to_micros(LAST_INSTANT)),
        "amount": ITEM.c.amount_order,
        "smallest": ITEM.c.amount_at_risk,
        "claim": ITEM.c.claim_id,
        "payer": ITEM.c.payer_id,
        "assignee": func.coalesce(holder(ITEM.c, given), "\uffff"),
        "kind": ITEM.c.kind,
    }
    return (first[sort], *urgency(ITEM)) if sort in first else urgency(ITEM)


@cache
def _query(given: frozenset[str], sort: str) -> Select[Any]:
    """For the values that are `given`; made once, since making it takes longer than asking it."""
    order = _sorted(sort, given)
    places = [column.label(f"place_{n}") for n, column in enumerate(order)]
    query = select(ITEM, *flags(ITEM.c, given), *places).where(*listed(ITEM, given))
    if "kind" not in given:
        query = query.where(first_of_its_claim(given))
    if "after_0" in given:  # the leading bound lets the index start there instead of at the top
        query = query.where(order[0] >= bindparam("after_0", type_=order[0].type), after(order))
    return query.order_by(*order).limit(bindparam("rows") if "rows" in given else None)


def first_of_its_claim(given: frozenset[str]) -> ColumnElement[bool]:
    """No other item of the claim that fits, too, is more urgent. What has no claim is shown by itself."""
    other = ITEM.alias("other")
    earlier = tuple_(*urgency(other)) < tuple_(*urgency(ITEM))
    same = and_(other.c.claim_id == ITEM.c.claim_id, ITEM.c.claim_id != "")
    return ~exists(select(other.c.key).where(*listed(other, given), same, earlier))


def _fold_in(
    connection: Connection, items: list[dict[str, Any]], values: dict[str, Any], given: frozenset[str], at: datetime
) -> None:
    """Gives each row its claim's other items as `also`, and the claim's money once as the amount at risk."""
    claims = [item["claim_id"] for item in items if item["claim_id"]]
    found: dict[str, list[Any]] = {}
    for start in range(0, len(claims), 500):
        query = _others(given)
        part = {**values, "claims": claims[start : start + 500]}
        for row in connection.execute(query, part):
            found.setdefault(row.claim_id, []).append(row)
    for item in items:
        mine = found.get(item["claim_id"] or "", [])
        others = [row for row in mine if (row.kind, row.item) != (item["kind"], item["item"])]
        item["also"] = [{name: told[name] for name in ALSO} for told in (item_json(row, at) for row in others)]
        if others:
            known = [(row.kind, row.amount_at_risk) for row in mine if not row.amount_unknown]
            item["amount_at_risk"] = f"{from_cents(once(known)):.2f}" if known else None


@cache
def _others(given: frozenset[str]) -> Select[Any]:
    wanted = ITEM.c.claim_id.in_(bindparam("claims", expanding=True))
    fitting = conditions(ITEM, given)
    return select(ITEM, *flags(ITEM.c, given)).where(wanted, *fitting).order_by(*urgency(ITEM))


def items_of(context: ReadContext, claim_id: str) -> list[dict[str, Any]]:
    """Every open item of one claim, snoozed ones too, most urgent first."""
    values = values_of(Filters(include_snoozed=True), context)
    with context.rows() as connection:
        rows = connection.execute(_others(frozenset(values)), values | {"claims": [claim_id]}).all()
    items = [item_json(row, context.at) for row in rows]
    tell(items, rows, rules_of(context))
    return items


def neighbors(context: ReadContext, kind: str, filters: Filters, ref: str) -> tuple[str | None, str | None]:
    """The claims before and after this one in a list, among the first NEAR rows of it."""
    refs = list(dict.fromkeys(i["ref"] for i in worklist(context, kind, filters, NEAR).items if i["ref"]))
    if ref not in refs:  # it left the list: what is first goes on
        return None, refs[0] if refs else None
    at = refs.index(ref)
    return refs[at - 1] if at else None, refs[at + 1] if at + 1 < len(refs) else None


def once(amounts: Iterable[tuple[str, int]]) -> int:
    """A claim's money at risk, in cents: it is at risk once, so it is what the list that holds most says."""
    sums: dict[str, int] = {}
    for kind, cents in amounts:
        sums[kind] = sums.get(kind, 0) + cents
    return max(sums.values(), default=0)


def _cursor(row: Any, sort: str) -> str:
    places = row[-len(_sorted(sort)) :]
    return encode_cursor((sort, *(value.isoformat() if isinstance(value, date) else value for value in places)))


def _place(cursor: str) -> dict[str, Any]:
    sort, *values = decode_cursor(cursor)
    order = _sorted(sort)
    if len(values) != len(order):
        raise WorklistCursorError("invalid cursor")
    at = len(order) - len(urgency(ITEM))  # of `lost_on`
    values[at] = date.fromisoformat(values[at])
    return place(values)


def encode_cursor(values: Sequence[Any]) -> str:
    """An opaque place in a list."""
    return base64.urlsafe_b64encode(json.dumps(list(values)).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> list[Any]:
    """The place a cursor means. Raises BadCursorError."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        values = None
    if not isinstance(values, list) or not values:
        raise WorklistCursorError("invalid cursor")
    return values


def item_json(row: Any, at: datetime) -> dict[str, Any]:
    """A row as JSON: each column as it is stored, but for those of which the stored form is for sorting."""
    return {
        **{column.name: column.in_json(getattr(row, column.name)) for column in STORED},
        "claim_id": row.claim_id or None,
        "ref": row.ref or None,
        "lost_on": None if row.lost_on == NEVER else row.lost_on.isoformat(),
        "overdue": row.overdue_at is not None and row.overdue_at <= at,
        "amount_at_risk": None if row.amount_unknown else f"{from_cents(row.amount_at_risk):.2f}",
        "assignee": row.assignee or None,
        "routed_by": None,
        "held_by": None,
        "tags": [],
        "explanation": row.explanation,
        "done": row.done,
    }
