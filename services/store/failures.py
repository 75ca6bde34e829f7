"""What a database's error means, in our words. Its own text is left out: it may quote what was to be stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from services.core.errors import TransientError

_DAMAGED = "its file is damaged: restore a copy of it, or import the files again into a different directory (--data)"
_UNUSABLE = "its file cannot be opened or written: look at the owner and the rights of the data directory"
_FULL = "the disk is full: make room"
_SQLITE = {
    "SQLITE_FULL": _FULL,
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _DAMAGED,
    "SQLITE_CANTOPEN": _UNUSABLE,
    "SQLITE_READONLY": _UNUSABLE,
    "SQLITE_PERM": _UNUSABLE,
    "SQLITE_BUSY": "another process has been writing for long",
    "SQLITE_IOERR": "its disk cannot be read or written",
}
_POSTGRES_EXACTLY = {
    "57014": "a query took longer than allowed (CLAIMCLOCK_DATABASE_STATEMENT_TIMEOUT)",
    "55P03": "another process held what was needed for longer than allowed (CLAIMCLOCK_DATABASE_LOCK_TIMEOUT)",
    "25P03": "a transaction stood still for longer than allowed (CLAIMCLOCK_DATABASE_IDLE_TIMEOUT)",
}
_POSTGRES = {"53": "it is short of disk, memory or connections", "57": "it is shutting down or starting"}
_AWAY = "it cannot be reached{}: is it running, and is CLAIMCLOCK_DATABASE_URL right?"


def is_passing(error: DBAPIError) -> bool:
    """Whether it is about the database, which may be fixed, and not about what was to be stored."""
    if type(error) is OperationalError:  # PostgreSQL's "too large for an index" and the like is among them
        return not (getattr(error.orig, "sqlstate", None) or "").startswith("54")
    return type(error) is DatabaseError or error.connection_invalidated


@contextmanager
def database_errors() -> Iterator[None]:
    """Locks, deadlocks and lost connections pass: a TransientError, for the same work may succeed later."""
    try:
        yield
    except DBAPIError as error:
        if not is_passing(error):
            raise
        raise TransientError(explained(error)) from error


def explained(error: DBAPIError) -> str:
    """One line: what is wrong and, where we know, what to do."""
    name, state = getattr(error.orig, "sqlite_errorname", None), getattr(error.orig, "sqlstate", None)
    if name is not None:
        found = next((text for code, text in _SQLITE.items() if name.startswith(code)), name)
    elif state is not None:
        found = _POSTGRES_EXACTLY.get(state) or _POSTGRES.get(state[:2], f"error {state}")
    else:
        found = _AWAY.format(_refusal(error))
    return f"the database: {found}"


def _refusal(error: DBAPIError) -> str:
    """What the server said to a client that wanted to connect: a name or password, a database that is not there."""
    said = str(error.orig).partition("FATAL:")[2].strip().partition("\n")[0] if error.statement is None else ""
    return f" ({said})" if said else ""
