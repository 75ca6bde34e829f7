"""Files that arrived by themselves: in which inbox each was seen, and what became of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from projections.tables.columns import TableModel, UtcInstant
from projections.tables.tables import table_of


class InboxFile(TableModel, table=True):
    """A file as an inbox showed it. A file of the same name with another size or time is another file.

    state: seen (may still be written to), taken, failed (tried again at each look until it is given up).
    """

    __tablename__ = "inbox_file"
    __table_args__ = (Index("inbox_file_by_time", "practice", "changed_at"),)

    practice: str = Field(primary_key=True)
    inbox: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    size: int = Field(primary_key=True, sa_type=BigInteger)
    modified: int = Field(primary_key=True, sa_type=BigInteger)
    state: str
    tries: int
    correlation_id: str | None
    events: int
    parked: int
    error: str | None
    seen_at: datetime = Field(sa_type=UtcInstant)
    changed_at: datetime = Field(sa_type=UtcInstant)


INBOX_FILE = table_of(InboxFile)
SEEN, TAKEN, FAILED = "seen", "taken", "failed"
