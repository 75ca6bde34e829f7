"""What a read of the past sees of the log, in SQL: which events, and at what time each counts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from projections.cut import Cut
from projections.tables.columns import UtcInstant
from projections.tables.tables import table_of
from services.store.dialect import StoreDialect, dialect_of
from services.store.tables import EventLog, Sighting

LOG, SIGHTING = table_of(EventLog), table_of(Sighting)


def earliest(connection: Connection, known_at: datetime | None = None) -> ColumnElement[datetime]:
    """The time that counts for an event of the log, on the database of a connection. See `earliest_on`."""
    return earliest_on(dialect_of(connection), known_at)


def earliest_on(dialect: StoreDialect, known_at: datetime | None) -> ColumnElement[datetime]:
    """The time that counts for an event of the log: the earliest of its deliveries.

    With `known_at`, of the deliveries recorded by then, so that what came later moves no clock of a past read.
    """
    seen = select(func.min(SIGHTING.c.time)).where(SIGHTING.c.position == LOG.c.position)
    if known_at is not None:
        seen = seen.where(SIGHTING.c.recorded_at <= known_at)
    return dialect.least(LOG.c.time, func.coalesce(seen.scalar_subquery(), LOG.c.time), type_=UtcInstant())


def let_through(dialect: StoreDialect, cut: Cut) -> list[ColumnElement[bool]]:
    """The events of the log that a cut lets through: as `Cut.holds`."""
    found: list[ColumnElement[bool]] = []
    if cut.as_of is not None:
        found.append(earliest_on(dialect, cut.known_at) <= cut.as_of)
    if cut.known_at is not None:
        found.append(LOG.c.recorded_at <= cut.known_at)
    return found
