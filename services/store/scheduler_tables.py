"""What the schedulers share: who leads, when each job last ran, and what became of each alert."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, Text
from sqlmodel import Field

from projections.tables.columns import TableModel, UtcInstant
from projections.tables.tables import table_of

SOURCE, ALERT_RAISED = "claimclock/scheduler", "alert.raised.v1"  # of the events they publish


def _maybe_instant() -> Any:
    return Field(default=None, sa_type=UtcInstant, nullable=True)


class SchedulerLease(TableModel, table=True):
    """Who leads, until when. `token` grows with every change of the leader."""

    __tablename__ = "scheduler_lease"

    name: str = Field(primary_key=True)
    holder: str
    token: int = Field(sa_type=BigInteger)
    expires_at: datetime = Field(sa_type=UtcInstant)


class SchedulerJob(TableModel, table=True):
    """When a job last ran, and its figures or what went wrong."""

    __tablename__ = "scheduler_job"

    name: str = Field(primary_key=True)
    ran_at: datetime = Field(sa_type=UtcInstant)
    error: str | None
    figures: Any = Field(sa_column=Column(JSON, nullable=False))


class AlertDelivery(TableModel, table=True):
    """An alert that a scheduler of this database raised, and how far it has come.

    state: raised (on its way into the log), listed (logged, no webhook was set), waiting (for its next try),
    delivered, parked (the last try failed). An alert that others put into the log has no row, and is never delivered.
    """

    __tablename__ = "alert_delivery"
    __table_args__ = (Index("alert_delivery_by_state", "state", "next_try_at"),)

    practice: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    state: str
    event: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)
    position: int | None = Field(default=None, sa_column=Column(BigInteger, unique=True, nullable=True))
    raised_at: datetime = Field(sa_type=UtcInstant)
    published_at: datetime | None = _maybe_instant()
    tries: int
    next_try_at: datetime | None = _maybe_instant()
    delivered_at: datetime | None = _maybe_instant()
    error: str | None


LEASE = table_of(SchedulerLease)
JOB = table_of(SchedulerJob)
ALERT = table_of(AlertDelivery)
