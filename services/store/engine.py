"""Opens the database, and the one kind of writing transaction there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url

T = TypeVar("T")
CHUNK = 900  # keys in one IN list: below every database's limit of bound values


def open_engine(url: str) -> Engine:
    """An engine for SQLite (WAL) or PostgreSQL. Makes the directory of a SQLite file."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": 60, "check_same_thread": False}, hide_parameters=True)
    event.listen(engine, "connect", _tune_sqlite)
    event.listen(engine, "begin", _begin_plainly)
    return engine


def _tune_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=60000", "cache_size=-65536",
                   "temp_store=MEMORY"):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")


def _begin_plainly(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("claimclock_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that may write: committed at the end, rolled back on an error."""
    with engine.connect().execution_options(claimclock_writes=True) as connection, connection.begin():
        yield connection


def is_postgres(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def lock_keys(connection: Connection, keys: Iterable[str]) -> None:
    """Locks a rank of keys, sorted, until the transaction ends. SQLite has locked the whole file already."""
    ordered = sorted(set(keys))
    for part in chunks(ordered):
        connection.execute(_ENSURE_KEY, [{"key": key} for key in part])
        if is_postgres(connection):
            connection.execute(
                text("SELECT key FROM fold_key WHERE key = ANY(:keys) ORDER BY key FOR UPDATE"), {"keys": list(part)}
            )


_ENSURE_KEY = text("INSERT INTO fold_key (key) VALUES (:key) ON CONFLICT (key) DO NOTHING")
