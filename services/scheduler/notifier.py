"""Notifications: written down once, given to every endpoint that asked for them, sent until they are taken."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import standardwebhooks
from sqlalchemy import Connection, Engine, and_, select, update

from events.values import from_cents
from services.commands.endpoints import (
    DIGEST_PLACE,
    LOG_PLACE,
    MESSAGE,
    WEEKLY_PLACE,
    EndpointError,
    UnreadableSecretError,
    Vault,
    message_sender,
    progress,
    remember,
    send_to,
)
from services.core.clock import Clock
from services.core.destinations import RefusedDestinationError, check_destination, resolved
from services.core.settings import Settings
from services.letters.pdf import pdf
from services.presentation.notifications import NotificationKind, message
from services.presentation.weekly_summary import summary_document
from services.scheduler.maintenance import JobFigures, is_night, newest_hour
from services.scheduler.occasions import Occasion, digests, logged_occasions, missed_clocks, unreadable
from services.scheduler.posting import SignedPost, post_status
from services.scheduler.webhook import ID, SIGNATURE, TIMESTAMP, DeliveryError
from services.scheduler.weekly import week_to_tell, weekly_occasions
from services.store.dialect import dialect_of
from services.store.engine import writing
from services.store.marked_keys import projected_position
from services.store.reference import References
from services.store.webhook_tables import (
    ACTIVE,
    DELIVERED,
    DELIVERY,
    ENDPOINT,
    NOTIFICATION,
    PARKED,
    WAITING,
)

AT_ONCE = 500  # events of the log looked at in one transaction
TRIES_AT_ONCE = 50
LONGEST = timedelta(hours=1)  # between two tries
PAGES = {NotificationKind.WEEKLY: "/team"}  # that a notification without a claim leads to
BETWEEN_NOTES = timedelta(minutes=10)  # of the last look, where nothing happened
Check = Callable[[Connection], None]


@dataclass(frozen=True, kw_only=True)
class OutgoingDelivery:
    """A claimed try: what goes where, and what signs it."""

    delivery_id: str
    notification_id: str
    kind: str
    body: str
    channel: str
    address: str
    keys: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Notifier:
    """The two jobs of notifications. `check` is called in each transaction, and raises where another one leads."""

    engine: Engine
    settings: Settings
    clock: Clock
    check: Check

    def collect(self, references: References, now: datetime) -> JobFigures:
        """Writes down what happened since the last look, with a delivery for each endpoint that asked."""
        made, more = 0, True
        while more:
            with writing(self.engine) as connection:
                self.check(connection)
                new, more = self._look(connection, references, now)
            made += new
        made += self._weekly(references, now)
        return {"notifications": made} if made else {}

    def _look(self, connection: Connection, references: References, now: datetime) -> tuple[int, bool]:
        """How many there were in the next part of the log, and whether there is more of it."""
        endpoints = connection.execute(select(ENDPOINT).where(ENDPOINT.c.state == ACTIVE)).all()
        if not endpoints:
            return 0, False
        place, since = progress(connection, LOG_PLACE, now)
        until = projected_position(connection)
        found, reached = logged_occasions(connection, references, place, until, AT_ONCE)
        if reached >= until:
            found += [*missed_clocks(connection, since, now), *unreadable(connection, since)]
            found += self._digests(connection, references, endpoints, now)
        made = sum(_record(connection, self.settings, occasion, endpoints, now) for occasion in found)
        if reached > place or now - since > BETWEEN_NOTES:
            remember(connection, LOG_PLACE, max(place, reached), now)
        return made, reached < until

    def _weekly(self, references: References, now: datetime) -> int:
        """The week that has ended, counted before anything is locked; written down once, no matter who leads."""
        with writing(self.engine) as connection:
            self.check(connection)
            endpoints = connection.execute(select(ENDPOINT).where(ENDPOINT.c.state == ACTIVE)).all()
            last = progress(connection, WEEKLY_PLACE, now)[1] if endpoints else now
        sunday = week_to_tell(last, now, self.settings.digest_at, self.settings.zone)
        if sunday is None:
            return 0
        practices = sorted({row.practice for row in endpoints if _hears(row, NotificationKind.WEEKLY)})
        found = weekly_occasions(self.engine, references, practices, sunday, now)
        with writing(self.engine) as connection:
            self.check(connection)
            remember(connection, WEEKLY_PLACE, 0, now)
            return sum(_record(connection, self.settings, occasion, endpoints, now) for occasion in found)

    def _digests(
        self, connection: Connection, references: References, endpoints: Sequence[Any], now: datetime
    ) -> list[Occasion]:
        _, last = progress(connection, DIGEST_PLACE, now)
        if not is_night(last, now, self.settings.digest_at, self.settings.zone):
            return []
        remember(connection, DIGEST_PLACE, 0, now)
        hour = newest_hour(now, self.settings.digest_at, self.settings.zone)  # of yesterday, where it was missed
        return digests(connection, references, sorted({row.practice for row in endpoints}), hour, now)

    def deliver(self, now: datetime, stopping: Callable[[], bool] = lambda: False) -> JobFigures:
        """Makes the tries that are due."""
        tries = failures = 0
        vault = Vault(self.settings)
        while tries < TRIES_AT_ONCE and not stopping():
            with writing(self.engine) as connection:
                self.check(connection)
                taken = self._take(connection, vault, now)
            if taken is None:
                break
            error = self._send(taken)
            with writing(self.engine) as connection:  # whichever scheduler leads by now: what was sent was sent
                self._settle(connection, taken.delivery_id, error)
            tries, failures = tries + 1, failures + (error is not None)
        return {"tries": tries, "failures": failures} if tries else {}

    def _take(self, connection: Connection, vault: Vault, now: datetime) -> OutgoingDelivery | None:
        """Claims the next try that is due: nobody else makes the same one, and the one after it comes later."""
        due = and_(DELIVERY.c.state == WAITING, DELIVERY.c.next_try_at <= now, ENDPOINT.c.state == ACTIVE)
        query = (
            select(DELIVERY, ENDPOINT, NOTIFICATION.c.kind, NOTIFICATION.c.body, NOTIFICATION.c.more)
            .join(ENDPOINT, ENDPOINT.c.endpoint_id == DELIVERY.c.endpoint_id)
            .join(NOTIFICATION, NOTIFICATION.c.notification_id == DELIVERY.c.notification_id)
        )
        row = connection.execute(
            query.where(due).order_by(DELIVERY.c.next_try_at, DELIVERY.c.delivery_id).limit(1).with_for_update()
        ).first()
        if row is None:
            return None
        wait = min(timedelta(seconds=self.settings.webhook_backoff) * 2**row.tries, LONGEST)
        mine = update(DELIVERY).where(DELIVERY.c.delivery_id == row.delivery_id)
        connection.execute(mine.values(tries=row.tries + 1, next_try_at=now + wait))
        return _outgoing(row, vault, now)

    def _send(self, taken: OutgoingDelivery) -> str | None:
        """One try; what went wrong, or None."""
        if not taken.address:
            return "the endpoint's address cannot be read: enter it again, or set CLAIMCLOCK_REF_KEY as it was"
        try:
            if taken.channel == MESSAGE:
                _send_message(taken, self.settings.notify_inside)
            else:
                _post(taken, self.clock.now(), self.settings)
        except (DeliveryError, RefusedDestinationError) as error:
            return str(error)
        return None

    def _settle(self, connection: Connection, delivery_id: str, error: str | None) -> None:
        mine = and_(DELIVERY.c.delivery_id == delivery_id, DELIVERY.c.state == WAITING)
        if error is None:
            done = {"state": DELIVERED, "ended_at": self.clock.now(), "next_try_at": None, "error": None}
            connection.execute(update(DELIVERY).where(mine).values(**done))
            return
        connection.execute(update(DELIVERY).where(mine).values(error=error))
        last = and_(mine, DELIVERY.c.tries >= self.settings.webhook_tries)
        parked = {"state": PARKED, "ended_at": self.clock.now(), "next_try_at": None}
        connection.execute(update(DELIVERY).where(last).values(**parked))


def _record(
    connection: Connection, settings: Settings, occasion: Occasion, endpoints: Sequence[Any], now: datetime
) -> int:
    """Writes an occasion down where nobody has, for the endpoints that want it. 1 where it is new to somebody."""
    wanted = [row.endpoint_id for row in endpoints if _wants(row, occasion)]
    if not wanted:
        return 0
    notification_id = "msg_" + secrets.token_hex(12)
    told = {
        "notification_id": notification_id,
        "practice": occasion.practice,
        "kind": occasion.kind.value,
        "occasion": occasion.name,
        "happened_at": occasion.at,
        "body": json.dumps(_body(settings, occasion)),
        "more": json.dumps(dict(occasion.more)) if occasion.more else None,
    }
    statement = dialect_of(connection).insert_ignore(NOTIFICATION, "practice", "kind", "occasion")
    if connection.execute(statement.returning(NOTIFICATION.c.notification_id), told).first() is None:
        return 0
    for endpoint_id in wanted:
        send_to(connection, endpoint_id, notification_id, now)
    return 1


def _hears(row: Any, kind: str) -> bool:
    """Whether an endpoint chose this kind, or none and so all."""
    return not row.kinds or kind in row.kinds.split()


def _wants(row: Any, occasion: Occasion) -> bool:
    payers = row.payers.splitlines()
    return (
        row.practice == occasion.practice
        and occasion.at >= row.created_at
        and _hears(row, occasion.kind)
        and (not payers or occasion.payer_id is None or occasion.payer_id in payers)
        and (occasion.cents is None or abs(occasion.cents) >= row.least_amount)
    )


def _body(settings: Settings, occasion: Occasion) -> dict[str, Any]:
    """Counts, sums, kinds, dates and a link: nothing that says whose claim it is, or its number."""
    data: dict[str, Any] = {"practice": occasion.practice, **occasion.data}
    if occasion.ref is not None:
        data["ref"] = occasion.ref
    if occasion.cents is not None:
        data["amount"] = f"{from_cents(occasion.cents):.2f}"
    if settings.public_url:
        path = f"/claims/{occasion.ref}" if occasion.ref else PAGES.get(occasion.kind, "")
        data["link"] = settings.public_url.rstrip("/") + path
    return {"type": occasion.kind.value, "timestamp": occasion.at.isoformat(), "data": data}


def _outgoing(row: Any, vault: Vault, now: datetime) -> OutgoingDelivery:
    body = row.body
    if row.full_content and row.more:
        told = json.loads(body)
        body = json.dumps(told | {"data": told["data"] | json.loads(row.more)})
    address: str = ""
    keys: tuple[str, ...] = ()
    with suppress(UnreadableSecretError):
        before = row.secret_before if row.before_until is not None and row.before_until > now else None
        keys = tuple(vault.open(sealed) for sealed in (row.secret, before) if sealed is not None)
        address = vault.open(row.address)
    return OutgoingDelivery(
        delivery_id=row.delivery_id,
        notification_id=row.notification_id,
        kind=row.kind,
        body=body,
        channel=row.channel,
        address=address,
        keys=keys,
    )


def signed_headers(keys: Sequence[str], name: str, body: str, at: datetime) -> dict[str, str]:
    """As Standard Webhooks: one signature for each key that is valid, the newest first."""
    signatures = " ".join(standardwebhooks.Webhook(key).sign(name, at, body) for key in keys)
    return {ID: name, TIMESTAMP: str(int(at.timestamp())), SIGNATURE: signatures}


def _post(taken: OutgoingDelivery, at: datetime, settings: Settings) -> None:
    headers = {"Content-Type": "application/json"}
    headers |= signed_headers(taken.keys, taken.notification_id, taken.body, at)
    try:
        what = SignedPost(address=taken.address, body=taken.body, headers=headers, inside=settings.notify_inside)
        status = post_status(what, settings.webhook_timeout)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DeliveryError(f"the address could not be reached ({type(error).__name__})") from None
    if not httpx.codes.is_success(status):
        raise DeliveryError(f"the address answered {status}")


def _send_message(taken: OutgoingDelivery, inside: Sequence[str]) -> None:
    host = urlsplit(taken.address).hostname or ""
    for address in resolved(host, None) if host else ():
        check_destination(host, address, inside)
    try:
        sender = message_sender(taken.address)
    except EndpointError as error:
        raise DeliveryError(error.message) from None
    data = json.loads(taken.body)["data"]
    title, text = message(taken.kind, data)
    added = {"attach": _summary_file(data)} if taken.kind == NotificationKind.WEEKLY else {}
    if sender is None or not sender.notify(body=text, title=title, **added):
        raise DeliveryError("the message was not taken")


def _summary_file(data: dict[str, Any]) -> Any:
    """The week as a PDF for a mail; a chat that takes no files leaves it out."""
    from apprise.attachment import memory  # noqa: PLC0415  an extra, and slow to import

    attachment: Any = memory.AttachMemory
    week = data["week"]
    content = pdf(summary_document(week, data["practice"], week["to"]))
    return attachment(content=content, name=f"week-to-{week['to']}.pdf", mimetype="application/pdf")
