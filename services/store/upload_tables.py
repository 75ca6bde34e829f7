"""What came in over HTTP, so that its sender can ask what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field

from projections.tables.columns import TableModel, UtcInstant
from projections.tables.tables import table_of


class Intake(TableModel, table=True):
    """One delivery: a file, or a batch of events. `told` is what its reader said of it."""

    __tablename__ = "intake"

    correlation_id: str = Field(primary_key=True)
    practice: str
    by: str
    received_at: datetime = Field(sa_type=UtcInstant)
    last_entry: str | None
    told: Any = Field(sa_column=Column(JSON, nullable=False))


INTAKE = table_of(Intake)
