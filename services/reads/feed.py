"""Events as they were logged: the feed from any past position, and those of one claim."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, select

from projections.keys import Key
from services.reads.keyset import ListPage, OrderedBy, page_rows
from services.reads.read_context import ReadContext
from services.store.cuts import earliest
from services.store.horizon import committed_position
from services.store.log import KEYS, LOG


@dataclass(frozen=True, kw_only=True)
class FeedFilter:
    """Which events of the log: of these types, about this claim, recorded at this instant or later."""

    types: Sequence[str] = ()
    claim_id: str | None = None
    since: datetime | None = None

    def conditions(self, practice: str) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = [LOG.c.type.in_(self.types)] if self.types else []
        if self.since is not None:
            found.append(LOG.c.recorded_at >= self.since)
        if self.claim_id is not None:
            key = str(Key("claim", practice, self.claim_id))
            found.append(LOG.c.position.in_(select(KEYS.c.position).where(KEYS.c.key == key)))
        return found


EVERY_EVENT = FeedFilter()


def feed(
    context: ReadContext, after: int, limit: int, wanted: FeedFilter = EVERY_EVENT
) -> tuple[list[dict[str, Any]], int]:
    """CloudEvents in log order, and the position to go on from. Ends where transactions are still under way."""
    with context.engine.connect() as connection:
        horizon = committed_position(connection)
        rows = connection.execute(
            select(LOG)
            .where(LOG.c.practice == context.practice, LOG.c.position > after, LOG.c.position <= horizon)
            .where(*wanted.conditions(context.practice))
            .order_by(LOG.c.position)
            .limit(limit)
        ).all()
    if len(rows) == limit:
        return [cloud_event(row) for row in rows], rows[-1].position
    return [cloud_event(row) for row in rows], max(after, horizon)


def claim_events(context: ReadContext, claim_id: str, limit: int | None = None, cursor: str | None = None) -> ListPage:
    """Every event that names the claim, in log order. Raises ListCursorError."""
    key = str(Key("claim", context.practice, claim_id))
    query: Select[Any] = select(LOG).join(KEYS, KEYS.c.position == LOG.c.position).where(KEYS.c.key == key)
    with context.engine.connect() as connection:
        if context.cut.as_of is not None:
            query = query.where(earliest(connection, context.cut.known_at) <= context.cut.as_of)
        if context.cut.known_at is not None:
            query = query.where(LOG.c.recorded_at <= context.cut.known_at)
        rows, following = page_rows(connection, query, [OrderedBy(LOG.c.position)], limit, cursor)
    return ListPage([cloud_event(row) for row in rows], following)


def cloud_event(row: Row[Any]) -> dict[str, Any]:
    """With the extensions `recordedat` and `sequence`, the latter being the cursor to go on from."""
    event = {
        "specversion": "1.0",
        "id": row.id,
        "source": row.source,
        "type": row.type,
        "subject": row.subject,
        "time": row.time.isoformat(),
        "datacontenttype": "application/json",
        "practice": row.practice,
        "correlationid": row.correlationid,
        "causationid": row.causationid,
        "rawref": row.rawref,
        "recordedat": row.recorded_at.isoformat(),
        "sequence": str(row.position),
        "data": json.loads(row.data),
    }
    if row.supersedes_id is not None:
        event |= {"supersedessource": row.supersedes_source, "supersedesid": row.supersedes_id}
    extra = json.loads(row.extra) if row.extra else {}
    return extra | {name: value for name, value in event.items() if value is not None}
