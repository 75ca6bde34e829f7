"""Notices what was lost between the stream and the log, and heals what can be healed.

An entry is acknowledged only after it is committed. So whatever the group has behind it must be in the log. Where it is
not, the database was put back from a backup, or lost what it had committed; the bytes are still in the stream, and
setting the group back brings them again: repetition is harmless. What somebody else trimmed unread is gone: that can
only be said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import redis
from sqlalchemy import Connection, Engine, func, or_, select

from projections.tables.tables import table_of
from services.core.clock import SystemClock
from services.core.logs import get_logger
from services.core.settings import Settings
from services.messaging.publisher import START, group_state, may_evict, order
from services.messaging.redis_url import Client, reaching
from services.messaging.stream_keys import BASE, EntryName, StreamKeys, entry_name
from services.projector.entry_reader import read_entry
from services.projector.parking import PARKED
from services.store.dialect import dialect_of
from services.store.engine import chunks, writing
from services.store.log import LOG, SIGHTING, Delivery, known_identities
from services.store.scheduler_tables import SchedulerJob
from services.store.tables import ParkedRow

_Entry = tuple[str, Mapping[bytes, bytes]]
log = get_logger(__name__)
JOB = table_of(SchedulerJob)
NEWEST = 1000  # positions looked through for the newest entry: several workers do not log in the stream's order
LOOKED = 1000  # entries after it that are looked at
SAMPLE = 20  # of these looked up in the log; all of them where one is missing


@dataclass(kw_only=True)
class StreamLoss:
    """What was found. `set_back`: entries the group had behind it and the log does not have; they come again.

    `trimmed`: entries that somebody removed before they were read. `evicting`: the server may drop what it accepted.
    """

    set_back: int = 0
    trimmed: int = 0
    evicting: bool = False
    warnings: list[str] = field(default_factory=list)


def look_after(engine: Engine, client: Client, settings: Settings) -> StreamLoss:
    """Looks at the stream server and the group, and sets the group back where it is ahead of the log.

    Raises TransientError where the server is away.
    """
    found = StreamLoss()
    with reaching():
        _see_eviction(client, found)
        keys = StreamKeys.of(settings)
        for number in keys.in_use(client):
            group = group_state(client, keys.key(number), settings.group)
            if group is None:
                continue
            found.trimmed += trimmed_unread(client, keys.key(number), group)
            key = _Key(client=client, stream=keys.key(number), number=number, group=settings.group)
            ahead = key.ahead_of_log(engine, group)
            if ahead:
                client.xgroup_setid(keys.key(number), settings.group, "0")
                found.set_back += len(ahead)
    found.warnings = _in_words(found)
    for warning in found.warnings:
        log.error("the stream is not as it should be", what=warning)
    return found


def warnings(client: Client, settings: Settings) -> list[str]:
    """What is wrong with the stream server now, in words. Raises TransientError where it is away."""
    found = StreamLoss()
    with reaching():
        _see_eviction(client, found)
    return [*_in_words(found), *trimmed_warnings(client, settings)]


def trimmed_warnings(client: Client, settings: Settings) -> list[str]:
    """The same of what was removed unread alone."""
    found, keys = StreamLoss(), StreamKeys.of(settings)
    with reaching():
        for key in map(keys.key, keys.in_use(client)):
            group = group_state(client, key, settings.group)
            found.trimmed += trimmed_unread(client, key, group) if group is not None else 0
    return _in_words(found)


def trimmed_unread(client: Client, stream: str, group: dict[str, Any]) -> int:
    """How many entries were removed from the stream before the group had read them, as far as the server can tell."""
    lag, behind = group.get("lag"), group["last-delivered-id"].decode()
    if not lag:
        return 0
    with reaching():
        first: Any = client.xrange(stream, count=1)
        if first and order(first[0][0].decode()) <= order(behind):
            return 0  # trimming takes the oldest first, and the group has some of what is there behind it
        return max(0, int(lag) - int(client.xlen(stream)))


def _see_eviction(client: Client, found: StreamLoss) -> None:
    try:
        memory: Any = client.info("memory")
    except redis.ResponseError:  # the right to ask may be missing
        return
    servers = memory.values() if isinstance(client, redis.RedisCluster) and "maxmemory" not in memory else [memory]
    found.evicting = any(may_evict(told) for told in servers)


@dataclass(frozen=True, kw_only=True)
class _Key:
    """One key of the stream, as the group has it behind it."""

    client: Client
    stream: str
    number: int
    group: str

    def ahead_of_log(self, engine: Engine, group: dict[str, Any]) -> list[str]:
        """Entries that were acknowledged and are not in the log."""
        delivered = group["last-delivered-id"].decode()
        with engine.connect() as connection:
            newest = newest_entry(connection, self.number)
        if order(delivered) <= order(newest):
            return []
        candidates = self._acknowledged(newest, delivered)
        if not candidates:
            return []
        with engine.connect() as connection:  # what was committed and acknowledged between the two looks is no loss
            newest = newest_entry(connection, self.number)
            later = [entry for entry in candidates if order(entry[0]) > order(newest)]
            # Where other keys are busy, nothing of this one is among what was logged last: its entries are looked up.
            if not _unlogged(connection, self.number, later[-SAMPLE:]):
                return []
            return _unlogged(connection, self.number, later)

    def _acknowledged(self, after: str, until: str) -> list[_Entry]:
        """The newest entries behind the group, none of them before `after`, in their order."""
        found: Any = self.client.xrevrange(self.stream, max=until, min=f"({after}", count=LOOKED)
        entries = [(entry_id.decode(), fields) for entry_id, fields in reversed(found)]
        if not entries:
            return []
        first, last = entries[0][0], entries[-1][0]
        pending: Any = self.client.xpending_range(self.stream, self.group, first, last, 10 * LOOKED)
        held = {told["message_id"].decode() for told in pending}
        return [entry for entry in entries if entry[0] not in held]


def _unlogged(connection: Connection, number: int, entries: Sequence[_Entry]) -> list[str]:
    """Which of these entries have left no trace: neither their event nor they themselves, put aside."""
    now = SystemClock().now()
    read = {entry_id: read_entry((str(EntryName(number, entry_id)), fields), now) for entry_id, fields in entries}
    events = {name: told.event.envelope.identity for name, told in read.items() if isinstance(told, Delivery)}
    known = known_identities(connection, events.values())
    traced = {name for name, identity in events.items() if identity in known}
    traced |= _parked(connection, number, {name: told for name, told in read.items() if name not in traced})
    return [entry_id for entry_id, _ in entries if entry_id not in traced]


def _parked(connection: Connection, number: int, entries: Mapping[str, Delivery | ParkedRow]) -> set[str]:
    ids = {name: told["parked_id"] for name, told in entries.items() if not isinstance(told, Delivery)}
    names = {str(EntryName(number, name)): name for name in entries}
    found: set[str] = set()
    for part in chunks(sorted(entries)):
        own = [str(EntryName(number, name)) for name in part]
        query = select(PARKED.c.parked_id, PARKED.c.entry_id).where(
            or_(PARKED.c.entry_id.in_(own), PARKED.c.parked_id.in_([ids[name] for name in part if name in ids]))
        )
        rows = connection.execute(query).all()
        kept = {row.parked_id for row in rows}
        found |= {names[row.entry_id] for row in rows if row.entry_id in names}
        found |= {name for name in part if ids.get(name) in kept}
    return found


def newest_entry(connection: Connection, number: int = BASE) -> str:
    """The newest entry of one key of the stream that the database has a trace of, as far as it looks back.

    Logged, seen again, or parked.
    """
    recent = select(LOG.c.entry_id).order_by(LOG.c.position.desc()).limit(NEWEST)
    names = list(connection.scalars(recent))
    names += [connection.scalar(select(func.max(table.c.entry_id))) for table in (SIGHTING, PARKED)]
    own = [entry_name(name) for name in names if _is_entry(name)]
    return max((entry.id for entry in own if entry.number == number), key=order, default=START)


def _is_entry(name: str | None) -> bool:
    """Whether it names a stream entry: what this program logs itself has names of another kind."""
    return re.fullmatch(r"\d+-\d+(@\d+)?", name or "") is not None


def note(engine: Engine, found: StreamLoss, now: datetime) -> None:
    """Keeps the newest alarm among the jobs' figures, where people look."""
    if not (found.set_back or found.trimmed):
        return
    figures = {"set_back": found.set_back, "trimmed": found.trimmed}
    with writing(engine) as connection:
        statement = dialect_of(connection).upsert(JOB, "name", update=["ran_at", "figures", "error"])
        told = {"name": "stream", "ran_at": now, "figures": figures, "error": found.warnings[-1]}
        connection.execute(statement, told)


def _in_words(found: StreamLoss) -> list[str]:
    said = []
    if found.evicting:
        said.append(
            "the stream server may evict events (maxmemory-policy is not noeviction): answers wait "
            "until events are logged"
        )
    if found.set_back:
        said.append(f"the log had lost at least {found.set_back} acknowledged events; they are read again")
    if found.trimmed:
        said.append(f"{found.trimmed} events were removed from the stream before they were read")
    return said
