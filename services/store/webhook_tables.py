"""Who is notified of what, and what became of each notification. Settings and their history; nothing is rebuilt."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Text, UniqueConstraint
from sqlmodel import Field

from projections.tables.columns import TableModel, UtcInstant
from projections.tables.tables import table_of


def _no_instant() -> Any:
    return Field(default=None, sa_type=UtcInstant, nullable=True)


class NotifiedEndpoint(TableModel, table=True):
    """An address that is notified. channel: webhook (signed JSON over HTTP), message (mail or chat, by apprise).

    `address`, `secret` and `secret_before` are sealed: an address of mail or chat may hold a password. `kinds` and
    `payers` are separated by blanks and newlines. `version` grows with each change. state: active, paused, removed.
    """

    __tablename__ = "notified_endpoint"

    endpoint_id: str = Field(primary_key=True)
    practice: str = Field(index=True)
    name: str
    channel: str
    address: bytes
    shown_address: str
    kinds: str = Field(sa_type=Text)
    payers: str = Field(sa_type=Text)
    least_amount: int = Field(sa_type=BigInteger)
    full_content: bool
    secret: bytes
    secret_before: bytes | None
    before_until: datetime | None = _no_instant()
    state: str
    version: int
    created_at: datetime = Field(sa_type=UtcInstant)
    changed_at: datetime = Field(sa_type=UtcInstant)
    changed_by: str


class Notification(TableModel, table=True):
    """Something that happened, once: `occasion` is what makes it itself, so that no rebuild tells it again."""

    __tablename__ = "notification"
    __table_args__ = (UniqueConstraint("practice", "kind", "occasion"),)

    notification_id: str = Field(primary_key=True)
    practice: str
    kind: str
    occasion: str
    happened_at: datetime = Field(sa_type=UtcInstant)
    body: str = Field(sa_type=Text)
    more: str | None = Field(sa_type=Text)


class NotificationDelivery(TableModel, table=True):
    """A notification on its way to one endpoint. state: waiting, delivered, parked (the last try failed)."""

    __tablename__ = "notification_delivery"
    __table_args__ = (
        Index("notification_delivery_by_state", "state", "next_try_at"),
        Index("notification_delivery_by_endpoint", "endpoint_id", "made_at"),
    )

    delivery_id: str = Field(primary_key=True)
    endpoint_id: str
    notification_id: str
    state: str
    made_at: datetime = Field(sa_type=UtcInstant)
    tries: int
    next_try_at: datetime | None = _no_instant()
    ended_at: datetime | None = _no_instant()
    error: str | None


class NotificationProgress(TableModel, table=True):
    """How far the log has been looked at for notifications, and the last look at what has no place in it."""

    __tablename__ = "notification_progress"

    name: str = Field(primary_key=True)
    position: int = Field(sa_column=Column(BigInteger, nullable=False))
    looked_at: datetime = Field(sa_type=UtcInstant)


ENDPOINT, NOTIFICATION = table_of(NotifiedEndpoint), table_of(Notification)
DELIVERY, PROGRESS = table_of(NotificationDelivery), table_of(NotificationProgress)
WAITING, DELIVERED, PARKED = "waiting", "delivered", "parked"
ACTIVE, PAUSED, REMOVED = "active", "paused", "removed"
