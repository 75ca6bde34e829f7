"""Statements given to the database's driver as they are, where SQLAlchemy's part would cost more than the database's.

The text is made once per table and database; values go in and come out as the driver has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

RowValues = tuple[Any, ...]


def fetch(connection: Connection, statement: str, *values: Any) -> list[RowValues]:
    """The rows of a query, in the connection's transaction. Raises as SQLAlchemy would."""
    with _reported(connection, statement):
        return list(_driver(connection).execute(statement, values).fetchall())


def run(connection: Connection, statement: str, *values: Any) -> None:
    """A statement that gives no rows. Raises as SQLAlchemy would."""
    with _reported(connection, statement):
        _driver(connection).execute(statement, values)


def run_many(connection: Connection, statement: str, rows: Sequence[RowValues]) -> None:
    """The same statement for each of some rows. Raises as SQLAlchemy would."""
    with _reported(connection, statement):
        _driver(connection).cursor().executemany(statement, rows)


def copy_rows(connection: Connection, statement: str, rows: Sequence[RowValues]) -> None:
    """A COPY of PostgreSQL. Raises as SQLAlchemy would."""
    with _reported(connection, statement), _driver(connection).cursor() as cursor, cursor.copy(statement) as copy:
        for values in rows:
            copy.write_row(values)


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


@contextmanager
def _reported(connection: Connection, statement: str) -> Iterator[None]:
    """Reports an error of the driver in SQLAlchemy's words, as every other statement's."""
    errors: Any = connection.dialect.loaded_dbapi.Error
    try:
        yield
    except errors as error:
        lost = connection.dialect.is_disconnect(error, _driver(connection), None)
        raise DBAPIError.instance(
            statement,
            None,
            error,
            errors,
            hide_parameters=True,
            connection_invalidated=lost,
            dialect=connection.dialect,
        ) from error
