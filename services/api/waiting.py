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

AT_ONCE = 16  # requests that publish or wait, in one process
QUEUE = 64  # more of them that may wait in line; the others are asked to come again
RETRY_AFTER = 5  # seconds

P = ParamSpec("P")
T = TypeVar("T")
_LIMITER: RunVar[CapacityLimiter] = RunVar("claimclock_waiting")  # one for each event loop


async def in_waiting_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs what may wait in a thread that no read needs. Raises BusyError where too many wait already."""
    limiter = _limiter()
    if limiter.statistics().tasks_waiting >= QUEUE:
        raise BusyError("too many requests are waiting for the projector; retry shortly", RETRY_AFTER)
    return await to_thread.run_sync(partial(work, *args, **kwargs), limiter=limiter)


def waits(endpoint: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """An endpoint that publishes or waits for the projector."""

    @wraps(endpoint)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        return await in_waiting_thread(endpoint, *args, **kwargs)

    return run


def _limiter() -> CapacityLimiter:
    try:
        return _LIMITER.get()
    except LookupError:
        limiter = CapacityLimiter(AT_ONCE)
        _LIMITER.set(limiter)
        return limiter
