"""One leader at a time: a row that must be renewed, and that every act of the leader checks in its own transaction.

A leader that dies stops renewing, and another takes over once the lease has run out. A leader that was only paused
(a long garbage collection, a suspended machine) finds its token gone before it can write anything.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import Connection, Engine, case, or_, select, update

from projections.tables.columns import EPOCH
from services.core.clock import Clock
from services.core.errors import ClaimclockError
from services.store.dialect import dialect_of
from services.store.engine import writing
from services.store.scheduler_tables import LEASE

NAME = "scheduler"
_BEYOND = 10  # a lease that ends this many lease lengths ahead was given by a clock that has been set back since


class LeaseLostError(ClaimclockError):
    """Another scheduler leads now."""


class Lease:
    """This process's claim to lead. `seconds`: how long it lasts unless renewed."""

    def __init__(self, engine: Engine, clock: Clock, seconds: float) -> None:
        self._engine = engine
        self._clock = clock
        self._span = timedelta(seconds=seconds)
        self._holder = secrets.token_hex(8)
        self._token: int | None = None

    @property
    def held(self) -> bool:
        """Whether we led when we last asked."""
        return self._token is not None

    def hold(self) -> bool:
        """Takes the lease, or renews it; whether we lead from now on."""
        now = self._clock.now()
        mine, over = LEASE.c.holder == self._holder, LEASE.c.expires_at <= now
        absurd = LEASE.c.expires_at > now + _BEYOND * self._span
        with writing(self._engine) as connection:
            _ensure(connection)
            self._token = connection.scalar(
                update(LEASE)
                .where(LEASE.c.name == NAME, or_(mine, over, absurd))
                .values(
                    holder=self._holder,
                    token=case((mine, LEASE.c.token), else_=LEASE.c.token + 1),
                    expires_at=now + self._span,
                )
                .returning(LEASE.c.token)
            )
        return self.held

    def check(self, connection: Connection) -> None:
        """To be called in a transaction that acts: nobody takes the lease before it ends. Raises LeaseLostError."""
        mine = select(LEASE.c.token).where(
            LEASE.c.name == NAME, LEASE.c.holder == self._holder, LEASE.c.token == (self._token or 0)
        )
        if connection.scalar(mine.with_for_update(read=True)) is None:
            self._token = None
            raise LeaseLostError("another scheduler holds the lease")

    def release(self) -> None:
        """Lets another take over at once."""
        self._token = None
        with writing(self._engine) as connection:
            connection.execute(
                update(LEASE).where(LEASE.c.name == NAME, LEASE.c.holder == self._holder).values(expires_at=EPOCH)
            )


def _ensure(connection: Connection) -> None:
    first = {"name": NAME, "holder": "", "token": 0, "expires_at": EPOCH}
    connection.execute(dialect_of(connection).insert_ignore(LEASE, "name"), first)
