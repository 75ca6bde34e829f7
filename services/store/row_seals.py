"""Seals over what is kept next to the log and never goes away: later deliveries of an event, and parked input.

They carry no positions, and parked rows change their state. So each link of this chain names the rows it is the first
to cover, with a digest of what never changes of each; a row says by `sealed_by` which link that is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, Table, func, insert, select, type_coerce, update

from projections.tables.columns import UtcInstant
from projections.tables.tables import table_of
from services.store.dialect import AdvisoryLock, dialect_of
from services.store.engine import chunks
from services.store.tables import Parked, RowSeal, Sighting

ROW_SEAL = table_of(RowSeal)
FIRST = "0" * 64
MOST = 1000  # rows in one link


@dataclass(frozen=True)
class _Covered:
    """A table whose rows are sealed, its key, and the columns that never change."""

    table: Table
    key: str
    columns: tuple[str, ...]


COVERED = (
    _Covered(table_of(Sighting), "entry_id", ("position", "time", "recorded_at", "correlationid")),
    _Covered(table_of(Parked), "parked_id", ("practice", "origin", "raw", "recorded_at")),
)


class RowFault(NamedTuple):
    """A sealed row that is not as it was: altered, missing, added; or a link that is not: seal."""

    table: str
    key: str
    found: str


def seal_rows(connection: Connection, now: datetime) -> int:
    """Adds links over what is not sealed yet. Returns how many rows they cover. The caller commits."""
    dialect_of(connection).advisory_lock(connection, AdvisoryLock.SEAL)
    return sum(_seal_table(connection, covered, now) for covered in COVERED)


def _seal_table(connection: Connection, covered: _Covered, now: datetime) -> int:
    key, sealed_by = covered.table.c[covered.key], covered.table.c.sealed_by
    rows = connection.execute(_rows(covered).where(sealed_by.is_(None)).order_by(key).limit(MOST)).all()
    if not rows:
        return 0
    last = connection.execute(select(ROW_SEAL).order_by(ROW_SEAL.c.seal.desc()).limit(1)).first()
    number, previous = (last.seal + 1, last.hash) if last else (1, FIRST)
    entries = json.dumps({row[0]: _digest(row) for row in rows}, sort_keys=True)
    connection.execute(
        insert(ROW_SEAL).values(
            seal=number,
            covers=covered.table.name,
            entries=entries,
            previous=previous,
            sealed_at=now,
            hash=_link_hash(previous, number, covered.table.name, entries),
        )
    )
    for part in chunks([row[0] for row in rows]):
        connection.execute(update(covered.table).where(key.in_(part)).values(sealed_by=number))
    return len(rows)


def row_faults(connection: Connection) -> Iterator[RowFault]:
    """Whatever of the sealed rows is not as it was sealed."""
    expected: dict[str, dict[str, str]] = {covered.table.name: {} for covered in COVERED}
    previous, following = FIRST, 1
    for link in connection.execute(select(ROW_SEAL).order_by(ROW_SEAL.c.seal)):
        sound = link.hash == _link_hash(link.previous, link.seal, link.covers, link.entries)
        if not sound or (link.previous, link.seal) != (previous, following) or link.covers not in expected:
            yield RowFault("row_seal", str(link.seal), "seal")
            return
        expected[link.covers] |= json.loads(link.entries)
        previous, following = link.hash, link.seal + 1
    for covered in COVERED:
        yield from _table_faults(connection, covered, expected[covered.table.name])


def unsealed_rows(connection: Connection) -> int:
    """How many rows no link covers yet."""
    counts = (select(func.count()).select_from(c.table).where(c.table.c.sealed_by.is_(None)) for c in COVERED)
    return sum(connection.scalar(count) or 0 for count in counts)


def _table_faults(connection: Connection, covered: _Covered, expected: dict[str, str]) -> Iterator[RowFault]:
    name, seen = covered.table.name, set()
    query = _rows(covered).add_columns(covered.table.c.sealed_by)
    for row in connection.execute(query, execution_options={"yield_per": 1000}):
        key, digest = row[0], expected.get(row[0])
        seen.add(key)
        if digest is None and row.sealed_by is not None:
            yield RowFault(name, key, "added")
        elif digest is not None and digest != _digest(row[:-1]):
            yield RowFault(name, key, "altered")
    for key in sorted(expected.keys() - seen):
        yield RowFault(name, key, "missing")


def _rows(covered: _Covered) -> Any:
    """The key, then what never changes; instants as the integers that are stored."""
    columns = [covered.table.c[name] for name in covered.columns]
    plain = [type_coerce(column, BigInteger) if isinstance(column.type, UtcInstant) else column for column in columns]
    return select(covered.table.c[covered.key], *plain)


def _digest(row: Any) -> str:
    values = [hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else value for value in row]
    return hashlib.sha256(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _link_hash(previous: str, number: int, table: str, entries: str) -> str:
    return hashlib.sha256(f"1|{previous}|{number}|{table}|{entries}".encode()).hexdigest()
