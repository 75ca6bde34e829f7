"""What an event costs as the log grows, in batches of two sizes; and what a rebuild of it all costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from services.core.clock import CpuWatch, Stopwatch, SystemClock
from services.core.collector import collect_seldom
from services.core.errors import ClaimclockError
from services.core.settings import Settings
from services.devtools.bench.figures import Tick
from services.devtools.bench.recorded import refuse_stale
from services.devtools.bench.servers import SqliteFiles
from services.devtools.bench.workload import ZONE, year_bodies
from services.projector.entry_reader import RawEntry
from services.projector.fold_pool import Helpers
from services.projector.fold_worker import FoldWorker
from services.projector.projector import BatchOutcome, Projector
from services.projector.rebuild import fold_all, mark_for_rebuild
from services.store.engine import open_engine
from services.store.reference import References, ref_maker

BULK, SMALL = 1_000, 100  # events in a batch
SAMPLE = 2_000  # events that are measured at each size of the log, in each size of batch


def bench_growth(directory: Path, sizes: Sequence[int], tick: Tick) -> dict[str, Any]:
    """The `growth` part of the report: CPU of one process, without the stream, on SQLite.

    `sizes`: how many events the log holds when the next ones are measured. In batches of each size on a database of
    its own, so that both are given the same events.
    """
    tick("events")
    entries: list[RawEntry] = [(f"1-{n}", {b"event": body}) for n, body in enumerate(year_bodies(max(sizes) + SAMPLE))]
    bulk, small = (_costs(directory, entries, sorted(sizes), batch, tick) for batch in (BULK, SMALL))
    return {
        "points": [
            {
                "logged": size,
                "cpu_ms_per_event": round(bulk[size], 3),
                "to_the_first": round(bulk[size] / bulk[min(sizes)], 2),
                "cpu_ms_per_event_in_hundreds": round(small[size], 3),
                "hundreds_to_bulk": round(small[size] / bulk[size], 2),
            }
            for size in sorted(sizes)
        ]
    }


def _costs(
    directory: Path, entries: Sequence[RawEntry], sizes: Sequence[int], batch: int, tick: Tick
) -> dict[int, float]:
    """By size of the log: milliseconds of CPU for each of the next events."""
    found, done = {}, 0
    with SqliteFiles(directory).fresh() as url:
        engine = open_engine(url)
        try:
            projector = _projector(engine)
            collect_seldom()
            for size in sizes:
                tick(f"{size} events, then batches of {batch}")
                _cpu(projector, entries[done:size], BULK)
                done = size + SAMPLE
                found[size] = _cpu(projector, entries[size:done], batch)
            refuse_stale(engine)
        finally:
            engine.dispose()
    return found


def _cpu(projector: Projector, entries: Sequence[RawEntry], size: int) -> float:
    """Milliseconds of CPU for each event, logged and folded in batches."""
    watch = CpuWatch()
    for start in range(0, len(entries), size):
        _sound(projector.process(entries[start : start + size]))
    return watch.seconds / max(len(entries), 1) * 1000


def _sound(outcome: BatchOutcome) -> None:
    if outcome.parked:
        raise ClaimclockError("a benchmark's event was parked")


def bench_rebuild(directory: Path, events: int, tick: Tick) -> dict[str, Any]:
    """The `rebuild` part: events per second to log and fold everything on all cores, then to fold it again."""
    tick("events")
    entries: list[RawEntry] = [(f"1-{n}", {b"event": body}) for n, body in enumerate(year_bodies(events))]
    with SqliteFiles(directory).fresh() as url:
        engine = open_engine(url)
        helpers = Helpers(Settings(data_dir=directory, database_url=url, practice_zone=str(ZONE)))
        worker = FoldWorker(engine, _references(), SystemClock())
        try:
            tick("live")
            live = Stopwatch()
            projector = _projector(engine)
            for start in range(0, len(entries), BULK):
                _sound(projector.log(entries[start : start + BULK]))
            fold_all(engine, worker, helpers)
            seconds = live.seconds
            tick("rebuild")
            again = Stopwatch()
            mark_for_rebuild(engine)
            fold_all(engine, worker, helpers)
            refuse_stale(engine)
            return _rates(len(entries), seconds, again.seconds)
        finally:
            helpers.dismiss()
            engine.dispose()


def _rates(events: int, live: float, rebuild: float) -> dict[str, Any]:
    return {
        "events": events,
        "live_events_per_second": round(events / live),
        "rebuilt_events_per_second": round(events / rebuild),
        "times_live": round(live / rebuild, 2),
    }


def _projector(engine: Engine) -> Projector:
    return Projector(engine, _references(), SystemClock())


def _references() -> References:
    return References(ZONE, ref_maker(b"bench"))
