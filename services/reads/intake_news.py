"""What the first page says of files: when the last one was received, and which payer has fallen silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from sqlalchemy import func, select

from projections.tables.tables import READ_TABLES
from services.reads.read_context import ReadContext
from services.store.log import LOG

PAYER, ATTEMPT = READ_TABLES["claim_payer"], READ_TABLES["claim_attempt"]
FILES = ("claim.submitted.v1", "remittance.received.v1", "claim.acknowledged.v1", "submission.acknowledged.v1")
YEAR = timedelta(days=365)
FEWEST = 6  # days with decisions, before a pause can be called unusual
SHORTEST = 7  # days: a shorter pause is nobody's silence
QUIET = 3  # days without any file that are worth a word


@dataclass(frozen=True, kw_only=True)
class SilentPayer:
    """A payer that has claims to decide and pauses for longer than it did in twelve months. Days of the calendar."""

    payer_id: str
    last: date
    days: int
    longest: int
    waiting: int


@dataclass(frozen=True, kw_only=True)
class IntakeNews:
    """`received`: when content of the newest file was logged; None where nothing ever came in."""

    received: datetime | None
    days: int | None
    silent: tuple[SilentPayer, ...]

    @property
    def quiet(self) -> bool:
        """Whether nothing came in for so long that somebody should look."""
        return self.days is not None and self.days >= QUIET


def intake_news(context: ReadContext) -> IntakeNews:
    received = last_received(context)
    zone = context.references.zone
    days = None if received is None else max((context.today - received.astimezone(zone).date()).days, 0)
    return IntakeNews(received=received, days=days, silent=tuple(_silent(context)))


def last_received(context: ReadContext) -> datetime | None:
    """When the newest file's content was logged; None where nothing ever came in."""
    query = select(LOG.c.recorded_at).where(LOG.c.practice == context.practice, LOG.c.type.in_(FILES))
    with context.engine.connect() as connection:
        found: datetime | None = connection.scalar(query.order_by(LOG.c.position.desc()).limit(1))
    return found


def _silent(context: ReadContext) -> list[SilentPayer]:
    """The longest pause first."""
    since = context.today - YEAR
    decided = (
        select(PAYER.c.payer_id, PAYER.c.notice_on)
        .where(PAYER.c.practice == context.practice, PAYER.c.notice_on >= since, PAYER.c.notice_on <= context.today)
        .distinct()
        .order_by(PAYER.c.payer_id, PAYER.c.notice_on)
    )
    waits = (
        select(ATTEMPT.c.payer_id, func.count().label("waiting"))
        .where(ATTEMPT.c.practice == context.practice, ATTEMPT.c.awaiting == 1)
        .group_by(ATTEMPT.c.payer_id)
    )
    with context.rows() as rows:
        waiting = {row.payer_id: int(row.waiting) for row in rows.execute(waits)}
        days: dict[str, list[date]] = {}
        for row in rows.execute(decided):
            days.setdefault(row.payer_id, []).append(row.notice_on)
    found = [_pause(payer, told, waiting[payer], context.today) for payer, told in days.items() if payer in waiting]
    return sorted((one for one in found if one), key=lambda one: (-one.days, one.payer_id))


def _pause(payer_id: str, days: Sequence[date], waiting: int, today: date) -> SilentPayer | None:
    """None where the payer's pause is one it made before."""
    if len(days) < FEWEST:
        return None
    longest = max((later - earlier).days for earlier, later in pairwise(days))
    silent = (today - days[-1]).days
    if silent <= max(longest, SHORTEST):
        return None
    return SilentPayer(payer_id=payer_id, last=days[-1], days=silent, longest=longest, waiting=waiting)
