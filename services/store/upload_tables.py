"""What came in over HTTP, so that its sender can ask what became of it; and which files were read to their end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index
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


class ReadFile(TableModel, table=True):
    """A file that was read to its end, by the SHA-256 of its content.

    `head` is that of its first bytes; None where it has fewer. `whole` names a longer file that begins with all of it:
    what could not be read of this one alone is then no loss.
    """

    __tablename__ = "read_file"
    __table_args__ = (Index("read_file_by_head", "practice", "head", "size"),)

    practice: str = Field(primary_key=True)
    sha256: str = Field(primary_key=True)
    head: str | None
    size: int = Field(sa_type=BigInteger)
    whole: str | None


class FileRefusal(TableModel, table=True):
    """A piece of a file that could not be read, under the name it is parked by; `reading` is the last that said so."""

    __tablename__ = "file_refusal"
    __table_args__ = (Index("file_refusal_by_name", "parked_id"),)

    practice: str = Field(primary_key=True)
    sha256: str = Field(primary_key=True)
    parked_id: str = Field(primary_key=True)
    reading: str


INTAKE, READ_FILE, FILE_REFUSAL = table_of(Intake), table_of(ReadFile), table_of(FileRefusal)
