"""The manager's week, sent on the first morning of the next: once for each week, however many schedulers there are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from projections.calendar import end_of_day
from services.presentation.notifications import NotificationKind
from services.reads.manager_figures import weekly
from services.reads.read_context import ReadContext
from services.scheduler.occasions import Occasion
from services.store.reference import References

WEEK = timedelta(days=7)


def week_to_tell(last: datetime, now: datetime, at: str, zone: ZoneInfo) -> date | None:
    """The Sunday that ends the newest full week, if its Monday's hour has passed since the last look; else None.

    `at`: the hour and minute of the day in the practice's zone. Of weeks missed while no scheduler ran the newest
    alone is sent, once, as soon as one runs again.
    """
    local = now.astimezone(zone)
    monday = local.date() - timedelta(days=local.weekday())
    moment = datetime.combine(monday, time.fromisoformat(at), zone)
    if moment > local:
        monday, moment = monday - WEEK, datetime.combine(monday - WEEK, time.fromisoformat(at), zone)
    return monday - timedelta(days=1) if last < moment else None


def weekly_occasions(
    engine: Engine, references: References, practices: Iterable[str], sunday: date, now: datetime
) -> list[Occasion]:
    """A practice's week in counts and sums; its name is the week's last day."""
    return [
        Occasion(
            practice=practice,
            kind=NotificationKind.WEEKLY,
            name=sunday.isoformat(),
            at=now,
            data={"week": weekly(_at_its_end(engine, references, practice, sunday))},
        )
        for practice in practices
    ]


def _at_its_end(engine: Engine, references: References, practice: str, sunday: date) -> ReadContext:
    at = end_of_day(sunday, references.zone)
    return ReadContext(engine=engine, references=references, practice=practice, at=at)
