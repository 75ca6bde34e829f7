"""Everything as tables, for analysis elsewhere: events as they were logged, and the reports over the read tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from events.values import from_cents
from projections.tables.columns import has_prefix
from services.reads.feed import feed
from services.reads.holders import routing_of
from services.reads.read_context import ReadContext
from services.store.horizon import committed_position
from services.store.log import KEYS
from services.store.report_views import ReportColumn, ReportType, ReportView

EVENTS = "events"
AT_ONCE = 5_000
ExportRow = dict[str, Any]
EVENT_COLUMNS: tuple[ReportColumn, ...] = (
    ReportColumn(name="position", type=ReportType.NUMBER, meaning="Place in the log: the cursor"),
    ReportColumn(name="practice", type=ReportType.TEXT, meaning="The practice"),
    ReportColumn(name="type", type=ReportType.TEXT, meaning="Event type"),
    ReportColumn(name="source", type=ReportType.TEXT, meaning="Who sent it"),
    ReportColumn(name="id", type=ReportType.TEXT, meaning="Its id with the sender"),
    ReportColumn(name="subject", type=ReportType.TEXT, meaning="What it is about"),
    ReportColumn(name="time", type=ReportType.TEXT, meaning="When it became true (RFC 3339)"),
    ReportColumn(name="recordedat", type=ReportType.TEXT, meaning="When the log learned it (RFC 3339)"),
    ReportColumn(name="data", type=ReportType.TEXT, meaning="Its data as JSON"),
)


def event_rows(context: ReadContext, after: int) -> Iterator[tuple[list[ExportRow], int]]:
    """Events behind a cursor, in parts, each with the cursor to go on from."""
    position = after
    while True:
        events, reached = feed(context, position, AT_ONCE)
        yield [_event(event) for event in events if _holds(context, event)], reached
        if len(events) < AT_ONCE:
            return
        position = reached


def _holds(context: ReadContext, event: dict[str, Any]) -> bool:
    """Whether it is inside the cut of the read."""
    as_of, known_at = context.cut.as_of, context.cut.known_at
    true_by = as_of is None or datetime.fromisoformat(event["time"]) <= as_of
    return true_by and (known_at is None or datetime.fromisoformat(event["recordedat"]) <= known_at)


def _event(event: dict[str, Any]) -> ExportRow:
    named = {column.name: event.get(column.name) for column in EVENT_COLUMNS}
    return named | {"position": int(event["sequence"]), "data": json.dumps(event["data"])}


def log_end(context: ReadContext) -> int:
    """The cursor of what is logged by now."""
    with context.engine.connect() as connection:
        return committed_position(connection)


def report_rows(context: ReadContext, report: ReportView, after: int = 0) -> Iterator[list[ExportRow]]:
    """Rows of a report, in parts. With a cursor and a report by claim: only claims that an event named since."""
    routing = routing_of(context)
    columns: list[Any] = [column.of(report.source).label(column.name) for column in report.columns]
    columns += [getattr(routing, column.name)().label(column.name) for column in report.exported]
    query: Select[Any] = select(*columns)
    query = query.where(report.source.c.practice == context.practice)
    if after and report.by_claim:
        prefix = f"claim|{context.practice}|"
        changed = select(KEYS.c.key).where(KEYS.c.position > after, has_prefix(KEYS.c.key, prefix))
        with context.engine.connect() as connection:
            keys = sorted(set(connection.scalars(changed)))
        query = query.where(report.source.c.key.in_(keys)) if len(keys) <= AT_ONCE else query
    query = routing.bind(query.order_by(*report.source.primary_key))
    with context.rows() as connection:
        rows = connection.execution_options(yield_per=AT_ONCE).execute(query)
        for part in rows.partitions(AT_ONCE):
            yield [_typed(report, row) for row in part]


def _typed(report: ReportView, row: Any) -> ExportRow:
    return {column.name: _value(column, getattr(row, column.name)) for column in report.all_columns}


def _value(column: ReportColumn, value: Any) -> Any:
    return from_cents(value) if column.type is ReportType.MONEY and value is not None else value
