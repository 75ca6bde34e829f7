"""The projector's side of the stream: a FastStream batch subscriber that reads our group and acknowledges itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from importlib.metadata import version
from typing import Any

import redis
from faststream import AckPolicy, FastStream
from faststream.redis import RedisBroker, RedisClusterBroker, RedisSentinelBroker, StreamSub
from faststream.redis.message import RedisBatchStreamMessage
from faststream.specification import AsyncAPI
from pydantic import BaseModel, Json

from events.envelope import Envelope
from services.core.errors import ClaimclockError, TransientError
from services.core.logs import get_logger
from services.core.process_names import process_name
from services.core.settings import Settings
from services.messaging.batch_handler import BatchHandler, Handle, OnPoison
from services.messaging.publisher import DeliveredEntry
from services.messaging.reclaimer import Reclaimer
from services.messaging.redis_url import parse_redis_url, reaching
from services.messaging.stream_keys import BASE, EntryName, StreamKeys, entry_name

LookAfter = Callable[[], Awaitable[None]]
POLL_MS = 1_000  # how long one read waits for entries; a stop does not wait for it
# FastStream's own `protocol` is that of the AsyncAPI document; the connection's is given by a URL only.
RESP2 = "redis://localhost?protocol=2"

_ABOUT = "Everything that happens to a claim, one CloudEvent per entry in the field `event`. For any practice."
_ABOUT_NUMBERED = (
    "The same events, spread over several keys by practice. Which of them an event is put into makes no difference; "
    "the one without a number takes them all."
)

log = get_logger(__name__)


class StreamEntry(BaseModel):
    """One entry of the stream, for the AsyncAPI document: a complete publisher is `XADD stream * event '{…}'`."""

    event: Json[Envelope]


def build_app(
    handle: Handle, settings: Settings, url: str, *, on_poison: OnPoison, look_after: LookAfter | None = None
) -> FastStream:
    """An application that gives `handle` the stream's entries in batches; start and stop it with `async with`.

    Each entry is handled at least once, by whichever process, in no fixed order. `handle` raises TransientError to be
    called again with the same batch, later and later. After any other error the batch is halved until the entries at
    fault are found: `on_poison` is given each of them, to park it. What neither took stays pending and comes back.
    `look_after` is called before the first entry is read and on a timer, to compare the group with what was logged.
    """
    return _Reader(handle, settings, url, on_poison, look_after).app


class _Reader:
    """Ties FastStream's subscribers, one for each key of the stream, to the batch handler and the reclaimers."""

    def __init__(
        self, handle: Handle, settings: Settings, url: str, on_poison: OnPoison, look_after: LookAfter | None
    ) -> None:
        self._settings = settings
        self._keys = StreamKeys.of(settings)
        self._look_after = look_after
        self._consumer = process_name()
        self._broker = _broker(url, settings)
        self._batch_handler = BatchHandler(
            handle,
            on_poison,
            self._acknowledge,
            backoff_first=settings.backoff_first,
            backoff_longest=settings.backoff_longest,
        )
        self._subscribers = {number: self._subscribe(number) for number in self._keys.chosen}
        self._reclaiming: asyncio.Task[None] | None = None
        self.app = FastStream(
            self._broker,
            logger=logging.getLogger("faststream"),
            specification=AsyncAPI(title="Claimclock", version=version("claimclock")),
            on_startup=[self._before_start],
            after_startup=[self._after_start],
            on_shutdown=[self._before_stop],
        )

    def _subscribe(self, number: int) -> Any:
        """A reader of one key; also while others are running. It is yet to be started."""
        subscriber = self._broker.subscriber(
            stream=StreamSub(
                self._keys.key(number),
                group=self._settings.group,
                consumer=self._consumer,
                batch=True,
                max_records=self._settings.batch_size,
                polling_interval=POLL_MS,
            ),
            ack_policy=AckPolicy.MANUAL,
            parser=_parse,
            decoder=partial(_decode, number),
            title="Events" if number == BASE else f"Events{number}",
            description=_ABOUT if number == BASE else _ABOUT_NUMBERED,
        )
        subscriber(self._read)
        return subscriber

    async def _read(self, entries: list[StreamEntry]) -> None:
        # The annotation is for the AsyncAPI document; with types unapplied, what arrives is what `_decode` returned.
        await self._batch_handler.settle(entries)  # type: ignore[arg-type]

    @property
    def _client(self) -> Any:
        return self._broker.config.broker_config.connection.client

    async def _acknowledge(self, names: list[str]) -> None:
        by_key: dict[int, list[str]] = {}
        for number, entry_id in map(entry_name, names):
            by_key.setdefault(number, []).append(entry_id)
        with reaching():
            for number, entry_ids in by_key.items():
                await self._client.xack(self._keys.key(number), self._settings.group, *entry_ids)

    async def _before_start(self) -> None:
        await self._broker.connect()
        with reaching():
            await self._read_all_keys()
        if self._look_after is not None:  # before anything newer is logged, which would hide what the log has lost
            try:
                await self._look_after()
            except TransientError as error:
                log.warning("the stream could not be compared with the log yet", reason=error.message)

    async def _read_all_keys(self) -> None:
        """A group and a subscriber for every key there is: another process may use more of them than our setting."""
        pipeline = self._client.pipeline(transaction=False)
        self._keys.look(pipeline)
        in_use = self._keys.found(await pipeline.execute())
        for number in in_use:
            await self._ensure_group(number)
            if number not in self._subscribers:
                self._subscribers[number] = self._subscribe(number)
        for number in self._subscribers.keys() - set(in_use):  # emptied and removed by an administrator
            await self._subscribers.pop(number).stop()

    async def _ensure_group(self, number: int) -> None:
        """At 0, before FastStream would create it at `$`, where it would never see the past."""
        try:
            key, group = self._keys.key(number), self._settings.group
            await self._client.xgroup_create(key, group, id="0", mkstream=True)
        except redis.ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    async def _after_start(self) -> None:
        self._reclaiming = asyncio.create_task(self._reclaim())

    async def _reclaim(self) -> None:
        going = True
        while going:
            try:
                with reaching():
                    await self._read_all_keys()
                    await self._revive()
                    for number in list(self._subscribers):
                        await self._reclaimer(number).sweep()
                if self._look_after is not None:
                    await self._look_after()
            except (ClaimclockError, OSError) as error:
                log.warning("could not look for entries left behind", exc_info=error)
            going = await self._batch_handler.pause(self._settings.reclaim_every)

    async def _revive(self) -> None:
        """FastStream gives up for good when the group is gone, as after a flush or a failover to an empty server."""
        for number, subscriber in self._subscribers.items():
            if not subscriber.running and not self._batch_handler.stopping:
                log.warning("starting a reader that had stopped, or is new", stream=self._keys.key(number))
                await subscriber.start()

    def _reclaimer(self, number: int) -> Reclaimer:
        return Reclaimer(
            self._client,
            self._batch_handler,
            stream=self._keys.key(number),
            number=number,
            group=self._settings.group,
            consumer=self._consumer,
            idle=self._settings.reclaim_idle,
            batch_size=self._settings.batch_size,
        )

    async def _before_stop(self) -> None:
        """Finishes the batch in hand, then leaves the group. What could not be finished stays pending."""
        self._batch_handler.stop()
        reading = [task for subscriber in self._subscribers.values() for task in subscriber.tasks]
        await asyncio.gather(*(subscriber.stop() for subscriber in self._subscribers.values()))
        # FastStream cancels its read without waiting for it; a late one would bring our consumer back to life.
        await asyncio.gather(*reading, return_exceptions=True)
        if self._reclaiming is not None:
            done, _ = await asyncio.wait([self._reclaiming], timeout=self._settings.graceful)
            if not done:
                self._reclaiming.cancel()
        try:
            with reaching():
                for number in self._subscribers:
                    await self._reclaimer(number).remove(self._consumer)
        except ClaimclockError as error:
            log.info("could not leave the group", exc_info=error)
        await self._forget_sentinels()

    async def _forget_sentinels(self) -> None:
        """FastStream closes the connections to the master, not those to the Sentinels that reported where it is."""
        manager = getattr(getattr(self._client, "connection_pool", None), "sentinel_manager", None)
        for sentinel in manager.sentinels if manager is not None else ():
            await sentinel.aclose()


async def _parse(message: Any, original: Any) -> RedisBatchStreamMessage:
    """Spares the entries FastStream's own envelope format: it would turn each into JSON and back, bytes into text."""
    parsed: RedisBatchStreamMessage = await original({**message, "data": []})
    parsed.raw_message = message
    return parsed


async def _decode(number: int, message: RedisBatchStreamMessage) -> list[DeliveredEntry]:
    raw = message.raw_message
    return [
        DeliveredEntry(str(EntryName(number, entry_id.decode())), fields)
        for entry_id, fields in zip(raw["message_ids"], raw["data"], strict=True)
    ]


def _broker(url: str, settings: Settings) -> RedisBroker:
    target = parse_redis_url(url)
    options: dict[str, Any] = {
        **target.options,
        "apply_types": False,
        "graceful_timeout": settings.graceful,
        "logger": logging.getLogger("faststream"),
        "log_level": logging.DEBUG,
        "specification_url": "redis://localhost",  # the AsyncAPI document is public, the address is not
        "socket_connect_timeout": 5.0,
        "socket_timeout": 30.0,  # far longer than a read waits for entries: a server that is stopped is given up
        "health_check_interval": 30,
    }
    if target.kind == "sentinel":
        return RedisSentinelBroker(
            RESP2,
            sentinels=target.nodes,
            sentinel_master_name=target.master,
            sentinel_kwargs=target.sentinel_options,
            **options,
        )
    if target.kind == "cluster":
        host, port = target.nodes[0]
        return RedisClusterBroker(RESP2, host=host, port=port, startup_nodes=target.nodes[1:], **options)
    return RedisBroker(target.url, **options)
