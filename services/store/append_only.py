"""Tables that the database itself refuses to change: whatever code is wrong, what was written stays."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection


def append_only(connection: Connection, table: str) -> None:
    """Gives a table triggers that refuse UPDATE and DELETE (PostgreSQL: TRUNCATE too)."""
    for statement in (_on_sqlite if connection.dialect.name == "sqlite" else _on_postgresql)(table):
        connection.exec_driver_sql(statement)


def _on_sqlite(table: str) -> Iterator[str]:
    for verb in ("UPDATE", "DELETE"):
        yield (
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _on_postgresql(table: str) -> Iterator[str]:
    yield (
        f"CREATE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    yield (
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_kept()"
    )
