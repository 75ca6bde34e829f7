"""The index of the log: under which keys an event is found again, and which event corrects which.

All of it follows from the events. So it can be compared with them, and made again after somebody damaged it or after a
new version files events under more keys than the one that logged them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, insert, select, tuple_

from events.envelope import Identity
from events.followup import EventWithdrawn
from projections.keys import keys_of
from services.store.engine import chunks
from services.store.log import CORRECTION, IDENTITY, KEYS, LOG, PARSED_EVENTS

AT_ONCE = 1000  # events read together
_COLUMNS = [
    LOG.c[name]
    for name in (
        "position",
        "practice",
        "source",
        "id",
        "type",
        "subject",
        "data",
        "supersedes_source",
        "supersedes_id",
    )
]


class IndexFault(NamedTuple):
    """A row of the index that should not be there (added), or should (missing). `table`: event_key or correction.

    `key` is the key, or the corrected event as `source|id`; `unreadable` is an event whose text is none any more.
    """

    table: str
    position: int
    key: str
    found: str
    practice: str = ""


@dataclass
class _Derived:
    """What the events say of a part of the log. Keys and targets by position."""

    keys: dict[int, set[str]] = field(default_factory=dict)
    targets: dict[int, set[Identity]] = field(default_factory=dict)
    unreadable: list[int] = field(default_factory=list)


def index_faults(connection: Connection) -> Iterator[IndexFault]:
    """Where the index is not what the events say, in a transaction that sees one snapshot."""
    corrections: dict[int, set[Identity]] = {}
    start = 0
    while True:
        rows = connection.execute(
            select(*_COLUMNS).where(LOG.c.position > start).order_by(LOG.c.position).limit(AT_ONCE)
        ).all()
        if not rows:
            break
        derived = _derive(rows)
        yield from (IndexFault("event_log", position, "", "unreadable") for position in derived.unreadable)
        corrections |= derived.targets
        plain = {position: keys for position, keys in derived.keys.items() if position not in derived.targets}
        yield from _compare_keys(plain, _filed(connection, plain))
        start = rows[-1].position
    yield from _correction_faults(connection, corrections)
    expected = corrected_keys(connection, corrections)
    yield from _compare_keys(expected, _filed(connection, expected))
    yield from _without_event(connection)


def reindex(connection: Connection) -> int:
    """Makes the index what the events say, in a transaction that may write. Returns how many rows were put right."""
    count = 0
    for fault in list(index_faults(connection)):
        if fault.found == "unreadable":
            continue
        count += 1
        table, row = KEYS, {"key": fault.key, "position": fault.position}
        if fault.table == "correction":
            source, _, name = fault.key.rpartition("|")
            table, row = (
                CORRECTION,
                {"practice": fault.practice, "source": source, "id": name, "position": fault.position},
            )
        if fault.found == "missing":
            connection.execute(insert(table).values(row))
        else:
            connection.execute(delete(table).where(*(table.c[name] == value for name, value in row.items())))
    return count


def corrected_keys(connection: Connection, targets: dict[int, set[Identity]]) -> dict[int, set[str]]:
    """The keys of events that correct others: their own, and those of what they correct, and of what that corrects."""
    found = dict(targets)
    places: dict[Identity, int] = {}
    keys: dict[int, set[str]] = {}
    fresh = set(targets)
    while fresh:
        wanted = {target for position in fresh for target in found.get(position, ())} - places.keys()
        places |= _places(connection, wanted)
        derived = _derive(
            _rows(connection, ({places[name] for name in wanted if name in places} | fresh) - keys.keys())
        )
        keys |= derived.keys
        fresh = set(derived.targets) - found.keys()
        found |= derived.targets
    return {position: _reached(position, found, places, keys) for position in targets}


def _reached(
    position: int, targets: dict[int, set[Identity]], places: dict[Identity, int], keys: dict[int, set[str]]
) -> set[str]:
    seen, waiting = {position}, [position]
    while waiting:
        for target in targets.get(waiting.pop(), ()):
            place = places.get(target)
            if place is not None and place not in seen:
                seen.add(place)
                waiting.append(place)
    return set().union(*(keys.get(place, set()) for place in seen))


def _derive(rows: Iterable[Row[Any]]) -> _Derived:
    derived = _Derived()
    for row in rows:
        try:
            data = PARSED_EVENTS.understand(row.type, row.data)
        except ValueError:
            derived.unreadable.append(row.position)
            continue
        derived.keys[row.position] = set(keys_of(row.practice, row.subject, data))
        targets = [(row.supersedes_source, row.supersedes_id)] if row.supersedes_id else []
        targets += [(data.source, data.id)] if isinstance(data, EventWithdrawn) else []
        if targets:
            derived.targets[row.position] = {Identity(row.practice, *target) for target in targets}
    return derived


def _rows(connection: Connection, positions: Iterable[int]) -> Iterator[Row[Any]]:
    for part in chunks(sorted(positions)):
        yield from connection.execute(select(*_COLUMNS).where(LOG.c.position.in_(part)))


def _places(connection: Connection, names: Iterable[Identity]) -> dict[Identity, int]:
    columns = tuple_(IDENTITY.c.practice, IDENTITY.c.source, IDENTITY.c.id)
    found: dict[Identity, int] = {}
    for part in chunks(sorted(names), 200):
        for row in connection.execute(select(IDENTITY).where(columns.in_([tuple(name) for name in part]))):
            found[Identity(row.practice, row.source, row.id)] = row.position
    return found


def _filed(connection: Connection, positions: Iterable[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for part in chunks(sorted(positions)):
        for key, position in connection.execute(select(KEYS.c.key, KEYS.c.position).where(KEYS.c.position.in_(part))):
            found.setdefault(position, set()).add(key)
    return found


def _compare_keys(expected: dict[int, set[str]], filed: dict[int, set[str]]) -> Iterator[IndexFault]:
    for position, keys in expected.items():
        there = filed.get(position, set())
        yield from (IndexFault("event_key", position, key, "missing") for key in sorted(keys - there))
        yield from (IndexFault("event_key", position, key, "added") for key in sorted(there - keys))


def _correction_faults(connection: Connection, expected: dict[int, set[Identity]]) -> Iterator[IndexFault]:
    wanted = {(position, target) for position, targets in expected.items() for target in targets}
    there = {
        (row.position, Identity(row.practice, row.source, row.id)) for row in connection.execute(select(CORRECTION))
    }
    for found, rows in (("missing", wanted - there), ("added", there - wanted)):
        for position, target in sorted(rows):
            yield IndexFault("correction", position, f"{target.source}|{target.id}", found, target.practice)


def _without_event(connection: Connection) -> Iterator[IndexFault]:
    query = (
        select(KEYS.c.key, KEYS.c.position)
        .outerjoin(LOG, LOG.c.position == KEYS.c.position)
        .where(LOG.c.position.is_(None))
    )
    for key, position in connection.execute(query).all():
        yield IndexFault("event_key", position, key, "added")
