"""The verb that takes in what arrives by itself."""

from __future__ import annotations

import asyncio
import signal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from services.app_context import AppContext, open_app_context, projecting
from services.cli import show
from services.cli.options import AsJson, DataOption, PracticeOption, audited, reading
from services.commands.ingest import UnreadableFileError, count
from services.commands.watch import InboxWatch, LookReport
from services.core.errors import UsageError
from services.core.settings import load_settings
from services.intake.inboxes import Inbox, directories
from services.reads.inbox_files import inbox_files
from services.reads.inboxes import inboxes_in_use

COLUMNS = [
    ("changed_at", "when"),
    ("inbox", "inbox"),
    ("name", "file"),
    ("state", "state"),
    ("events", "events"),
    ("parked", "parked"),
    ("tries", "tries"),
    ("error", "error"),
]


NO_INBOX = (
    "no inbox: name a directory, turn on the drop folder (Setup, Inbox), or write inboxes.toml (docs/operations.md)"
)


class AfterTaking(StrEnum):
    """What is done with a file that was taken."""

    move = "move"
    leave = "leave"


def watch(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Directories (default: those of inboxes.toml, or CLAIMCLOCK_INBOXES).")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Import what is there once, then exit.")] = False,
    every: Annotated[float | None, typer.Option(help="Seconds between checks.", min=1)] = None,
    then: Annotated[AfterTaking, typer.Option(help="Imported files: move to done/ and failed/, or leave.")] = (
        AfterTaking.move
    ),
    files: Annotated[bool, typer.Option("--files", help="Only list received files, newest first.")] = False,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Imports files as they arrive in directories and SFTP accounts, each once; `serve` does this automatically.

    Examples: `claimclock watch inbox/`, `claimclock watch --once`, `claimclock watch --files`.
    """
    if files:
        _list(data, practice, json=json)
        return
    settings = audited(load_settings(data_dir=data, practice=practice))
    with open_app_context(settings) as app:
        known = inboxes_in_use(app.engine, app.settings)
        inboxes = directories(paths, then.value) if paths else known.inbox
        if not inboxes:
            raise UsageError(NO_INBOX)
        if once:
            _once(app, inboxes, json=json)
        else:
            _until_stopped(app, inboxes, every or known.every)


def _once(app: AppContext, inboxes: list[Inbox], *, json: bool) -> None:
    """What is asked for by hand is not being written to any more."""
    with projecting(app):
        found = InboxWatch(app, [inbox.model_copy(update={"settle": 0}) for inbox in inboxes]).look()
        for report in found.taken:
            if report.last_entry:
                app.wait(report.last_entry)
        count(app, found.taken)
    _show(found, json=json)
    if errors := [*found.problems, *(f"{report.path}: {report.error}" for report in found.taken if report.error)]:
        raise UnreadableFileError("; ".join(errors))


def _until_stopped(app: AppContext, inboxes: list[Inbox], every: float) -> None:
    async def run() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        watching = InboxWatch(app, inboxes)
        while not stop.is_set():
            found = await asyncio.to_thread(watching.look)
            if found.taken or found.problems:
                _show(found, json=False)
            try:
                await asyncio.wait_for(stop.wait(), every)
            except TimeoutError:
                continue

    with projecting(app):
        asyncio.run(run())


def _show(found: LookReport, *, json: bool) -> None:
    rows = [report.as_json() for report in found.taken]
    if json:
        show.as_json({"files": rows, "waiting": found.waiting, "problems": found.problems})
        return
    columns = [("path", "file"), ("transaction", "holds"), ("events", "events"), ("parked", "parked")]
    show.table("Imported", rows, [*columns, ("error", "error")], 60)
    for problem in found.problems:
        show.console.print(problem, markup=False)


def _list(data: Path | None, practice: str | None, *, json: bool) -> None:
    with reading(data, practice) as context:
        rows, zone = inbox_files(context, limit=200).items, context.references.zone
    show.as_json(rows) if json else show.table("Received files", show.local(rows, zone), COLUMNS)
