"""How often a password may be tried: every try is counted before it is checked, and few are checked at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, delete, func, insert, select

from services.core.errors import ClaimclockError
from services.store.dialect import AdvisoryLock, dialect_of
from services.store.engine import writing
from services.store.security_tables import SIGN_IN_FAILURE

TRIES_WITHIN = timedelta(minutes=15)
HASHES_AT_ONCE = 3  # one Argon2 check takes 64 MiB and a core
_hashing = threading.BoundedSemaphore(HASHES_AT_ONCE)


class TooManyTriesError(ClaimclockError):
    """Too many wrong passwords; wait a quarter of an hour."""

    http_status = 429


def count_try(engine: Engine, limits: Mapping[str, int], now: datetime) -> list[int]:
    """Counts one try against each subject; returns the tries' numbers, for `forget_tries` once it was right.

    Raises TooManyTriesError, without counting, where a subject has reached its limit.
    """
    with writing(engine) as connection:
        # Two tries at once must not both see the same count.
        dialect_of(connection).advisory_lock(connection, AdvisoryLock.SIGN_IN)
        connection.execute(delete(SIGN_IN_FAILURE).where(SIGN_IN_FAILURE.c.at <= now - TRIES_WITHIN))
        if any(_tries(connection, subject) >= limit for subject, limit in limits.items()):
            raise TooManyTriesError("too many wrong passwords; try again in 15 minutes")
        statement = insert(SIGN_IN_FAILURE).returning(SIGN_IN_FAILURE.c.seq)
        return [connection.execute(statement, {"subject": subject, "at": now}).scalar_one() for subject in limits]


def _tries(connection: Connection, subject: str) -> int:
    count = select(func.count()).where(SIGN_IN_FAILURE.c.subject == subject)
    return connection.scalar(count) or 0


def forget_tries(engine: Engine, numbers: Sequence[int]) -> None:
    """The try was right: it does not count against anybody."""
    with writing(engine) as connection:
        connection.execute(delete(SIGN_IN_FAILURE).where(SIGN_IN_FAILURE.c.seq.in_(numbers)))


@contextmanager
def hashing() -> Iterator[None]:
    """A turn at checking a password. Raises TooManyTriesError at once where all are taken."""
    if not _hashing.acquire(blocking=False):
        raise TooManyTriesError("many people are signing in right now; try again in a few seconds")
    try:
        yield
    finally:
        _hashing.release()
