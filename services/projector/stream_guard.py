"""Notices what was lost between the stream and the log, and heals what can be healed.

An entry is acknowledged only after it is committed. So whatever the group has behind it must be in the log. Where it is
not, the database was put back from a backup, or lost what it had committed; the bytes are still in the stream, and
setting the group back brings them again: repetition is harmless. What somebody else trimmed unread is gone: that can
only be said.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import redis
import structlog
from sqlalchemy import Connection, Engine, func, select

from projections.tables.tables import table_of
from services.core.settings import Settings
from services.messaging.publisher import START, group_state, may_evict, order
from services.messaging.redis_url import Client, reaching
from services.projector.parking import PARKED
from services.store.dialect import dialect_of
from services.store.engine import writing
from services.store.log import LOG, SIGHTING
from services.store.scheduler_tables import SchedulerJob

log = structlog.get_logger(__name__)
JOB = table_of(SchedulerJob)
NEWEST = 1000  # positions looked through for the newest entry: several workers do not log in the stream's order
LOOKED = 1000  # entries after it that are looked at


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
        group = group_state(client, settings.stream, settings.group)
        if group is None:
            return found
        found.trimmed = trimmed_unread(client, settings, group)
        ahead = _ahead_of_log(engine, client, settings, group)
        if ahead:
            client.xgroup_setid(settings.stream, settings.group, "0")
            found.set_back = len(ahead)
    found.warnings = _in_words(found)
    for warning in found.warnings:
        log.error("the stream is not as it should be", what=warning)
    return found


def warnings(client: Client, settings: Settings) -> list[str]:
    """What is wrong with the stream server now, in words. Raises TransientError where it is away."""
    found = StreamLoss()
    with reaching():
        _see_eviction(client, found)
        group = group_state(client, settings.stream, settings.group)
    if group is not None:
        found.trimmed = trimmed_unread(client, settings, group)
    return _in_words(found)


def trimmed_unread(client: Client, settings: Settings, group: dict[str, Any]) -> int:
    """How many entries were removed from the stream before the group had read them, as far as the server can tell."""
    lag, behind = group.get("lag"), group["last-delivered-id"].decode()
    if not lag:
        return 0
    with reaching():
        first: Any = client.xrange(settings.stream, count=1)
        if first and order(first[0][0].decode()) <= order(behind):
            return 0  # trimming takes the oldest first, and the group has some of what is there behind it
        return max(0, int(lag) - int(client.xlen(settings.stream)))


def _see_eviction(client: Client, found: StreamLoss) -> None:
    try:
        memory: Any = client.info("memory")
    except redis.ResponseError:  # the right to ask may be missing
        return
    servers = memory.values() if isinstance(client, redis.RedisCluster) and "maxmemory" not in memory else [memory]
    found.evicting = any(may_evict(told) for told in servers)


def _ahead_of_log(engine: Engine, client: Client, settings: Settings, group: dict[str, Any]) -> list[str]:
    """Entries that were acknowledged and are not in the log."""
    delivered = group["last-delivered-id"].decode()
    with engine.connect() as connection:
        newest = newest_entry(connection)
    if order(delivered) <= order(newest):
        return []
    candidates = _acknowledged(client, settings, newest, delivered)
    if not candidates:
        return []
    with engine.connect() as connection:  # what was committed and acknowledged between the two looks is no loss
        newest = newest_entry(connection)
    return [entry_id for entry_id in candidates if order(entry_id) > order(newest)]


def _acknowledged(client: Client, settings: Settings, after: str, until: str) -> list[str]:
    entries: Any = client.xrange(settings.stream, min=f"({after}", max=until, count=LOOKED)
    ids = [entry_id.decode() for entry_id, _ in entries]
    if not ids:
        return []
    pending: Any = client.xpending_range(settings.stream, settings.group, ids[0], ids[-1], 10 * LOOKED)
    held = {told["message_id"].decode() for told in pending}
    return [entry_id for entry_id in ids if entry_id not in held]


def newest_entry(connection: Connection) -> str:
    """The newest stream entry that the database has a trace of: logged, seen again, or parked."""
    recent = select(LOG.c.entry_id).order_by(LOG.c.position.desc()).limit(NEWEST)
    ids = list(connection.scalars(recent))
    ids += [connection.scalar(select(func.max(table.c.entry_id))) for table in (SIGHTING, PARKED)]
    return max((name for name in ids if _is_entry(name)), key=order, default=START)


def _is_entry(name: str | None) -> bool:
    """Whether it is the id of a stream entry: what this program logs itself has names of another kind."""
    parts = (name or "").split("-")
    return len(parts) == 2 and all(part.isdecimal() for part in parts)


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
