"""What could not be read: listed with its reason, shown raw only when asked for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from services.core.errors import NotFoundError
from services.projector.parking import PARKED
from services.reads.keyset import ListPage, OrderedBy, page_rows
from services.reads.read_context import ReadContext
from services.store.tables import ParkedState

OLDEST_FIRST = (OrderedBy(PARKED.c.recorded_at), OrderedBy(PARKED.c.parked_id))
RECENT = 100  # entries shown at once


def parked(context: ReadContext, *, everything: bool = False, limit: int | None = None) -> list[dict[str, Any]]:
    """Open ones, newest last; with `everything` also those retried or discarded."""
    return parked_page(context, everything=everything, limit=limit).items


def parked_page(
    context: ReadContext, *, everything: bool = False, limit: int | None = None, cursor: str | None = None
) -> ListPage:
    """A page of `parked`. Raises ListCursorError."""
    with context.engine.connect() as connection:
        rows, following = page_rows(connection, _listed(context, everything=everything), OLDEST_FIRST, limit, cursor)
    return ListPage([parked_json(row) for row in rows], following)


def parked_recent(
    context: ReadContext, *, everything: bool = False, correlation_id: str | None = None
) -> list[dict[str, Any]]:
    """The newest first, a page of them; `correlation_id`: only those of one delivery."""
    query = _listed(context, everything=everything)
    if correlation_id is not None:
        query = query.where(PARKED.c.correlationid == correlation_id)
    return _told(context, query.order_by(PARKED.c.recorded_at.desc(), PARKED.c.parked_id).limit(RECENT))


def _listed(context: ReadContext, *, everything: bool) -> Select[Any]:
    columns = [column for column in PARKED.c if column.name not in ("raw", "practice")]
    query = select(*columns).where(PARKED.c.practice == context.practice)
    if not everything:
        query = query.where(PARKED.c.state == ParkedState.OPEN)
    if (known_at := context.cut.known_at or context.cut.as_of) is not None:
        query = query.where(PARKED.c.recorded_at <= known_at)
    return query


def _told(context: ReadContext, query: Select[Any]) -> list[dict[str, Any]]:
    with context.engine.connect() as connection:
        return [parked_json(row) for row in connection.execute(query)]


def parked_one(context: ReadContext, parked_id: str) -> dict[str, Any]:
    """One with its raw text. Raises NotFoundError."""
    with context.engine.connect() as connection:
        row = connection.execute(
            select(PARKED).where(PARKED.c.practice == context.practice, PARKED.c.parked_id == parked_id)
        ).first()
    if row is None:
        raise NotFoundError(f"nothing parked under {parked_id!r}")
    return parked_json(row) | {"raw": row.raw.decode("utf-8", "replace")}


def parked_json(row: Any) -> dict[str, Any]:
    return {
        "id": row.parked_id,
        "state": row.state,
        "origin": row.origin,
        "transaction": row.transaction,
        "place": row.place,
        "reason": row.reason,
        "recorded_at": row.recorded_at.isoformat(),
        "tries": row.tries,
        "source": row.source,
        "event_id": row.event_id,
    }
