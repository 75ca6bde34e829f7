"""Where requests wait: what publishes or waits for the projector has threads of its own.

Such a request may take many seconds. Were it to wait in the threads that reads use, enough of them (a click repeated)
would keep everybody from reading.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

from services.api.problems import BusyError

RETRY_AFTER = 5  # seconds

P = ParamSpec("P")
T = TypeVar("T")


class WaitingThreads:
    """Threads for what waits for one thing: `at_once` of them, and a line of `queue`; others are asked to come again.

    Counted for each event loop of the process.
    """

    def __init__(self, what: str, *, at_once: int, queue: int) -> None:
        self._what, self._at_once, self.queue = what, at_once, queue
        self._limiter: RunVar[CapacityLimiter] = RunVar(f"claimclock: waiting for {what}")

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs it in one of the threads. Raises BusyError where too many wait already."""
        limiter = self._threads()
        if limiter.statistics().tasks_waiting >= self.queue:
            raise BusyError(f"too many requests are waiting for {self._what}; retry shortly", RETRY_AFTER)
        return await to_thread.run_sync(partial(work, *args, **kwargs), limiter=limiter)

    def wait_here(self, endpoint: Callable[P, T]) -> Callable[P, Awaitable[T]]:
        """An endpoint that runs in these threads."""

        @wraps(endpoint)
        async def run(*args: P.args, **kwargs: P.kwargs) -> T:
            return await self.run(endpoint, *args, **kwargs)

        return run

    def _threads(self) -> CapacityLimiter:
        try:
            return self._limiter.get()
        except LookupError:
            limiter = CapacityLimiter(self._at_once)
            self._limiter.set(limiter)
            return limiter


PROJECTOR = WaitingThreads("the projector", at_once=16, queue=64)
in_waiting_thread, waits = PROJECTOR.run, PROJECTOR.wait_here
asks_sign_in_provider = WaitingThreads("the sign-in provider", at_once=4, queue=32).wait_here
