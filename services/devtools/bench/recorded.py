"""What a real run wrote, transaction by transaction: the rows that the floor then writes again without any logic."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Delete, Engine, Table, delete, select, text

from projections.tables.tables import READ_TABLES, table_of
from services.core.errors import ClaimclockError
from services.projector.entry_reader import RawEntry
from services.projector.projector import BatchOutcome, Projector
from services.store.dialect import StoreDialect, dialect_of
from services.store.engine import writing
from services.store.log import CORRECTION, IDENTITY, KEYS, LOG, SIGHTING
from services.store.rows import insert_rows
from services.store.tables import FoldKey, Stale

STALE = table_of(Stale)
TABLES: tuple[Table, ...] = (
    IDENTITY,
    LOG,
    KEYS,
    SIGHTING,
    CORRECTION,
    table_of(FoldKey),
    *READ_TABLES.values(),
)


@dataclass(frozen=True)
class Written:
    """One transaction: of each table the keys whose rows went, and the rows that came."""

    gone: dict[str, list[str]]
    rows: dict[str, list[dict[str, Any]]]


class Recorder:
    """Has SQLite itself note what changes, so that it does not matter how the projector writes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with writing(engine) as connection:
            connection.exec_driver_sql("CREATE TABLE bench_came (name TEXT, place INTEGER)")
            connection.exec_driver_sql("CREATE TABLE bench_went (name TEXT, key TEXT)")
            for table in TABLES:
                self._watch(connection, table)

    @staticmethod
    def _watch(connection: Connection, table: Table) -> None:
        name = table.name
        connection.exec_driver_sql(
            f"CREATE TRIGGER bench_{name}_came AFTER INSERT ON {name} "  # noqa: S608  our own names
            f"BEGIN INSERT INTO bench_came VALUES ('{name}', NEW.rowid); END"
        )
        if "key" in table.c:
            connection.exec_driver_sql(
                f"CREATE TRIGGER bench_{name}_went AFTER DELETE ON {name} "  # noqa: S608
                f"BEGIN INSERT INTO bench_went VALUES ('{name}', OLD.key); END"
            )

    def take(self) -> Written:
        """What was written since the last time."""
        gone: dict[str, list[str]] = {}
        rows: dict[str, list[dict[str, Any]]] = {}
        with writing(self._engine) as connection:
            for name, key in connection.exec_driver_sql("SELECT DISTINCT name, key FROM bench_went ORDER BY name, key"):
                gone.setdefault(name, []).append(key)
            for table in TABLES:
                came = text(f"rowid IN (SELECT place FROM bench_came WHERE name = '{table.name}')")  # noqa: S608
                if found := [dict(row._mapping) for row in connection.execute(select(table).where(came))]:  # noqa: SLF001
                    rows[table.name] = found
            connection.exec_driver_sql("DELETE FROM bench_came")
            connection.exec_driver_sql("DELETE FROM bench_went")
        return Written(gone, rows)


@dataclass(frozen=True)
class Recorded:
    """What a run wrote: of each batch when it was logged, then of each fold."""

    logs: Sequence[Written]
    folds: Sequence[Written]


def record(engine: Engine, projector: Projector, batches: Sequence[Sequence[RawEntry]]) -> Recorded:
    """Projects the batches on a SQLite database, all logged before they are folded, and notes what was written."""
    recorder = Recorder(engine)
    logs, folds = [], []
    for batch in batches:
        projector.log(batch)
        logs.append(recorder.take())
    while projector.drain():
        folds.append(recorder.take())
    return Recorded(logs, folds)


def refuse_stale(engine: Engine) -> None:
    """A fold that raises is fast: such a run measures nothing. Raises ClaimclockError."""
    with engine.connect() as connection:
        errors = set(connection.scalars(select(STALE.c.error)))
    if errors:
        raise ClaimclockError(f"folds raised while they were measured: {', '.join(sorted(errors))}")


class Floor:
    """In the place of a projector and its worker: it writes what the real ones wrote, and computes nothing."""

    def __init__(self, engine: Engine, recorded: Recorded) -> None:
        self._engine = engine
        self._logs = iter(recorded.logs)
        self._folds = iter(recorded.folds)
        self._unlogged = len(recorded.logs)
        self.done = threading.Event()

    def log(self, _entries: Sequence[RawEntry]) -> BatchOutcome:
        self._write(next(self._logs), durable=True)
        self._unlogged -= 1
        return BatchOutcome()

    def step(self) -> int:
        """Nothing is folded before all is logged, as when it was recorded."""
        fold = None if self._unlogged else next(self._folds, None)
        if fold is None:
            if not self._unlogged:
                self.done.set()
            return 0
        self._write(fold)
        return 1

    def stop(self) -> None:
        """Nothing is held."""

    def _write(self, batch: Written, *, durable: bool = False) -> None:
        with writing(self._engine, durable=durable) as connection:
            for table in TABLES:
                if keys := batch.gone.get(table.name):
                    gone = {"keys": dialect_of(connection).as_list(keys)}
                    connection.execute(_removal(dialect_of(connection), table), gone)
                if rows := batch.rows.get(table.name):
                    insert_rows(connection, table, rows)


@cache  # as the product's, so that the floor pays no more for it
def _removal(dialect: StoreDialect, table: Table) -> Delete:
    return delete(table).where(dialect.among_given(table.c.key))
