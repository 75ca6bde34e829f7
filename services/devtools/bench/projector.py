"""Events per second from publishing to committed rows, for one process; next to the floor and the runner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from services.app_context import AppContext, projecting
from services.core.clock import Stopwatch, SystemClock
from services.core.errors import ClaimclockError
from services.core.settings import Settings
from services.devtools.bench.figures import Measure, Tick, interleaved, middle, ratio
from services.devtools.bench.recorded import Floor, Recorded, record, refuse_stale
from services.devtools.bench.runner import runner_rate, runner_skipped
from services.devtools.bench.servers import Databases, PostgresDatabases, SqliteFiles, postgres_databases
from services.devtools.bench.workload import ZONE, year_bodies
from services.messaging.embedded_valkey import embedded_server
from services.messaging.publisher import BATCH, ensure_group
from services.messaging.redis_url import connect
from services.projector.entry_reader import RawEntry
from services.projector.projector import Projector
from services.store.engine import open_engine
from services.store.reference import References, ref_maker

PATIENCE = 900.0  # seconds one measurement may take
RUNNER_EVENTS = 1_000  # its rate does not depend on how many
_numbers = count(1)


@dataclass(kw_only=True)
class BenchApp(AppContext):
    """An app context whose projector is the one to be measured, or the floor in its place."""

    floor: Floor | None = None

    def projector(self) -> Any:
        return self.floor or _Strict(self.engine, _references(), self.clock)

    def fold_worker(self) -> Any:
        return self.floor or super().fold_worker()

    def wait_for(self, entry_id: str) -> None:
        """Until its rows are committed. Raises ClaimclockError after a while."""
        if not (self.floor.done.wait(PATIENCE) if self.floor else self.wait(entry_id, PATIENCE)):
            raise ClaimclockError(f"the benchmark's events were not projected within {PATIENCE:.0f} seconds")


class _Strict(Projector):
    """Parks nothing: a benchmark's events are sound."""

    def park(self, _entry: RawEntry, reason: str) -> None:
        raise ClaimclockError(f"a benchmark's event was parked: {reason}")


@dataclass(frozen=True, kw_only=True)
class BenchStage:
    """What all measurements share."""

    directory: Path
    stream_url: str
    bodies: Sequence[bytes]
    batch_size: int = BATCH

    def batches(self) -> Iterator[list[RawEntry]]:
        """As the stream will bring them: one event first, that finds everything started, then full batches."""
        entries: list[RawEntry] = [(f"1-{n}", {b"event": body}) for n, body in enumerate(self.bodies)]
        yield entries[:1]
        for start in range(1, len(entries), self.batch_size):
            yield entries[start : start + self.batch_size]

    def rate(self, databases: Databases, recorded: Recorded | None = None) -> float:
        """Events per second, from before the first is published until the last one's rows are committed.

        With what was recorded, the floor's.
        """
        with databases.fresh() as url, self._app(url) as app:
            app.floor = Floor(app.engine, recorded) if recorded else None
            with projecting(app):
                first = app.publisher().publish(self.bodies[:1])
                if not app.floor:
                    app.wait_for(first.last)
                watch = Stopwatch()
                app.wait_for(app.publisher().publish(self.bodies[1:]).last)
                seconds = watch.seconds
            refuse_stale(app.engine)
            return (len(self.bodies) - 1) / seconds

    @contextmanager
    def _app(self, database: str) -> Iterator[BenchApp]:
        settings = Settings(
            data_dir=self.directory,
            redis_url=self.stream_url,
            database_url=database,
            practice_zone=str(ZONE),
            stream=f"claimclock:bench:{next(_numbers)}",
            batch_size=self.batch_size,
        )
        engine, client = open_engine(settings.database), connect(self.stream_url)
        try:
            ensure_group(client, settings.stream, settings.group)
            yield BenchApp(
                settings=settings,
                clock=SystemClock(),
                engine=engine,
                references=_references(),
                client=client,
                stream_url=self.stream_url,
            )
        finally:
            client.delete(settings.stream)
            client.close()
            engine.dispose()


def _references() -> References:
    return References(ZONE, ref_maker(b"bench"))


def bench_projector(
    directory: Path, events: int, rounds: int, tick: Tick, postgres: str | None = None
) -> dict[str, Any]:
    """The `projector` part of the report. Raises ClaimclockError where a database or the stream is out of reach."""
    tick("events")
    bodies = year_bodies(events)
    files = SqliteFiles(directory)
    with embedded_server(directory) as stream_url, postgres_databases(postgres, directory) as server:
        stage = BenchStage(directory=directory, stream_url=stream_url, bodies=bodies)
        tick("recording")
        recorded = _recorded(stage, files)
        subjects: dict[str, Measure] = {}
        for databases in (files, server):
            if databases is not None:
                subjects |= _subjects(stage, databases, recorded)
        if server is not None and not runner_skipped():
            subjects["runner"] = lambda: _runner(server, min(events, RUNNER_EVENTS))
        found = interleaved(subjects, rounds, tick)
    return {
        "events": len(bodies),
        "batch_size": BATCH,
        "rounds": rounds,
        "databases": [_told(name, found) for name in ("sqlite", "postgresql") if name in found],
        "skipped": _skipped(server),
    }


def _recorded(stage: BenchStage, files: SqliteFiles) -> Recorded:
    with files.fresh() as url:
        engine = open_engine(url)
        try:
            return record(engine, Projector(engine, _references(), SystemClock()), list(stage.batches()))
        finally:
            engine.dispose()


def _subjects(stage: BenchStage, databases: Databases, recorded: Recorded) -> dict[str, Measure]:
    return {
        databases.name: lambda: stage.rate(databases),
        f"{databases.name} floor": lambda: stage.rate(databases, recorded),
    }


def _runner(server: PostgresDatabases, events: int) -> float:
    with server.empty() as url:
        return runner_rate(url, events)


def _told(name: str, found: dict[str, list[float]]) -> dict[str, Any]:
    own, floor = found[name], found[f"{name} floor"]
    runner = found.get("runner")
    return {
        "database": name,
        "events_per_second": middle(own),
        "floor_events_per_second": middle(floor),
        "ratio_to_floor": ratio(own, floor),
        "runner_events_per_second": middle(runner) if runner else None,
        "ratio_to_runner": ratio(own, runner) if runner else None,
    }


def _skipped(server: PostgresDatabases | None) -> list[str]:
    if server is None:
        return [
            "postgresql: no --postgres URL, no CLAIMCLOCK_DATABASE_URL and no development wheel",
            "runner: it needs the PostgreSQL server",
        ]
    return [f"runner: {reason}"] if (reason := runner_skipped()) else []
