"""The verb that writes everything as files for analysis."""

from __future__ import annotations

import csv
import json as json_module
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli import show
from services.cli.options import AsJson, AsOfOption, DataOption, KnownAtOption, PracticeOption, When, reading
from services.core.errors import UsageError
from services.core.files import whole_file
from services.reads.export_tables import EVENT_COLUMNS, EVENTS, event_rows, log_end, report_rows
from services.reads.read_context import ReadContext
from services.store.report_views import REPORTS, ReportColumn, ReportType

MANIFEST = "manifest.json"


class ExportFormat(StrEnum):
    """How a table is written."""

    parquet = "parquet"
    csv = "csv"


def export(
    folder: Annotated[Path, typer.Argument(help="Where the files are written; made if it is not there.")],
    form: Annotated[ExportFormat, typer.Option("--format", help="parquet needs claimclock[analysis].")] = (
        ExportFormat.csv
    ),
    table: Annotated[
        list[str] | None, typer.Option(help=f"Only these: {EVENTS}, {', '.join(r.name for r in REPORTS)}.")
    ] = None,
    after: Annotated[int, typer.Option(help="The cursor of the export before: only what changed since.", min=0)] = 0,
    json: AsJson = False,
    data: DataOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """Writes events and tables as Parquet or CSV files, and a manifest with the cursor of the next export.

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
    show.console.print(f"cursor of the next export: --after {told['cursor']}", markup=False)


def _export(
    context: ReadContext, folder: Path, form: ExportFormat, wanted: Sequence[str], after: int
) -> dict[str, Any]:
    write = _parquet if form is ExportFormat.parquet else _csv
    reached = [after if EVENTS in wanted else log_end(context)]
    rows: dict[str, int] = {}
    if EVENTS in wanted:
        parts = _positions(event_rows(context, after), reached)
        rows[EVENTS] = write(folder / f"{EVENTS}.{form}", EVENT_COLUMNS, parts)
    for report in REPORTS:
        if report.name in wanted:
            rows[report.name] = write(
                folder / f"{report.name}.{form}", report.all_columns, report_rows(context, report, after)
            )
    cut = {"as_of": context.cut.as_of, "known_at": context.cut.known_at}
    return {
        "practice": context.practice,
        "format": form.value,
        "after": after,
        "cursor": reached[-1],
        **{name: value.isoformat() if value else None for name, value in cut.items()},
        "rows": rows,
    }


def _positions(parts: Iterable[tuple[list[dict[str, Any]], int]], reached: list[int]) -> Iterator[list[dict[str, Any]]]:
    for rows, position in parts:
        reached.append(position)
        yield rows


def _csv(path: Path, columns: Sequence[ReportColumn], parts: Iterable[list[dict[str, Any]]]) -> int:
    count = 0
    with whole_file(path) as file:
        names = [column.name for column in columns]
        file.write(_line(names))
        for part in parts:
            count += len(show.witnessed(part))
            for row in part:
                file.write(_line([_cell(row[name]) for name in names]))
    return count


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


class _Lines:
    """What `csv` writes to: keeps the line."""

    def __init__(self) -> None:
        self.line = ""

    def write(self, text: str) -> int:
        self.line = text
        return len(text)


def _line(cells: Sequence[str]) -> bytes:
    out = _Lines()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.line.encode()


def _parquet(path: Path, columns: Sequence[ReportColumn], parts: Iterable[list[dict[str, Any]]]) -> int:
    try:
        import pyarrow as pa  # noqa: PLC0415  an extra, and slow to import
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        raise UsageError("Parquet needs claimclock[analysis] to be installed; --format csv does not") from None
    types = {
        ReportType.TEXT: pa.string(),
        ReportType.NUMBER: pa.int64(),
        ReportType.MONEY: pa.decimal128(18, 2),
        ReportType.DATE: pa.date32(),
        ReportType.INSTANT: pa.timestamp("us", tz="UTC"),
        ReportType.YES_NO: pa.bool_(),
    }
    schema = pa.schema([pa.field(c.name, types[c.type], metadata={"meaning": c.meaning}) for c in columns])
    count = 0
    with whole_file(path) as file, parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for part in parts:
            count += len(show.witnessed(part))
            writer.write_table(pa.Table.from_pylist(part, schema=schema))
    return count
