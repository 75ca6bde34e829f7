"""Everything as tables, for analysis elsewhere: events as they were logged, and the reports over the read tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from events.followup import EventWithdrawn
from events.registry import TERM_TYPES
from events.values import from_cents
from projections.keys import SHARED_PRACTICE
from projections.tables.columns import has_prefix
from projections.tables.tables import READ_TABLES
from services.reads.feed import feed
from services.reads.holders import routing_of
from services.reads.read_context import ReadContext
from services.store.engine import chunks
from services.store.horizon import committed_position
from services.store.log import KEYS, LOG
from services.store.marked_keys import MARKED
from services.store.report_views import ReportColumn, ReportType, ReportView

EVENTS = "events"
AT_ONCE = 5_000
MEMBERSHIP = READ_TABLES["membership"]
WIDE_TYPES = (*TERM_TYPES, EventWithdrawn.event.name)  # they name no claim, and may change any
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


def event_rows(context: ReadContext, after: int, until: int | None = None) -> Iterator[tuple[list[ExportRow], int]]:
    """Events behind a cursor and not beyond `until`, in parts, each with the cursor to go on from."""
    position = after
    while until is None or position < until:
        events, reached = feed(context, position, AT_ONCE)
        kept = [event for event in events if until is None or int(event["sequence"]) <= until]
        yield [_event(event) for event in kept if _holds(context, event)], reached
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


def export_start(context: ReadContext) -> int:
    """The cursor of an export that begins now: everything up to it is logged, and in the rows.

    Rows that still wait to be folded are not in the export; the next one, from this cursor, has them.
    """
    with context.engine.connect() as connection:
        waiting = connection.scalar(select(func.min(MARKED.c.position)).where(MARKED.c.position > 0))
        end = committed_position(connection)
    return end if waiting is None else min(end, waiting - 1)


def report_rows(context: ReadContext, report: ReportView, after: int = 0) -> Iterator[list[ExportRow]]:
    """Rows of a report, in parts. With a cursor and a report by claim: only claims that what came since may change."""
    routing = routing_of(context)
    columns: list[Any] = [column.of(report.source).label(column.name) for column in report.columns]
    columns += [getattr(routing, column.name)().label(column.name) for column in report.exported]
    query: Select[Any] = select(*columns)
    query = query.where(report.source.c.practice == context.practice)
    if after and report.by_claim and (keys := _changed_claims(context, after)) is not None:
        query = query.where(report.source.c.key.in_(keys))
    query = routing.bind(query.order_by(*report.source.primary_key))
    with context.rows() as connection:
        rows = connection.execution_options(yield_per=AT_ONCE).execute(query)
        for part in rows.partitions(AT_ONCE):
            yield [_typed(report, row) for row in part]


def _changed_claims(context: ReadContext, after: int) -> list[str] | None:
    """Keys of the claims that events since a cursor may have changed; None where they may have changed any.

    Terms name no claim and change many. A claim also changes with those of the same patient, day or number.
    """
    prefix = f"claim|{context.practice}|"
    named = select(KEYS.c.key).where(KEYS.c.position > after, has_prefix(KEYS.c.key, prefix))
    terms = select(LOG.c.position).where(
        LOG.c.practice.in_((context.practice, SHARED_PRACTICE)), LOG.c.position > after, LOG.c.type.in_(WIDE_TYPES)
    )
    with context.engine.connect() as connection:
        if connection.execute(terms.limit(1)).first() is not None:
            return None
        keys = set(connection.scalars(named))
        if len(keys) > AT_ONCE:
            return None
        payers = has_prefix(MEMBERSHIP.c.derived, f"payer|{context.practice}|")
        for part in chunks(sorted(keys)):
            shared = select(MEMBERSHIP.c.derived).where(MEMBERSHIP.c.key.in_(part), ~payers)
            near = select(MEMBERSHIP.c.key).where(
                MEMBERSHIP.c.derived.in_(shared), has_prefix(MEMBERSHIP.c.key, prefix)
            )
            keys |= set(connection.scalars(near))
    return sorted(keys) if len(keys) <= AT_ONCE else None


def _typed(report: ReportView, row: Any) -> ExportRow:
    return {column.name: _value(column, getattr(row, column.name)) for column in report.all_columns}


def _value(column: ReportColumn, value: Any) -> Any:
    return from_cents(value) if column.type is ReportType.MONEY and value is not None else value
