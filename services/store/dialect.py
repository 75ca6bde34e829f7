"""What SQLite and PostgreSQL do differently, in one place. Everywhere else a statement is the same for both."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import IntEnum
from functools import cache
from importlib import import_module
from typing import Any, ClassVar

from pydantic_core import to_json
from sqlalchemy import ARRAY, ColumnElement, Connection, Table, Text, any_, bindparam, func, select
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError

from projections.keys import parse_key


def practices_of(keys: Iterable[str]) -> list[str]:
    """The practices of some keys, each once."""
    return sorted({parse_key(key).practice for key in keys})


class AdvisoryLock(IntEnum):
    """The numbers of our PostgreSQL advisory locks, each with one purpose. Never reuse a number.

    The locks that show which positions are under way have a number space of their own: see `horizon`.
    """

    MIGRATION = 4217
    CORRECTIONS = 4218
    SEAL = 4219
    AUDIT = 4220
    SIGN_IN = 4221


@cache  # every batch inserts so, and to make the statement costs more than to run it
def _insert_ignore(inserts: str, table: Table, unique: tuple[str, ...]) -> Any:
    return import_module(inserts).insert(table).on_conflict_do_nothing(index_elements=list(unique))


class StoreDialect(ABC):
    """One database's way. `has_concurrent_writers`: several may write at once, so that rows and numbers need locks."""

    has_concurrent_writers: ClassVar[bool]
    has_partitions: ClassVar[bool]  # tables may be spread by practice: statements name the practices they are about
    skip_locked: ClassVar[str]  # ends a SELECT that locks its rows and leaves out those that others have locked
    picked_once: ClassVar[str]  # compares with what a limited query gives, which is run once whatever the plan
    copies_rows: ClassVar[bool]  # many rows are written fastest by COPY
    _inserts: ClassVar[str]  # SQLAlchemy's module with this database's INSERT; PostgreSQL's is slow to import

    def insert_ignore(self, table: Table, *unique: str) -> Any:
        """An INSERT that leaves alone what has these columns in common with a row that is there."""
        return _insert_ignore(self._inserts, table, unique)

    def upsert(
        self, table: Table, *unique: str, update: Iterable[str] = (), set_: Mapping[str, Any] | None = None
    ) -> Any:
        """An INSERT that gives a row that is there the new values of `update`, and what `set_` says."""
        statement = import_module(self._inserts).insert(table)
        values = {name: statement.excluded[name] for name in update} | dict(set_ or {})
        return statement.on_conflict_do_update(index_elements=list(unique), set_=values)

    @abstractmethod
    def among_given(self, column: ColumnElement[str], name: str = "keys") -> ColumnElement[bool]:
        """Whether a column holds one of many texts, bound under a name (`as_list`) when the statement is executed.

        One bound value, however many they are; so that the statement is made, and compiled, once.
        """

    def of_practices(self, *columns: ColumnElement[str]) -> list[ColumnElement[bool]]:  # noqa: ARG002
        """Conditions that columns hold one of the practices bound by `given`: only their partitions are read."""
        return []

    def given(self, keys: Sequence[str]) -> dict[str, Any]:
        """What `among_given` and `of_practices` are to be given, for keys."""
        return {"keys": self.as_list(keys)}

    @abstractmethod
    def as_list(self, values: Sequence[Any]) -> Any:
        """Many values as one that can be bound; `unnest` makes rows of it."""

    @abstractmethod
    def unnest(self, parameter: str, kind: str) -> str:
        """A query of one column, `value`, over a list bound under this parameter; `kind`: text or bigint."""

    @abstractmethod
    def among_listed(self, column: str) -> str:
        """For the driver itself: a condition that a column is in a list, given as `as_list` makes it."""

    @abstractmethod
    def insertion(self, table: str, columns: str, count: int) -> str:
        """For the driver itself: how rows of a table are inserted, by COPY where `copies_rows`."""

    def as_written(self, column: str, *, is_json: bool) -> str:  # noqa: ARG002
        """For the driver itself: a column in the form in which its values are written."""
        return column

    @abstractmethod
    def least(self, *values: ColumnElement[Any], type_: Any) -> ColumnElement[Any]:
        """The least of some values, none of them null."""

    @abstractmethod
    def lock_keys(self, connection: Connection, ordered: Sequence[str]) -> None:
        """Locks fold keys, given sorted, until the transaction ends; makes rows for those that have none."""

    @abstractmethod
    def advisory_lock(self, connection: Connection, lock: AdvisoryLock, *, shared: bool = False) -> None:
        """Holds a lock of the registry until the transaction ends."""

    @abstractmethod
    def append_only(self, table: str) -> Iterator[str]:
        """Statements that make the database itself refuse to change or remove rows of a table."""

    def columns_not_by_bytes(self, connection: Connection, tables: Sequence[str]) -> list[str]:  # noqa: ARG002
        """Columns of text of these tables, as `table.column`, that the database orders by a language."""
        return []

    @abstractmethod
    def integrity_faults(self, connection: Connection) -> Iterator[str]:
        """What the database's own check of its pages and indexes finds, in its words, which name no value."""

    def unchecked(self, connection: Connection) -> str | None:  # noqa: ARG002
        """What that check could not do in this installation, in words; None where it does all."""
        return None

    def now(self, connection: Connection) -> datetime | None:  # noqa: ARG002
        """What time the database says it is; None where it is on this very machine."""
        return None

    def forget_statistics(self, connection: Connection) -> bool:  # noqa: ARG002  PostgreSQL renews its own
        """In a transaction that writes: plans follow no statistics that nobody renews as the tables grow.

        Returns whether there were any; connections that are open still follow them.
        """
        return False

    def read_snapshot(self, connection: Connection) -> None:
        """Before a transaction begins: all its reads see the database as of one moment."""
        del connection  # SQLite's do anyway

    def think_long(self, connection: Connection) -> None:
        """In a transaction that only reads: long work between two of its statements does not end it."""
        del connection  # nothing ends it on SQLite

    def read_latest(self, connection: Connection) -> None:
        """Before a connection is used: each read is by itself, without the round trips of a transaction."""
        del connection  # SQLite makes none


class _Sqlite(StoreDialect):
    """One writer at a time: `BEGIN IMMEDIATE` has locked the whole file, and a reader's transaction is a snapshot."""

    has_concurrent_writers = False
    has_partitions = False
    skip_locked = ""
    picked_once = "IN ({})"
    copies_rows = False
    _inserts: ClassVar[str] = "sqlalchemy.dialects.sqlite"

    def among_given(self, column: ColumnElement[str], name: str = "keys") -> ColumnElement[bool]:
        return column.in_(select(func.json_each(bindparam(name, type_=Text)).table_valued("value").c.value))

    def as_list(self, values: Sequence[Any]) -> str:
        return to_json(list(values)).decode()

    def unnest(self, parameter: str, kind: str) -> str:  # noqa: ARG002  JSON knows its own types
        return f"SELECT value FROM json_each({parameter})"  # noqa: S608  a parameter's name, never a value

    def among_listed(self, column: str) -> str:
        return f"{column} IN (SELECT value FROM json_each(?))"  # noqa: S608  a column's name

    def insertion(self, table: str, columns: str, count: int) -> str:
        return f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * count)})"  # noqa: S608  our own names

    def least(self, *values: ColumnElement[Any], type_: Any) -> ColumnElement[Any]:
        return func.min(*values, type_=type_)

    def lock_keys(self, connection: Connection, ordered: Sequence[str]) -> None:
        connection.execute(_ENSURE_LOCAL_KEYS, {"keys": to_json(ordered).decode()})

    def advisory_lock(self, connection: Connection, lock: AdvisoryLock, *, shared: bool = False) -> None:
        pass

    def append_only(self, table: str) -> Iterator[str]:
        for verb in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )

    def forget_statistics(self, connection: Connection) -> bool:
        tables = connection.scalars(_STATISTICS).all()
        for table in tables:
            connection.exec_driver_sql(f"DROP TABLE {table}")
        return bool(tables)

    def integrity_faults(self, connection: Connection) -> Iterator[str]:
        yield from (told for told in connection.exec_driver_sql("PRAGMA integrity_check").scalars() if told != "ok")


class _Postgres(StoreDialect):
    has_concurrent_writers = True
    has_partitions = True
    skip_locked = "FOR UPDATE SKIP LOCKED"
    picked_once = "= ANY(ARRAY({}))"  # within IN it may be run again for each row, and each time find others to lock
    copies_rows = True
    _inserts: ClassVar[str] = "sqlalchemy.dialects.postgresql"

    def among_given(self, column: ColumnElement[str], name: str = "keys") -> ColumnElement[bool]:
        return column == any_(bindparam(name, type_=ARRAY(Text)))

    def of_practices(self, *columns: ColumnElement[str]) -> list[ColumnElement[bool]]:
        return [self.among_given(column, "practices") for column in columns]

    def given(self, keys: Sequence[str]) -> dict[str, Any]:
        return {"keys": list(keys), "practices": practices_of(keys)}

    def as_list(self, values: Sequence[Any]) -> list[Any]:
        return list(values)

    def unnest(self, parameter: str, kind: str) -> str:
        return f"SELECT unnest(CAST({parameter} AS {kind}[])) AS value"

    def among_listed(self, column: str) -> str:
        return f"{column} = ANY(%s)"

    def insertion(self, table: str, columns: str, count: int) -> str:  # noqa: ARG002
        return f"COPY {table} ({columns}) FROM STDIN"

    def as_written(self, column: str, *, is_json: bool) -> str:
        return f"CAST({column} AS text)" if is_json else column

    def least(self, *values: ColumnElement[Any], type_: Any) -> ColumnElement[Any]:
        return func.least(*values, type_=type_)

    def lock_keys(self, connection: Connection, ordered: Sequence[str]) -> None:
        connection.execute(_ENSURE_KEYS, {"keys": ordered})
        connection.execute(_LOCK_KEYS, {"keys": ordered})

    def advisory_lock(self, connection: Connection, lock: AdvisoryLock, *, shared: bool = False) -> None:
        connection.execute(_ADVISORY_SHARED if shared else _ADVISORY, {"lock": int(lock)})

    def append_only(self, table: str) -> Iterator[str]:
        yield (
            f"CREATE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        )
        yield (
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_kept()"
        )

    def columns_not_by_bytes(self, connection: Connection, tables: Sequence[str]) -> list[str]:
        return list(connection.scalars(_NOT_BY_BYTES, {"tables": list(tables)}))

    def unchecked(self, connection: Connection) -> str | None:
        if _has_amcheck(connection):
            return None
        return (
            "PostgreSQL's own check of its indexes was not available: it needs the extension amcheck, which an "
            "administrator of the database installs with CREATE EXTENSION amcheck"
        )

    def integrity_faults(self, connection: Connection) -> Iterator[str]:
        """Needs the extension `amcheck`, which an administrator installs; without it PostgreSQL checks nothing."""
        if not _has_amcheck(connection):
            return
        for index in connection.scalars(_OUR_INDEXES).all():
            try:
                with connection.begin_nested():
                    connection.execute(sql("SELECT bt_index_check(CAST(:index AS regclass), true)"), {"index": index})
            except DBAPIError as error:
                if connection.connection.dbapi_connection is None or error.connection_invalidated:
                    raise
                yield f"index {index} does not fit its table; `REINDEX INDEX {index}` builds it anew"

    def now(self, connection: Connection) -> datetime | None:
        found: datetime | None = connection.scalar(sql("SELECT clock_timestamp()"))
        return found

    def read_snapshot(self, connection: Connection) -> None:
        connection.execution_options(isolation_level="REPEATABLE READ")

    def think_long(self, connection: Connection) -> None:
        connection.execute(_THINK_LONG)

    def read_latest(self, connection: Connection) -> None:
        connection.execution_options(isolation_level="AUTOCOMMIT")


# Nobody waits for a transaction that only reads; what is folded between two of its statements may take its time.
_THINK_LONG = sql("SELECT set_config('idle_in_transaction_session_timeout', '900000', true)")


def _has_amcheck(connection: Connection) -> bool:
    return connection.scalar(sql("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'")) is not None


_ENSURE_KEYS = sql("INSERT INTO fold_key (key) SELECT unnest(CAST(:keys AS text[])) ON CONFLICT (key) DO NOTHING")
_LOCK_KEYS = sql("SELECT key FROM fold_key WHERE key = ANY(CAST(:keys AS text[])) ORDER BY key FOR UPDATE")
_ENSURE_LOCAL_KEYS = sql(  # "WHERE true" keeps SQLite from reading ON CONFLICT as part of a join
    "INSERT INTO fold_key (key) SELECT value FROM json_each(:keys) WHERE true ON CONFLICT (key) DO NOTHING"
)
_NOT_BY_BYTES = sql(
    "SELECT t.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid"
    " JOIN pg_collation c ON c.oid = a.attcollation"
    " WHERE t.relkind IN ('r', 'p') AND t.relnamespace = current_schema()::regnamespace AND a.attnum > 0"
    " AND NOT a.attisdropped AND t.relname = ANY(:tables) AND c.collname NOT IN ('C', 'POSIX', 'ucs_basic')"
    " ORDER BY 1"
)
_OUR_INDEXES = sql(
    "SELECT quote_ident(i.relname) FROM pg_class i JOIN pg_am a ON a.oid = i.relam AND a.amname = 'btree'"
    " WHERE i.relkind = 'i' AND i.relnamespace = current_schema()::regnamespace ORDER BY 1"
)
_ADVISORY = sql("SELECT pg_advisory_xact_lock(:lock)")
_ADVISORY_SHARED = sql("SELECT pg_advisory_xact_lock_shared(:lock)")
DIALECTS: dict[str, StoreDialect] = {"sqlite": _Sqlite(), "postgresql": _Postgres()}


_STATISTICS = sql("SELECT name FROM sqlite_master WHERE name IN ('sqlite_stat1', 'sqlite_stat4')")


def dialect_of(connection: Connection) -> StoreDialect:
    """Raises KeyError for a database that is neither SQLite nor PostgreSQL."""
    return DIALECTS[connection.dialect.name]
