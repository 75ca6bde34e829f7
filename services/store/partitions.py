"""Tables in partitions, where a PostgreSQL database was made so: read tables by practice, the log by position.

Chosen when the database is made, as PostgreSQL cannot turn a table into a partitioned one later. Statements are the
same with and without: every unique key of what is spread by practice holds the practice, and hot statements name it,
so that PostgreSQL reads only the partitions it needs.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, text

from projections.tables.tables import READ_TABLES, table_of
from services.core.errors import UsageError
from services.store.dialect import AdvisoryLock, dialect_of
from services.store.tables import EventIdentity, EventLog

MOST = 1024
RANGE = 10_000_000  # positions in one partition of the log
LOG, IDENTITY = table_of(EventLog).name, table_of(EventIdentity).name
REST = f"{LOG}_rest"  # takes what lies beyond the ranges there are: no event is refused for want of a partition


class _Spread(NamedTuple):
    """How one table is cut. `key`: its primary key then, which must hold the column that it is cut by."""

    table: str
    by: str
    key: tuple[str, ...]


def partition(connection: Connection, count: int) -> None:
    """Cuts the tables of a new database. `count`: partitions of each read table, and of the identity table.

    Raises UsageError where it cannot be done.
    """
    if not dialect_of(connection).has_partitions:
        raise UsageError("SQLite has no partitions: --partitions is for PostgreSQL")
    if not 1 <= count <= MOST:
        raise UsageError(f"--partitions takes 1 to {MOST}")
    for name, table in READ_TABLES.items():
        key = tuple(column.name for column in table.primary_key.columns)
        _cut(connection, _Spread(name, "HASH (practice)", key))
        _hash(connection, name, count)
    connection.execute(text(f"ALTER SEQUENCE {IDENTITY}_position_seq OWNED BY NONE"))
    _cut(connection, _Spread(IDENTITY, "HASH (practice)", ("practice", "source", "id")))
    connection.execute(text(f"ALTER SEQUENCE {IDENTITY}_position_seq OWNED BY {IDENTITY}.position"))
    connection.execute(text(f"CREATE INDEX {IDENTITY}_by_position ON {IDENTITY} (position)"))
    _hash(connection, IDENTITY, count)
    # By position first: a history is read by position, and the practice is in the key for those who spread further.
    _cut(connection, _Spread(LOG, "RANGE (position)", ("position", "practice")))
    connection.execute(text(f"CREATE TABLE {REST} PARTITION OF {LOG} DEFAULT"))
    for name in (LOG, IDENTITY):
        _keep(connection, name)
    prepare_log(connection)


def prepare_log(connection: Connection, size: int = RANGE) -> list[str]:
    """Makes partitions of the log ahead of its last position. Returns their names; none of a log in one piece."""
    if not is_partitioned(connection, LOG):
        return []
    dialect_of(connection).advisory_lock(connection, AdvisoryLock.MIGRATION)
    made: list[str] = []
    newest = connection.scalar(text(f"SELECT coalesce(max(position), 0) FROM {IDENTITY}"))  # noqa: S608  our own names
    start = _next_start(connection, size)
    while start <= newest + size:
        name = f"{LOG}_{start}"
        # Attached, not made in place: those who log and read go on meanwhile.
        connection.execute(text(f"CREATE TABLE {name} (LIKE {LOG} INCLUDING ALL)"))
        connection.execute(
            text(f"ALTER TABLE {LOG} ATTACH PARTITION {name} FOR VALUES FROM ({start}) TO ({start + size})")
        )
        _keep_one(connection, LOG, name)
        made.append(name)
        start += size
    return made


def _next_start(connection: Connection, size: int) -> int:
    """Where the next range begins: behind the ranges there are, and behind what had to go beyond them."""
    starts = [int(name.rpartition("_")[2]) for name in partitions_of(connection, LOG) if name != REST]
    beyond = connection.scalar(text(f"SELECT max(position) FROM {REST}"))  # noqa: S608  our own name
    after = max((start + size for start in starts), default=0)
    return after if beyond is None or beyond < after else (beyond // size + 1) * size


def is_partitioned(connection: Connection, table: str) -> bool:
    """Whether a table of this database is in partitions."""
    if not dialect_of(connection).has_partitions:
        return False
    found = text("SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass(:table)")
    return bool(connection.scalar(found, {"table": table}))


def partitions_of(connection: Connection, table: str) -> list[str]:
    """The names of a table's partitions, in the order of their names."""
    found = text(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = to_regclass(:table) ORDER BY 1"
    )
    return list(connection.scalars(found, {"table": table}))


def _cut(connection: Connection, spread: _Spread) -> None:
    """Makes a table anew as one of partitions, with its indexes under their names; none of it holds a row yet."""
    table, whole = spread.table, f"{spread.table}_whole"
    indexes = connection.scalars(_INDEXES, {"table": table}).all()
    like = f"LIKE {whole} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE"
    for statement in (
        f"ALTER TABLE {table} RENAME TO {whole}",
        f"CREATE TABLE {table} ({like}) PARTITION BY {spread.by}",
        f"DROP TABLE {whole}",
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY ({', '.join(spread.key)})",
        *indexes,
    ):
        connection.exec_driver_sql(statement)


def _hash(connection: Connection, table: str, count: int) -> None:
    for number in range(count):
        connection.exec_driver_sql(
            f"CREATE TABLE {table}_p{number} PARTITION OF {table} FOR VALUES WITH (MODULUS {count}, REMAINDER {number})"
        )


def _keep(connection: Connection, table: str) -> None:
    """Nothing is changed or removed, neither through the table nor in a partition by its own name."""
    for name in (table, *partitions_of(connection, table)):
        _keep_one(connection, table, name)


def _keep_one(connection: Connection, table: str, name: str) -> None:
    connection.exec_driver_sql(
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_kept()"
    )


# Those of no constraint: the primary key is made anew, and the identity's uniqueness is its primary key then.
_INDEXES = text(
    "SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i WHERE i.indrelid = to_regclass(:table)"
    " AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)"
)
