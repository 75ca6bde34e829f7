"""One engine for rebuild, verify, reads of the past and what-if: refold the log, here or beside the live tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Table, create_engine, delete, select
from sqlalchemy.pool import StaticPool
from sqlmodel import SQLModel

from projections.columns import EPOCH
from projections.history import NO_CUT, Cut
from projections.keys import RANKS, parse_key
from projections.reference import Reference
from projections.tables import READ_TABLES, table_of
from services.projector.folds import Ground
from services.projector.refold import Progress, refold
from services.store.engine import lock_keys, writing
from services.store.log import KEYS
from services.store.reference import References, lock_terms
from services.store.tables import FoldKey, Stale

FIRST_RANK = frozenset(RANKS[1])
FOLD_KEY, STALE = table_of(FoldKey), table_of(Stale)


def first_keys(log: Connection, practice: str | None = None) -> list[str]:
    """Every key the log itself names; all others follow from their rows."""
    found: list[str] = []
    for kind in sorted(FIRST_RANK):
        start = f"{kind}|{practice}|" if practice else f"{kind}|"
        query = select(KEYS.c.key).where(KEYS.c.key >= start, KEYS.c.key < start[:-1] + "}").distinct()
        found.extend(log.scalars(query))
    return sorted(found)


def scratch(
    log: Connection, practice: str, reference: Reference, cut: Cut = NO_CUT, progress: Progress | None = None
) -> Engine:
    """All read tables of a practice, folded anew into memory."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    SQLModel.metadata.create_all(engine)
    keys = first_keys(log, practice)
    with engine.begin() as rows:
        refold(Ground(log, rows, cut), keys, reference, EPOCH, progress)
    return engine


def rebuild(engine: Engine, references: References, progress: Progress | None = None, claim: str | None = None) -> int:
    """Drops the read rows and folds them from the log again, in one transaction: readers see old or new, never a mix.

    `claim`, a claim key, rebuilds only that one and what it touches. Returns how many keys the log names.
    """
    with writing(engine) as connection:
        keys = [claim] if claim else first_keys(connection)
        practices = sorted({parse_key(key).practice for key in keys})
        for practice in practices:
            lock_terms(connection, practice, changing=True)
        if not claim:
            lock_keys(connection, keys)
            for table in (*READ_TABLES.values(), STALE):
                connection.execute(delete(table))
        for practice in practices:
            mine = [key for key in keys if parse_key(key).practice == practice]
            refold(Ground(connection, connection), mine, references.get(connection, practice), EPOCH, progress)
    return len(keys)


@dataclass(frozen=True)
class Mismatch:
    """A row that the log does not bear out. `found`: stored, missing or different."""

    table: str
    key: str
    found: str


def verify(
    engine: Engine, references: References, progress: Progress | None = None
) -> list[Mismatch]:
    """Refolds everything beside the live tables and compares row by row, byte for byte."""
    with engine.connect() as connection, connection.begin():
        wrong: list[Mismatch] = []
        keys = first_keys(connection)
        for practice in sorted({parse_key(key).practice for key in keys}):
            beside = scratch(connection, practice, references.get(connection, practice), progress=progress)
            with beside.connect() as rows:
                for table in READ_TABLES.values():
                    wrong.extend(_compare(table, practice, connection, rows))
        return wrong


def _compare(table: Table, practice: str, live: Connection, anew: Connection) -> Iterator[Mismatch]:
    stored, folded = _by_key(table, practice, live), _by_key(table, practice, anew)
    for key in sorted(stored.keys() | folded.keys()):
        if stored.get(key) != folded.get(key):
            found = "missing" if key not in stored else "stored" if key not in folded else "different"
            yield Mismatch(table.name, key, found)


def _by_key(table: Table, practice: str, connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    """Rows under their key, in the order of the primary key."""
    rows: dict[str, list[tuple[object, ...]]] = {}
    for row in connection.execute(select(table).order_by(*table.primary_key.columns)):
        if parse_key(row.key).practice == practice:
            rows.setdefault(row.key, []).append(tuple(row))
    return {key: sorted(found, key=repr) for key, found in rows.items()}


