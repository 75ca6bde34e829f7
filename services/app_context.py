"""Puts the parts together: database, stream server, projector. Every writing verb and every service starts here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Event

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from services.core.clock import Clock, SystemClock, TimeLimit, pause
from services.core.collector import collect_seldom
from services.core.error_words import describe
from services.core.errors import TransientError
from services.core.logs import get_logger
from services.core.metrics import LOG_SECONDS
from services.core.settings import Settings
from services.core.telemetry import linked_span, traceparents_in
from services.core.threads import WorkerHealth, run_in_thread
from services.messaging.batch_handler import Handle, OnPoison
from services.messaging.embedded_valkey import stream_server
from services.messaging.publisher import DeliveredEntry, Publisher, StreamProgress, ensure_group, wait_until_processed
from services.messaging.redis_url import Client, connect, reaching
from services.messaging.stream_keys import StreamKeys
from services.projector.adopt_rule_packs import adopt_shipped
from services.projector.fold_pool import FoldPool
from services.projector.fold_worker import FoldWorker
from services.projector.projector import Projector
from services.projector.stream_guard import look_after, note
from services.store.engine import DatabaseLimits, open_engine
from services.store.failures import database_errors
from services.store.marked_keys import Behind, Urgency, behind, is_behind, newest_marked
from services.store.reference import References, ref_maker
from services.store.replica import caught_up
from services.store.schema import migrate
from services.store.zone import in_recorded_zone, record_zone

log = get_logger(__name__)
STALLED = 300.0  # seconds without any progress, after which nobody waits on
STANDS_STILL = "nothing was projected for minutes: does a projector run, or does it stand still?"


@dataclass(kw_only=True)
class AppContext:
    """All that a running process shares."""

    settings: Settings
    clock: Clock
    engine: Engine
    references: References
    client: Client
    stream_url: str
    health: WorkerHealth = field(default_factory=WorkerHealth)
    own_read_engine: Engine | None = None  # of reads with limits of their own
    restart: Event = field(default_factory=Event)  # set where what was chosen on the desk needs a new start

    @property
    def read_engine(self) -> Engine:
        """Where pages and API read: no query takes forever there."""
        return self.own_read_engine or self.engine

    def publisher(self) -> Publisher:
        return Publisher(
            self.client,
            self.settings.stream,
            streams=self.settings.streams,
            batch_size=self.settings.batch_size,
            replicas=self.settings.stream_replicas,
        )

    def projector(self) -> Projector:
        """A projector of its own: reference caches are not shared between threads."""
        return Projector(self.engine, References(self.settings.zone, self.references.ref), self.clock)

    def fold_worker(self) -> FoldWorker:
        """A worker of its own, for the same reason."""
        return FoldWorker(self.engine, References(self.settings.zone, self.references.ref), self.clock)

    def wait(
        self,
        last: str,
        timeout: float | None = None,
        on_progress: Callable[[StreamProgress], None] = lambda _: None,
        on_behind: Callable[[Behind], None] = lambda _: None,
    ) -> bool:
        """Waits until these entries and all before them are in every row; False after `timeout` seconds.

        `last`: as `Published.last` names them. With None it waits as long as anything is projected at all. Raises what
        ended this process's projector, or has kept it from its work for long, and TransientError where nothing was
        projected for `STALLED` seconds.
        """
        limit = TimeLimit(timeout)
        if not self.wait_logged(last, timeout, on_progress):
            return False
        with self.engine.connect() as connection:
            position = newest_marked(connection)
        nap, newest, stalled = 0.002, Behind(), TimeLimit(STALLED)
        while position is not None and (waiting := self._behind(position)) is not None:
            self.health.check()
            if waiting != newest:
                newest, stalled = waiting, TimeLimit(STALLED)
            elif stalled.expired:
                raise TransientError(STANDS_STILL)
            on_behind(waiting)
            if limit.expired:
                return False
            pause(nap)
            nap = min(nap * 1.5, 0.1)
        return self.is_read()

    def is_read(self) -> bool:
        """Waits a moment until what is committed is seen where pages and API read; whether it is.

        At once without a replica. A replica that is away is not waited for: it shows what it has.
        """
        replica = self.replica
        if replica is None:
            return True
        try:
            return caught_up(self.engine, replica)
        except SQLAlchemyError as error:
            log.warning("the replica could not be asked how far it is", error=type(error).__name__)
            return False

    @property
    def replica(self) -> Engine | None:
        """What pages and API read, where it is another database than the one written to."""
        return self.own_read_engine if self.settings.read_database_url is not None else None

    def wait_logged(
        self,
        last: str,
        timeout: float | None = None,
        on_progress: Callable[[StreamProgress], None] = lambda _: None,
    ) -> bool:
        """As `wait`, but only until the entries are logged or parked: then they are safe, and will be in every row."""
        newest, limit = StreamProgress(), TimeLimit(STALLED)

        def look(progress: StreamProgress) -> None:
            nonlocal newest, limit
            self.health.check()
            if progress != newest:
                newest, limit = progress, TimeLimit(STALLED)
            elif limit.expired:
                raise TransientError(STANDS_STILL)
            on_progress(progress)

        keys, group = StreamKeys.of(self.settings), self.settings.group
        return wait_until_processed(self.client, last, timeout, look, keys=keys, group=group)

    def _behind(self, position: int) -> Behind | None:
        """How far rows are behind; None where all up to this position of the log is in them."""
        with self.engine.connect() as connection:
            return behind(connection, Urgency.TERMS) if is_behind(connection, position) else None


@contextmanager
def open_app_context(settings: Settings, clock: Clock | None = None) -> Iterator[AppContext]:
    """Database migrated, rule packs adopted, stream server up, its group made. The last one out closes the server."""
    clock = clock or SystemClock()
    engine = open_database(settings, clock)
    settings = in_recorded_zone(engine, settings)
    try:
        with stream_server(settings) as url:
            client = _connected(settings, url)
            references = References(settings.zone, ref_maker(settings.ref_secret()))
            reads = open_read_engine(settings, engine)
            try:
                yield AppContext(
                    settings=settings,
                    clock=clock,
                    engine=engine,
                    references=references,
                    client=client,
                    stream_url=url,
                    own_read_engine=reads,
                )
            finally:
                reads.dispose()
            client.close()
    finally:
        engine.dispose()


def _connected(settings: Settings, url: str) -> Client:
    """A client of a server that answers, the group made. Raises TransientError."""
    client = connect(url)
    try:
        keys = StreamKeys.of(settings)
        for number in keys.chosen:
            ensure_group(client, keys.key(number), settings.group)
    except TransientError as error:
        if settings.redis_url is None:
            raise
        raise TransientError(f"{error.message}: is it running, and is CLAIMCLOCK_REDIS_URL right?") from None
    return client


def open_database(settings: Settings, clock: Clock) -> Engine:
    """The database at this version's tables, with this version's rule packs in its log."""
    engine = open_engine(settings.database, _limits(settings))
    migrate(engine)
    settings = record_zone(engine, settings)
    adopt_shipped(Projector(engine, References(settings.zone, ref_maker(settings.ref_secret())), clock))
    return engine


def open_read_engine(settings: Settings, engine: Engine, limits: DatabaseLimits | None = None) -> Engine:
    """Where pages and API read: no query takes forever. SQLite needs no other engine than the one there is.

    A replica may be a little behind what was written, and says of itself that it is behind the log by as much as its
    copy of the marks says: what was just published may not be there yet.
    """
    if engine.dialect.name == "sqlite":
        return engine
    return open_engine(
        settings.read_database_url or settings.database,
        limits or _limits(settings, settings.database_statement_timeout),
    )


def _limits(settings: Settings, statement: float = 0) -> DatabaseLimits:
    return DatabaseLimits(
        lock=settings.database_lock_timeout, idle_in_transaction=settings.database_idle_timeout, statement=statement
    )


def handler(app_context: AppContext, projector: Projector, pool: FoldPool) -> Handle:
    """What the stream's consumer calls with each batch: logged in a worker thread, then others fold."""
    full = app_context.settings.batch_size

    def work(entries: Sequence[DeliveredEntry]) -> None:
        traces = partial(traceparents_in, (text for entry in entries for text in entry.fields.values()))
        with (
            app_context.health.noted("logging"),
            pool.logging(),
            database_errors(),
            LOG_SECONDS.time(),
            linked_span("log events", traces, entries=len(entries)),
        ):
            projector.log(entries)
        pool.wake(more=len(entries) >= full)

    async def handle(entries: Sequence[DeliveredEntry]) -> None:
        await asyncio.to_thread(work, entries)

    return handle


def parker(projector: Projector) -> OnPoison:
    """What happens to an entry that no retry fixes: kept raw, with the kind of error it raised."""

    def work(entry: DeliveredEntry, error: BaseException) -> None:
        with database_errors():
            projector.park(entry, f"projecting it raised {describe(error)}")

    async def park(entry: DeliveredEntry, error: BaseException) -> None:
        await asyncio.to_thread(work, entry, error)

    return park


async def consume(app_context: AppContext, stop: asyncio.Event) -> None:
    """Runs a projector in this event loop until stopped; then finishes the batch in hand."""
    from services.messaging.consumer import build_app  # noqa: PLC0415  FastStream is slow to import, and reading verbs never need it

    _one_log_for_all()
    projector = app_context.projector()
    pool = FoldPool(app_context.settings, app_context.engine, app_context.fold_worker(), app_context.health)
    app = build_app(
        handler(app_context, projector, pool),
        app_context.settings,
        app_context.stream_url,
        on_poison=parker(projector),
        look_after=partial(_look_after, app_context),
    )
    with pool.running():
        with reaching():
            await app.start()
        collect_seldom()
        try:
            await stop.wait()
        finally:
            await app.stop()


async def _look_after(app_context: AppContext) -> None:
    """Compares the stream with the log, in a thread. What cannot be looked at now is looked at next time."""

    def work() -> None:
        with database_errors():
            found = look_after(app_context.engine, app_context.client, app_context.settings)
            note(app_context.engine, found, app_context.clock.now())

    await asyncio.to_thread(work)


def _one_log_for_all() -> None:
    """FastStream hangs handlers of its own on its loggers; only ours may log, at our level."""
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] == "faststream":
            library = logging.getLogger(name)
            library.handlers.clear()
            library.setLevel(logging.NOTSET)
            library.propagate = True


def projecting(app_context: AppContext) -> AbstractContextManager[None]:
    """A projector in a thread of this process, stopped gracefully at the end."""
    return run_in_thread("projector", partial(consume, app_context), app_context.settings.graceful, app_context.health)
