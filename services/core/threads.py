"""Asynchronous work in a thread next to what a process does otherwise."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from services.core.clock import Stopwatch
from services.core.errors import ClaimclockError, TransientError
from services.core.logs import get_logger

log = get_logger(__name__)
PATIENCE = 30.0  # seconds of one failed attempt after another
Work = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


class WorkerHealth:
    """What is wrong with the work outside the main thread, for anyone who waits for it."""

    def __init__(self) -> None:
        self.ended: Exception | None = None
        self._passing: dict[str, tuple[ClaimclockError, Stopwatch]] = {}

    @contextmanager
    def noted(self, part: str) -> Iterator[None]:
        """An attempt, of one part of the work, that is made again if it fails; one that succeeds ends the trouble."""
        try:
            yield
        except TransientError as error:
            since = self._passing[part][1] if part in self._passing else Stopwatch()
            self._passing[part] = (error, since)
            raise
        self._passing.pop(part, None)

    def check(self) -> None:
        """Raises what ended the work, or has kept it from getting on for long."""
        if self.ended is not None:
            raise self.ended
        for error, since in list(self._passing.values()):
            if since.seconds > PATIENCE:
                raise error


@contextmanager
def run_in_thread(name: str, work: Work, graceful: float, health: WorkerHealth) -> Iterator[None]:
    """Runs `work` until the block ends, then sets its event and waits `graceful` seconds for it to stop.

    What stops it early is reported to `health` at once, and raised at the end.
    """
    loop, stop, failed = asyncio.new_event_loop(), asyncio.Event(), []

    def run() -> None:
        try:
            loop.run_until_complete(work(stop))
        except Exception as error:  # whatever it is: callers waiting for this work must learn that it is over
            log.exception("stopped early", thread=name)
            failed.append(error)
            health.ended = error
        finally:
            loop.close()

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        with suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(stop.set)
        thread.join(graceful)
    if failed:
        raise failed[0]
