"""The queue of keys whose rows are behind the log.

A mark is a row that is only ever inserted and deleted, so that those who log never wait for those who fold. A worker
takes marks (it writes its name on them, for so long), reads the keys and *all* their marks from one snapshot, folds,
and settles: a key's rows are written only if every mark that was seen is still there. Anyone else who has folded the
key since removed one of them; whatever was logged since left another one, and the key stays marked. Taking only spares
work done twice: nothing but time is lost where two workers hold the same key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, TextClause, func, insert, literal, select, text

from projections.keys import RANK_OF, parse_key
from projections.tables.columns import from_micros, to_micros
from projections.tables.tables import table_of
from services.core.clock import SystemClock
from services.core.process_names import is_dead
from services.store.dialect import StoreDialect, dialect_of
from services.store.driver import fetch
from services.store.horizon import committed_position
from services.store.tables import MarkedKey

MARKED = table_of(MarkedKey)
HOLD = timedelta(seconds=30)  # a worker unheard of for so long has lost what it took
SINGLY = 3  # taken more often than this without a result: folded alone, so that no other key shares its fate
TOO_OFTEN = 8  # taken more often than this: perhaps it kills the process that folds it
NEW_EVENTS = "new events"  # the reason that they give
FIRST = 1  # the rank of keys that the log itself names


class Urgency(IntEnum):
    """Why a key is folded again, in the order of turns."""

    EVENT = 0
    TERMS = 1
    REBUILD = 2


@dataclass(frozen=True, kw_only=True)
class KeyMark:
    """What the marks of one transaction have in common.

    `position`: of the log; waiting until that is projected means waiting for all marks up to it. `marked_at`: since
    when the rows are behind, by the system's clock.
    """

    urgency: Urgency
    reason: str
    position: int
    marked_at: datetime


class Why(NamedTuple):
    """Why a mark was made."""

    urgency: int
    reason: str


Marks = dict[int, Why]  # of one key


class Turn(NamedTuple):
    """Whose turn it was."""

    urgency: int
    rank: int


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Keys of one rank that a worker holds, and what the keys one rank up inherit.

    `is_full`: more of them may wait than were taken. `tries`: the most of any of them.
    """

    keys: tuple[str, ...]
    mark: KeyMark
    turn: Turn
    is_full: bool
    tries: int


@dataclass(frozen=True, kw_only=True)
class Few:
    """All marks there are, their keys, and what keys of higher ranks inherit."""

    marks: Sequence[int]
    keys: frozenset[str]
    mark: KeyMark


@dataclass(frozen=True, kw_only=True)
class Behind:
    """How far the rows are behind the log."""

    keys: int = 0
    since: datetime | None = None  # when the oldest of them was marked

    @property
    def seconds(self) -> float:
        """How long the oldest key has waited; 0 without one."""
        return 0.0 if self.since is None else max(0.0, (SystemClock().now() - self.since).total_seconds())


def new_mark(urgency: Urgency, reason: str, position: int = 0) -> KeyMark:
    """A mark made now."""
    return KeyMark(urgency=urgency, reason=reason, position=position, marked_at=SystemClock().now())


def mark_keys(connection: Connection, keys: Iterable[str], mark: KeyMark) -> None:
    """Marks keys of any rank; kinds that are not folded are left out."""
    ranks: dict[int, list[str]] = {}
    for key in sorted(set(keys)):
        if (rank := RANK_OF.get(parse_key(key).kind)) is not None:
            ranks.setdefault(rank, []).append(key)
    dialect = dialect_of(connection)
    statement = _statements(dialect).mark
    for rank, names in ranks.items():
        connection.execute(statement, {"keys": dialect.as_list(names), "rank": rank, **_values(mark)})


def mark_selected(connection: Connection, keys: Select[Any], rank: int, mark: KeyMark) -> None:
    """Marks the keys that a query gives, all of one rank."""
    values = _values(mark)
    columns = ["key", "rank", *values]
    given = keys.add_columns(literal(rank), *(literal(value) for value in values.values()))
    connection.execute(insert(MARKED).from_select(columns, given))


def _values(mark: KeyMark) -> dict[str, int | str]:
    return {
        "urgency": int(mark.urgency),
        "reason": mark.reason,
        "position": mark.position,
        "marked_at": to_micros(mark.marked_at),
    }


def is_any_free(connection: Connection) -> bool:
    """Whether any key waits, held or not by somebody who may be gone."""
    now = to_micros(SystemClock().now())
    return connection.execute(_NEXT, {"now": now}).first() is not None or connection.execute(_HELD).first() is not None


def few_waiting(connection: Connection, most: int) -> Few | None:
    """All that waits, where that is little and new events only, held by nobody and never tried. None otherwise.

    For a database with one writer.
    """
    rows = fetch(connection, _ALL_OF_FEW, most + 1)
    if len(rows) > most or any(urgency != Urgency.EVENT or tries or worker for *_, urgency, tries, worker in rows):
        return None
    position, marked_at = (min(row[place] for row in rows) if rows else 0 for place in (2, 3))
    mark = KeyMark(urgency=Urgency.EVENT, reason=NEW_EVENTS, position=position, marked_at=from_micros(marked_at))
    return Few(marks=[row[0] for row in rows], keys=frozenset(row[1] for row in rows), mark=mark)


def unmark(connection: Connection, marks: Sequence[int]) -> None:
    """Removes marks, in the transaction that has folded all their keys."""
    dialect = dialect_of(connection)
    connection.execute(_statements(dialect).remove, {"marks": dialect.as_list(marks)})


def release_dead(connection: Connection, own: str) -> None:
    """Gives back what processes of this machine held that have ended."""
    for worker in connection.scalars(_HELD):
        if is_dead(worker, own):
            release(connection, worker)


def take(connection: Connection, worker: str, most: int, after: Turn | None = None) -> Taken | None:
    """Takes up to this many keys that nobody holds: the most urgent ones of the lowest rank; None where there are none.

    `after`: those of the ranks above, equally urgent, have their turn first.
    """
    now = SystemClock().now()
    given = {"now": to_micros(now), "worker": worker, "until": to_micros(now + HOLD)}
    turn = connection.execute(_ABOVE, given | after._asdict()).first() if after else None
    turn = turn or connection.execute(_NEXT, given).first()
    if turn is None:
        return None
    most = 1 if turn.tries >= SINGLY else most
    which = {"urgency": turn.urgency, "rank": turn.rank, "most": most}
    rows = connection.execute(_statements(dialect_of(connection)).take, given | which).all()
    if not rows:
        return None
    mark = KeyMark(
        urgency=Urgency(turn.urgency),
        reason=turn.reason,
        position=min(row.position for row in rows),
        marked_at=from_micros(min(row.marked_at for row in rows)),
    )
    keys = tuple(sorted({row.key for row in rows}))
    return Taken(
        keys=keys,
        mark=mark,
        turn=Turn(turn.urgency, turn.rank),
        is_full=len(rows) == most,
        tries=max(row.tries for row in rows),
    )


def seen(connection: Connection, keys: Sequence[str]) -> dict[str, Marks]:
    """All marks of the keys that this transaction sees. To be asked before anything else of the snapshot is read."""
    found: dict[str, Marks] = {}
    dialect = dialect_of(connection)
    for key, mark, urgency, reason in connection.execute(_statements(dialect).seen, {"keys": dialect.as_list(keys)}):
        found.setdefault(key, {})[mark] = Why(urgency, reason)
    return found


def beyond_events(marks: Marks) -> Why | None:
    """The most urgent reason other than new events; None where a key is folded for new events only."""
    return min((why for why in marks.values() if why.urgency > Urgency.EVENT), default=None)


def settle(connection: Connection, marks: Mapping[str, Marks]) -> set[str]:
    """Removes the marks of the keys that nobody else has folded since. Returns those keys: only their rows count."""
    dialect = dialect_of(connection)
    statements, wanted = _statements(dialect), [mark for found in marks.values() for mark in found]
    standing: dict[str, set[int]] = {}
    for row in connection.execute(statements.standing, {"marks": dialect.as_list(wanted)}):
        standing.setdefault(row.key, set()).add(row.mark)
    own = {key for key, found in marks.items() if standing.get(key) == found.keys()}
    gone = [mark for key in own for mark in marks[key]]
    connection.execute(statements.remove, {"marks": dialect.as_list(gone)})
    return own


def release(connection: Connection, worker: str) -> None:
    """Gives back what a worker held."""
    connection.execute(_RELEASE, {"worker": worker})


def behind(connection: Connection, up_to: Urgency = Urgency.REBUILD) -> Behind:
    """How many keys wait and since when, of this urgency or a greater one."""
    query = select(func.count(MARKED.c.key.distinct()), func.min(MARKED.c.marked_at))
    keys, since = connection.execute(query.where(MARKED.c.urgency <= up_to)).one()
    return Behind(keys=keys, since=since)


def is_behind(connection: Connection, position: int) -> bool:
    """Whether anything that was logged up to this position is not in every row yet."""
    waiting = select(MARKED.c.mark).where(MARKED.c.urgency < Urgency.REBUILD, MARKED.c.position <= position)
    return connection.execute(waiting.limit(1)).first() is not None


def newest_marked(connection: Connection) -> int | None:
    """The newest log position that any row waits for; None where none waits."""
    newest: int | None = connection.scalar(
        select(func.max(MARKED.c.position)).where(MARKED.c.urgency < Urgency.REBUILD)
    )
    return newest


def projected_position(connection: Connection) -> int:
    """The log position at or below which every event is in every row. 0 where nothing is logged."""
    committed = committed_position(connection)
    oldest = connection.scalar(select(func.min(MARKED.c.position)).where(MARKED.c.urgency == Urgency.EVENT))
    return committed if oldest is None else min(committed, oldest - 1)


def waiting_by_reason(connection: Connection, *urgencies: Urgency) -> dict[str, int]:
    """How many keys wait for each reason, of these urgencies."""
    query = select(MARKED.c.reason, func.count(MARKED.c.key.distinct())).where(MARKED.c.urgency.in_(urgencies))
    return {row[0]: row[1] for row in connection.execute(query.group_by(MARKED.c.reason))}


def waiting_by_rank(connection: Connection) -> dict[tuple[Urgency, int], int]:
    """How many marks wait, by urgency and rank."""
    query = select(MARKED.c.urgency, MARKED.c.rank, func.count()).group_by(MARKED.c.urgency, MARKED.c.rank)
    return {(Urgency(urgency), rank): count for urgency, rank, count in connection.execute(query)}


def is_repricing(key: str) -> Select[tuple[str]]:
    """Selects a key's marks that new terms left."""
    return select(MARKED.c.key).where(MARKED.c.key == key, MARKED.c.urgency == Urgency.TERMS)


def rows_version(connection: Connection) -> tuple[int, int]:
    """Differs whenever rows may have changed while the log did not: the oldest and the newest mark, 0 without one."""
    first, last = connection.execute(select(func.min(MARKED.c.mark), func.max(MARKED.c.mark))).one()
    return (first or 0, last or 0)


_FREE = "(worker IS NULL OR held_until < :now)"
_NEXT = text(
    f"SELECT urgency, rank, reason, tries FROM marked_key WHERE {_FREE} ORDER BY urgency, rank, mark LIMIT 1"  # noqa: S608  our own words
)
_ABOVE = text(
    f"SELECT urgency, rank, reason, tries FROM marked_key WHERE {_FREE} AND urgency = :urgency AND rank > :rank"  # noqa: S608
    " ORDER BY urgency, rank, mark LIMIT 1"
)
_ALL_OF_FEW = "SELECT mark, key, position, marked_at, urgency, tries, worker FROM marked_key ORDER BY mark LIMIT ?"
_HELD = text("SELECT DISTINCT worker FROM marked_key WHERE worker IS NOT NULL")
_RELEASE = text("UPDATE marked_key SET worker = NULL, held_until = NULL WHERE worker = :worker")


class _Statements(NamedTuple):
    """Those that differ between databases."""

    mark: TextClause
    take: TextClause
    seen: Select[Any]
    standing: TextClause
    remove: TextClause


@cache
def _statements(dialect: StoreDialect) -> _Statements:
    keys, marks, unlocked = dialect.unnest(":keys", "text"), dialect.unnest(":marks", "bigint"), dialect.skip_locked
    next_marks = dialect.picked_once.format(
        f"SELECT mark FROM marked_key WHERE urgency = :urgency AND rank = :rank AND {_FREE}"  # noqa: S608
        " AND NOT EXISTS (SELECT 1 FROM marked_key AS held WHERE held.key = marked_key.key"
        " AND held.worker IS NOT NULL AND held.held_until >= :now)"
        f" ORDER BY mark LIMIT :most {unlocked}"
    )
    return _Statements(
        mark=text(
            "INSERT INTO marked_key (key, rank, urgency, reason, position, marked_at) SELECT given.value,"  # noqa: S608  our own words
            " CAST(:rank AS integer), CAST(:urgency AS integer), CAST(:reason AS text), CAST(:position AS bigint),"
            f" CAST(:marked_at AS bigint) FROM ({keys}) AS given"
        ),
        take=text(
            f"UPDATE marked_key SET worker = :worker, held_until = :until, tries = tries + 1 WHERE mark {next_marks}"  # noqa: S608
            " RETURNING key, position, marked_at, tries"
        ),
        seen=select(MARKED.c.key, MARKED.c.mark, MARKED.c.urgency, MARKED.c.reason).where(
            dialect.among_given(MARKED.c.key)
        ),
        standing=text(f"SELECT mark, key FROM marked_key WHERE mark IN ({marks}) {unlocked}"),  # noqa: S608
        remove=text(f"DELETE FROM marked_key WHERE mark IN ({marks})"),  # noqa: S608
    )
