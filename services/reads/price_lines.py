"""Priced lines one page at a time, and everything about one of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, or_, select

from projections.keys import Key
from projections.tables import READ_TABLES
from services.errors import NotFoundError
from services.reads.desk import Desk
from services.reads.underpayments import price_json

PRICE, MEMBERSHIP = READ_TABLES["line_price"], READ_TABLES["membership"]
COLUMNS = (PRICE.c.claim_id, PRICE.c.line, PRICE.c.sequence)


@dataclass(frozen=True)
class LinesPage:
    items: list[dict[str, Any]]
    next_cursor: str | None


def priced_lines(
    desk: Desk, *, verdict: str = "underpaid", payer: str | None = None, procedure: str | None = None,
    cause: str | None = None, state: str | None = None, limit: int = 50, cursor: str | None = None,
) -> LinesPage:  # fmt: skip
    """Lines of one class, the largest difference first."""
    query: Select[Any] = select(PRICE).where(PRICE.c.practice == desk.practice, PRICE.c.verdict == verdict)
    for column, wanted in ((PRICE.c.payer_id, payer), (PRICE.c.procedure, procedure), (PRICE.c.cause, cause),
                           (PRICE.c.state, state)):  # fmt: skip
        if wanted is not None:
            query = query.where(column == wanted)
    if cursor is not None:
        query = query.where(_after(json.loads(cursor)))
    with desk.ground() as (ground, _):
        rows = ground.rows.execute(query.order_by(PRICE.c.variance.desc(), *COLUMNS).limit(limit + 1)).all()
    kept = rows[:limit]
    following = _cursor(kept[-1]) if len(rows) > limit else None
    return LinesPage([price_json(row) | {"sequence": row.sequence} for row in kept], following)


def _cursor(row: Any) -> str:
    return json.dumps([row.variance, *(getattr(row, column.name) for column in COLUMNS)])


def _after(values: Sequence[Any]) -> Any:
    clauses = [PRICE.c.variance < values[0]]
    for depth, column in enumerate(COLUMNS):
        same = [c == v for c, v in zip(COLUMNS[:depth], values[1 : depth + 1], strict=True)]
        clauses.append(and_(PRICE.c.variance == values[0], *same, column > values[depth + 1]))
    return or_(*clauses)


def line_prices(desk: Desk, claim_id: str, line: int) -> list[dict[str, Any]]:
    """What a line should have brought from each payer in sequence. Raises NotFoundError."""
    key = str(Key("claim", desk.practice, claim_id))
    with desk.near(claim_id).ground() as (ground, _):
        days = select(MEMBERSHIP.c.derived).where(MEMBERSHIP.c.key == key)
        rows = ground.rows.execute(
            select(PRICE).where(PRICE.c.key.in_(days), PRICE.c.claim_id == claim_id, PRICE.c.line == line)
            .order_by(PRICE.c.sequence)
        ).all()  # fmt: skip
    if not rows:
        raise NotFoundError("no price is known for such a line")
    return [price_json(row) | {"sequence": row.sequence} for row in rows]
