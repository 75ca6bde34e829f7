"""From publishing to visible rows while events arrive at a steady rate: milliseconds, and CPU per event.

Its yardstick is what an event costs where two thousand are there at once.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from services.app_context import AppContext, open_app_context, projecting
from services.core.clock import CpuWatch, Stopwatch, pause
from services.core.errors import ClaimclockError
from services.core.settings import Settings
from services.devtools.bench.figures import Tick
from services.devtools.bench.workload import ZONE, year_bodies
from services.store.marked_keys import projected_position

RATES = (50, 200, 500)  # events per second
BEFORE = 2_000  # events that are there when the first is measured
LOOK = 0.004  # seconds between two looks at what is visible
PATIENCE = 120.0  # seconds for what was published to become visible
_PROGRAM = "from services.devtools.bench.trickle import project; project()"


def bench_trickle(directory: Path, events: int, tick: Tick) -> dict[str, Any]:
    """The `trickle` part of the report, embedded on SQLite. Raises ClaimclockError where events do not show up."""
    tick("events")
    bodies = year_bodies(BEFORE + events)
    return {"events": events, "rates": [_at(directory, rate, bodies, tick) for rate in RATES]}


def _at(directory: Path, rate: int, bodies: Sequence[bytes], tick: Tick) -> dict[str, Any]:
    tick(f"{rate} events a second")
    with tempfile.TemporaryDirectory(dir=directory) as place, _projecting(Path(place)) as wire:
        with open_app_context(_settings(Path(place))) as app:
            started = _cpu(wire)
            app.wait(app.publisher().publish(bodies[:BEFORE]).last, PATIENCE)
            before = _cpu(wire)
            lags = sorted(_lags(app, rate, bodies[BEFORE:]))
        cpu = _cpu(wire) - before
    return {
        "rate": rate,
        "median_ms": _share(lags, 0.5),
        "p99_ms": _share(lags, 0.99),
        "longest_ms": _share(lags, 1),
        "cpu_ms_per_event": round(cpu / len(lags) * 1000, 2),
        "at_once_cpu_ms_per_event": round((before - started) / BEFORE * 1000, 2),
        "times_at_once": round(cpu / len(lags) / ((before - started) / BEFORE), 2),
    }


def _lags(app: AppContext, rate: int, bodies: Sequence[bytes]) -> Iterator[float]:
    """Milliseconds from before the publication of each event until it is in every row."""
    publisher, watch, waiting, sent = app.publisher(), Stopwatch(), list[float](), 0
    first = shown = _visible(app)
    while shown - first < len(bodies):
        due = min(len(bodies), int(watch.seconds * rate) + 1)
        if due > sent:
            waiting += [watch.seconds] * (due - sent)
            publisher.publish(bodies[sent:due])
            sent = due
        newest = _visible(app)
        for place in range(shown - first, min(newest - first, sent)):
            yield (watch.seconds - waiting[place]) * 1000
        shown = min(newest, first + sent)
        if watch.seconds > len(bodies) / rate + PATIENCE:
            raise ClaimclockError(f"the benchmark's events were not projected within {PATIENCE:.0f} seconds")
        pause(LOOK)


def _visible(app: AppContext) -> int:
    with app.engine.connect() as connection:
        return projected_position(connection)


def _share(ordered: Sequence[float], share: float) -> int:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))])


def _settings(place: Path) -> Settings:
    return Settings(data_dir=place, practice_zone=str(ZONE), fold_processes=1)  # all its CPU is one process's


@contextmanager
def _projecting(place: Path) -> Iterator[subprocess.Popen[str]]:
    """A projector in a process of its own, as it is next to the programs that publish."""
    process = subprocess.Popen(  # noqa: S603  our own interpreter and module
        [sys.executable, "-c", _PROGRAM, str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        _answer(process)
        yield process
    finally:
        _wire(process.stdin).close()
        process.wait()


def _cpu(process: subprocess.Popen[str]) -> float:
    """Seconds that the projector has computed so far."""
    wire = _wire(process.stdin)
    wire.write("cpu\n")
    wire.flush()
    return float(_answer(process))


def _answer(process: subprocess.Popen[str]) -> float:
    line = _wire(process.stdout).readline()
    if not line:
        raise ClaimclockError("the benchmark's projector ended early")
    return float(json.loads(line))


def _wire(end: IO[str] | None) -> IO[str]:
    assert end is not None
    return end


def project() -> None:
    """The process: it projects until its standard input ends, and tells its CPU seconds for each line of it."""
    with open_app_context(_settings(Path(sys.argv[1]))) as app, projecting(app):
        watch = CpuWatch()
        _tell(0.0)
        for _ in sys.stdin:
            _tell(watch.seconds)


def _tell(seconds: float) -> None:
    sys.stdout.write(f"{json.dumps(seconds)}\n")
    sys.stdout.flush()
