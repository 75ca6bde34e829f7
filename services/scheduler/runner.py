"""Runs the jobs by APScheduler, each in a thread of its own, as long as the process is to run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from datetime import UTC
from functools import partial

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy.exc import DBAPIError

from services.app_context import AppContext
from services.core.errors import ClaimclockError
from services.core.logs import get_logger
from services.core.threads import run_in_thread
from services.scheduler.scheduler import Scheduler, make_scheduler

log = get_logger(__name__)
BEATS = 3  # renewals in the time a lease lasts
NEVER_TWICE = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}


async def run_scheduler(app: AppContext, stop: asyncio.Event) -> None:
    """Runs the scheduler's jobs in this event loop until stopped; then lets go of the lease."""
    scheduler, loop = make_scheduler(app), asyncio.get_running_loop()
    pool = ThreadPoolExecutor(len(scheduler.jobs) + 1, thread_name_prefix="scheduler")
    timer = AsyncIOScheduler(timezone=UTC, job_defaults=NEVER_TWICE)

    def every(seconds: float, work: Callable[[], object]) -> None:
        async def run() -> None:
            await loop.run_in_executor(pool, work)

        timer.add_job(run, "interval", seconds=seconds)

    await loop.run_in_executor(pool, scheduler.beat)
    every(app.settings.lease / BEATS, scheduler.beat)
    for name, (_, seconds) in scheduler.jobs.items():
        every(seconds, partial(scheduler.run, name))
    timer.start()
    try:
        await stop.wait()
    finally:
        scheduler.stopping = True
        timer.shutdown(wait=False)
        await _let_go(scheduler, pool, app.settings.graceful)


async def _let_go(scheduler: Scheduler, pool: ThreadPoolExecutor, seconds: float) -> None:
    """The jobs in hand may finish, but not take forever; then another may lead at once."""
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True), seconds)
    with suppress(ClaimclockError, DBAPIError):
        await asyncio.to_thread(scheduler.lease.release)


def scheduling(app: AppContext) -> AbstractContextManager[None]:
    """A scheduler in a thread of this process, stopped at the end."""
    return run_in_thread("scheduler", partial(run_scheduler, app), app.settings.graceful, app.health)
