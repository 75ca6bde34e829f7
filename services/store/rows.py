"""Writes many rows at once, in the quickest way each database has: COPY on PostgreSQL, `executemany` on SQLite.

SQLAlchemy's own way builds a dictionary of parameters for each row, which costs more than the database's part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.exc import DBAPIError

from services.store.dialect import dialect_of

RowValues = tuple[Any, ...]
Prepare = Callable[[Any], Any]


class WritePlan(NamedTuple):
    """How rows of one table are written on one database."""

    statement: str
    pick: Callable[[Mapping[str, Any]], RowValues]
    prepare: tuple[tuple[int, Prepare], ...]  # columns whose values the driver does not take as they are


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows that name every column of the table. Raises as an INSERT would."""
    if not rows:
        return
    if dialect_of(connection).copies_rows:
        _copy(connection, _copying(table, connection.dialect), rows)
    else:
        plan = _inserting(table, connection.dialect)
        connection.exec_driver_sql(plan.statement, list(_values(plan, rows)))


def _copy(connection: Connection, plan: WritePlan, rows: Sequence[Mapping[str, Any]]) -> None:
    import psycopg  # noqa: PLC0415  slow to import, and SQLite never needs it

    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(plan.statement) as copy:
            for values in _values(plan, rows):
                copy.write_row(values)
    except psycopg.Error as error:  # reported in SQLAlchemy's words, as every other statement's
        cause: Any = error
        lost = connection.dialect.is_disconnect(cause, driver, None)
        raise DBAPIError.instance(
            plan.statement,
            None,
            error,
            psycopg.Error,
            hide_parameters=True,
            connection_invalidated=lost,
            dialect=connection.dialect,
        ) from error


def _values(plan: WritePlan, rows: Sequence[Mapping[str, Any]]) -> Iterable[RowValues]:
    """Column by column, since most need no preparing and those that do share one function."""
    found = map(plan.pick, rows)
    if not plan.prepare:
        return found
    columns: list[Iterable[Any]] = list(zip(*found, strict=True))
    for place, prepare in plan.prepare:
        columns[place] = map(prepare, columns[place])
    return zip(*columns, strict=True)


@lru_cache(maxsize=256)  # a table's columns never change while the program runs
def _inserting(table: Table, dialect: Dialect) -> WritePlan:
    marks = ", ".join("?" for _ in table.c)
    return _plan(table, dialect, f"INSERT INTO {table.name} ({_names(table)}) VALUES ({marks})")  # noqa: S608  our own names


@lru_cache(maxsize=256)
def _copying(table: Table, dialect: Dialect) -> WritePlan:
    return _plan(table, dialect, f"COPY {table.name} ({_names(table)}) FROM STDIN")


def _alone(name: str) -> Callable[[Mapping[str, Any]], RowValues]:
    return lambda row: (row[name],)


def _names(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.c)


def _plan(table: Table, dialect: Dialect, statement: str) -> WritePlan:
    names = [column.name for column in table.c]
    types = [column.type.dialect_impl(dialect) for column in table.c]
    prepare = [(place, kind.bind_processor(dialect)) for place, kind in enumerate(types)]
    pick = itemgetter(*names) if len(names) > 1 else _alone(names[0])
    return WritePlan(statement, pick, tuple((place, how) for place, how in prepare if how is not None))
