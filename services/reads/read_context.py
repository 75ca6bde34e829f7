"""The context of a read: which practice, which cut of the history, and the instant that "overdue" is measured from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from events.values import FIRST_DAY, LAST_DAY
from projections.calendar import end_of_day
from projections.cut import NO_CUT, Cut
from services.projector.folds import FoldContext
from services.store.dialect import dialect_of
from services.store.reference import References

if TYPE_CHECKING:  # lists ask for no terms, which are slow to import
    from projections.terms.terms_in_force import Reference


@dataclass(kw_only=True)
class ReadContext:
    """A place to read from. With a cut, rows come from a refold of the log as it was, next to the live tables.

    `claim_id`: then that refold covers only this claim and what decides about it.
    """

    engine: Engine
    references: References
    practice: str
    at: datetime
    cut: Cut = NO_CUT
    claim_id: str | None = None
    _scratch: Engine | None = field(default=None, repr=False)
    memo: dict[str, Any] = field(default_factory=dict, repr=False)  # settings that were read once for this context

    @property
    def today(self) -> date:
        """The day of the read in the practice's zone."""
        return self.at.astimezone(self.references.zone).date()

    def near(self, claim_id: str) -> ReadContext:
        """The read context for one claim; of the past it need not fold the whole practice."""
        enough = (
            self.cut == NO_CUT or self.claim_id == claim_id or (self.claim_id is None and self._scratch is not None)
        )
        return self if enough else replace(self, claim_id=claim_id, _scratch=None)

    @contextmanager
    def context(self) -> Iterator[tuple[FoldContext, Reference]]:
        """The log and the rows to read, and the terms in force."""
        with self.engine.connect() as connection, connection.begin():
            if self.cut == NO_CUT:
                yield FoldContext(connection, connection), self.references.get(connection, self.practice)
                return
            reference = self.references.at(connection, self.practice, self.cut)
            if self._scratch is None:
                self._scratch = self._folded_again(connection, reference)
            with self._scratch.connect() as rows:
                yield FoldContext(connection, rows, self.cut), reference

    def _folded_again(self, log: Connection, reference: Reference) -> Engine:
        from services.projector.replay import scratch  # noqa: PLC0415  all folds: slow to import, and rarely needed
        from services.reads.past_scope import keys_near  # noqa: PLC0415

        near = keys_near(log, self.practice, self.claim_id, reference, self.cut) if self.claim_id else None
        return scratch(log, self.practice, reference, self.cut, keys=near)

    @contextmanager
    def terms(self) -> Iterator[tuple[Connection, Reference]]:
        """Only the log and the terms in force, for reads that need no rows: of the past nothing is folded again."""
        with self.engine.connect() as connection, connection.begin():
            if self.cut == NO_CUT:
                yield connection, self.references.get(connection, self.practice)
            else:
                yield connection, self.references.at(connection, self.practice, self.cut)

    def close(self) -> None:
        """Gives back what was folded for this read context alone."""
        if self._scratch is not None:
            self._scratch.dispose()

    @contextmanager
    def rows(self) -> Iterator[Connection]:
        """Only the rows, for reads that do not ask for terms."""
        if self.cut != NO_CUT:
            with self.context() as (context, _):
                yield context.rows
            return
        with self.engine.connect() as connection:
            dialect_of(connection).read_latest(connection)
            yield connection


def read_instant(text: str, zone: ZoneInfo) -> datetime:
    """An RFC 3339 instant, or a bare date meaning the end of that local day. Raises ValueError.

    The year is from 1900 to 2199, as in events: near the ends of the calendar no other zone has a date.
    """
    day = date.fromisoformat(text[:10])
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"the year must be from {FIRST_DAY.year} to {LAST_DAY.year}")
    if len(text) == 10:
        return end_of_day(day, zone)
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=zone) if instant.tzinfo is None else instant
