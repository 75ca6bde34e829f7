"""What whole processes cost: to start a reading verb, to import a year, and the memory that a long 835 takes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from services.app_context import open_database
from services.core.clock import Stopwatch, SystemClock
from services.core.errors import ClaimclockError
from services.core.settings import Settings
from services.demo.volume import write_year
from services.devtools.bench.figures import Tick, interleaved, middle, ratio
from services.devtools.bench.intake import SIZE_OF_CLAIM, long_835
from services.devtools.bench.workload import ZONE

_VERB = "from services.cli.main import main; main()"
_LIBRARIES = "import pydantic_settings, rich.table, sqlmodel, structlog, typer"
_READER = "from services.devtools.bench.intake import count_claims; count_claims()"
_YEAR_READER = "from services.devtools.bench.workload import read_year; read_year()"
_MEGABYTE = 1_000_000


def bench_start(directory: Path, rounds: int, tick: Tick) -> dict[str, Any]:
    """The `start` part: CPU seconds of `worklist --json` over an empty database, next to importing its libraries."""
    place = directory / "start"
    open_database(Settings(data_dir=place, practice_zone=str(ZONE)), SystemClock()).dispose()
    verb = ["-c", _VERB, "worklist", "--json", "--data", str(place)]
    found = interleaved(
        {"verb": lambda: _usage(verb).cpu, "libraries": lambda: _usage(["-c", _LIBRARIES]).cpu}, rounds, tick
    )
    return {
        "rounds": rounds,
        "cpu_seconds": middle(found["verb"]),
        "libraries_cpu_seconds": middle(found["libraries"]),
        "times_the_libraries": ratio(found["verb"], found["libraries"]),
    }


def bench_import(directory: Path, claims: int, tick: Tick) -> dict[str, Any]:
    """The `import` part: a clinic's year of that many claims through `ingest`, next to reading its files alone."""
    files, place = directory / "year", directory / "import"
    tick("files")
    files.mkdir()
    written = write_year(files, claims)
    (files / "manifest.json").unlink()
    settings = Settings(data_dir=place, practice_zone=str(ZONE))
    open_database(settings, SystemClock()).dispose()
    tick("reading")
    reading = _usage(["-c", _YEAR_READER, str(files)])
    tick("importing")
    watch = Stopwatch()
    importing = _usage(["-c", _VERB, "ingest", str(files), "--data", str(place)])
    seconds = watch.seconds
    shutil.rmtree(files)
    shutil.rmtree(place)
    return {
        "claims": claims,
        "files": written.files,
        "claims_per_second": round(claims / seconds),
        "cpu_ms_per_claim": round(importing.cpu / claims * 1000, 3),
        "reading_cpu_ms_per_claim": round(reading.cpu / claims * 1000, 3),
        "times_reading": round(importing.cpu / reading.cpu, 2),
        "resident_megabytes": round(importing.megabytes),
    }


def bench_memory(directory: Path, megabytes: int, tick: Tick) -> dict[str, Any]:
    """The `memory` part: the most that reading an 835 of this size takes, next to one a hundredth of its size."""
    found = {}
    for name, size in (("short", max(1, megabytes // 100)), ("long", megabytes)):
        tick(name)
        path = directory / f"{name}.835"
        claims = size * _MEGABYTE // SIZE_OF_CLAIM
        long_835(path, claims)
        found[name] = _usage(["-c", _READER, str(path), str(claims)]).megabytes
        path.unlink()
    return {
        "megabytes": megabytes,
        "resident_megabytes": round(found["long"]),
        "short_resident_megabytes": round(found["short"]),
        "times_the_short": round(found["long"] / found["short"], 2),
    }


class _Usage:
    """What a process that has ended had used."""

    def __init__(self, cpu: float, megabytes: float) -> None:
        self.cpu = cpu
        self.megabytes = megabytes


def _usage(words: list[str]) -> _Usage:
    """Runs our own interpreter. Raises ClaimclockError where it fails."""
    command = [sys.executable, "-c", _MEASURED, json.dumps([sys.executable, *words])]
    done = subprocess.run(command, capture_output=True, check=False, env=os.environ)  # noqa: S603
    if done.returncode:
        raise ClaimclockError("a process of the benchmark failed")
    cpu, kilobytes = json.loads(done.stdout.splitlines()[-1])
    return _Usage(cpu, kilobytes * 1024 / _MEGABYTE)


# In a process of its own: what children used is told as the most of all of them so far.
_MEASURED = """
import json, resource, subprocess, sys
done = subprocess.run(json.loads(sys.argv[1]), stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss]))
sys.exit(done.returncode)
"""
