"""What could not be read is kept with its reason, seen, and can be tried again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import overload

from sqlalchemy import Connection, bindparam, case, select, update

from events.registry import Event
from projections.tables.columns import Row
from projections.tables.tables import table_of
from services.store.dialect import dialect_of
from services.store.engine import chunks
from services.store.tables import Parked

PARKED = table_of(Parked)
OPEN, RETRIED, SETTLED = "open", "retried", "settled"  # settled: an event with its source and id was accepted since
CONFLICT = "conflict"  # the origin of what came again with other content
# What entry points fill in, again at every delivery: no part of what the sender sent.
_FILLED_IN = (
    "correlationid",
    "causationid",
    "acceptedfrom",
    "rawref",
    "practice",
    "datacontenttype",
    "traceparent",
    "tracestate",
)


def parked_row(
    *,
    practice: str,
    origin: str,
    reason: str,
    raw: bytes,
    now: datetime,
    sent: bytes | None = None,
    place: str | None = None,
    transaction: str | None = None,
    correlationid: str | None = None,
    entry_id: str | None = None,
    source: str | None = None,
    event_id: str | None = None,
) -> Row:
    """The same thing sent parks once, however often and in whichever file it comes.

    `sent`: what makes it the same, where `raw` keeps more than that.
    """
    sent = raw if sent is None else sent
    parts = [practice, origin, transaction or ""]
    parts += [] if sent else [place or "", reason]
    name = hashlib.sha256("\0".join(parts).encode(errors="replace") + b"\0" + _as_sent(sent)).hexdigest()[:16]
    return {
        "parked_id": name,
        "practice": practice,
        "origin": origin,
        "reason": _storable(reason),
        "place": _storable(place),
        "transaction": _storable(transaction),
        "raw": raw,
        "state": OPEN,
        "recorded_at": now,
        "correlationid": _storable(correlationid),
        "entry_id": entry_id,
        "tries": 0,
        "source": _storable(source),
        "event_id": _storable(event_id),
    }


@overload
def _storable(said: str) -> str: ...
@overload
def _storable(said: None) -> None: ...
def _storable(said: str | None) -> str | None:
    """PostgreSQL stores neither a NUL character nor half a surrogate pair."""
    return None if said is None else said.replace("\0", "\ufffd").encode(errors="replace").decode()


def _as_sent(raw: bytes) -> bytes:
    """What the sender sent, whatever entry points added to it and however it is spelled as JSON."""
    try:
        told = json.loads(raw)
        if not isinstance(told, dict):
            return raw
        own = {name: value for name, value in told.items() if name not in _FILLED_IN}
        return json.dumps(own, sort_keys=True).encode()
    except (ValueError, RecursionError):
        return raw


def park(connection: Connection, rows: Sequence[Row]) -> None:
    """Keeps the rows. One that came before is counted again; it opens again only where it was being tried again."""
    if not rows:
        return
    state = case((PARKED.c.state == RETRIED, OPEN), else_=PARKED.c.state)
    again = {"tries": PARKED.c.tries + 1, "state": state}
    statement = dialect_of(connection).upsert(PARKED, "parked_id", update=["correlationid", "entry_id"], set_=again)
    connection.execute(statement, list(rows))


def settle(connection: Connection, accepted: Sequence[Event]) -> None:
    """Closes what was parked under the source and id of events that are accepted now."""
    wanted = {event.envelope.identity for event in accepted}
    ids = sorted({name.id for name in wanted})
    if not ids:
        return
    waiting = select(PARKED.c.parked_id, PARKED.c.practice, PARKED.c.source, PARKED.c.event_id).where(
        PARKED.c.state.in_((OPEN, RETRIED)), PARKED.c.origin != CONFLICT
    )
    found = [
        {"name": row.parked_id}
        for part in chunks(ids)
        for row in connection.execute(waiting.where(PARKED.c.event_id.in_(part)))
        if (row.practice, row.source, row.event_id) in wanted
    ]
    if found:
        connection.execute(update(PARKED).where(PARKED.c.parked_id == bindparam("name")).values(state=SETTLED), found)
