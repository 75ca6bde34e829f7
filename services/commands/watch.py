"""Takes in what arrives in inboxes: each file once, when nobody writes to it any more; what fails is listed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import insert, select, update

from services.app_context import AppContext
from services.commands.inbox_places import InboxPlace, ListedFile, UnreachableInboxError, place_of
from services.commands.ingest import Report, count, ingest_file
from services.commands.publish_events import wait_until_safe
from services.core.errors import ClaimclockError
from services.core.logs import get_logger
from services.core.metrics import INBOX_UNREACHABLE
from services.core.threads import run_in_thread
from services.core.working_directories import UPLOADS, working_directory
from services.intake.inboxes import Inbox, InboxList, inboxes_of
from services.reads.inboxes import inboxes_in_use
from services.store.engine import writing
from services.store.failures import database_errors
from services.store.inbox_tables import FAILED, INBOX_FILE, SEEN, TAKEN

GIVE_UP = 5  # tries of a file that cannot be taken
DONE, BAD = "done", "failed"  # folders that files are moved to

log = get_logger(__name__)


@dataclass
class LookReport:
    """What one look found."""

    taken: list[Report] = field(default_factory=list)
    waiting: int = 0
    problems: list[str] = field(default_factory=list)


class InboxWatch:
    """Looks into inboxes, again and again; what it knows is in the table, so that another process may go on."""

    def __init__(self, app: AppContext, inboxes: Sequence[Inbox]) -> None:
        self._app = app
        self._inboxes = inboxes

    def look(self) -> LookReport:
        """One look into every inbox; one that cannot be reached does not keep others waiting."""
        report = LookReport()
        for inbox in self._inboxes:
            try:
                self._look_into(inbox, place_of(inbox), report)
                INBOX_UNREACHABLE.labels(inbox.name).set(0)
            except UnreachableInboxError as error:
                report.problems.append(f"{inbox.name}: {error.message}")
                INBOX_UNREACHABLE.labels(inbox.name).set(1)
                log.warning("an inbox could not be checked", inbox=inbox.name, error=error.message)
        return report

    def _look_into(self, inbox: Inbox, place: InboxPlace, report: LookReport) -> None:
        known = self._known(inbox)
        for file in place.listed():
            row = known.get((file.name, file.size, file.modified))
            if not inbox.wants(file.name) or _is_over(row):
                continue
            if not self._settled(inbox, file, row):
                report.waiting += 1
                continue
            self._take(inbox, place, file, report)

    def _known(self, inbox: Inbox) -> dict[tuple[str, int, int], Any]:
        mine = (INBOX_FILE.c.practice == self._app.settings.practice) & (INBOX_FILE.c.inbox == inbox.name)
        with self._app.engine.connect() as connection:
            rows = connection.execute(select(INBOX_FILE).where(mine)).all()
        return {(row.name, row.size, row.modified): row for row in rows}

    def _settled(self, inbox: Inbox, file: ListedFile, row: Any) -> bool:
        """Whether it looked the same long enough ago, by our own clock: a server's may be wrong."""
        now = self._app.clock.now()
        if row is None:
            self._write(inbox, file, now, state=SEEN, tries=0)
            return inbox.settle == 0
        return bool(row.state == FAILED or (now - row.seen_at).total_seconds() >= inbox.settle)

    def _take(self, inbox: Inbox, place: InboxPlace, file: ListedFile, report: LookReport) -> None:
        app = self._app
        try:
            with working_directory(app.settings, UPLOADS) as directory:
                path = directory / file.name
                place.fetch(file, path)
                if path.stat().st_size != file.size:
                    return  # it grew meanwhile; the next look sees another file
                taken = ingest_file(app, path, inbox.received_at)
            if taken.last_entry and not taken.durable:
                wait_until_safe(app, taken.last_entry)
        except (ClaimclockError, OSError) as error:
            taken = Report(
                path=file.name, correlation_id="", error=getattr(error, "message", None) or "it cannot be read"
            )
        taken.path = f"{inbox.name}/{file.name}"
        report.taken.append(taken)
        self._note(inbox, file, taken)
        over = taken.error is None or self._tries(inbox, file) >= GIVE_UP
        if over and inbox.then == "move":
            self._move(inbox, place, file, BAD if taken.error else DONE, report)

    def _move(self, inbox: Inbox, place: InboxPlace, file: ListedFile, folder: str, report: LookReport) -> None:
        """A file that cannot be moved stays, and is not taken again: the table knows it."""
        try:
            place.move(file, folder)
        except UnreachableInboxError as error:
            report.problems.append(f"{inbox.name}: a file was imported and not moved: {error.message}")

    def _note(self, inbox: Inbox, file: ListedFile, taken: Report) -> None:
        count(self._app, [taken])
        state = FAILED if taken.error else TAKEN
        told = {"correlation_id": taken.correlation_id or None, "events": taken.published, "parked": taken.parked}
        tries = self._tries(inbox, file) + 1
        self._write(inbox, file, self._app.clock.now(), state=state, tries=tries, error=taken.error, **told)

    def _tries(self, inbox: Inbox, file: ListedFile) -> int:
        with self._app.engine.connect() as connection:
            return connection.scalar(select(INBOX_FILE.c.tries).where(*self._this(inbox, file))) or 0

    def _this(self, inbox: Inbox, file: ListedFile) -> Iterable[Any]:
        table = INBOX_FILE.c
        mine = (table.practice == self._app.settings.practice, table.inbox == inbox.name)
        return (*mine, table.name == file.name, table.size == file.size, table.modified == file.modified)

    def _write(self, inbox: Inbox, file: ListedFile, now: datetime, **values: Any) -> None:
        with writing(self._app.engine) as connection:
            changed = update(INBOX_FILE).where(*self._this(inbox, file)).values(changed_at=now, **values)
            if connection.execute(changed).rowcount:
                return
            told: dict[str, Any] = {
                "correlation_id": None,
                "events": 0,
                "parked": 0,
                "error": None,
                "seen_at": now,
                "changed_at": now,
            }
            told |= {"practice": self._app.settings.practice, "inbox": inbox.name}
            told |= {"name": file.name, "size": file.size, "modified": file.modified}
            connection.execute(insert(INBOX_FILE).values(**(told | values)))


def _is_over(row: Any) -> bool:
    return row is not None and (row.state == TAKEN or (row.state == FAILED and row.tries >= GIVE_UP))


async def run_watch(app: AppContext, stop: asyncio.Event) -> None:
    """Looks into the inboxes in use until stopped; one that is turned on meanwhile from the next look on."""
    inboxes = inboxes_of(app.settings)  # a file of inboxes that cannot be read is said at start
    while not stop.is_set():
        inboxes = await asyncio.to_thread(_one_look, app, inboxes)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), inboxes.every)


def _one_look(app: AppContext, before: InboxList) -> InboxList:
    """Looks into what is in use now, and returns it. While the list or the database is away, all stays as it was."""
    try:
        with database_errors():
            inboxes = inboxes_in_use(app.engine, app.settings)
            found = InboxWatch(app, inboxes.inbox).look() if inboxes.inbox else LookReport()
    except ClaimclockError as error:
        log.warning("the inboxes could not be checked", error=error.message)
        return before
    if found.taken:
        failed = sum(report.error is not None for report in found.taken)
        log.info("files were imported", files=len(found.taken), failed=failed)
    return inboxes


def watching(app: AppContext) -> AbstractContextManager[None]:
    """A watch in a thread of this process, stopped at the end."""
    return run_in_thread("watch", partial(run_watch, app), app.settings.graceful, app.health)
