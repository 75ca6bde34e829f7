"""Whether this process can serve, asked over connections and in a thread of its own.

A load balancer asks just when all else is busy. So the question waits behind no request: not for a thread, not for a
connection of the pool, and not for an answer that never comes.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from services.api.metrics import age_of
from services.app_context import AppContext
from services.core.errors import ClaimclockError
from services.core.settings import Settings
from services.messaging.publisher import StreamProgress, progress_of_each
from services.messaging.redis_url import Client, connect
from services.messaging.stream_keys import StreamKeys
from services.projector.stream_guard import warnings
from services.store.engine import DatabaseLimits, PoolSize, open_engine
from services.store.marked_keys import Urgency, behind
from services.store.replica import seconds_behind
from services.store.schema import SchemaError, is_current

_CHECKS = ("database", "migrations", "stream", "lag")
PATIENCE = 3.0  # seconds for all of it
_LIMITS = DatabaseLimits(lock=1, idle_in_transaction=5, statement=2, connect=2)
_ALONE = PoolSize(kept=1, more=0)


@dataclass(frozen=True)
class StreamLag:
    """What waits in one key of the stream to be logged, and since how many seconds the oldest of it."""

    key: str
    entries: int
    seconds: float

    @classmethod
    def of(cls, client: Client, key: str, reached: StreamProgress) -> StreamLag:
        return cls(key, reached.waiting, round(age_of(client, key, reached), 1))


@dataclass(kw_only=True)
class Readiness:
    """What was looked at, and in words what is wrong with it; None is what could not be seen.

    `lag_*`: entries that are not logged yet. `behind_*`: what is logged and not in every row yet.
    """

    checks: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(_CHECKS, False))
    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    lag_entries: int | None = None
    lag_seconds: float | None = None
    streams: list[StreamLag] = field(default_factory=list)
    behind_keys: int | None = None
    behind_seconds: float | None = None
    replica_seconds: float | None = None  # that what is read is behind what is written; None without a replica

    @property
    def ready(self) -> bool:
        return all(self.checks.values())


_SILENT = "the database or the stream server gave no answer in time"


class ReadinessProbe:
    """One look at a time: callers meanwhile get the same answer."""

    def __init__(self, app: AppContext) -> None:
        self._settings: Settings = app.settings
        self._app = app
        self._engine: Engine = open_engine(app.settings.database, _LIMITS, _ALONE)
        self._client: Client | None = None
        self._under_way: Future[Readiness] | None = None
        self._replica: Engine | None = None  # opened at the first look
        self._migrated = False  # seen to be so; asking is slow, and a running program does not see it change

    async def look(self) -> Readiness:
        """Answers within `PATIENCE` seconds, whatever hangs."""
        if self._under_way is None or self._under_way.done():
            self._under_way = _in_thread(self._look)
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._under_way)), PATIENCE)
        except TimeoutError:
            return Readiness(reasons=[_SILENT])

    def close(self) -> None:
        self._engine.dispose()
        if self._replica is not None:
            self._replica.dispose()
        if self._client is not None:
            self._client.close()

    def _look(self) -> Readiness:
        found = Readiness()
        self._see_database(found)
        self._see_replica(found)
        self._see_stream(found)
        return found

    def _see_database(self, found: Readiness) -> None:
        try:
            with self._engine.connect() as connection:
                connection.execute(text("SELECT 1"))
            found.checks["database"] = True
            self._migrated = self._migrated or is_current(self._engine)
        except SchemaError as error:
            found.reasons.append(error.message)
        except SQLAlchemyError:
            found.reasons.append("the database cannot be reached")
        else:
            found.checks["migrations"] = self._migrated
            if self._migrated:
                self._see_rows(found)
            else:
                found.reasons.append("the database has not been migrated to this version yet")

    def _see_rows(self, found: Readiness) -> None:
        try:
            with self._engine.connect() as connection:
                waiting = behind(connection, Urgency.EVENT)
        except SQLAlchemyError:  # a look that took too long is no reason to send requests elsewhere
            return
        found.behind_keys, found.behind_seconds = waiting.keys, round(waiting.seconds, 1)

    def _see_replica(self, found: Readiness) -> None:
        """Pages and API read it: without it they answer nothing."""
        url = self._settings.read_database_url
        if url is None:
            return
        found.checks["replica"] = False
        try:
            self._replica = self._replica or open_engine(url, _LIMITS, _ALONE)
            found.replica_seconds = seconds_behind(self._engine, self._replica)
        except SQLAlchemyError:
            found.reasons.append("the replica that pages and API read cannot be reached")
            return
        found.checks["replica"] = True
        if found.replica_seconds is None or found.replica_seconds > self._settings.lag_seconds:
            found.checks["replica"] = False
            found.reasons.append("the replica that pages and API read does not follow the database")

    def _see_stream(self, found: Readiness) -> None:
        settings = self._settings
        try:
            client = self._client = self._client or connect(self._app.stream_url, timeout=2.0)
            keys = StreamKeys.of(settings)
            each = progress_of_each(client, keys, settings.group)
            found.checks["stream"] = True
            found.streams = [StreamLag.of(client, keys.key(number), reached) for number, reached in each.items()]
            found.lag_entries = sum(stream.entries for stream in found.streams)
            found.lag_seconds = max(stream.seconds for stream in found.streams)
            found.warnings = warnings(client, settings)
        except ClaimclockError as error:
            found.reasons.append(error.message)
            return
        found.checks["lag"] = self._keeps_up(found)

    def _keeps_up(self, found: Readiness) -> bool:
        settings, entries, seconds = self._settings, found.lag_entries or 0, found.lag_seconds or 0.0
        late = []
        if entries > settings.lag_limit:
            late.append(f"{entries} entries wait for the projector, more than {settings.lag_limit}")
        if seconds > settings.lag_seconds:
            late.append(f"the oldest has waited {seconds:.0f} seconds, more than {settings.lag_seconds:.0f}")
        if (found.behind_seconds or 0.0) > settings.lag_seconds:
            late.append(
                f"the oldest event has waited {found.behind_seconds:.0f} seconds to be in every list, "
                f"more than {settings.lag_seconds:.0f}"
            )
        found.reasons += late
        return not late


def _in_thread(work: Callable[[], Readiness]) -> Future[Readiness]:
    """A thread that keeps no process from ending: it may hang in a connection that nobody answers."""
    done: Future[Readiness] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except Exception as error:  # noqa: BLE001  whatever it is: the caller gets it
            done.set_exception(error)

    threading.Thread(target=run, name="readiness", daemon=True).start()
    return done
