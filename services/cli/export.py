"""The verb that writes everything as files for analysis."""

from __future__ import annotations

import json as json_module
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli import show
from services.cli.options import AsJson, AsOfOption, DataOption, KnownAtOption, PracticeOption, When, reading
from services.core.errors import UsageError
from services.core.files import whole_file
from services.reads.export_files import ExportFormat, encoder
from services.reads.export_tables import EVENT_COLUMNS, EVENTS, ExportRow, event_rows, export_start, report_rows
from services.reads.read_context import ReadContext
from services.store.report_views import REPORTS, ReportColumn

MANIFEST = "manifest.json"


def export(
    folder: Annotated[Path, typer.Argument(help="Output directory; created if needed.")],
    form: Annotated[ExportFormat, typer.Option("--format", help="parquet needs claimclock[analysis].")] = (
        ExportFormat.csv
    ),
    table: Annotated[
        list[str] | None, typer.Option(help=f"Only these: {EVENTS}, {', '.join(r.name for r in REPORTS)}.")
    ] = None,
    after: Annotated[int, typer.Option(help="Cursor of the previous export: only what changed since.", min=0)] = 0,
    json: AsJson = False,
    data: DataOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """Writes events and tables as Parquet, CSV or JSON lines, and a manifest with the cursor of the next export.

    The files hold patient data. Examples: `claimclock export out/ --format parquet`, `export out/ --after 4711`.
    """
    wanted = table or [EVENTS, *(report.name for report in REPORTS)]
    if unknown := sorted(set(wanted) - {EVENTS, *(report.name for report in REPORTS)}):
        raise UsageError(f"no table {unknown[0]!r}; there are {EVENTS}, {', '.join(r.name for r in REPORTS)}")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with reading(data, practice, When(None, as_of, known_at)) as context:
        told = _export(context, folder, form, wanted, after)
    with whole_file(folder / MANIFEST) as file:
        file.write(json_module.dumps(told, indent=2).encode() + b"\n")
    if json:
        show.as_json(told)
        return
    rows = [{"table": name, "rows": count} for name, count in told["rows"].items()]
    show.table(f"Written to {folder}", rows, [("table", "table"), ("rows", "rows")])
    show.console.print(f"for the next export: --after {told['cursor']}", markup=False)


def _export(
    context: ReadContext, folder: Path, form: ExportFormat, wanted: Sequence[str], after: int
) -> dict[str, Any]:
    end = max(after, export_start(context))
    rows: dict[str, int] = {}
    if EVENTS in wanted:
        parts = (found for found, _ in event_rows(context, after, end))
        rows[EVENTS] = _written(folder / f"{EVENTS}.{form}", form, EVENT_COLUMNS, parts)
    for report in REPORTS:
        if report.name in wanted:
            rows[report.name] = _written(
                folder / f"{report.name}.{form}", form, report.all_columns, report_rows(context, report, after)
            )
    cut = {"as_of": context.cut.as_of, "known_at": context.cut.known_at}
    return {
        "practice": context.practice,
        "format": form.value,
        "after": after,
        "cursor": end,
        **{name: value.isoformat() if value else None for name, value in cut.items()},
        "rows": rows,
    }


def _written(path: Path, form: ExportFormat, columns: Sequence[ReportColumn], parts: Iterable[list[ExportRow]]) -> int:
    """How many rows a file got."""
    counted: list[int] = []
    with whole_file(path) as file:
        for piece in encoder(form)(columns, (_counted(part, counted) for part in parts)):
            file.write(piece)
    return sum(counted)


def _counted(part: list[ExportRow], counted: list[int]) -> list[ExportRow]:
    counted.append(len(show.witnessed(part)))
    return part
