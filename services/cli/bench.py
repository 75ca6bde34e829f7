"""How fast the parts are, each next to a yardstick measured in the same run."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from services.cli import show
from services.cli.options import AsJson
from services.cli.writing import bar
from services.core.errors import UsageError
from services.core.settings import load_settings

ProgressTick = Callable[[str], None]
PARTS = ("projector", "fold", "intake", "desk")
IN_THE_835 = 20_000  # claims
STEPS: dict[str, Callable[[int], int]] = {
    "projector": lambda rounds: 2 + 5 * rounds,
    "fold": lambda rounds: 1 + rounds,
    "intake": lambda rounds: 1 + 2 * rounds,
    "desk": lambda rounds: 2 * (20 + 22 * rounds),
}
DESK_COLUMNS = [("database", "on"), ("read", "list"), ("ms", "ms"), ("bare_ms", "bare ms"), ("ratio", "times bare")]
SEARCH_COLUMNS = [("database", "on"), ("typed", "typed"), ("ms", "ms")]
PROJECTOR_COLUMNS = [
    ("database", "on"),
    ("events_per_second", "events/s"),
    ("floor_events_per_second", "floor"),
    ("ratio_to_floor", "of the floor"),
    ("runner_events_per_second", "runner"),
    ("ratio_to_runner", "times the runner"),
]


@dataclass(frozen=True)
class Sizes:
    """What is measured over how much."""

    events: int
    claims: int
    rounds: int
    postgres: str | None


def bench(
    part: Annotated[str, typer.Argument(help="projector, fold, intake or desk; without: all.")] = "",
    events: Annotated[int, typer.Option(help="How many events the projector is given.", min=20)] = 5_000,
    claims: Annotated[int, typer.Option(help="Number of open claims in the worklists.", min=1)] = 100_000,
    rounds: Annotated[int, typer.Option(help="Rounds; the median is reported.", min=1)] = 3,
    postgres: Annotated[
        str | None,
        typer.Option(help="PostgreSQL server (or CLAIMCLOCK_DATABASE_URL); benchmarks make databases of their own."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Measures events per second, refolding, reading 835s and the worklists; the ratios are the result.

    Examples: `claimclock bench`, `claimclock bench projector --events 20000 --json`,
    `claimclock bench desk --claims 1000000`.
    """
    if part not in ("", "all", *PARTS):
        raise UsageError(f"bench takes {', '.join(PARTS)} or all")
    chosen = (part,) if part in PARTS else PARTS
    sizes = Sizes(events, claims, rounds, _server(postgres))
    from services.devtools.bench.figures import machine  # noqa: PLC0415  only this verb measures

    report: dict[str, Any] = {"machine": machine()}
    with (
        tempfile.TemporaryDirectory(prefix="claimclock-bench-") as directory,
        bar("preparing", hidden=json) as progress,
    ):
        for name in chosen:
            progress.reset(progress.task_ids[0], total=STEPS[name](rounds), description=name)
            report[name] = RUN[name](Path(directory), sizes, _ticker(progress, name))
    if json:
        show.as_json(report)
    else:
        _show(report)


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


RUN = {"projector": _projector, "fold": _fold, "intake": _intake, "desk": _desk}


def _show(report: dict[str, Any]) -> None:
    told = report["machine"]
    show.console.print(f"{told['cores']} cores, Python {told['python']}; medians, ratios within one round\n")
    if found := report.get("projector"):
        show.table(f"{found['events']:,} events, published to committed", found["databases"], PROJECTOR_COLUMNS)
        for reason in found["skipped"]:
            show.console.print(f"not measured: {reason}\n")
    if found := report.get("fold"):
        show.console.print(
            f"A patient-year of {found['visits']} visits, {found['events']} events, refolded: "
            f"[bold]{found['ms_per_event']}[/bold] ms per event\n"
        )
    if found := report.get("intake"):
        show.console.print(
            f"An 835 of {found['claims']:,} claims: [bold]{found['claims_per_second']:,.0f}[/bold] claims/s, "
            f"the prototype {found['prototype_claims_per_second']:,.0f}: "
            f"[bold]{found['times_the_prototype']}[/bold] times its time\n"
        )
    if found := report.get("desk"):
        show.table(f"{found['claims']:,} open claims, pages of {found['page']}", found["reads"], DESK_COLUMNS)
        show.table(f"The search box over {found['claims']:,} claims", found["searches"], SEARCH_COLUMNS)
