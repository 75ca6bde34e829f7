"""Handles stream entries and acknowledges them: backs off, isolates what cannot be handled, has it parked.

Nothing is dropped and nothing blocks: an entry is acknowledged after `handle` or `on_poison` returned, else it stays
pending in the group and is taken over again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from services.core.errors import ClaimclockError, TransientError
from services.core.logs import get_logger
from services.messaging.publisher import DeliveredEntry

Handle = Callable[[list[DeliveredEntry]], Awaitable[None]]
OnPoison = Callable[[DeliveredEntry, Exception], Awaitable[None]]
Acknowledge = Callable[[list[str]], Awaitable[None]]

_PASSING = (TransientError, ConnectionError, TimeoutError)

log = get_logger(__name__)


class DeliveredTooOftenError(ClaimclockError):
    """The entry was delivered again and again without a result: perhaps it kills the process that handles it."""


class BatchHandler:
    """One batch at a time, no matter who brings it. Waiting times in seconds."""

    def __init__(
        self,
        handle: Handle,
        on_poison: OnPoison,
        acknowledge: Acknowledge,
        *,
        backoff_first: float,
        backoff_longest: float,
    ) -> None:
        self._handle = handle
        self._on_poison = on_poison
        self._acknowledge = acknowledge
        self._backoff_first = backoff_first
        self._backoff_longest = backoff_longest
        self._turn = asyncio.Lock()
        self._in_hand: set[str] = set()
        self._stopping = asyncio.Event()
        self.troubled = False  # backing off: whatever is wrong outside, more entries would not help

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def stop(self) -> None:
        """The batch in hand may finish; one that is backing off is left pending."""
        self._stopping.set()

    async def pause(self, seconds: float) -> bool:
        """Waits, but not longer than until a stop; whether to go on."""
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return True
        return False

    def holds(self, entry_id: str) -> bool:
        """Whether the entry is being handled, or waits for its turn, in this very process."""
        return entry_id in self._in_hand

    async def settle(self, entries: Sequence[DeliveredEntry]) -> None:
        """Handles and acknowledges entries."""
        await self._in_turn(list(entries), self._settle)

    async def give_up(self, entry: DeliveredEntry) -> None:
        """Parks an entry that was delivered too often, without another attempt."""
        error = DeliveredTooOftenError("delivered again and again without a result")

        async def park(entries: list[DeliveredEntry]) -> None:
            await self._park(entries[0], error)

        await self._in_turn([entry], park)

    async def _in_turn(self, entries: list[DeliveredEntry], work: Handle) -> None:
        ids = {entry.id for entry in entries}
        self._in_hand |= ids
        try:
            async with self._turn:
                if entries and not self.stopping:
                    await work(entries)
        except _StoppedError:
            log.info("stopped while waiting to try again; the entries stay pending", entries=len(entries))
        finally:
            self._in_hand -= ids

    async def _settle(self, entries: list[DeliveredEntry]) -> None:
        try:
            await self._persist(lambda: self._handle(entries))
        except _StoppedError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it concerns some entry only: find out which
            await self._isolate(entries, error)
        else:
            await self._acknowledged(entries)

    async def _isolate(self, entries: list[DeliveredEntry], error: Exception) -> None:
        if len(entries) == 1:
            await self._park(entries[0], error)
            return
        middle = len(entries) // 2
        await self._settle(entries[:middle])
        await self._settle(entries[middle:])

    async def _park(self, entry: DeliveredEntry, error: Exception) -> None:
        log.warning("an entry could not be handled; parking it", entry_id=entry.id, exc_info=error)
        try:
            await self._persist(lambda: self._on_poison(entry, error))
        except _StoppedError:
            raise
        except Exception:
            log.exception("an entry could not be parked either; it stays pending", entry_id=entry.id)
        else:
            await self._acknowledged([entry])

    async def _acknowledged(self, entries: list[DeliveredEntry]) -> None:
        ids = [entry.id for entry in entries]
        await self._persist(lambda: self._acknowledge(ids))

    async def _persist(self, attempt: Callable[[], Awaitable[None]]) -> None:
        """Tries until it works or fails for good; waits longer each time."""
        delay = self._backoff_first
        try:
            while True:
                try:
                    await attempt()
                except _PASSING as error:
                    log.warning("will try again", seconds=delay, exc_info=error)
                else:
                    return
                self.troubled = True
                if not await self.pause(delay):
                    raise _StoppedError
                delay = min(delay * 2, self._backoff_longest)
        finally:
            self.troubled = False


class _StoppedError(Exception):
    """Unwinds a batch that is backing off when the service stops."""
