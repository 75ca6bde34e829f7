"""Which submissions an acknowledgment could answer: by the names they have, an index over the log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, func, select, update

from events.claim import ClaimSubmitted
from events.event_data import EventData
from events.normal_forms import number_form
from events.submission_key import submission_identity, submission_keys
from projections.claims.settlement import Candidate
from projections.cut import NO_CUT, Cut
from projections.tables.columns import Row
from projections.tables.tables import table_of
from services.store.cuts import LOG, let_through
from services.store.dialect import StoreDialect, dialect_of
from services.store.tables import SubmissionClaim, SubmissionName

NAME, CONTENT = table_of(SubmissionName), table_of(SubmissionClaim)
_NAMES = 3  # at most, of one submission


class SentClaim(NamedTuple):
    """An event that was just logged."""

    practice: str
    data: EventData
    time: datetime
    recorded_at: datetime
    position: int = 0


def name_rows(sent: SentClaim) -> list[Row]:
    """The names of a submitted claim's submission."""
    data = sent.data
    if not isinstance(data, ClaimSubmitted) or data.submission is None:
        return []
    ref, sent_at = data.submission, data.submission.sent_at or sent.time
    told = {
        "practice": sent.practice,
        "submission": submission_identity(ref),
        "receiver": number_form(ref.receiver),
        "sent_at": sent_at,
        "time": sent.time,
        "recorded_at": sent.recorded_at,
    }
    return [told | {"name": name} for name in submission_keys(ref)]


ByName = dict[tuple[str, str], frozenset[str]]  # by practice and name, which submissions


class FiledNames(NamedTuple):
    """`new` were not known; of `moved` an earlier instant of sending is known now."""

    new: ByName
    moved: ByName


def record_names(connection: Connection, sent: Iterable[SentClaim]) -> FiledNames:
    """Files the names of submissions, each with the earliest instant of sending, in whatever order its claims come."""
    found: dict[tuple[str, str, str], Row] = {}
    for one in sent:
        for row in name_rows(one):
            name = (row["practice"], row["name"], row["submission"])
            known = found.get(name)
            if known is None or row["time"] < known["time"]:
                found[name] = row
    if not found:
        return FiledNames({}, {})
    rows = [found[name] for name in sorted(found)]
    statement = dialect_of(connection).insert_ignore(NAME, "practice", "name", "submission")
    fresh = {
        tuple(row)
        for row in connection.execute(statement.returning(NAME.c.practice, NAME.c.name, NAME.c.submission), rows)
    }
    moved = [name for name in sorted(found.keys() - fresh) if _sent_earlier(connection, found[name])]
    return FiledNames(_by_name(fresh), _by_name(moved))


def _sent_earlier(connection: Connection, row: Row) -> bool:
    """A submission that does not say when it was sent was sent with the earliest of its claims."""
    if row["sent_at"] != row["time"]:
        return False  # it is stated, and part of what makes the submission itself
    known = [NAME.c[name] == row[name] for name in ("practice", "name", "submission")]
    told = {name: row[name] for name in ("sent_at", "time", "recorded_at")}
    return connection.execute(update(NAME).where(*known, NAME.c.sent_at > row["sent_at"]).values(told)).rowcount > 0


def _by_name(found: Iterable[Sequence[str]]) -> ByName:
    names: dict[tuple[str, str], set[str]] = {}
    for practice, name, submission in found:
        names.setdefault((practice, name), set()).add(submission)
    return {name: frozenset(submissions) for name, submissions in names.items()}


def candidates(
    connection: Connection, practice: str, names: Sequence[str], cut: Cut = NO_CUT
) -> dict[str, list[Candidate]]:
    """The submissions that have each name, as far as the cut lets them through."""
    found: dict[str, list[Candidate]] = {name: [] for name in names}
    dialect = dialect_of(connection)
    given = {"of_practice": practice, "keys": dialect.as_list(sorted(found))}
    rows = connection.execute(_named(dialect), given).all() if found else []
    for row in _as_of(connection, practice, rows, cut):
        found[row.name].append(Candidate(identity=row.submission, receiver=row.receiver, sent_at=row.sent_at))
    return found


class _Named(NamedTuple):
    """A name of a submission, as far as a cut lets its claims through."""

    name: str
    submission: str
    receiver: str
    sent_at: datetime


def _as_of(connection: Connection, practice: str, rows: Sequence[Any], cut: Cut) -> list[_Named]:
    """The names whose submission had some claim then, with the instant of sending that was known then."""
    if cut == NO_CUT or not rows:
        return [_Named(row.name, row.submission, row.receiver, row.sent_at) for row in rows]
    first = _first_sent(connection, practice, {row.submission for row in rows}, cut)
    return [
        _Named(row.name, row.submission, row.receiver, _sent_then(row, first[row.submission]))
        for row in rows
        if row.submission in first
    ]


def _sent_then(row: Any, first: datetime) -> datetime:
    """Where a submission does not say it, with the earliest of its claims: as far as they were known."""
    sent_at: datetime = row.sent_at
    return sent_at if sent_at != row.time else first


def _first_sent(connection: Connection, practice: str, submissions: Iterable[str], cut: Cut) -> dict[str, datetime]:
    """The time of the earliest claim of each of these submissions, of those that the cut lets through."""
    dialect = dialect_of(connection)
    given = {"of_practice": practice, "keys": dialect.as_list(sorted(submissions))}
    return {row.submission: row.first for row in connection.execute(_with_claims(dialect, cut), given)}


@lru_cache(maxsize=64)  # a cut of a read has its own
def _with_claims(dialect: StoreDialect, cut: Cut) -> Select[tuple[str, datetime]]:
    query = select(CONTENT.c.submission, func.min(LOG.c.time).label("first")).join(
        LOG, LOG.c.position == CONTENT.c.position
    )
    return query.where(
        CONTENT.c.practice == bindparam("of_practice"),
        dialect.among_given(CONTENT.c.submission),
        *let_through(dialect, cut),
    ).group_by(CONTENT.c.submission)


@cache
def _named(dialect: StoreDialect) -> Select[Any]:
    return select(NAME).where(NAME.c.practice == bindparam("of_practice"), dialect.among_given(NAME.c.name))


def sent_around(
    connection: Connection, practice: str, between: tuple[datetime, datetime], most: int, cut: Cut = NO_CUT
) -> list[Candidate]:
    """The submissions sent between two instants, the latest first; through an index."""
    first, last = between
    query = select(NAME).where(NAME.c.practice == practice, NAME.c.sent_at >= first, NAME.c.sent_at <= last)
    query = query.order_by(NAME.c.sent_at.desc(), NAME.c.submission)
    if cut == NO_CUT:
        query = query.limit(most * _NAMES)
    rows = _as_of(connection, practice, connection.execute(query).all(), cut)
    found = {row.submission: row for row in rows if row.sent_at <= last}
    latest = sorted(found.values(), key=lambda row: (-row.sent_at.timestamp(), row.submission))[:most]
    return [Candidate(identity=row.submission, receiver=row.receiver, sent_at=row.sent_at) for row in latest]
