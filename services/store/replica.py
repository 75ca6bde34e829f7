"""How far a PostgreSQL replica that pages and API read is behind the primary."""

from __future__ import annotations

from sqlalchemy import Engine, text

from services.core.clock import TimeLimit, pause

CATCHING_UP = 2.0  # seconds that an answer to a write waits for the replica; it lags by milliseconds as a rule

_NOW_AT = text("SELECT CAST(pg_current_wal_lsn() AS text)")
_REPLAYED = text("SELECT NOT pg_is_in_recovery() OR pg_last_wal_replay_lsn() >= CAST(:place AS pg_lsn)")
_SINCE = text("SELECT extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())")


def caught_up(primary: Engine, replica: Engine, seconds: float = CATCHING_UP) -> bool:
    """Waits until all that the primary has committed by now is seen in the replica; False after this many seconds.

    Raises SQLAlchemyError where one of them is away.
    """
    with primary.connect() as connection:
        place = connection.scalar(_NOW_AT)
    limit, nap = TimeLimit(seconds), 0.002
    while not _has(replica, place):
        if limit.expired:
            return False
        pause(nap)
        nap = min(nap * 1.5, 0.1)
    return True


def seconds_behind(primary: Engine, replica: Engine) -> float | None:
    """For how long the replica has seen nothing new while the primary has more; 0 where it has everything.

    None where it never saw anything. Raises SQLAlchemyError where one of them is away.
    """
    with primary.connect() as connection:
        place = connection.scalar(_NOW_AT)
    if _has(replica, place):
        return 0.0
    with replica.connect() as connection:
        since = connection.scalar(_SINCE)
    return None if since is None else max(0.0, float(since))


def _has(replica: Engine, place: str) -> bool:
    with replica.connect() as connection:
        return bool(connection.scalar(_REPLAYED, {"place": place}))
