"""What could not be read is kept with its reason, seen, and can be tried again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, overload

from sqlalchemy import Connection, bindparam, case, select, tuple_, update

from events.envelope import Identity
from events.registry import Event
from projections.keys import Key
from projections.tables.tables import table_of
from services.intake.results import ParkedOrigin
from services.store.dialect import dialect_of
from services.store.engine import chunks, lock_keys
from services.store.tables import EventIdentity, Parked, ParkedRow, ParkedState
from services.store.upload_tables import FILE_REFUSAL, READ_FILE

PARKED, IDENTITY = table_of(Parked), table_of(EventIdentity)
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
) -> ParkedRow:
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
        "state": ParkedState.OPEN,
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


def park(connection: Connection, rows: Sequence[ParkedRow]) -> None:
    """Keeps the rows. One that came before is counted again; it opens again only where it was being tried again."""
    if not rows:
        return
    names = {row["parked_id"] for row in rows}
    from_files = {name for name, _ in _files_of(connection, names)}
    lock_parked(connection, from_files)
    state = case((PARKED.c.state == ParkedState.RETRIED, ParkedState.OPEN), else_=PARKED.c.state)
    again = {"tries": PARKED.c.tries + 1, "state": state}
    statement = dialect_of(connection).upsert(PARKED, "parked_id", update=["correlationid", "entry_id"], set_=again)
    connection.execute(statement, list(rows))
    pieces = {row["parked_id"] for row in rows if row["origin"] == ParkedOrigin.INTAKE and row["event_id"]}
    judge_again(connection, pieces | from_files, from_files=from_files)


def lock_parked(connection: Connection, names: Iterable[str]) -> None:
    """Until the transaction ends, nobody else parks these or notes that their file was read."""
    lock_keys(connection, [str(Key("parked", "", name)) for name in names])


def judge_again(connection: Connection, names: Collection[str], *, from_files: Collection[str]) -> None:
    """Closes what is no loss any more and opens what is one again; `from_files`: which of these are pieces of files.

    A piece of a file is no loss once the event that it would have been is accepted, by whichever file it comes, or once
    every file in which it cannot be read is the beginning of a longer one that was read to its end.
    """
    columns = (PARKED.c.parked_id, PARKED.c.practice, PARKED.c.source, PARKED.c.event_id, PARKED.c.state)
    query = select(*columns).where(
        PARKED.c.state.in_((ParkedState.OPEN, ParkedState.RETRIED, ParkedState.SETTLED)),
        PARKED.c.origin != ParkedOrigin.CONFLICT,
    )
    rows = [
        row for part in chunks(sorted(names)) for row in connection.execute(query.where(PARKED.c.parked_id.in_(part)))
    ]
    accepted = _accepted(connection, rows)
    missing = {name for name, whole in _files_of(connection, from_files) if whole is None}
    changed = []
    for row in rows:
        is_loss = row.parked_id in missing if row.parked_id in from_files else True
        is_loss &= (row.practice, row.source, row.event_id) not in accepted
        if is_loss != (row.state != ParkedState.SETTLED):
            changed.append({"name": row.parked_id, "found": ParkedState.OPEN if is_loss else ParkedState.SETTLED})
    if changed:
        statement = update(PARKED).where(PARKED.c.parked_id == bindparam("name")).values(state=bindparam("found"))
        connection.execute(statement, changed)


def _files_of(connection: Connection, names: Collection[str]) -> list[tuple[str, str | None]]:
    """In which files pieces could not be read: the piece, and the longer file that this one is the beginning of."""
    read = (READ_FILE.c.practice == FILE_REFUSAL.c.practice) & (READ_FILE.c.sha256 == FILE_REFUSAL.c.sha256)
    query = select(FILE_REFUSAL.c.parked_id, READ_FILE.c.whole).select_from(
        FILE_REFUSAL.join(READ_FILE, read, isouter=True)
    )
    return [
        (row.parked_id, row.whole)
        for part in chunks(sorted(names))
        for row in connection.execute(query.where(FILE_REFUSAL.c.parked_id.in_(part)))
    ]


def _accepted(connection: Connection, rows: Sequence[Any]) -> set[tuple[str, str, str]]:
    """The identities of these that the log holds."""
    wanted = sorted({Identity(row.practice, row.source, row.event_id) for row in rows if row.source and row.event_id})
    columns = (IDENTITY.c.practice, IDENTITY.c.source, IDENTITY.c.id)
    return {
        Identity(*row)
        for part in chunks(wanted, 200)
        for row in connection.execute(select(*columns).where(tuple_(*columns).in_([tuple(name) for name in part])))
    }


def settle(connection: Connection, accepted: Sequence[Event]) -> None:
    """Closes what was parked under the source and id of events that are accepted now."""
    wanted = {event.envelope.identity for event in accepted}
    ids = sorted({name.id for name in wanted})
    if not ids:
        return
    waiting = select(PARKED.c.parked_id, PARKED.c.practice, PARKED.c.source, PARKED.c.event_id).where(
        PARKED.c.state.in_((ParkedState.OPEN, ParkedState.RETRIED)), PARKED.c.origin != ParkedOrigin.CONFLICT
    )
    found = [
        {"name": row.parked_id}
        for part in chunks(ids)
        for row in connection.execute(waiting.where(PARKED.c.event_id.in_(part)))
        if (row.practice, row.source, row.event_id) in wanted
    ]
    if found:
        connection.execute(
            update(PARKED).where(PARKED.c.parked_id == bindparam("name")).values(state=ParkedState.SETTLED), found
        )
