"""Alerts on their way: recorded first, then put into the stream, then found in the log, then sent to the webhook.

A step may be cut short at any point by any death; the next scheduler goes on where the rows say. The identity of an
alert makes putting it into the stream twice harmless; a try to deliver is claimed before it is made.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, or_, select, tuple_, update

from services.scheduler.due import Alert
from services.scheduler.webhook import DeliveryError, Webhook
from services.store.dialect import dialect_of
from services.store.engine import chunks
from services.store.log import IDENTITY
from services.store.scheduler_tables import ALERT, SOURCE

RAISED, LISTED, WAITING, DELIVERED, PARKED = "raised", "listed", "waiting", "delivered", "parked"
AGAIN = timedelta(seconds=60)  # an alert not logged by then is put into the stream once more
LONGEST = timedelta(hours=1)  # between two tries of a delivery


def unheard(connection: Connection, alerts: Sequence[Alert]) -> list[Alert]:
    """Those that are neither in the log nor on their way."""
    known: set[tuple[str, str]] = set()
    for part in chunks(alerts, 400):
        names = [(alert.practice, alert.id) for alert in part]
        known |= {
            tuple(row)
            for row in connection.execute(
                select(ALERT.c.practice, ALERT.c.id).where(tuple_(ALERT.c.practice, ALERT.c.id).in_(names))
            )
        }
        logged = [(practice, SOURCE, name) for practice, name in names]
        known |= {
            tuple(row)
            for row in connection.execute(
                select(IDENTITY.c.practice, IDENTITY.c.id).where(
                    tuple_(IDENTITY.c.practice, IDENTITY.c.source, IDENTITY.c.id).in_(logged)
                )
            )
        }
    return [alert for alert in alerts if (alert.practice, alert.id) not in known]


def record(connection: Connection, alerts: Sequence[Alert], now: datetime) -> int:
    """Takes the alerts nobody has raised yet in hand, in a transaction that holds the lease. Returns how many."""
    fresh = unheard(connection, alerts)
    statement = dialect_of(connection).insert_ignore(ALERT, "practice", "id")
    for part in chunks(fresh):
        connection.execute(statement, [_row(alert, now) for alert in part])
    return len(fresh)


def _row(alert: Alert, now: datetime) -> dict[str, object]:
    return {
        "practice": alert.practice,
        "id": alert.id,
        "state": RAISED,
        "event": json.dumps(alert.event(now)),
        "body": json.dumps(alert.body(now)),
        "raised_at": now,
        "tries": 0,
    }


def take_unpublished(connection: Connection, now: datetime, limit: int) -> list[bytes]:
    """Alerts that are not in the log and were not put into the stream lately, marked as put there now."""
    due = and_(ALERT.c.state == RAISED, or_(ALERT.c.published_at.is_(None), ALERT.c.published_at <= now - AGAIN))
    rows = connection.execute(select(ALERT).where(due).order_by(ALERT.c.raised_at, ALERT.c.id).limit(limit)).all()
    for part in chunks([(row.practice, row.id) for row in rows], 400):
        connection.execute(update(ALERT).where(tuple_(ALERT.c.practice, ALERT.c.id).in_(part)).values(published_at=now))
    return [row.event.encode() for row in rows]


def confirm(connection: Connection, now: datetime, *, webhook: bool) -> int:
    """Finds alerts in the log. Only then are they true, and only then is a webhook called. Returns how many."""
    logged = (
        select(ALERT.c.practice, ALERT.c.id, IDENTITY.c.position)
        .join(
            IDENTITY,
            and_(IDENTITY.c.practice == ALERT.c.practice, IDENTITY.c.source == SOURCE, IDENTITY.c.id == ALERT.c.id),
        )
        .where(ALERT.c.state == RAISED)
    )
    rows = connection.execute(logged).all()
    for row in rows:
        connection.execute(
            update(ALERT)
            .where(ALERT.c.practice == row.practice, ALERT.c.id == row.id, ALERT.c.state == RAISED)
            .values(position=row.position, state=WAITING if webhook else LISTED, next_try_at=now if webhook else None)
        )
    return len(rows)


def take_try(connection: Connection, now: datetime, backoff: float) -> tuple[int, bytes] | None:
    """Claims the next try that is due: nobody else makes the same one. Returns the alert's number and body.

    The try after it is due only when this one had time to end, should the process that makes it die.
    """
    due = and_(ALERT.c.state == WAITING, ALERT.c.next_try_at <= now)
    row = connection.execute(
        select(ALERT).where(due).order_by(ALERT.c.next_try_at, ALERT.c.position).limit(1).with_for_update()
    ).first()
    if row is None:
        return None
    wait = min(timedelta(seconds=backoff) * 2**row.tries, LONGEST)
    connection.execute(
        update(ALERT).where(ALERT.c.position == row.position).values(tries=row.tries + 1, next_try_at=now + wait)
    )
    return row.position, row.body.encode()


def settle_try(connection: Connection, number: int, now: datetime, error: str | None, tries: int) -> None:
    """Writes down how a try ended; after the last one the alert is parked."""
    mine = and_(ALERT.c.position == number, ALERT.c.state == WAITING)
    if error is None:
        done = {"state": DELIVERED, "delivered_at": now, "next_try_at": None, "error": None}
        connection.execute(update(ALERT).where(mine).values(done))
        return
    connection.execute(update(ALERT).where(mine).values(error=error))
    connection.execute(update(ALERT).where(mine, ALERT.c.tries >= tries).values(state=PARKED, next_try_at=None))


def send(webhook: Webhook, number: int, body: bytes, clock: Callable[[], datetime]) -> str | None:
    """One try; what went wrong, or None."""
    try:
        webhook.send(body, number, clock())
    except DeliveryError as error:
        return error.message
    return None
