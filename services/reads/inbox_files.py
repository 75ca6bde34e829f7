"""Files that arrived by themselves: what was taken, what waits, what failed and why."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from projections.tables.columns import Row
from services.reads.keyset import ListPage, OrderedBy, page_rows
from services.reads.read_context import ReadContext
from services.store.inbox_tables import FAILED, INBOX_FILE, SEEN, TAKEN

INBOX_STATES = (SEEN, TAKEN, FAILED)
NEWEST_FIRST = (
    OrderedBy(INBOX_FILE.c.changed_at, descending=True),
    OrderedBy(INBOX_FILE.c.inbox),
    OrderedBy(INBOX_FILE.c.name),
    OrderedBy(INBOX_FILE.c.modified),
    OrderedBy(INBOX_FILE.c.size),
)


def inbox_files(
    context: ReadContext, state: str | None = None, limit: int | None = None, cursor: str | None = None
) -> ListPage:
    """The newest first. Raises ListCursorError."""
    query = select(INBOX_FILE).where(INBOX_FILE.c.practice == context.practice)
    if state is not None:
        query = query.where(INBOX_FILE.c.state == state)
    with context.engine.connect() as connection:
        rows, following = page_rows(connection, query, NEWEST_FIRST, limit, cursor)
    return ListPage([_json(row) for row in rows], following)


def _json(row: Any) -> Row:
    names = ("inbox", "name", "size", "state", "tries", "correlation_id", "events", "parked", "error")
    times = {name: getattr(row, name).isoformat() for name in ("seen_at", "changed_at")}
    return {name: getattr(row, name) for name in names} | times
