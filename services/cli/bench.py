"""How fast the parts are, each next to a yardstick measured in the same run."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from json import loads as parse_json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from services.cli import show
from services.cli.bench_tables import show_report
from services.cli.options import AsJson
from services.cli.writing import bar
from services.core.errors import UsageError
from services.core.settings import load_settings

ProgressTick = Callable[[str], None]
PARTS = (
    "projector",
    "trickle",
    "growth",
    "rebuild",
    "scale-out",
    "fold",
    "intake",
    "import",
    "memory",
    "start",
    "desk",
)
IN_THE_835 = 20_000  # claims
STEPS: dict[str, Callable[[int], int]] = {
    "projector": lambda rounds: 2 + 5 * rounds,
    "trickle": lambda _rounds: 4,
    "growth": lambda _rounds: 5,
    "rebuild": lambda _rounds: 3,
    "scale-out": lambda _rounds: 3,
    "import": lambda _rounds: 3,
    "memory": lambda _rounds: 2,
    "start": lambda rounds: 2 * rounds,
    "fold": lambda rounds: 1 + rounds,
    "intake": lambda rounds: 1 + 2 * rounds,
    "desk": lambda rounds: 2 * (20 + 22 * rounds),
}


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """What is measured over how much."""

    events: int
    claims: int
    rounds: int
    postgres: str | None
    logs: tuple[int, ...]
    megabytes: int
    year: int


def bench(
    part: Annotated[str, typer.Argument(help=f"{', '.join(PARTS)}; without: all.")] = "",
    events: Annotated[int, typer.Option(help="Number of events to process.", min=20)] = 5_000,
    claims: Annotated[int, typer.Option(help="Number of open claims in the worklists.", min=1)] = 100_000,
    rounds: Annotated[int, typer.Option(help="Rounds; the median is reported.", min=1)] = 3,
    postgres: Annotated[
        str | None,
        typer.Option(help="PostgreSQL server (or CLAIMCLOCK_DATABASE_URL); benchmarks create their own databases."),
    ] = None,
    logs: Annotated[str, typer.Option(help="Log sizes at which the cost of an event is measured.")] = "10000,30000",
    megabytes: Annotated[int, typer.Option(help="Size of the large 835 used to measure memory.", min=1)] = 200,
    year: Annotated[int, typer.Option(help="Claims in the year of files that is imported.", min=1)] = 20_000,
    baseline: Annotated[Path | None, typer.Option(help="An earlier report (`--json`) to compare with.")] = None,
    json: AsJson = False,
) -> None:
    """Measures import, trickle, growth, rebuild, scale-out, 835s, start and the worklists; the ratios are the result.

    Examples: `claimclock bench`, `claimclock bench projector --events 20000 --json`,
    `claimclock bench growth --logs 10000,90000 --baseline before.json`, `claimclock bench desk --claims 1000000`.
    """
    if part not in ("", "all", *PARTS):
        raise UsageError(f"bench takes {', '.join(PARTS)} or all")
    chosen = (part,) if part in PARTS else PARTS
    sizes = Sizes(
        events=events,
        claims=claims,
        rounds=rounds,
        postgres=_server(postgres),
        logs=_log_sizes(logs),
        megabytes=megabytes,
        year=year,
    )
    before = _earlier(baseline)
    from services.devtools.bench.figures import machine  # noqa: PLC0415  only this verb measures

    report: dict[str, Any] = {"machine": machine()}
    with (
        tempfile.TemporaryDirectory(prefix="claimclock-bench-") as directory,
        bar("preparing", hidden=json) as progress,
    ):
        for name in chosen:
            progress.reset(progress.task_ids[0], total=STEPS[name](rounds), description=name)
            report[name] = RUN[name](Path(directory), sizes, _ticker(progress, name))
    if before is not None:
        from services.devtools.bench.figures import compared  # noqa: PLC0415

        report["compared"] = compared(before, report)
    if json:
        show.as_json(report)
    else:
        show_report(report)


def _log_sizes(text: str) -> tuple[int, ...]:
    sizes = [int(part) if part.strip().isdigit() else 0 for part in text.split(",")]
    if not all(sizes):
        raise UsageError(f"--logs takes event counts separated by commas, such as 10000,30000; not {text!r}")
    return tuple(sizes)


def _earlier(path: Path | None) -> Any:
    """An earlier report, read before anything is measured. Raises UsageError."""
    if path is None:
        return None
    try:
        return parse_json(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise UsageError(f"{path} has no report: create one with `claimclock bench --json`") from None


def _server(postgres: str | None) -> str | None:
    """The PostgreSQL server the options or the settings name."""
    url = load_settings(database_url=postgres).database_url
    return url if url and not url.startswith("sqlite") else None


def _ticker(progress: Progress, part: str) -> Callable[[str], None]:
    def tick(step: str) -> None:
        progress.update(progress.task_ids[0], advance=1, description=f"{part}: {step}")

    return tick


def _projector(directory: Path, sizes: Sizes, tick: ProgressTick) -> dict[str, Any]:
    from services.devtools.bench.projector import bench_projector  # noqa: PLC0415  FastStream is slow to import

    return bench_projector(directory, sizes.events, sizes.rounds, tick, sizes.postgres)


def _fold(directory: Path, sizes: Sizes, tick: ProgressTick) -> dict[str, Any]:
    from services.devtools.bench.fold import bench_fold  # noqa: PLC0415

    return bench_fold(directory, sizes.rounds, tick)


def _intake(directory: Path, sizes: Sizes, tick: ProgressTick) -> dict[str, Any]:
    from services.devtools.bench.intake import bench_intake  # noqa: PLC0415

    return bench_intake(directory, IN_THE_835, sizes.rounds, tick)


def _desk(directory: Path, sizes: Sizes, tick: ProgressTick) -> dict[str, Any]:
    from services.devtools.bench.desk import bench_desk  # noqa: PLC0415

    return bench_desk(directory, sizes.claims, sizes.rounds, tick, sizes.postgres)


def _trickle(directory: Path, sizes: Sizes, tick: ProgressTick) -> dict[str, Any]:
    from services.devtools.bench.trickle import bench_trickle  # noqa: PLC0415

    return bench_trickle(directory, sizes.events, tick)


def _growth(directory: Path, sizes: Sizes, tick: ProgressTick) -> dict[str, Any]:
    from services.devtools.bench.growth import bench_growth  # noqa: PLC0415

    return bench_growth(directory, sizes.logs, tick)


def _rebuild(directory: Path, sizes: Sizes, tick: ProgressTick) -> dict[str, Any]:
    from services.devtools.bench.growth import bench_rebuild  # noqa: PLC0415

    return bench_rebuild(directory, sizes.events, tick)


def _scale_out(directory: Path, sizes: Sizes, tick: ProgressTick) -> dict[str, Any]:
    from services.devtools.bench.scale_out import bench_scale_out  # noqa: PLC0415

    return bench_scale_out(directory, sizes.events, tick, sizes.postgres)


def _import(directory: Path, sizes: Sizes, tick: ProgressTick) -> dict[str, Any]:
    from services.devtools.bench.processes import bench_import  # noqa: PLC0415

    return bench_import(directory, sizes.year, tick)


def _memory(directory: Path, sizes: Sizes, tick: ProgressTick) -> dict[str, Any]:
    from services.devtools.bench.processes import bench_memory  # noqa: PLC0415

    return bench_memory(directory, sizes.megabytes, tick)


def _start(directory: Path, sizes: Sizes, tick: ProgressTick) -> dict[str, Any]:
    from services.devtools.bench.processes import bench_start  # noqa: PLC0415

    return bench_start(directory, sizes.rounds, tick)


RUN = {
    "projector": _projector,
    "trickle": _trickle,
    "growth": _growth,
    "rebuild": _rebuild,
    "scale-out": _scale_out,
    "fold": _fold,
    "intake": _intake,
    "import": _import,
    "memory": _memory,
    "start": _start,
    "desk": _desk,
}
