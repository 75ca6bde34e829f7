"""Jobs that nobody starts: alerts and their delivery, sealing, trimming, verifying. One leader at a time."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what runs a house is slow to import, and reading verbs need only the tables in this room
    from services.app_context import House


async def run_scheduler(house: House, stop: asyncio.Event) -> None:
    """Runs the scheduler's jobs in this event loop until told to stop."""
    from services.scheduler.runner import run_scheduler as run  # noqa: PLC0415

    await run(house, stop)


def scheduling(house: House) -> AbstractContextManager[None]:
    """A scheduler in a thread of this process, stopped at the end."""
    from services.scheduler.runner import scheduling as start  # noqa: PLC0415

    return start(house)
