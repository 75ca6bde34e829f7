"""What could not be read is kept with its reason, seen, and can be tried again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from projections.tables.columns import Row
from projections.tables.tables import table_of
from services.store.dialect import dialect_of
from services.store.tables import Parked

PARKED = table_of(Parked)


def parked_row(
    *, practice: str, origin: str, reason: str, raw: bytes, now: datetime, place: str | None = None,
    transaction: str | None = None, correlationid: str | None = None, entry_id: str | None = None,
) -> Row:  # fmt: skip
    """The same bytes from the same place park once, however often they come."""
    name = hashlib.sha256("\0".join((practice, origin, place or "", reason)).encode() + b"\0" + raw).hexdigest()[:16]
    return {
        "parked_id": name, "practice": practice, "origin": origin, "reason": reason, "place": place,
        "transaction": transaction, "raw": raw, "state": "open", "recorded_at": now, "correlationid": correlationid,
        "entry_id": entry_id, "tries": 0,
    }  # fmt: skip


def park(connection: Connection, rows: Sequence[Row]) -> None:
    if not rows:
        return
    again = {"tries": PARKED.c.tries + 1, "state": "open"}
    statement = dialect_of(connection).upsert(PARKED, "parked_id", update=["correlationid"], set_=again)
    connection.execute(statement, list(rows))
