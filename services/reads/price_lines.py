"""Priced lines one page at a time, and everything about one of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from projections.keys import Key
from projections.tables.tables import READ_TABLES
from services.core.errors import NotFoundError
from services.reads.pagination import after, place
from services.reads.read_context import ReadContext
from services.reads.underpayments import LARGEST_FIRST, LESS, LISTED, price_json

PRICE, MEMBERSHIP = READ_TABLES["line_price"], READ_TABLES["membership"]


@dataclass(frozen=True)
class LinesPage:
    items: list[dict[str, Any]]
    next_cursor: str | None


def priced_lines(
    context: ReadContext,
    *,
    payer: str | None = None,
    procedure: str | None = None,
    cause: str | None = None,
    state: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> LinesPage:
    """The lines of the list of underpayments, the largest difference first."""
    query: Select[Any] = select(PRICE, LESS.label("less")).where(PRICE.c.practice == context.practice, LISTED)
    for column, wanted in (
        (PRICE.c.payer_id, payer),
        (PRICE.c.procedure, procedure),
        (PRICE.c.cause, cause),
        (PRICE.c.state, state),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if cursor is not None:
        query = query.where(after(LARGEST_FIRST)).params(place(json.loads(cursor)))
    with context.rows() as connection:
        rows = connection.execute(query.order_by(*LARGEST_FIRST).limit(limit + 1)).all()
    kept = rows[:limit]
    following = _cursor(kept[-1]) if len(rows) > limit else None
    return LinesPage([price_json(row) | {"sequence": row.sequence} for row in kept], following)


def _cursor(row: Any) -> str:
    return json.dumps([row.less, row.claim_id, row.line, row.sequence])


def line_prices(context: ReadContext, claim_id: str, line: int) -> list[dict[str, Any]]:
    """What a line should have brought from each payer in sequence. Raises NotFoundError."""
    key = str(Key("claim", context.practice, claim_id))
    with context.near(claim_id).rows() as connection:
        days = select(MEMBERSHIP.c.derived).where(MEMBERSHIP.c.key == key)
        rows = connection.execute(
            select(PRICE)
            .where(PRICE.c.key.in_(days), PRICE.c.claim_id == claim_id, PRICE.c.line == line)
            .order_by(PRICE.c.sequence)
        ).all()
    if not rows:
        raise NotFoundError("no price is known for this line")
    return [price_json(row) | {"sequence": row.sequence} for row in rows]
