"""Where a read stands: which practice, which cut of the history, and the instant that "overdue" is measured from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from projections.history import NO_CUT, Cut
from projections.reference import Reference
from services.projector.folds import Ground
from services.replay import scratch
from services.store.reference import References


@dataclass
class Desk:
    """A place to read from. With a cut, rows come from a refold of the log as it stood, beside the live tables."""

    engine: Engine
    references: References
    practice: str
    at: datetime
    cut: Cut = NO_CUT
    _scratch: Engine | None = field(default=None, repr=False)

    @contextmanager
    def ground(self) -> Iterator[tuple[Ground, Reference]]:
        """The log and the rows to read, and the terms in force."""
        with self.engine.connect() as connection, connection.begin():
            if self.cut == NO_CUT:
                yield Ground(connection, connection), self.references.get(connection, self.practice)
                return
            reference = self.references.at(connection, self.practice, self.cut)
            if self._scratch is None:
                self._scratch = scratch(connection, self.practice, reference, self.cut)
            with self._scratch.connect() as rows:
                yield Ground(connection, rows, self.cut), reference


def read_instant(text: str, zone: ZoneInfo) -> datetime:
    """An RFC 3339 instant, or a bare date meaning the end of that local day. Raises ValueError."""
    if len(text) == 10:
        day = date.fromisoformat(text)
        return datetime.combine(day, time.max, zone)
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=zone) if instant.tzinfo is None else instant


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant after a local day."""
    return datetime.combine(day + timedelta(days=1), time.min, zone)
