"""Notifies open pages that rows have changed: one look at the log for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from projections.keys import parse_key
from projections.tables.columns import has_prefix
from services.app_context import AppContext
from services.core.logs import get_logger
from services.store.log import KEYS, LOG
from services.store.marked_keys import Urgency, projected_position, waiting_by_reason

POLL = 0.25
ROWS = 2_000  # of the log in one look; more than that, and pages are asked to reload everything
REFS = 200
WAITING = 100

log = get_logger(__name__)


@dataclass(frozen=True)
class LiveChange:
    """Up to `position`, these claims of a practice changed; None where they are too many to name."""

    position: int
    practice: str | None
    refs: tuple[str, ...] | None


class Changes:
    """Polls while anybody listens, and only then."""

    def __init__(self, app: AppContext) -> None:
        self._app = app
        self._listeners: set[asyncio.Queue[LiveChange]] = set()
        self._poller: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[asyncio.Queue[LiveChange]]:
        """A queue of changes from now on. A client that falls behind loses the oldest, and is asked to reload."""
        queue: asyncio.Queue[LiveChange] = asyncio.Queue(WAITING)
        self._listeners.add(queue)
        if self._poller is None or self._poller.done():
            start = await asyncio.to_thread(self._newest)
            self._poller = asyncio.create_task(self._poll(start))
        try:
            yield queue
        finally:
            self._listeners.discard(queue)

    def since(self, position: int) -> list[LiveChange]:
        """What changed after a position; for a page that comes back."""
        with self._app.engine.connect() as connection:
            horizon = projected_position(connection)
            if horizon <= position:
                return []
            rows = connection.execute(
                select(LOG.c.practice, KEYS.c.key)
                .outerjoin(KEYS, (KEYS.c.position == LOG.c.position) & has_prefix(KEYS.c.key, "claim|"))
                .where(LOG.c.position > position, LOG.c.position <= horizon)
                .limit(ROWS)
            ).all()
        if len(rows) == ROWS:
            return [LiveChange(horizon, None, None)]
        found: dict[str, set[str]] = {}
        for practice, key in rows:
            refs = found.setdefault(practice, set())
            if key is not None:
                refs.add(self._app.references.ref(practice, parse_key(key).name))
        return [
            LiveChange(horizon, practice, tuple(sorted(refs)) if len(refs) <= REFS else None)
            for practice, refs in sorted(found.items())
        ]

    def _newest(self) -> int:
        with self._app.engine.connect() as connection:
            return projected_position(connection)

    def _refolding(self) -> int:
        with self._app.engine.connect() as connection:
            return sum(waiting_by_reason(connection, Urgency.TERMS, Urgency.REBUILD).values())

    async def _poll(self, position: int) -> None:
        refolding = 0
        while self._listeners:
            await asyncio.sleep(POLL)
            try:
                changes = await asyncio.to_thread(self.since, position)
                before, refolding = refolding, await asyncio.to_thread(self._refolding)
            except SQLAlchemyError as error:
                log.warning("could not look for changes", exc_info=error)
                continue
            if before and not refolding:  # new terms have reached the last row
                changes.append(LiveChange(position, None, None))
            for change in changes:
                position = max(position, change.position)
                self._tell(change)

    def _tell(self, change: LiveChange) -> None:
        for queue in self._listeners:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                change = LiveChange(change.position, change.practice, None)
            queue.put_nowait(change)
