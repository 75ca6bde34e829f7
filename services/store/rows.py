"""Writes many rows at once, in the quickest way each database has: COPY on PostgreSQL, `executemany` on SQLite.

SQLAlchemy's own way builds a dictionary of parameters for each row, which costs more than the database's part. Rows
that stand as they should be are left alone: most folds give what is there, and to read costs less than to write.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from pydantic_core import to_json
from sqlalchemy import JSON, Column, Connection, Dialect, Table

from services.store.dialect import DIALECTS, StoreDialect, dialect_of, practices_of
from services.store.driver import RowValues, copy_rows, fetch, run, run_many

Prepare = Callable[[Any], Any]
NOTHING: frozenset[RowValues] = frozenset()


class WritePlan(NamedTuple):
    """How rows of one table are written on one database. `standing` and `removal` end in a condition on the keys."""

    insertion: str
    standing: str
    removal: str
    copies: bool
    pick: Callable[[Mapping[str, Any]], RowValues]
    prepare: tuple[tuple[int, Prepare], ...]  # columns whose values the driver does not take as they are

    def values(self, rows: Sequence[Mapping[str, Any]]) -> list[RowValues]:
        """Column by column, since most need no preparing and those that do share one function."""
        found = map(self.pick, rows)
        if not self.prepare or not rows:
            return list(found)
        columns: list[Iterable[Any]] = list(zip(*found, strict=True))
        for place, prepare in self.prepare:
            columns[place] = map(prepare, columns[place])
        return list(zip(*columns, strict=True))


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts rows that name every column of the table. Raises as an INSERT would."""
    if rows:
        plan = _plan(table, connection.dialect)
        _insert(connection, plan, plan.values(rows))


def replace_key_rows(
    connection: Connection,
    table: Table,
    keys: Collection[str],
    rows: Sequence[Mapping[str, Any]],
    kinds: Sequence[str] = (),
) -> dict[str, frozenset[RowValues]]:
    """Has a table hold these rows for these keys and no others, of these kinds only where any are given.

    Only what differs is written. Returns the keys of which anything did, with the rows that stood, in the order of the
    table's columns, of which the first is the key. Raises as an INSERT would.
    """
    plan, given = _plan(table, connection.dialect), _given(connection, table, sorted(keys))
    only = f" AND kind IN ({_quoted(kinds)})" if kinds else ""
    values, stood = plan.values(rows), fetch(connection, plan.standing + only, *given)
    if not stood:  # as in every import: nothing to compare with
        if values:
            _insert(connection, plan, values)
        return {row[0]: NOTHING for row in values}
    before, after = _by_key(stood), _by_key(values)
    changed = {key: before.get(key, NOTHING) for key in keys if before.get(key, NOTHING) != after.get(key, NOTHING)}
    if gone := [key for key, stood in changed.items() if stood]:
        run(connection, plan.removal + only, *_given(connection, table, gone))
    if come := [row for row in values if row[0] in changed]:
        _insert(connection, plan, come)
    return changed


def _quoted(words: Iterable[str]) -> str:
    """Our own words, as texts of SQL."""
    return ", ".join(f"'{word}'" for word in words)


def remove_key_rows(connection: Connection, table: Table, keys: Sequence[str]) -> None:
    """Removes all rows of these keys."""
    run(connection, _plan(table, connection.dialect).removal, *_given(connection, table, keys))


def _given(connection: Connection, table: Table, keys: Sequence[str]) -> list[Any]:
    """The values of a condition on keys: they, and where tables may be partitioned the practices that they name."""
    dialect = dialect_of(connection)
    return [dialect.as_list(keys), *([practices_of(keys)] if _names_practice(table, dialect) else [])]


def _names_practice(table: Table, dialect: StoreDialect) -> bool:
    return dialect.has_partitions and "practice" in table.c


def _by_key(rows: Iterable[RowValues]) -> dict[str, frozenset[RowValues]]:
    found: dict[str, list[RowValues]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return {key: frozenset(values) for key, values in found.items()}


def _insert(connection: Connection, plan: WritePlan, rows: Sequence[RowValues]) -> None:
    (copy_rows if plan.copies else run_many)(connection, plan.insertion, rows)


@lru_cache(maxsize=256)  # a table's columns never change while the program runs
def _plan(table: Table, dialect: Dialect) -> WritePlan:
    """Of texts that hold our own names only."""
    ours, names = DIALECTS[dialect.name], [column.name for column in table.c]
    read = ", ".join(ours.as_written(f'"{column.name}"', is_json=_is_json(column)) for column in table.c)
    quoted = ", ".join(f'"{name}"' for name in names)
    among = f"WHERE {ours.among_listed('key')}"
    if _names_practice(table, ours):  # read of none but those that have them
        among += f" AND {ours.among_listed('practice')}"
    prepare = ((place, _preparing(column, dialect)) for place, column in enumerate(table.c))
    return WritePlan(
        insertion=ours.insertion(table.name, quoted, len(names)),
        standing=f"SELECT {read} FROM {table.name} {among}",  # noqa: S608
        removal=f"DELETE FROM {table.name} {among}",  # noqa: S608
        copies=ours.copies_rows,
        pick=itemgetter(*names) if len(names) > 1 else _alone(names[0]),
        prepare=tuple((place, how) for place, how in prepare if how is not None),
    )


def _alone(name: str) -> Callable[[Mapping[str, Any]], RowValues]:
    return lambda row: (row[name],)


def _is_json(column: Column[Any]) -> bool:
    return isinstance(column.type, JSON)


def _preparing(column: Column[Any], dialect: Dialect) -> Prepare | None:
    """JSON as its text, which every driver takes and gives back."""
    return _json_text if _is_json(column) else column.type.dialect_impl(dialect).bind_processor(dialect)


def _json_text(value: Any) -> str | None:
    return None if value is None else to_json(value).decode()
