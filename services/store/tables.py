"""Primary tables: the event log and what guards it. Nothing here can be rebuilt, so nothing here is ever edited."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, TypedDict

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field

from projections.tables.columns import TableModel, UtcInstant, only_where

BigKey = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts only INTEGER keys up by itself


_UNSEALED: Any = only_where(text("sealed_by IS NULL"))

WITHDRAWN = "event.withdrawn.v1"
PEOPLES_ACTS = (  # what people do about claims; a migration's index names the same ones
    *("work.resolved.v1", "work.assigned.v1", "work.snoozed.v1", "work.noted.v1", "appeal.filed.v1"),
    *("appeal.decided.v1", "letter.sent.v1", "dispute.opened.v1", "dispute.closed.v1", "claim.written_off.v1"),
    *("refund.sent.v1", "claim.matched.v1", WITHDRAWN),
)
# The condition of a partial index, written in full: a database uses the index where a query says the very same.
BY_PEOPLE = text("type IN ('" + "', '".join(PEOPLES_ACTS) + "')")


class EventIdentity(TableModel, table=True):
    """(practice, source, id) -> position and content hash. Unpartitioned, so that an identity is unique forever."""

    __tablename__ = "event_identity"
    __table_args__ = (UniqueConstraint("practice", "source", "id"), {"sqlite_autoincrement": True})

    position: int | None = Field(default=None, sa_column=Column(BigKey, primary_key=True, autoincrement=True))
    practice: str
    source: str
    id: str
    hash: str


class EventLog(TableModel, table=True):
    """One accepted event. `data` is the normalized JSON of its data, `extra` of further envelope attributes."""

    __tablename__ = "event_log"
    __table_args__ = (
        Index("event_log_by_correlation", "correlationid"),
        Index("event_log_by_people", "practice", "type", "time", **only_where(BY_PEOPLE)),
    )

    position: int = Field(sa_column=Column(BigKey, primary_key=True, autoincrement=False))
    practice: str
    source: str
    id: str
    type: str
    subject: str
    time: datetime = Field(sa_type=UtcInstant)
    recorded_at: datetime = Field(sa_type=UtcInstant)
    entry_id: str | None
    correlationid: str | None
    causationid: str | None
    supersedes_source: str | None
    supersedes_id: str | None
    rawref: str | None
    hash: str
    data: str = Field(sa_type=Text)
    extra: str | None = Field(sa_type=Text)


class EventKey(TableModel, table=True):
    """Which keys an event belongs to."""

    __tablename__ = "event_key"
    __table_args__ = (Index("event_key_by_position", "position"),)

    key: str = Field(primary_key=True)
    position: int = Field(sa_column=Column(BigKey, primary_key=True, autoincrement=False))


class ClaimNumber(TableModel, table=True):
    """Which claim keys have a number, by its normal form: a number that comes back changed finds the claim by it.

    kind: claim (its own; `sent` once it was submitted here), payer (the payer's control number of it), replaces (the
    control number that a replacement or void of it names). An index over the log, written with it.
    """

    __tablename__ = "claim_number"
    __table_args__ = (Index("claim_number_by_key", "key"),)

    practice: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    form: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    sent: bool


class SubmissionName(TableModel, table=True):
    """Which submissions have a name that acknowledgments may answer to. An index over the log, written with it.

    `submission`: what makes one itself. `time`, `recorded_at`: of the first of its claims that was logged.
    """

    __tablename__ = "submission_name"
    __table_args__ = (Index("submission_name_by_sent", "practice", "sent_at"),)

    practice: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    submission: str = Field(primary_key=True)
    receiver: str
    sent_at: datetime | None = Field(sa_type=UtcInstant, nullable=True)
    time: datetime = Field(sa_type=UtcInstant)
    recorded_at: datetime = Field(sa_type=UtcInstant)


class NamedPayer(TableModel, table=True):
    """A payer as files and people named it. An index over the log, written with it.

    `identifier` and `name` as stated, `name` "" where none was; `indicator` is SBR09 or CLP06; `event_type` says who
    named it so. `time`, `recorded_at`: of the first such event that was logged.
    """

    __tablename__ = "named_payer"

    practice: str = Field(primary_key=True)
    identifier: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    indicator: str = Field(primary_key=True)
    event_type: str = Field(primary_key=True)
    time: datetime = Field(sa_type=UtcInstant)
    recorded_at: datetime = Field(sa_type=UtcInstant)


class SubmissionClaim(TableModel, table=True):
    """A claim in a submission: what an acknowledgment that counts or names claims is compared with.

    `form`: its number's normal form; `charge` in cents. An index over the log, written with it.
    """

    __tablename__ = "submission_claim"

    practice: str = Field(primary_key=True)
    submission: str = Field(primary_key=True)
    position: int = Field(sa_column=Column(BigKey, primary_key=True, autoincrement=False))
    form: str
    billing_npi: str
    charge: int = Field(sa_type=BigInteger)


class Sighting(TableModel, table=True):
    """A duplicate delivery; the earliest `time` of an event and its sightings counts."""

    __tablename__ = "sighting"
    __table_args__ = (
        Index("sighting_by_position", "position"),
        Index("sighting_by_correlation", "correlationid"),
        Index("sighting_unsealed", "entry_id", **_UNSEALED),
    )

    entry_id: str = Field(primary_key=True)
    position: int = Field(sa_type=BigInteger)
    time: datetime = Field(sa_type=UtcInstant)
    recorded_at: datetime = Field(sa_type=UtcInstant)
    correlationid: str | None
    sealed_by: int | None = Field(default=None, sa_type=BigInteger, nullable=True)


class Correction(TableModel, table=True):
    """An event that names another event in the log that it withdraws or supersedes."""

    __tablename__ = "correction"

    practice: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    position: int = Field(sa_column=Column(BigKey, primary_key=True, autoincrement=False))


class ParkedState(StrEnum):
    """What became of a parked entry."""

    OPEN = "open"
    RETRIED = "retried"
    DISCARDED = "discarded"
    SETTLED = "settled"  # its event was accepted since, or the whole file was read that it is a part of


class Parked(TableModel, table=True):
    """What could not be read, with its reason."""

    __tablename__ = "parked"
    __table_args__ = (
        Index("parked_by_correlation", "correlationid"),
        Index("parked_by_event", "event_id"),
        Index("parked_unsealed", "parked_id", **_UNSEALED),
    )

    parked_id: str = Field(primary_key=True)
    practice: str
    origin: str
    reason: str = Field(sa_type=Text)
    place: str | None
    transaction: str | None
    raw: bytes = Field(sa_type=LargeBinary)
    state: str
    recorded_at: datetime = Field(sa_type=UtcInstant)
    correlationid: str | None
    entry_id: str | None
    tries: int = 0
    source: str | None = None
    event_id: str | None = None
    sealed_by: int | None = Field(default=None, sa_type=BigInteger, nullable=True)


class ParkedRow(TypedDict):
    """A row of `Parked` as it is first written."""

    parked_id: str
    practice: str
    origin: str
    reason: str
    place: str | None
    transaction: str | None
    raw: bytes
    state: ParkedState
    recorded_at: datetime
    correlationid: str | None
    entry_id: str | None
    tries: int
    source: str | None
    event_id: str | None


class FoldKey(TableModel, table=True):
    """What transactions that log lock, so that a verdict and its claim, or terms and rows, see each other."""

    __tablename__ = "fold_key"

    key: str = Field(primary_key=True)


class Stale(TableModel, table=True):
    """A projection of a key whose fold raised; its old rows stay until a fold succeeds."""

    __tablename__ = "stale"

    key: str = Field(primary_key=True)
    projection: str = Field(primary_key=True)
    error: str = Field(sa_type=Text)
    since: datetime = Field(sa_type=UtcInstant)


class MarkedKey(TableModel, table=True):
    """A mark: this key's rows are behind the log and wait for a worker. See `marked_keys`."""

    __tablename__ = "marked_key"
    __table_args__ = (
        Index("marked_key_by_turn", "urgency", "rank", "mark"),
        Index("marked_key_by_key", "key"),
        {"sqlite_autoincrement": True},  # a number is never given twice: a worker knows by it what it saw
    )

    mark: int | None = Field(default=None, sa_column=Column(BigKey, primary_key=True, autoincrement=True))
    key: str
    rank: int
    urgency: int
    reason: str
    position: int = Field(sa_type=BigInteger)
    marked_at: datetime = Field(sa_type=UtcInstant)
    worker: str | None
    held_until: datetime | None = Field(sa_type=UtcInstant)
    tries: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class Refold(TableModel, table=True):
    """The queue of versions before 0007. Nothing here reads it; their processes may, until the last has ended."""

    __tablename__ = "refold"

    key: str = Field(primary_key=True)
    reason: str


class Seal(TableModel, table=True):
    """A link of the hash chain over the log: covers all events up to `position`. `entries`: the digest of each."""

    __tablename__ = "seal"

    position: int = Field(sa_column=Column(BigKey, primary_key=True, autoincrement=False))
    first_position: int = Field(sa_type=BigInteger)
    events: int
    hash: str
    previous: str
    entries: bytes = Field(sa_type=LargeBinary)
    sealed_at: datetime = Field(sa_type=UtcInstant)


class RowSeal(TableModel, table=True):
    """A link of the hash chain over rows of `covers` (sighting, parked): the key and digest of each, as JSON."""

    __tablename__ = "row_seal"

    seal: int = Field(sa_column=Column(BigKey, primary_key=True, autoincrement=False))
    covers: str
    entries: str
    hash: str
    previous: str
    sealed_at: datetime = Field(sa_type=UtcInstant)


class StoredSetting(TableModel, table=True):
    """What belongs to the data rather than to a process: the practice's zone."""

    __tablename__ = "stored_setting"

    name: str = Field(primary_key=True)
    value: str
