"""Opens the database, and the one kind of writing transaction there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic_core import from_json, to_json
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

from services.core.files import private_directory
from services.store.dialect import dialect_of

T = TypeVar("T")
CHUNK = 900  # values in one IN list: below every database's limit of bound values
JSON_CODEC: dict[str, Any] = {"json_serializer": lambda value: to_json(value).decode(), "json_deserializer": from_json}


@dataclass(frozen=True, kw_only=True)
class DatabaseLimits:
    """How long PostgreSQL may let one of our connections wait, in seconds; 0 is no limit.

    Without them a process that was stopped inside a transaction, or whose network is gone, would keep all others from
    the keys it had locked for as long as TCP takes to notice: two hours.
    """

    lock: float = 20
    idle_in_transaction: float = 20
    statement: float = 0
    connect: int = 10


@dataclass(frozen=True, kw_only=True)
class PoolSize:
    """Connections kept, and how many more may be opened when all are in use."""

    kept: int = 5
    more: int = 10


def open_engine(url: str | Path, limits: DatabaseLimits = DatabaseLimits(), pool: PoolSize = PoolSize()) -> Engine:
    """An engine for SQLite (WAL) or PostgreSQL. Makes the directory of a SQLite file.

    A file's path may hold any character, also those that mean something in a URL.
    """
    parsed = URL.create("sqlite", database=str(url)) if isinstance(url, Path) else make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return _open_postgres(parsed, limits, pool)
    if parsed.database and parsed.database != ":memory:":
        place = Path(parsed.database).parent
        if isinstance(url, Path):  # the data directory; where a URL leads to is somebody else's to close
            private_directory(place)
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    local = {"timeout": 60, "check_same_thread": False}
    engine = create_engine(parsed, connect_args=local, hide_parameters=True, **JSON_CODEC)
    event.listen(engine, "connect", _tune_sqlite)
    event.listen(engine, "begin", _begin_plainly)
    return engine


def _open_postgres(url: URL, limits: DatabaseLimits, pool: PoolSize) -> Engine:
    """What the URL says of a connection holds; what it leaves open is as here."""
    options = {**_KEEPALIVE, "connect_timeout": limits.connect}
    engine = create_engine(
        url,
        connect_args={name: value for name, value in options.items() if name not in url.query},
        pool_pre_ping=True,
        pool_size=pool.kept,
        max_overflow=pool.more,
        pool_timeout=10,
        hide_parameters=True,
        **JSON_CODEC,
    )
    values = {
        "lock_timeout": limits.lock,
        "idle_in_transaction_session_timeout": limits.idle_in_transaction,
        "statement_timeout": limits.statement,
    }
    settings = ", ".join(f"set_config('{name}', '{round(seconds * 1000)}', false)" for name, seconds in values.items())

    def limit(connection: Any, _record: Any) -> None:
        connection.execute(f"SELECT {settings}")
        connection.commit()

    event.listen(engine, "connect", limit)
    return engine


# A peer that is gone is noticed within a minute: probed when silent, given up when it acknowledges nothing (ms).
_KEEPALIVE = {
    "keepalives": 1,
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def _tune_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=60000",
        "cache_size=-65536",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_plainly(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("claimclock_writes", False):
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if options.get('claimclock_durable') else 'NORMAL'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def closing_engine(engine: Engine) -> Iterator[Engine]:
    """Closes its connections at the end, whatever happened."""
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def writing(engine: Engine, *, durable: bool = False) -> Iterator[Connection]:
    """One transaction that may write: committed at the end, rolled back on an error.

    `durable`: it survives a loss of power, and with it all that was committed before. Rows that can be folded again
    need not.
    """
    options = {"claimclock_writes": True, "claimclock_durable": durable}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One transaction in which every statement sees the same snapshot."""
    with engine.connect() as connection:
        dialect_of(connection).read_snapshot(connection)
        with connection.begin():
            yield connection


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def lock_keys(connection: Connection, keys: Iterable[str]) -> None:
    """Locks a rank of keys, sorted, until the transaction ends. SQLite has locked the whole file already."""
    dialect_of(connection).lock_keys(connection, sorted(set(keys)))
