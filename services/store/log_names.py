"""The names that the log gives claims, submissions and payers: indexes over it, compared with it and made again.

All of it follows from the events, as `log_index` does for keys. Where several events name the same thing, the row is
that of any one of them: which was logged first is nobody's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, select

from projections.tables.columns import Row
from services.store.claim_numbers import CLAIM, NUMBER, number_rows, record
from services.store.log import LOG, PARSED_EVENTS
from services.store.log_index import AT_ONCE, IndexFault
from services.store.named_payers import PAYER, payer_rows, record_payers
from services.store.submission_contents import CONTENT, content_rows, record_claims
from services.store.submission_names import NAME, SentClaim, name_rows, record_names

_COLUMNS = [LOG.c[name] for name in ("position", "practice", "type", "data", "time", "recorded_at")]
_ROWS: Mapping[str, tuple[Table, Callable[[SentClaim], Sequence[Row]]]] = {
    "claim_number": (NUMBER, lambda one: number_rows(one.practice, one.data)),
    "submission_name": (NAME, name_rows),
    "named_payer": (PAYER, payer_rows),
    "submission_claim": (CONTENT, content_rows),
}


@dataclass(kw_only=True)
class _Names:
    """Of one table: what is stored, by its key, and what the events say. As hashes: a log names millions of things."""

    stored: set[int] = field(default_factory=set)
    keys: set[int] = field(default_factory=set)
    rows: set[int] = field(default_factory=set)
    least: dict[int, datetime] = field(default_factory=dict)  # by key: when a submission was first sent


def name_faults(connection: Connection) -> Iterator[IndexFault]:
    """Where the names are not what the events say, in a transaction that sees one snapshot."""
    found = {name: _Names(stored=_stored(connection, table)) for name, (table, _) in _ROWS.items()}
    for one in _events(connection):
        for name, (table, rows) in _ROWS.items():
            for row in rows(one):
                key = _hash(table, row, keys=True)
                if key not in found[name].stored and key not in found[name].keys:
                    yield IndexFault(name, one.position, _told(table, row), "missing", one.practice)
                found[name].keys.add(key)
                if name == NAME.name:
                    least = found[name].least
                    least[key] = min(row["sent_at"], least.get(key, row["sent_at"]))
                found[name].rows.add(_hash(table, row))
    for name, (table, _) in _ROWS.items():
        yield from _wrong(connection, name, table, found[name])


def refile_names(connection: Connection) -> int:
    """Makes the names what the events say, in a transaction that may write. Returns how many rows were wrong."""
    wrong = sum(1 for _ in name_faults(connection))
    if not wrong:
        return 0
    for table, _ in _ROWS.values():
        connection.execute(delete(table))
    batch: list[SentClaim] = []
    for one in _events(connection):
        batch.append(one)
        if len(batch) == AT_ONCE:
            _file(connection, batch)
            batch = []
    _file(connection, batch)
    return wrong


def _file(connection: Connection, batch: Sequence[SentClaim]) -> None:
    record(connection, ((one.practice, one.data) for one in batch))
    record_names(connection, batch)
    record_payers(connection, batch)
    record_claims(connection, batch)


def _events(connection: Connection) -> Iterator[SentClaim]:
    start = 0
    while rows := connection.execute(
        select(*_COLUMNS).where(LOG.c.position > start).order_by(LOG.c.position).limit(AT_ONCE)
    ).all():
        for row in rows:
            try:
                data = PARSED_EVENTS.understand(row.type, row.data)
            except ValueError:
                continue  # named by the check of the keys
            yield SentClaim(row.practice, data, row.time, row.recorded_at, row.position)
        start = rows[-1].position


def _stored(connection: Connection, table: Table) -> set[int]:
    rows = connection.execute(select(*table.primary_key.columns)).mappings()
    return {_hash(table, dict(row), keys=True) for row in rows}


def _wrong(connection: Connection, name: str, table: Table, said: _Names) -> Iterator[IndexFault]:
    for row in connection.execute(select(table), execution_options={"yield_per": AT_ONCE}).mappings():
        stored = dict(row)
        key = _hash(table, stored, keys=True)
        if key not in said.keys:
            yield IndexFault(name, 0, _told(table, stored), "added", stored["practice"])
        elif (
            _hash(table, stored) not in said.rows
            or _lost_its_submission(name, table, stored, said)
            or (key in said.least and stored["sent_at"] != said.least[key])
        ):
            yield IndexFault(name, 0, _told(table, stored), "altered", stored["practice"])


def _lost_its_submission(name: str, table: Table, stored: Row, said: _Names) -> bool:
    """A number counts as sent as soon as any of its events says so."""
    if name != NUMBER.name or stored["kind"] != CLAIM or stored["sent"]:
        return False
    return _hash(table, stored | {"sent": True}) in said.rows


def _hash(table: Table, row: Mapping[str, Any], *, keys: bool = False) -> int:
    columns = table.primary_key.columns if keys else table.columns
    return hash(tuple(row[column.name] for column in columns))


def _told(table: Table, row: Mapping[str, Any]) -> str:
    return "|".join(str(row[column.name]) for column in table.primary_key.columns)
