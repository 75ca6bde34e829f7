"""What is next for claims: the one answer that lists, the claim's page, HTTP, exports and letters give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select

from projections.keys import Key
from projections.tables.tables import READ_TABLES
from projections.work.next_step import NextStep, next_step
from services.reads.read_context import ReadContext
from services.reads.routing import holder, not_, on_hold, routing_values, rules_of
from services.store.engine import chunks

ITEM, DEADLINE = READ_TABLES["work_item"], READ_TABLES["deadline"]
_CLOCKS = select(DEADLINE.c.claim_id, DEADLINE.c.kind, DEADLINE.c.due, DEADLINE.c.overdue_at, DEADLINE.c.rule).where(
    DEADLINE.c.key.in_(bindparam("keys", expanding=True))
)


def next_steps_of(context: ReadContext, claim_ids: Iterable[str]) -> dict[str, NextStep]:
    """The next step of each claim at the instant of the read."""
    with context.rows() as rows:
        return next_steps(rows, context, claim_ids)


def next_steps(rows: Connection, context: ReadContext, claim_ids: Iterable[str]) -> dict[str, NextStep]:
    """As `next_steps_of`, over the rows of a connection; clocks are asked for where no list shows the claim.

    A step is by the person or queue that has its item, by a routing rule too; what a rule holds back is on no list.
    """
    wanted, at = sorted(set(claim_ids)), context.at
    routing = routing_values(context, rules_of(context))
    asked = {"practice": context.practice, "today": context.today} | routing
    items = _by_claim(rows, _items(frozenset(routing)), [asked | {"claims": part} for part in chunks(wanted)])
    idle = [claim for claim in wanted if next_step(items.get(claim, ()), (), at).worklist is None]
    keys = [str(Key("claim", context.practice, claim)) for claim in idle]
    clocks = _by_claim(rows, _CLOCKS, [{"keys": part} for part in chunks(keys)])
    return {claim: next_step(items.get(claim, ()), clocks.get(claim, ()), at) for claim in wanted}


@cache
def _items(given: frozenset[str]) -> Select[Any]:
    """The items of claims with their holder as `assignee`, for the routing values that are `given`."""
    columns = [column for column in ITEM.c if column.name != "assignee"]
    query = select(*columns, holder(ITEM.c, given).label("assignee")).where(
        ITEM.c.practice == bindparam("practice"), ITEM.c.claim_id.in_(bindparam("claims", expanding=True))
    )
    hold = on_hold(ITEM.c, given)
    return query if hold is None else query.where(not_(hold))


def _by_claim(rows: Connection, query: Any, parts: Iterable[Mapping[str, Any]]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = {}
    for part in parts:
        for row in rows.execute(query, part):
            found.setdefault(row.claim_id, []).append(row)
    return found


def step_in_order(item: Mapping[str, Any]) -> str:
    """What a row of a list says to do: where the claim has a step before it, that one first."""
    step = item["next_step"]
    if step["worklist"] is None or (step["worklist"], step["item"]) == (item["kind"], item["item"]):
        return str(item["next_action"])
    return f"First: {step['what']}. Then: {item['next_action']}"
