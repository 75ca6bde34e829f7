"""Who read or changed what by command line: the operating system's user, in the audit before anything is shown.

On SQLite the entries are in a file of their own, so that a reader never waits for the projector's transactions; on
PostgreSQL in the audit's table, by a connection of their own.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Engine, inspect
from sqlalchemy.exc import DBAPIError

from services.core.errors import ClaimclockError
from services.core.settings import Settings
from services.security.audit import AuditRecord, append
from services.store.dialect import dialect_of
from services.store.engine import PoolSize, open_engine, writing
from services.store.security_tables import AUDIT

FILE = "audit.db"
ROLE = "command line"


class AuditUnwritableError(ClaimclockError):
    """What was asked for cannot be written down, so it is not shown."""


def record_command(settings: Settings, verb: str, now: datetime, *details: str | None) -> None:
    """An entry about a verb of this user for each detail, at least one.

    Raises AuditUnwritableError, unless the setting `audit_commands` is off.
    """
    if not settings.audit_commands:
        return
    entries = [
        AuditRecord(
            at=now,
            who=_user(),
            who_id=f"uid {os.getuid()}",
            role=ROLE,
            practice=settings.practice,
            action=f"claimclock {verb}",
            ref=None,
            status=200,
            detail=detail,
        )
        for detail in details or (None,)
    ]
    try:
        with audit_of_commands(settings) as engine:
            if _has_table(engine):  # else the database is empty: there is nothing to read, and the first verb fills it
                with writing(engine) as connection:
                    append(connection, entries)
    except (DBAPIError, OSError):
        raise AuditUnwritableError(
            "the audit log cannot be written: nothing shown; for a read-only copy set CLAIMCLOCK_AUDIT_COMMANDS=false"
        ) from None


def has_own_file(settings: Settings) -> bool:
    """Whether the entries of the command line are in a file of their own, and there are any."""
    return not settings.database_url and (settings.data_dir / FILE).is_file()


@contextmanager
def audit_of_commands(settings: Settings) -> Iterator[Engine]:
    """The database that holds the entries of the command line."""
    if settings.database_url:
        engine = open_engine(settings.database, pool=PoolSize(kept=1, more=0))
    else:
        engine = open_engine(settings.data_dir / FILE)
        _make(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def _has_table(engine: Engine) -> bool:
    with engine.connect() as connection:
        return inspect(connection).has_table(AUDIT.name)


def _make(engine: Engine) -> None:
    if _has_table(engine):
        return
    with writing(engine) as connection:
        AUDIT.create(connection, checkfirst=True)
        for statement in dialect_of(connection).append_only(AUDIT.name):
            connection.exec_driver_sql(statement)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return f"uid {os.getuid()}"
