"""An export as a file, piece by piece: CSV, JSON lines or Parquet. What is never in memory is a whole table."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from importlib.util import find_spec
from typing import Any

from services.core.errors import UsageError
from services.store.report_views import ReportColumn, ReportType

ExportParts = Iterable[Sequence[Mapping[str, Any]]]


class ExportFormat(StrEnum):
    """How a table is written."""

    parquet = "parquet"
    csv = "csv"
    jsonl = "jsonl"


MEDIA = {
    ExportFormat.parquet: "application/vnd.apache.parquet",
    ExportFormat.csv: "text/csv; charset=utf-8",
    ExportFormat.jsonl: "application/jsonl",
}


def encoder(form: ExportFormat) -> Callable[[Sequence[ReportColumn], ExportParts], Iterator[bytes]]:
    """What writes a table in this form. Raises UsageError where Parquet is not installed."""
    if form is ExportFormat.parquet and find_spec("pyarrow") is None:
        raise UsageError("Parquet needs claimclock[analysis] to be installed; csv and jsonl do not")
    return {ExportFormat.parquet: _parquet, ExportFormat.csv: _csv, ExportFormat.jsonl: _jsonl}[form]


def _csv(columns: Sequence[ReportColumn], parts: ExportParts) -> Iterator[bytes]:
    names = [column.name for column in columns]
    yield _line(names)
    for part in parts:
        yield b"".join(_line([_cell(row[name]) for name in names]) for row in part)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


class _Written:
    """What `csv` and `pyarrow` write to: keeps the bytes until they are taken."""

    def __init__(self) -> None:
        self.pieces: list[Any] = []
        self.closed = False

    def write(self, piece: Any) -> int:
        self.pieces.append(piece if isinstance(piece, str) else bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        self.closed = True

    def taken(self) -> bytes:
        pieces, self.pieces = self.pieces, []
        return b"".join(piece.encode() if isinstance(piece, str) else piece for piece in pieces)


def _line(cells: Sequence[str]) -> bytes:
    out = _Written()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.taken()


def _jsonl(columns: Sequence[ReportColumn], parts: ExportParts) -> Iterator[bytes]:
    names = [column.name for column in columns]
    for part in parts:
        rows = ({name: _value(row[name]) for name in names} for row in part)
        yield b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def _value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value.isoformat() if hasattr(value, "isoformat") else value


def _parquet(columns: Sequence[ReportColumn], parts: ExportParts) -> Iterator[bytes]:
    import pyarrow as pa  # noqa: PLC0415  an extra, and slow to import
    from pyarrow import parquet  # noqa: PLC0415

    types = {
        ReportType.TEXT: pa.string(),
        ReportType.NUMBER: pa.int64(),
        ReportType.MONEY: pa.decimal128(18, 2),
        ReportType.DATE: pa.date32(),
        ReportType.INSTANT: pa.timestamp("us", tz="UTC"),
        ReportType.YES_NO: pa.bool_(),
    }
    schema = pa.schema([pa.field(c.name, types[c.type], metadata={"meaning": c.meaning}) for c in columns])
    out = _Written()
    with parquet.ParquetWriter(pa.PythonFile(out, mode="w"), schema, compression="zstd") as writer:
        for part in parts:
            writer.write_table(pa.Table.from_pylist(list(part), schema=schema))
            yield out.taken()
    yield out.taken()
