"""What could not be read: listed with its reason, shown raw only when asked for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from services.errors import NotFoundError
from services.projector.parking import PARKED
from services.reads.desk import Desk


def parked(desk: Desk, *, everything: bool = False, limit: int | None = None, offset: int = 0) -> list[dict[str, Any]]:
    """Open ones, newest last; with `everything` also those retried or discarded."""
    query = select(PARKED).where(PARKED.c.practice == desk.practice)
    if not everything:
        query = query.where(PARKED.c.state == "open")
    if (known_at := desk.cut.known_at or desk.cut.as_of) is not None:
        query = query.where(PARKED.c.recorded_at <= known_at)
    with desk.engine.connect() as connection:
        order = (PARKED.c.recorded_at, PARKED.c.parked_id)
        rows = connection.execute(query.order_by(*order).limit(limit).offset(offset)).all()
    return [parked_json(row) for row in rows]


def parked_one(desk: Desk, parked_id: str) -> dict[str, Any]:
    """One with its raw text. Raises NotFoundError."""
    with desk.engine.connect() as connection:
        row = connection.execute(
            select(PARKED).where(PARKED.c.practice == desk.practice, PARKED.c.parked_id == parked_id)
        ).first()
    if row is None:
        raise NotFoundError(f"nothing parked under {parked_id!r}")
    return parked_json(row) | {"raw": row.raw.decode("utf-8", "replace")}


def parked_json(row: Any) -> dict[str, Any]:
    return {
        "id": row.parked_id, "state": row.state, "origin": row.origin, "transaction": row.transaction,
        "place": row.place, "reason": row.reason, "recorded_at": row.recorded_at.isoformat(), "tries": row.tries,
    }  # fmt: skip
