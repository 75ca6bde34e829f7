"""Several projectors on one PostgreSQL database: events per second that 1, 2 and 4 of them log and fold together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from services.core.clock import Stopwatch, SystemClock, pause
from services.core.collector import collect_seldom
from services.core.errors import ClaimclockError
from services.devtools.bench.figures import Tick
from services.devtools.bench.recorded import refuse_stale
from services.devtools.bench.servers import PostgresDatabases, postgres_databases
from services.devtools.bench.workload import ZONE, year_bodies
from services.projector.entry_reader import RawEntry
from services.projector.projector import Projector
from services.store.engine import open_engine
from services.store.failures import is_passing
from services.store.marked_keys import behind
from services.store.reference import References, ref_maker

PROJECTORS = (1, 2, 4)
BATCH = 500  # events; each projector has every n-th batch
AGAIN = 0.05  # seconds before what the database refused for now is tried again
_PROGRAM = "from services.devtools.bench.scale_out import project; project()"


def bench_scale_out(directory: Path, events: int, tick: Tick, postgres: str | None = None) -> dict[str, Any]:
    """The `scale-out` part: without the stream, from the first batch until every row is written.

    Efficiency is next to one projector, for as many as there are cores: more cannot be quicker than those. Raises
    ClaimclockError where a projector fails or leaves something behind.
    """
    with postgres_databases(postgres, directory) as server:
        if server is None:
            return {"events": events, "cores": _cores(), "runs": [], "skipped": ["postgresql: no server"]}
        rates = {}
        for count in PROJECTORS:
            tick(f"{count} projectors")
            rates[count] = _rate(server, events, count)
    return {
        "events": events,
        "cores": _cores(),
        "runs": [
            {
                "projectors": count,
                "events_per_second": round(rate),
                "times_one": round(rate / rates[1], 2),
                "efficiency": round(rate / rates[1] / min(count, _cores()), 2),
            }
            for count, rate in rates.items()
        ],
        "skipped": [],
    }


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _rate(server: PostgresDatabases, events: int, count: int) -> float:
    with server.fresh() as url, _projectors(url, events, count) as running:
        for process in running:
            _expect(process, "ready")
        watch = Stopwatch()
        for process in running:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in running:
            _expect(process, "done")
        seconds = watch.seconds
        engine = open_engine(url)
        try:
            refuse_stale(engine)
            with engine.connect() as connection:
                if behind(connection).keys:
                    raise ClaimclockError("the benchmark's projectors left keys that wait")
        finally:
            engine.dispose()
    return events / seconds


@contextmanager
def _projectors(url: str, events: int, count: int) -> Iterator[Sequence[subprocess.Popen[str]]]:
    """Each in a process of its own, ended at the end."""
    running = []
    try:
        for number in range(count):
            given = json.dumps({"url": url, "events": events, "number": number, "count": count})
            process = subprocess.Popen(  # noqa: S603  our own interpreter and module
                [sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            running.append(process)
            assert process.stdin is not None
            process.stdin.write(f"{given}\n")
            process.stdin.flush()
        yield running
    finally:
        for process in running:
            process.kill()
            process.communicate()


def _expect(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    if process.stdout.readline().strip() != word:
        raise ClaimclockError("a projector of the benchmark ended early")


def project() -> None:
    """The process: it logs its share of the batches, and folds until nothing is left to take."""
    given = json.loads(sys.stdin.readline())
    entries: list[RawEntry] = [(f"1-{n}", {b"event": body}) for n, body in enumerate(year_bodies(given["events"]))]
    batches = [entries[start : start + BATCH] for start in range(0, len(entries), BATCH)]
    engine = open_engine(given["url"])
    projector = Projector(engine, References(ZONE, ref_maker(b"bench")), SystemClock())
    collect_seldom()
    _tell("ready")
    sys.stdin.readline()
    for batch in batches[given["number"] :: given["count"]]:
        _until_taken(lambda batch=batch: projector.log(batch))  # type: ignore[misc]
    while _until_taken(projector.drain):
        pass
    _tell("done")
    engine.dispose()


def _until_taken(work: Callable[[], Any]) -> Any:
    """What the database refuses for now, as where two wait for each other, is tried again."""
    while True:
        try:
            return work()
        except DBAPIError as error:
            if not is_passing(error):
                raise
            pause(AGAIN)


def _tell(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()
