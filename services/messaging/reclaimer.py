"""Takes over entries that were delivered to somebody and never acknowledged: a reader that died, or was too slow.

FastStream does not redeliver on streams; and a reader of its own kind that claims replaces reading, one at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.core.logs import get_logger
from services.core.process_names import is_dead
from services.messaging.batch_handler import BatchHandler
from services.messaging.publisher import DeliveredEntry
from services.messaging.stream_keys import BASE, EntryName

TOGETHER: Final = 2  # delivered up to so often, entries are handled in whole batches; each further time in half of one
ALONE: Final = 4  # delivered so often all alone, and never settled: parked
LONG_GONE_MS: Final = 3_600_000  # a consumer that asked for nothing in an hour; the living ask every second

# Only a consumer with nothing pending may be removed: what is pending to it would be forgotten. One step, no gap.
_REMOVE_IF_IDLE = """
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) > 0 then return -1 end
return redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
"""

log = get_logger(__name__)


def group_size(count: int, batch_size: int) -> int:
    """How many entries delivered `count` times are handled together: fewer each time, until each is alone."""
    return max(1, batch_size >> max(0, count - TOGETHER))


def too_often(count: int, batch_size: int) -> bool:
    """Whether an entry has been delivered alone several times without a result: then it is its own fault."""
    return count >= TOGETHER + batch_size.bit_length() - 1 + ALONE


def groups(counts: Mapping[str, int], batch_size: int) -> Iterator[list[str]]:
    """The entries in groups that are claimed and handled as one, those least suspected first."""
    waiting: dict[int, list[str]] = {}
    for name, count in counts.items():
        waiting.setdefault(count if too_often(count, batch_size) else -group_size(count, batch_size), []).append(name)
    for key in sorted(waiting):
        size = max(1, -key)
        for start in range(0, len(waiting[key]), size):
            yield waiting[key][start : start + size]


class Reclaimer:
    """Of one key of the stream. Works with the asynchronous client FastStream made."""

    def __init__(
        self,
        client: Any,
        batch_handler: BatchHandler,
        *,
        stream: str,
        number: int = BASE,
        group: str,
        consumer: str,
        idle: float,
        batch_size: int,
    ) -> None:
        self._client = client
        self._batch_handler = batch_handler
        self._stream = stream
        self._number = number
        self._group = group
        self._consumer = consumer
        self._idle_ms = int(idle * 1000)
        self._batch_size = batch_size

    async def sweep(self) -> None:
        """Takes over at once what the dead of this machine left, then whatever was idle for too long."""
        for found in await self._client.xinfo_consumers(self._stream, self._group):
            name = found["name"].decode()
            dead = is_dead(name, self._consumer)
            if dead and found["pending"]:
                await self._take_over(0, name)
            if dead or (found["idle"] > LONG_GONE_MS and name != self._consumer):
                await self.remove(name)
        await self._take_over(self._idle_ms)

    async def _take_over(self, idle_ms: int, consumer: str | None = None) -> None:
        # Not XAUTOCLAIM: it would also claim what this process has in hand, and count that as another delivery.
        start = "-"
        while not (self._batch_handler.stopping or self._batch_handler.troubled):
            pending = await self._client.xpending_range(
                self._stream, self._group, start, "+", self._batch_size, consumername=consumer, idle=idle_ms
            )
            if not pending:
                return
            start = f"({pending[-1]['message_id'].decode()}"
            counts = {found["message_id"].decode(): found["times_delivered"] for found in pending}
            free = {name: count for name, count in counts.items() if not self._batch_handler.holds(self._named(name))}
            for names in groups(free, self._batch_size):
                if self._batch_handler.stopping or self._batch_handler.troubled:
                    return
                await self._claim(idle_ms, names, given_up=too_often(free[names[0]], self._batch_size))

    async def _claim(self, idle_ms: int, names: list[str], *, given_up: bool) -> None:
        """One group at a time: claiming counts as a delivery, and an entry not in hand at a crash is innocent."""
        claimed = await self._client.xclaim(self._stream, self._group, self._consumer, idle_ms, names)
        entries = [DeliveredEntry(self._named(entry_id.decode()), fields) for entry_id, fields in claimed if fields]
        if not entries:
            return
        log.info("taking over entries that were never acknowledged", entries=len(entries))
        if given_up:
            await self._batch_handler.give_up(entries[0])
        else:
            await self._batch_handler.settle(entries)

    def _named(self, entry_id: str) -> str:
        return str(EntryName(self._number, entry_id))

    async def remove(self, consumer: str) -> None:
        """Removes a consumer from the group, unless something is pending to it."""
        await self._client.eval(_REMOVE_IF_IDLE, 1, self._stream, self._group, consumer)
