"""Who is notified of what, and what became of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from projections.tables.columns import Row
from services.core.errors import NotFoundError
from services.presentation.formatting import cents_text
from services.presentation.notifications import SUBSCRIBED
from services.reads.keyset import ListPage, OrderedBy, page_rows
from services.reads.read_context import ReadContext
from services.store.webhook_tables import DELIVERY, ENDPOINT, NOTIFICATION, REMOVED

NEWEST_FIRST = (OrderedBy(DELIVERY.c.made_at, descending=True), OrderedBy(DELIVERY.c.delivery_id))


def endpoints(context: ReadContext) -> list[Row]:
    """Every endpoint of the practice, by name; neither secrets nor what an address may hide."""
    query = select(ENDPOINT).where(ENDPOINT.c.practice == context.practice, ENDPOINT.c.state != REMOVED)
    with context.engine.connect() as connection:
        rows = connection.execute(query.order_by(ENDPOINT.c.name, ENDPOINT.c.endpoint_id)).all()
    return [_endpoint_json(row) for row in rows]


def endpoint(context: ReadContext, endpoint_id: str) -> Row:
    """Raises NotFoundError."""
    found = next((row for row in endpoints(context) if row["id"] == endpoint_id), None)
    if found is None:
        raise NotFoundError("no such endpoint in this practice")
    return found


def deliveries(
    context: ReadContext, endpoint_id: str | None = None, limit: int | None = None, cursor: str | None = None
) -> ListPage:
    """What was sent to one endpoint, or to all, the newest first. Raises ListCursorError."""
    query = (
        select(DELIVERY, NOTIFICATION.c.kind, NOTIFICATION.c.body, ENDPOINT.c.name)
        .join(NOTIFICATION, NOTIFICATION.c.notification_id == DELIVERY.c.notification_id)
        .join(ENDPOINT, ENDPOINT.c.endpoint_id == DELIVERY.c.endpoint_id)
        .where(ENDPOINT.c.practice == context.practice)
    )
    if endpoint_id is not None:
        query = query.where(DELIVERY.c.endpoint_id == endpoint_id)
    with context.engine.connect() as connection:
        rows, following = page_rows(connection, query, NEWEST_FIRST, limit, cursor)
    return ListPage([_delivery_json(row) for row in rows], following)


def _endpoint_json(row: Any) -> Row:
    return {
        "id": row.endpoint_id,
        "name": row.name,
        "channel": row.channel,
        "address": row.shown_address,
        "kinds": row.kinds.split() or list(SUBSCRIBED),
        "payers": row.payers.splitlines(),
        "least_amount": cents_text(row.least_amount),
        "full_content": row.full_content,
        "state": row.state,
        "version": row.version,
        "changed_at": row.changed_at.isoformat(),
        "changed_by": row.changed_by,
    }


def _delivery_json(row: Any) -> Row:
    return {
        "id": row.delivery_id,
        "endpoint_id": row.endpoint_id,
        "endpoint": row.name,
        "notification_id": row.notification_id,
        "kind": row.kind,
        "state": row.state,
        "made_at": row.made_at.isoformat(),
        "tries": row.tries,
        "next_try_at": row.next_try_at.isoformat() if row.next_try_at else None,
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        "error": row.error,
        "body": row.body,
    }
