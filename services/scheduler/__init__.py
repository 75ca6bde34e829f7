"""Jobs that nobody starts: alerts and their delivery, sealing, trimming, verifying. One leader at a time."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what runs the scheduler is slow to import, and reading verbs need only the tables
    from services.app_context import AppContext


async def run_scheduler(app: AppContext, stop: asyncio.Event) -> None:
    """Runs the scheduler's jobs in this event loop until stopped."""
    from services.scheduler.runner import run_scheduler as run  # noqa: PLC0415

    await run(app, stop)


def scheduling(app: AppContext) -> AbstractContextManager[None]:
    """A scheduler in a thread of this process, stopped at the end."""
    from services.scheduler.runner import scheduling as start  # noqa: PLC0415

    return start(app)
