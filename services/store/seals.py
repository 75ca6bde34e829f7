"""The sealed log: a hash chain over the content of events, range by range, that names the first entry altered since.

A link covers the positions after the link before it, up to its own. It keeps one digest for each entry, and a hash over
the hash of the link before, its bounds and these digests. Anyone who alters an entry would have to alter its link and
all that follow; anyone who holds the last hash from elsewhere (each is logged when it is made) can detect even that.
Sealed is only what lies below the oldest running transaction: nothing can appear there any more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, func, insert, select, type_coerce

from projections.tables.tables import table_of
from services.store.dialect import AdvisoryLock, dialect_of
from services.store.horizon import committed_position
from services.store.log import IDENTITY, LOG
from services.store.tables import Seal

SEAL = table_of(Seal)
FIRST = "0" * 64  # what the first link names as the one before it
MOST = 1000  # entries in one link
_PLACE = 8  # bytes of a position
_ENTRY = _PLACE + 32

# In this order forever: the digest is taken over their values. What the transport added (entry and correlation ids)
# is left out.
_COLUMNS = (
    "position",
    "practice",
    "source",
    "id",
    "type",
    "subject",
    "time",
    "recorded_at",
    "data",
    "supersedes_source",
    "supersedes_id",
    "rawref",
    "extra",
    "hash",
)


@dataclass(frozen=True)
class Link:
    """One seal: the last position it covers, how many entries, and its hash."""

    position: int
    events: int
    hash: str


@dataclass(frozen=True, kw_only=True)
class Break:
    """The first entry that is not as it was sealed.

    found: altered, missing, added, identity (the entry's identity row differs) or seal (the link itself).
    """

    position: int
    found: str
    source: str | None = None
    id: str | None = None


def seal_next(connection: Connection, now: datetime, most: int = MOST) -> Link | None:
    """Adds one link over what is settled and not sealed yet; None where there is nothing. The caller commits."""
    dialect_of(connection).advisory_lock(connection, AdvisoryLock.SEAL)
    horizon = committed_position(connection)
    last = connection.execute(select(SEAL).order_by(SEAL.c.position.desc()).limit(1)).first()
    start, previous = (last.position + 1, last.hash) if last else (1, FIRST)
    entries = _entries(connection, start, horizon, most)
    if not entries:
        return None
    end = entries[-1].position
    digests = b"".join(_named(row) for row in entries)
    link = Link(end, len(entries), _link_hash(previous, start, end, digests))
    connection.execute(
        insert(SEAL).values(
            position=end,
            first_position=start,
            events=link.events,
            hash=link.hash,
            previous=previous,
            entries=digests,
            sealed_at=now,
        )
    )
    return link


def unsealed(connection: Connection) -> int:
    """How many logged entries no link covers yet."""
    covered = select(func.coalesce(func.max(SEAL.c.position), 0)).scalar_subquery()
    return connection.scalar(select(func.count()).select_from(LOG).where(LOG.c.position > covered)) or 0


def first_break(connection: Connection) -> Break | None:
    """Recalculates the whole chain; None where every sealed entry is as it was."""
    previous, start = FIRST, 1
    for position in connection.scalars(select(SEAL.c.position).order_by(SEAL.c.position)).all():
        link = connection.execute(select(SEAL).where(SEAL.c.position == position)).one()
        broken = _broken_link(link, previous, start) or _broken_entry(connection, link)
        if broken is not None:
            return broken
        previous, start = link.hash, link.position + 1
    return None


def _broken_link(link: Row[Any], previous: str, start: int) -> Break | None:
    whole = len(link.entries) == link.events * _ENTRY
    expected = _link_hash(link.previous, link.first_position, link.position, link.entries)
    if whole and link.hash == expected and (link.previous, link.first_position) == (previous, start):
        return None
    return Break(position=start, found="seal")


def _broken_entry(connection: Connection, link: Row[Any]) -> Break | None:
    rows = {row.position: row for row in _entries(connection, link.first_position, link.position)}
    sealed = dict(_places(link.entries))
    for position in sorted(rows.keys() | sealed.keys()):
        row = rows.get(position)
        found = _fault(row, sealed.get(position))
        if found == "missing" or row is None:
            known = connection.execute(select(IDENTITY).where(IDENTITY.c.position == position)).first()
            return Break(
                position=position,
                found="missing",
                source=known.source if known else None,
                id=known.id if known else None,
            )
        if found:
            return Break(position=position, found=found, source=row.source, id=row.id)
    return None


def _fault(row: Row[Any] | None, digest: bytes | None) -> str | None:
    if row is None:
        return "missing"
    if digest is None:
        return "added"
    if _digest(row) != digest:
        return "altered"
    known = (row.known_practice, row.known_source, row.known_id, row.known_hash)
    return None if known == (row.practice, row.source, row.id, row.hash) else "identity"


def _entries(connection: Connection, first: int, last: int, most: int | None = None) -> Sequence[Row[Any]]:
    """Log rows in the order of their positions, instants as the integers that are stored, next to their identity."""
    columns = [
        type_coerce(LOG.c[name], BigInteger).label(name) if name in ("time", "recorded_at") else LOG.c[name]
        for name in _COLUMNS
    ]
    known = [IDENTITY.c[name].label(f"known_{name}") for name in ("practice", "source", "id", "hash")]
    query = (
        select(*columns, *known)
        .outerjoin(IDENTITY, IDENTITY.c.position == LOG.c.position)
        .where(LOG.c.position >= first, LOG.c.position <= last)
        .order_by(LOG.c.position)
        .limit(most)
    )
    return connection.execute(query).all()


def _digest(row: Row[Any]) -> bytes:
    content = list(row[: len(_COLUMNS)])
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()).digest()


def _named(row: Row[Any]) -> bytes:
    return int(row.position).to_bytes(_PLACE, "big") + _digest(row)


def _places(entries: bytes) -> Iterator[tuple[int, bytes]]:
    for start in range(0, len(entries), _ENTRY):
        entry = entries[start : start + _ENTRY]
        yield int.from_bytes(entry[:_PLACE], "big"), entry[_PLACE:]


def _link_hash(previous: str, first: int, last: int, entries: bytes) -> str:
    return hashlib.sha256(f"1|{previous}|{first}|{last}|".encode() + entries).hexdigest()
