"""Asynchronous work in a thread beside what a process does otherwise."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import structlog

from services.errors import ClaimclockError

log = structlog.get_logger(__name__)
Work = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


@contextmanager
def beside(name: str, work: Work, graceful: float) -> Iterator[None]:
    """Runs `work` until the block ends, then sets its event and waits `graceful` seconds for it to stop.

    Raises at the end what stopped it early.
    """
    loop, stop, failed = asyncio.new_event_loop(), asyncio.Event(), []

    def run() -> None:
        try:
            loop.run_until_complete(work(stop))
        except (ClaimclockError, OSError) as error:
            log.exception("stopped early", thread=name)
            failed.append(error)
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
