"""Up to which log position nothing can appear any more.

PostgreSQL hands out positions before it commits them: a reader may see 107 while 106 is still under way, and a cursor
that moved past 106 would never see it. So every transaction that appends first takes a shared advisory lock whose
number is the last position handed out before it; whatever it appends lies above. The reader takes the newest position
it can see, then the lowest such lock, then its rows: what is at or below both is final. SQLite has one writer at a
time and numbers its rows in the order of their commits.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select, text

from projections.tables.tables import table_of
from services.store.dialect import dialect_of
from services.store.tables import EventLog

LOG = table_of(EventLog)
_SPACE = 0x436C << 48  # keeps our locks apart from anybody else's; the lower 48 bits are a position
_MASK = (1 << 48) - 1

_ANNOUNCE = text(
    "SELECT pg_advisory_xact_lock_shared(:space + (SELECT CASE WHEN is_called THEN last_value ELSE 0 END"
    " FROM event_identity_position_seq))"
)
_UNDER_WAY = text(
    "SELECT min((((classid::bigint << 32) | objid::bigint) & :mask)) FROM pg_locks"
    " WHERE locktype = 'advisory' AND objsubid = 1 AND database = (SELECT oid FROM pg_database"
    " WHERE datname = current_database()) AND (classid::bigint >> 16) = :high"
)


def announce(connection: Connection) -> None:
    """To be called in a transaction before it takes positions."""
    if dialect_of(connection).has_concurrent_writers:
        connection.execute(_ANNOUNCE, {"space": _SPACE})


def committed_position(connection: Connection) -> int:
    """The highest position at or below which all is committed or never will be. 0 where nothing is logged."""
    newest = connection.scalar(select(func.max(LOG.c.position))) or 0
    if not dialect_of(connection).has_concurrent_writers:
        return int(newest)
    under_way = connection.scalar(_UNDER_WAY, {"mask": _MASK, "high": _SPACE >> 48})
    return int(newest) if under_way is None else min(int(newest), int(under_way))
