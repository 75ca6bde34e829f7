"""Who is notified: endpoints made, changed, given another secret, tried out, sent to again.

What is written here is a setting with a version; who changed it is in the audit. Secrets are shown once, when made.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import secrets
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Connection, Engine, insert, select, update

from events.values import to_cents
from services.core.destinations import LOOPBACK, RefusedDestinationError, check_destination, literal_address
from services.core.errors import ClaimclockError, NotFoundError, UsageError
from services.core.settings import Settings
from services.presentation.notifications import SUBSCRIBED, NotificationKind
from services.store.dialect import dialect_of
from services.store.engine import writing
from services.store.marked_keys import projected_position
from services.store.webhook_tables import (
    ACTIVE,
    DELIVERY,
    ENDPOINT,
    NOTIFICATION,
    PAUSED,
    PROGRESS,
    REMOVED,
    WAITING,
)

LOG_PLACE, DIGEST_PLACE, WEEKLY_PLACE = "log", "digest", "weekly"  # of progress
WEBHOOK, MESSAGE = "webhook", "message"
OVERLAP = timedelta(hours=24)  # that the secret before still signs after a rotation
MOST_ENDPOINTS = 50  # of one practice
# What apprise posts unencrypted to whatever host is named. https:// is our own signed JSON.
UNENCRYPTED = ("json", "xml", "form")


class EndpointError(UsageError):
    """An endpoint that cannot be notified; the message says why."""

    http_status = 422


class UnreadableSecretError(ClaimclockError):
    """The secret was sealed with another key (CLAIMCLOCK_REF_KEY): give the endpoint a new one."""


@dataclass(frozen=True, kw_only=True)
class EndpointWish:
    """An endpoint as a person wants it. No kinds: all of them; no payers: all of them.

    `address`: https://… for signed JSON, else an address that apprise knows (mailto://, slack://, msteams:// …).
    """

    name: str
    address: str
    kinds: Sequence[str] = ()
    payers: Sequence[str] = ()
    least_amount: Decimal = Decimal(0)
    full_content: bool = False


class Vault:
    """Seals what must be read again: addresses and secrets. Its key follows from the key of refs."""

    def __init__(self, settings: Settings) -> None:
        key = hmac.new(settings.ref_secret(), b"notified endpoints", hashlib.sha256).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def seal(self, text: str) -> bytes:
        return self._fernet.encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        """Raises UnreadableSecretError."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise UnreadableSecretError(
                "the endpoint's secret was encrypted with another key: rotate it, or set CLAIMCLOCK_REF_KEY as it was"
            ) from None


@dataclass(frozen=True, kw_only=True)
class EndpointAdmin:
    """Changes the endpoints of one practice, in the name of `by`."""

    engine: Engine
    settings: Settings
    practice: str
    by: str
    now: datetime

    def add(self, wish: EndpointWish) -> tuple[str, str]:
        """Its id and its secret, which is not shown again. Raises EndpointError."""
        values, secret = self._values(wish), new_secret()
        endpoint_id = secrets.token_hex(12)
        with writing(self.engine) as connection:
            mine = select(ENDPOINT.c.endpoint_id).where(
                ENDPOINT.c.practice == self.practice, ENDPOINT.c.state != REMOVED
            )
            if len(connection.execute(mine).all()) >= MOST_ENDPOINTS:
                raise EndpointError(f"a practice has at most {MOST_ENDPOINTS} endpoints")
            _begin_here(connection, self.now)
            connection.execute(
                insert(ENDPOINT).values(
                    endpoint_id=endpoint_id,
                    practice=self.practice,
                    secret=Vault(self.settings).seal(secret),
                    state=ACTIVE,
                    version=1,
                    created_at=self.now,
                    **values,
                    **self._signed(),
                )
            )
        return endpoint_id, secret

    def change(self, endpoint_id: str, wish: EndpointWish) -> None:
        """Raises EndpointError and NotFoundError."""
        self._update(endpoint_id, self._values(wish))

    def pause(self, endpoint_id: str, *, paused: bool) -> None:
        """A paused endpoint hears nothing, and of what happens meanwhile nothing later. Raises NotFoundError."""
        with writing(self.engine) as connection:
            self._found(connection, endpoint_id)
            if not paused:
                _begin_here(connection, self.now)
            state = PAUSED if paused else ACTIVE
            connection.execute(self._changing(endpoint_id).values(state=state))

    def remove(self, endpoint_id: str) -> None:
        """What was delivered stays in the log of deliveries. Raises NotFoundError."""
        self._update(endpoint_id, {"state": REMOVED})

    def rotate(self, endpoint_id: str) -> str:
        """A new secret; the one before signs too for a day. Raises NotFoundError."""
        secret = new_secret()
        with writing(self.engine) as connection:
            before = self._found(connection, endpoint_id).secret
            connection.execute(
                self._changing(endpoint_id).values(
                    secret=Vault(self.settings).seal(secret), secret_before=before, before_until=self.now + OVERLAP
                )
            )
        return secret

    def test(self, endpoint_id: str) -> str:
        """Puts a test notification on its way to one endpoint; the id of the delivery. Raises NotFoundError."""
        notification_id = "msg_" + secrets.token_hex(12)
        body = json.dumps({"type": NotificationKind.TEST, "timestamp": self.now.isoformat(), "data": {}})
        with writing(self.engine) as connection:
            self._found(connection, endpoint_id)
            connection.execute(
                insert(NOTIFICATION).values(
                    notification_id=notification_id,
                    practice=self.practice,
                    kind=NotificationKind.TEST,
                    occasion=notification_id,
                    happened_at=self.now,
                    body=body,
                    more=None,
                )
            )
            return send_to(connection, endpoint_id, notification_id, self.now)

    def replay(self, delivery_id: str) -> None:
        """Sends a notification again, under its own id. Raises NotFoundError."""
        with writing(self.engine) as connection:
            mine = select(DELIVERY.c.delivery_id).join(ENDPOINT, ENDPOINT.c.endpoint_id == DELIVERY.c.endpoint_id)
            found = connection.scalar(
                mine.where(DELIVERY.c.delivery_id == delivery_id, ENDPOINT.c.practice == self.practice)
            )
            if found is None:
                raise NotFoundError("no such delivery in this practice")
            again = {"state": WAITING, "tries": 0, "next_try_at": self.now, "ended_at": None, "error": None}
            connection.execute(update(DELIVERY).where(DELIVERY.c.delivery_id == delivery_id).values(**again))

    def _values(self, wish: EndpointWish) -> dict[str, Any]:
        channel = channel_of(wish.address)
        _check_place(wish.address, self.settings.notify_inside)
        unknown = sorted(set(wish.kinds) - set(SUBSCRIBED))
        if unknown:
            raise EndpointError(f"no notification is called {unknown[0]!r}; there are {', '.join(SUBSCRIBED)}")
        if not wish.name.strip():
            raise EndpointError("an endpoint has a name")
        return {
            "name": wish.name.strip(),
            "channel": channel,
            "address": Vault(self.settings).seal(wish.address),
            "shown_address": shown(wish.address),
            "kinds": " ".join(dict.fromkeys(wish.kinds)),
            "payers": "\n".join(dict.fromkeys(payer.strip() for payer in wish.payers if payer.strip())),
            "least_amount": to_cents(wish.least_amount),
            "full_content": wish.full_content,
        }

    def _signed(self) -> dict[str, Any]:
        return {"changed_at": self.now, "changed_by": self.by}

    def _found(self, connection: Connection, endpoint_id: str) -> Any:
        mine = (ENDPOINT.c.endpoint_id == endpoint_id) & (ENDPOINT.c.practice == self.practice)
        row = connection.execute(select(ENDPOINT).where(mine, ENDPOINT.c.state != REMOVED)).first()
        if row is None:
            raise NotFoundError("no such endpoint in this practice")
        return row

    def _changing(self, endpoint_id: str) -> Any:
        statement = update(ENDPOINT).where(ENDPOINT.c.endpoint_id == endpoint_id)
        return statement.values(version=ENDPOINT.c.version + 1, **self._signed())

    def _update(self, endpoint_id: str, values: dict[str, Any]) -> None:
        with writing(self.engine) as connection:
            self._found(connection, endpoint_id)
            connection.execute(self._changing(endpoint_id).values(**values))


def progress(connection: Connection, name: str, now: datetime) -> tuple[int, datetime]:
    """How far the log was looked at, and when. The first look begins now: what was before is no news."""
    row = connection.execute(select(PROGRESS).where(PROGRESS.c.name == name)).first()
    if row is not None:
        return row.position, row.looked_at
    start = projected_position(connection)
    remember(connection, name, start, now)
    return start, now


def remember(connection: Connection, name: str, position: int, now: datetime) -> None:
    """Writes down how far the log was looked at."""
    values = {"position": position, "looked_at": now}
    if not connection.execute(update(PROGRESS).where(PROGRESS.c.name == name).values(**values)).rowcount:
        connection.execute(dialect_of(connection).insert_ignore(PROGRESS, "name"), [{"name": name, **values}])


def _begin_here(connection: Connection, now: datetime) -> None:
    """While nobody listens the log is not looked at; the first who does hears what happens from now on."""
    if connection.execute(select(ENDPOINT.c.endpoint_id).where(ENDPOINT.c.state == ACTIVE).limit(1)).first() is None:
        remember(connection, LOG_PLACE, projected_position(connection), now)
        remember(connection, DIGEST_PLACE, 0, now)
        remember(connection, WEEKLY_PLACE, 0, now)


def new_secret() -> str:
    """As Standard Webhooks write it: 32 random bytes in base64 after `whsec_`."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def send_to(connection: Connection, endpoint_id: str, notification_id: str, now: datetime) -> str:
    """Puts a notification on its way to an endpoint; the id of the delivery."""
    delivery_id = secrets.token_hex(12)
    connection.execute(
        insert(DELIVERY).values(
            delivery_id=delivery_id,
            endpoint_id=endpoint_id,
            notification_id=notification_id,
            state=WAITING,
            made_at=now,
            tries=0,
            next_try_at=now,
        )
    )
    return delivery_id


def channel_of(address: str) -> str:
    """Webhook or message. Raises EndpointError for an address that is neither."""
    parts = urlsplit(address)
    if parts.scheme in ("http", "https"):
        if not parts.hostname or (parts.scheme == "http" and parts.hostname not in LOOPBACK):
            raise EndpointError("a webhook's address begins with https:// (http:// on this machine alone)")
        return WEBHOOK
    if parts.scheme in UNENCRYPTED and parts.hostname not in LOOPBACK:
        raise EndpointError(f"{parts.scheme}:// is not encrypted; use {parts.scheme}s://")
    if message_sender(address) is None:
        raise EndpointError("the address is neither https:// nor one that apprise knows, such as mailto:// or slack://")
    return MESSAGE


def _check_place(address: str, inside: Sequence[str]) -> None:
    """Of a name it is found out when something is sent. Raises EndpointError."""
    host = urlsplit(address).hostname or ""
    if (literal := literal_address(host)) is not None:
        try:
            check_destination(host, literal, inside)
        except RefusedDestinationError as error:
            raise EndpointError(str(error)) from None


def message_sender(address: str) -> Any:
    """What sends to an address of mail or chat; None where apprise does not know it. Raises EndpointError."""
    with warnings.catch_warnings():  # apprise looks for a module that newer Pythons lack
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            from apprise import Apprise  # noqa: PLC0415  an extra, and slow to import
        except ImportError:
            raise EndpointError(
                "mail and chat need claimclock[notify]; a webhook's address begins with https://"
            ) from None
        logging.getLogger("apprise").disabled = True  # it would log addresses, passwords and all
        sender = Apprise()
        return sender if sender.add(address) else None


def shown(address: str) -> str:
    """An address without what may be a password: scheme, host, and the path of a webhook."""
    parts = urlsplit(address)
    host = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    return f"{parts.scheme}://{host}{parts.path if channel_of(address) == WEBHOOK else '/…'}"
