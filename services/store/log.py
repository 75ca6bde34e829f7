"""The event log: append once, find again by key."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, or_, select, tuple_

from events.envelope import Identity
from events.event_data import UnreadableData
from events.followup import EventWithdrawn
from events.registry import TERM_TYPES, Event, event_faults
from projections.cut import NO_CUT, Cut
from projections.history import LoggedEvent
from projections.keys import index_keys
from projections.tables.columns import has_prefix
from projections.tables.tables import table_of
from services.store.claim_numbers import record
from services.store.cuts import earliest_on, let_through
from services.store.dialect import AdvisoryLock, StoreDialect, dialect_of
from services.store.engine import chunks
from services.store.horizon import announce
from services.store.named_payers import record_payers
from services.store.recall import ParsedEvents
from services.store.rows import insert_rows
from services.store.submission_contents import record_claims
from services.store.submission_names import FiledNames, SentClaim, record_names
from services.store.tables import Correction, EventIdentity, EventKey, EventLog, Sighting

IDENTITY, LOG, KEYS = table_of(EventIdentity), table_of(EventLog), table_of(EventKey)
PARSED_EVENTS = ParsedEvents()  # one for the process: it holds nothing but what the log's own text says
SIGHTING, CORRECTION = table_of(Sighting), table_of(Correction)


@dataclass(frozen=True)
class Delivery:
    """An event as one stream entry brought it."""

    entry_id: str
    event: Event

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Every key under which the log must find the event again."""
        return tuple(dict.fromkeys(index_keys(self.event)))


@dataclass(kw_only=True)
class Appended:
    """What became of a batch. `conflicts` pairs a delivery with the hash that was there first."""

    logged: list[tuple[int, Delivery]]
    duplicates: list[tuple[int, Delivery]]
    conflicts: list[Delivery]
    first_sent: frozenset[str] = frozenset()  # keys of claims known before that were now submitted for the first time
    new_names: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)  # (practice, name): submissions
    moved_names: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)  # now sent earlier


def append(connection: Connection, deliveries: Sequence[Delivery], now: datetime) -> Appended:
    """Logs what is new; distinguishes duplicates (same content) from conflicts (other content).

    Sorted, so that two workers never wait for each other in a circle.
    """
    fresh: dict[Identity, Delivery] = {}
    again: list[Delivery] = []
    for delivery in deliveries:
        identity = delivery.event.envelope.identity
        if identity in fresh:
            again.append(delivery)
        else:
            fresh[identity] = delivery
    announce(connection)
    positions = _claim_positions(connection, fresh)
    logged = [(positions[identity], fresh[identity]) for identity in fresh if identity in positions]
    logged.sort(key=lambda pair: pair[0])
    first_sent, names = _write_log(connection, logged, now) if logged else (frozenset[str](), FiledNames({}, {}))
    repeated = again + [fresh[identity] for identity in fresh if identity not in positions]
    duplicates, conflicts = _judge_repeats(connection, repeated, now)
    return Appended(
        logged=logged,
        duplicates=duplicates,
        conflicts=conflicts,
        first_sent=first_sent,
        new_names=names.new,
        moved_names=names.moved,
    )


def _claim_positions(connection: Connection, fresh: dict[Identity, Delivery]) -> dict[Identity, int]:
    """Positions for the identities nobody logged before."""
    ordered = sorted(fresh)
    rows = [{"practice": i.practice, "source": i.source, "id": i.id, "hash": fresh[i].event.hash} for i in ordered]
    insert_new = dialect_of(connection).insert_ignore(IDENTITY, "practice", "source", "id")
    statement = insert_new.returning(IDENTITY.c.practice, IDENTITY.c.source, IDENTITY.c.id, IDENTITY.c.position)
    found: dict[Identity, int] = {}
    for row in connection.execute(statement, rows) if rows else ():
        found[Identity(row.practice, row.source, row.id)] = row.position
    return found


def _write_log(
    connection: Connection, logged: list[tuple[int, Delivery]], now: datetime
) -> tuple[frozenset[str], FiledNames]:
    insert_rows(connection, LOG, [_log_row(position, delivery, now) for position, delivery in logged])
    keys = [{"key": key, "position": position} for position, delivery in logged for key in delivery.keys]
    insert_rows(connection, KEYS, keys)
    events = [delivery.event for _, delivery in logged]
    first_sent = record(connection, ((event.envelope.practice, event.data) for event in events))
    sent = [SentClaim(d.event.envelope.practice, d.event.data, d.event.envelope.time, now, p) for p, d in logged]
    record_payers(connection, sent)
    record_claims(connection, sent)
    return first_sent, record_names(connection, sent)


def _log_row(position: int, delivery: Delivery, now: datetime) -> dict[str, Any]:
    event, envelope = delivery.event, delivery.event.envelope
    extra = envelope.model_extra
    source, id_ = envelope.superseded or (None, None)
    return {
        "position": position,
        "practice": envelope.practice,
        "source": envelope.source,
        "id": envelope.id,
        "type": event.type,
        "subject": envelope.subject,
        "time": envelope.time,
        "recorded_at": now,
        "entry_id": delivery.entry_id,
        "correlationid": envelope.correlationid or delivery.entry_id,
        "causationid": envelope.causationid or delivery.entry_id,
        "supersedes_source": source,
        "supersedes_id": id_,
        "rawref": envelope.rawref,
        "hash": event.hash,
        "data": _text(event),
        "extra": json.dumps(extra, sort_keys=True) if extra else None,
    }


def _text(event: Event) -> str:
    text = event.data.model_dump_json(by_alias=True, exclude_none=True, exclude_unset=True)  # as sent, no default added
    if event.settled:
        PARSED_EVENTS.remember(event.type, text, event.data)
    return text


def _judge_repeats(
    connection: Connection, repeated: Sequence[Delivery], now: datetime
) -> tuple[list[tuple[int, Delivery]], list[Delivery]]:
    """A redelivery of the very entry that was logged is nothing at all; else a duplicate or a conflict."""
    duplicates: list[tuple[int, Delivery]] = []
    conflicts: list[Delivery] = []
    known = _known(connection, [delivery.event.envelope.identity for delivery in repeated])
    for delivery in repeated:
        position, content, entry_id = known[delivery.event.envelope.identity]
        if content != delivery.event.hash:
            conflicts.append(delivery)
        elif entry_id != delivery.entry_id:
            duplicates.append((position, delivery))
    if duplicates:
        _write_sightings(connection, duplicates, now)
    return duplicates, conflicts


def _known(connection: Connection, identities: Sequence[Identity]) -> dict[Identity, tuple[int, str, str | None]]:
    found: dict[Identity, tuple[int, str, str | None]] = {}
    for part in chunks(sorted(set(identities)), 200):
        join = select(IDENTITY, LOG.c.entry_id).join(LOG, LOG.c.position == IDENTITY.c.position)
        columns = tuple_(IDENTITY.c.practice, IDENTITY.c.source, IDENTITY.c.id)
        for row in connection.execute(join.where(columns.in_([tuple(i) for i in part]))):
            found[Identity(row.practice, row.source, row.id)] = (row.position, row.hash, row.entry_id)
    return found


def known_identities(connection: Connection, identities: Iterable[Identity]) -> set[Identity]:
    """Which of these are logged."""
    return set(_known(connection, list(identities)))


def _write_sightings(connection: Connection, duplicates: list[tuple[int, Delivery]], now: datetime) -> None:
    rows = [
        {
            "entry_id": d.entry_id,
            "position": position,
            "time": d.event.envelope.time,
            "recorded_at": now,
            "correlationid": d.event.envelope.correlationid,
        }
        for position, d in duplicates
    ]
    connection.execute(dialect_of(connection).insert_ignore(SIGHTING, "entry_id"), rows)


def lock_corrections(connection: Connection, deliveries: Sequence[Delivery]) -> None:
    """Who corrects appends alone: an event and its correction, taken by two processes at once, must see each other."""
    alone = any(_targets(delivery.event) for delivery in deliveries)
    dialect_of(connection).advisory_lock(connection, AdvisoryLock.CORRECTIONS, shared=not alone)


def link_corrections(connection: Connection, logged: Sequence[tuple[int, Delivery]]) -> set[str]:
    """Files each correction under the keys of the event it corrects, whichever came first. Returns keys touched."""
    corrections = [
        {"practice": d.event.envelope.practice, "source": source, "id": target, "position": position}
        for position, d in logged
        for source, target in _targets(d.event)
    ]
    if corrections:
        connection.execute(insert(CORRECTION), corrections)
    if not corrections and not connection.execute(_ANY_CORRECTION).first():
        return set()
    return _link(connection, [position for position, _ in logged])


_ANY_CORRECTION = select(CORRECTION.c.position).limit(1)


def _targets(event: Event) -> list[tuple[str, str]]:
    targets = [event.envelope.superseded] if event.envelope.superseded else []
    if isinstance(event.data, EventWithdrawn):
        targets.append((event.data.source, event.data.id))
    return targets


def _link(connection: Connection, logged: Sequence[int]) -> set[str]:
    """Correction and corrected need not come in one batch: either of them may be what was just logged."""
    pairs = (
        select(CORRECTION.c.position, KEYS.c.key)
        .join(
            IDENTITY,
            (IDENTITY.c.practice == CORRECTION.c.practice)
            & (IDENTITY.c.source == CORRECTION.c.source)
            & (IDENTITY.c.id == CORRECTION.c.id),
        )
        .join(KEYS, KEYS.c.position == IDENTITY.c.position)
    )
    touched: set[str] = set()
    fresh = set(logged)
    while fresh:  # a correction of a correction is filed where the first event is, too: in whichever order they came
        found = {
            (row.position, row.key)
            for part in chunks(sorted(fresh))
            for row in connection.execute(
                pairs.where(or_(IDENTITY.c.position.in_(part), CORRECTION.c.position.in_(part)))
            )
        }
        new = found - _filed(connection, {position for position, _ in found})
        if new:
            rows = [{"key": key, "position": position} for position, key in sorted(new)]
            connection.execute(dialect_of(connection).insert_ignore(KEYS, "key", "position"), rows)
        touched |= {key for _, key in found}
        fresh = {position for position, _ in new}
    return touched


def _filed(connection: Connection, positions: Iterable[int]) -> set[tuple[int, str]]:
    """Under which keys these positions are filed already."""
    return {
        (row.position, row.key)
        for part in chunks(sorted(positions))
        for row in connection.execute(select(KEYS.c.position, KEYS.c.key).where(KEYS.c.position.in_(part)))
    }


def histories(connection: Connection, keys: Iterable[str], cut: Cut = NO_CUT) -> dict[str, list[LoggedEvent]]:
    """The events of each key that the cut lets through, in no particular order; of duplicates the earliest time."""
    found: dict[str, list[LoggedEvent]] = {key: [] for key in keys}
    read: dict[int, LoggedEvent] = {}
    dialect = dialect_of(connection)
    given = {"keys": dialect.as_list(list(found))}
    for row in connection.execute(_histories(dialect, cut.known_at), given).all() if found else ():
        logged = read.get(row.position)
        if logged is None:
            logged = read[row.position] = read_row(row)
        if cut is NO_CUT or cut.holds(logged):
            found[row.key].append(logged)
    return found


@lru_cache(maxsize=16)  # to make it costs more than to run it; a cut of a read has its own
def _histories(dialect: StoreDialect, known_at: datetime | None) -> Select[Any]:
    columns = [LOG.c[name] for name in _HAPPENING]
    query = select(KEYS.c.key, earliest_on(dialect, known_at).label("time"), *columns)
    return query.join_from(KEYS, LOG, LOG.c.position == KEYS.c.position).where(dialect.among_given(KEYS.c.key))


def keys_beside(connection: Connection, keys: Iterable[str], kind: str, cut: Cut = NO_CUT) -> set[str]:
    """The keys of one kind under which the log files what it files under any of these keys too."""
    wanted, dialect = sorted(set(keys)), dialect_of(connection)
    query = _beside(dialect, kind, cut)
    return set(connection.scalars(query, {"keys": dialect.as_list(wanted)})) if wanted else set()


@lru_cache(maxsize=64)  # a cut of a read has its own
def _beside(dialect: StoreDialect, kind: str, cut: Cut) -> Select[tuple[str]]:
    mine, others = KEYS.alias("mine"), KEYS.alias("others")
    query = select(others.c.key).join(mine, mine.c.position == others.c.position).distinct()
    if cut != NO_CUT:
        query = query.join(LOG, LOG.c.position == mine.c.position).where(*let_through(dialect, cut))
    return query.where(has_prefix(others.c.key, f"{kind}|"), dialect.among_given(mine.c.key))


_HAPPENING = (
    "source",
    "id",
    "type",
    "subject",
    "recorded_at",
    "data",
    "supersedes_source",
    "supersedes_id",
    "rawref",
    "position",
)


def read_row(row: Row[Any]) -> LoggedEvent:
    """A log row as folds see it: its data upcast to today's version and typed."""
    supersedes = (row.supersedes_source, row.supersedes_id) if row.supersedes_id else None
    try:
        data = PARSED_EVENTS.understand(row.type, row.data)
    except ValueError as error:
        pointers = ", ".join(fault["pointer"] for fault in event_faults(error)[:5])
        stated = json.loads(row.data) if row.type in TERM_TYPES else None
        data = UnreadableData(type=row.type, reason=f"cannot be read at {pointers}", stated=stated)
    return LoggedEvent(
        source=row.source,
        id=row.id,
        type=row.type,
        subject=row.subject,
        time=row.time,
        recorded_at=row.recorded_at,
        data=data,
        supersedes=supersedes,
        rawref=row.rawref,
    )
