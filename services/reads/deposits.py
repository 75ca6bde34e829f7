"""Deposits against remittances: matched, advice without money, money without advice, differing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Date, case, func, literal, select

from events.values import from_cents
from projections.keys import parse_key
from projections.tables.deposits import MatchedTransfer
from projections.tables.tables import READ_TABLES
from projections.tables.vocabulary import DepositState, ListKind
from services.reads.keyset import ListPage, OrderedBy, page_rows
from services.reads.read_context import ReadContext
from services.reads.remittances import remittance_ref
from services.store.engine import chunks

MATCH, ITEM = READ_TABLES["deposit_match"], READ_TABLES["work_item"]
_SETTLED_LAST = case((MATCH.c.state == DepositState.MATCHED, 1), else_=0)
_UNDATED_LAST = func.coalesce(MATCH.c.on, literal(date.min, Date))
_ORDER = (
    OrderedBy(_SETTLED_LAST),
    OrderedBy(_UNDATED_LAST, descending=True),
    OrderedBy(MATCH.c.name),
    OrderedBy(MATCH.c.key),
)


def deposits(
    context: ReadContext, state: DepositState | None = None, *, count: int | None = None
) -> list[dict[str, Any]]:
    """What is not settled first, the newest first. `state`: only these; `count`: only the first ones."""
    return deposits_page(context, state, count).items


def deposits_page(
    context: ReadContext, state: DepositState | None = None, limit: int | None = None, cursor: str | None = None
) -> ListPage:
    """A page of what `deposits` lists. Raises ListCursorError."""
    query = select(MATCH).where(MATCH.c.practice == context.practice)
    if state is not None:
        query = query.where(MATCH.c.state == state)
    with context.rows() as rows:
        found, following = page_rows(rows, query, _ORDER, limit, cursor)
        closed = _closed(rows, context.practice, [f"{row.state} {row.name}" for row in found])
    items = [_json(context, row) | {"closed": closed.get(f"{row.state} {row.name}")} for row in found]
    return ListPage(items, following)


def _closed(rows: Connection, practice: str, items: Sequence[str]) -> dict[str, Any]:
    """Who closed one of these items of the list deposit, when and why, by the item's name."""
    query = select(ITEM.c.item, ITEM.c.done).where(
        ITEM.c.practice == practice, ITEM.c.kind == ListKind.DEPOSIT, ITEM.c.done.is_not(None)
    )
    parts = (rows.execute(query.where(ITEM.c.item.in_(part))) for part in chunks(items))
    return {row.item: row.done for part in parts for row in part}


def deposit_counts(context: ReadContext) -> dict[str, dict[str, Any]]:
    """How many there are in each state, and what they add up to."""
    columns = (MATCH.c.state, func.count(), func.sum(MATCH.c.deposited), func.sum(MATCH.c.remitted))
    query = select(*columns).where(MATCH.c.practice == context.practice).group_by(MATCH.c.state)
    with context.rows() as rows:
        found = {row[0]: row[1:] for row in rows.execute(query)}
    return {state: _counted(*found.get(state, (0, 0, 0))) for state in DepositState}


def _counted(number: int, deposited: int, remitted: int) -> dict[str, Any]:
    return {
        "count": number,
        "deposited": f"{from_cents(int(deposited)):.2f}",
        "remitted": f"{from_cents(int(remitted)):.2f}",
    }


def _json(context: ReadContext, row: Any) -> dict[str, Any]:
    return {
        "state": row.state,
        "matched_by": row.matched_by,
        "deposited": f"{from_cents(row.deposited):.2f}",
        "remitted": f"{from_cents(row.remitted):.2f}",
        "difference": f"{from_cents(row.deposited - row.remitted):.2f}",
        "deposits": [_deposit(one) for one in MatchedTransfer.list_from_json(row.deposits)],
        "remittances": [_remittance(context, one) for one in MatchedTransfer.list_from_json(row.remittances)],
    }


def _deposit(one: MatchedTransfer) -> dict[str, Any]:
    """`typed`: entered by hand; `replaced`: the bank's own line counts instead."""
    return _one(one) | {"deposit_id": parse_key(one.key).name, "method": one.method}


def _remittance(context: ReadContext, one: MatchedTransfer) -> dict[str, Any]:
    """`typed`: entered from a paper EOB; `replaced`: its 835 counts instead."""
    return _one(one) | {"ref": remittance_ref(context, one.key)}


def _one(one: MatchedTransfer) -> dict[str, Any]:
    return {
        "date": one.on.isoformat() if one.on else None,
        "amount": f"{one.amount:.2f}",
        "trace": one.trace,
        "name": one.name,
        "typed": one.typed,
        "replaced": one.replaced,
    }
