"""One engine for rebuild, verify, reads of the past and what-if: refold the log, here or next to the live tables."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, Connection, Engine, Table, create_engine, func, select
from sqlalchemy.pool import StaticPool
from sqlmodel import SQLModel

from projections.cut import NO_CUT, Cut
from projections.keys import RANKS, parse_key
from projections.tables.columns import EPOCH
from projections.tables.tables import READ_TABLES, table_of
from projections.terms.terms_in_force import Reference
from services.projector.folds import FoldContext
from services.projector.marking import logged_keys
from services.projector.refold import RefoldProgress, refold
from services.store.dialect import dialect_of
from services.store.engine import JSON_CODEC, chunks, reading
from services.store.log import KEYS
from services.store.marked_keys import MARKED
from services.store.reference import References
from services.store.tables import Stale

FIRST_RANK = frozenset(RANKS[1])
MEMBERSHIP = READ_TABLES["membership"]
STALE = table_of(Stale)


def first_keys(log: Connection, practice: str | None = None) -> list[str]:
    """Every key the log itself names; all others follow from their rows."""
    return sorted(key for kind in FIRST_RANK for key in log.scalars(logged_keys(kind, practice)))


def scratch(
    log: Connection,
    practice: str,
    reference: Reference,
    cut: Cut = NO_CUT,
    *,
    keys: Iterable[str] | None = None,
    progress: RefoldProgress | None = None,
) -> Engine:
    """All read tables of a practice folded again into memory, or what follows from some of its keys."""
    engine = _memory()
    dialect_of(log).think_long(log)
    with engine.begin() as rows:
        refold(
            FoldContext(log, rows, cut), first_keys(log, practice) if keys is None else keys, reference, EPOCH, progress
        )
    return engine


def _memory() -> Engine:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}, **JSON_CODEC)
    SQLModel.metadata.create_all(engine, tables=[*READ_TABLES.values(), STALE, MARKED])
    return engine


@dataclass(frozen=True)
class Mismatch:
    """A row that differs from the log. `found`: stored, missing or different."""

    table: str
    key: str
    found: str


def verify(engine: Engine, references: References, progress: RefoldProgress | None = None) -> list[Mismatch]:
    """Refolds everything next to the live tables and compares row by row, byte for byte, as of one moment.

    Keys that still wait to be folded, and those their rows belong to, are left out: their rows may be behind the log.
    """
    with reading(engine) as connection:
        wrong: list[Mismatch] = []
        keys = first_keys(connection)
        for practice in sorted({parse_key(key).practice for key in keys}):
            beside = scratch(connection, practice, references.get(connection, practice), progress=progress)
            with beside.connect() as rows:
                late = _behind(connection, rows)
                for table in READ_TABLES.values():
                    wrong.extend(
                        found for found in _compare(table, practice, connection, rows) if found.key not in late
                    )
        return wrong


def _behind(live: Connection, anew: Connection) -> set[str]:
    """The keys that wait to be folded, and all that their rows belong to, as stored and as they should be."""
    found: set[str] = set()
    fresh = set(live.scalars(select(MARKED.c.key).distinct()))
    while fresh:
        found |= fresh
        belonging = {
            name
            for connection in (live, anew)
            for part in chunks(sorted(fresh))
            for name in connection.scalars(select(MEMBERSHIP.c.derived).where(MEMBERSHIP.c.key.in_(part)))
        }
        fresh = belonging - found
    return found


def verify_sample(engine: Engine, references: References, n: int, seed: int) -> list[Mismatch]:
    """As `verify`, of `n` keys drawn from the log and all they belong to (days, years …). The projector may go on.

    The draw depends on the seed and the log alone. What is drawn from is events, so that keys with many count more.
    """
    with reading(engine) as connection:
        drawn = _drawn(connection, n, seed)
        firsts, made_of_them = with_neighbors(connection, drawn)
        return _compare_some(connection, references, firsts, drawn | made_of_them)


def with_neighbors(connection: Connection, names: set[str]) -> tuple[set[str], set[str]]:
    """Keys of the first rank with all that share a day, a year or an episode with them; and those days, years …."""
    days = _linked(connection, MEMBERSHIP.c.key, MEMBERSHIP.c.derived, names, ("day",))
    lasts = _linked(connection, MEMBERSHIP.c.key, MEMBERSHIP.c.derived, names | days, RANKS[-1])
    needed = days | _linked(connection, MEMBERSHIP.c.derived, MEMBERSHIP.c.key, lasts, ("day",))
    firsts = names | _linked(connection, MEMBERSHIP.c.derived, MEMBERSHIP.c.key, needed | lasts, RANKS[1])
    return firsts, days | lasts


def _drawn(connection: Connection, n: int, seed: int) -> set[str]:
    chance = random.Random(seed)  # noqa: S311  a sample, not a secret
    newest = connection.scalar(select(func.max(KEYS.c.position))) or 0
    positions = chance.sample(range(1, newest + 1), min(n, newest))
    found: set[str] = set()
    for part in chunks(positions):
        found |= set(connection.scalars(select(KEYS.c.key).where(KEYS.c.position.in_(part))))
    names = sorted(key for key in found if parse_key(key).kind in FIRST_RANK)
    return set(chance.sample(names, min(n, len(names))))


def _linked(
    connection: Connection, given: Column[str], wanted: Column[str], names: Iterable[str], kinds: Sequence[str]
) -> set[str]:
    """Membership followed from one column to the other, to names of some kinds."""
    found: set[str] = set()
    for part in chunks(sorted(names)):
        found |= set(connection.scalars(select(wanted).where(given.in_(part)).distinct()))
    return {name for name in found if parse_key(name).kind in kinds}


def _compare_some(
    connection: Connection, references: References, firsts: Iterable[str], compared: set[str]
) -> list[Mismatch]:
    wrong: list[Mismatch] = []
    first = sorted(firsts)
    for practice in sorted({parse_key(key).practice for key in first}):
        mine = [key for key in first if parse_key(key).practice == practice]
        beside = _memory()
        with beside.begin() as rows:
            refold(FoldContext(connection, rows), mine, references.get(connection, practice), EPOCH)
            settled = compared - _behind(connection, rows)
            for table in READ_TABLES.values():
                wrong.extend(_compare(table, practice, connection, rows, settled))
        beside.dispose()
    return wrong


def _compare(
    table: Table, practice: str, live: Connection, anew: Connection, only: set[str] | None = None
) -> Iterator[Mismatch]:
    stored, folded = (_by_key(table, practice, connection, only) for connection in (live, anew))
    for key in sorted(stored.keys() | folded.keys()):
        if stored.get(key) != folded.get(key):
            found = "missing" if key not in stored else "stored" if key not in folded else "different"
            yield Mismatch(table.name, key, found)


def _by_key(
    table: Table, practice: str, connection: Connection, only: set[str] | None
) -> dict[str, list[tuple[object, ...]]]:
    """Rows under their key, in the order of the primary key."""
    rows: dict[str, list[tuple[object, ...]]] = {}
    query = select(table).order_by(*table.primary_key.columns)
    for part in (None,) if only is None else chunks(sorted(only)):
        for row in connection.execute(query if part is None else query.where(table.c.key.in_(part))):
            if parse_key(row.key).practice == practice:
                rows.setdefault(row.key, []).append(tuple(row))
    return {key: sorted(found, key=repr) for key, found in rows.items()}
