"""The benchmarks' report as tables and sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.cli import show

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
TRICKLE_COLUMNS = [
    ("rate", "events/s"),
    ("median_ms", "median ms"),
    ("p99_ms", "99th percentile ms"),
    ("longest_ms", "longest ms"),
    ("cpu_ms_per_event", "CPU ms per event"),
    ("times_at_once", "times everything at once"),
]
SCALE_COLUMNS = [
    ("projectors", "projectors"),
    ("events_per_second", "events/s"),
    ("times_one", "times one"),
    ("efficiency", "efficiency"),
]
GROWTH_COLUMNS = [
    ("logged", "events in the log"),
    ("cpu_ms_per_event", "CPU ms per event"),
    ("to_the_first", "times the first"),
    ("cpu_ms_per_event_in_hundreds", "in hundreds"),
    ("hundreds_to_bulk", "hundreds to bulk"),
]
BASELINE_COLUMNS = [("figure", "figure"), ("before", "before"), ("now", "now"), ("ratio", "now to before")]


def show_report(report: dict[str, Any]) -> None:
    """Each part that was measured."""
    told = report["machine"]
    show.console.print(f"{told['cores']} cores, Python {told['python']}; medians, ratios within one round\n")
    for part, found in report.items():
        if part in _SHOWN:
            _SHOWN[part](found)


def _projector(found: dict[str, Any]) -> None:
    show.table(f"{found['events']:,} events, published to committed", found["databases"], PROJECTOR_COLUMNS)
    for reason in found["skipped"]:
        show.console.print(f"not measured: {reason}\n")


def _rebuild(found: dict[str, Any]) -> None:
    show.console.print(
        f"{found['events']:,} events rebuilt at {found['rebuilt_events_per_second']:,} a second: "
        f"[bold]{found['times_live']}[/bold] times as fast as they were logged and folded\n"
    )


def _scale_out(found: dict[str, Any]) -> None:
    show.table(f"{found['events']:,} events on PostgreSQL, {found['cores']} cores", found["runs"], SCALE_COLUMNS)
    for reason in found["skipped"]:
        show.console.print(f"not measured: {reason}\n")


def _fold(found: dict[str, Any]) -> None:
    show.console.print(
        f"A patient-year of {found['visits']} visits, {found['events']} events, refolded: "
        f"[bold]{found['ms_per_event']}[/bold] ms per event\n"
    )


def _intake(found: dict[str, Any]) -> None:
    show.console.print(
        f"An 835 of {found['claims']:,} claims: [bold]{found['claims_per_second']:,.0f}[/bold] claims/s, "
        f"the prototype {found['prototype_claims_per_second']:,.0f}: "
        f"[bold]{found['times_the_prototype']}[/bold] times its time\n"
    )


def _memory(found: dict[str, Any]) -> None:
    show.console.print(
        f"Reading an 835 of {found['megabytes']:,} MB takes [bold]{found['resident_megabytes']}[/bold] MB of "
        f"memory, one a hundredth of its size {found['short_resident_megabytes']} MB\n"
    )


def _import(found: dict[str, Any]) -> None:
    show.console.print(
        f"a year of {found['claims']:,} claims ({found['files']:,} files) is imported at "
        f"[bold]{found['claims_per_second']:,}[/bold] claims a second, with {found['cpu_ms_per_claim']} ms of CPU for "
        f"each: {found['times_reading']} times what reading its files alone takes; "
        f"{found['resident_megabytes']} MB of memory\n"
    )


def _start(found: dict[str, Any]) -> None:
    show.console.print(
        f"`worklist --json` starts and ends in [bold]{found['cpu_seconds']}[/bold] s of CPU, "
        f"{found['times_the_libraries']} times the import of its libraries\n"
    )


def _desk(found: dict[str, Any]) -> None:
    show.table(f"{found['claims']:,} open claims, pages of {found['page']}", found["reads"], DESK_COLUMNS)
    show.table(f"The search box over {found['claims']:,} claims", found["searches"], SEARCH_COLUMNS)


_SHOWN: dict[str, Callable[[Any], None]] = {
    "projector": _projector,
    "trickle": lambda found: show.table("From publishing to visible rows", found["rates"], TRICKLE_COLUMNS),
    "growth": lambda found: show.table("As the log grows", found["points"], GROWTH_COLUMNS),
    "rebuild": _rebuild,
    "scale-out": _scale_out,
    "fold": _fold,
    "intake": _intake,
    "memory": _memory,
    "import": _import,
    "start": _start,
    "desk": _desk,
    "compared": lambda found: show.table("Next to the earlier report", found, BASELINE_COLUMNS),
}
