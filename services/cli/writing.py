"""Verbs that write: they start, or join, the stream server of the data directory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from projections.keys import Key
from services.app_context import AppContext, open_app_context, open_database, projecting
from services.cli import show
from services.cli.options import (
    AsJson,
    AsOfOption,
    AtOption,
    DataOption,
    KnownAtOption,
    PracticeOption,
    When,
    audited,
)
from services.commands.ingest import Report, UnreadableFileError, Watcher, files_in, ingest_files
from services.core.clock import Stopwatch, SystemClock
from services.core.errors import TransientError, UsageError
from services.core.settings import Settings, load_settings
from services.projector.fold_pool import Helpers
from services.projector.fold_worker import FoldWorker
from services.projector.rebuild import fold_all, mark_for_rebuild, mark_one, tables_of
from services.reads.parked import parked as read_parked
from services.reads.parked import parked_one
from services.reads.read_context import read_instant
from services.store.marked_keys import Behind
from services.store.reference import References, ref_maker
from services.store.zone import in_recorded_zone

INGEST_COLUMNS = [
    ("path", "file"),
    ("transaction", "holds"),
    ("events", "events"),
    ("duplicates", "duplicates"),
    ("parked", "parked"),
    ("unbalanced", "unbalanced"),
    ("seconds", "seconds"),
]

AGAIN = "run the same command again; nothing is imported twice"


class RateColumn(ProgressColumn):
    """How many a second, as soon as that is known."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


@contextmanager
def bar(title: str, *, hidden: bool = False) -> Iterator[Progress]:
    """A progress bar on standard error, gone where nobody watches."""
    from rich.console import Console  # noqa: PLC0415

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
        RateColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=hidden or not console.is_terminal) as progress:
        progress.add_task(title, total=None)
        yield progress


def ingest(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Files or directories: 837P, 835, 277CA, 277, 271, 999, JSON; ZIP and gzip of them."),
    ],
    received_at: Annotated[
        str, typer.Option("--received-at", help="When the payers' files were received: a time, now, mtime or file.")
    ] = "now",
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Imports files and waits until every list shows them.

    Formats are detected from the content; importing a file twice adds only duplicates. A ZIP or gzip is one line of the
    table. Examples: `claimclock ingest inbox/`, `claimclock ingest era.835 --received-at 2026-03-20T14:00:00Z --json`.
    """
    settings = audited(load_settings(data_dir=data, practice=practice))
    _check_received(received_at, settings)
    with open_app_context(settings) as app:
        reports = ingest_with_bar(app, paths, received_at, hidden=json)
    rows = [report.as_json() for report in reports]
    if json:
        show.as_json(rows)
    else:
        show.table("Imported", [row | {"path": Path(row["path"]).name} for row in rows], INGEST_COLUMNS, 60)
        if any(report.parked for report in reports):
            show.console.print("For what could not be read, and why: claimclock parked")
    if errors := [report.error for report in reports if report.error]:
        raise UnreadableFileError("; ".join(errors))


def ingest_with_bar(app: AppContext, paths: list[Path], received_at: str, *, hidden: bool = False) -> list[Report]:
    """Says what to do when it is stopped; raises TransientError, which says it too, when a server is away for long."""
    try:
        with bar("reading", hidden=hidden) as progress:
            return ingest_files(app, paths, received_at, _Bars(progress, len(files_in(paths))))
    except TransientError as error:
        raise TransientError(f"{error.message}; nothing is lost: once that is fixed, {AGAIN}") from error
    except (KeyboardInterrupt, SystemExit):
        sys.stderr.write(f"claimclock: stopped; nothing is lost: {AGAIN}\n")
        raise


class _Bars(Watcher):
    """Files read, events of this round that are logged, and what is folded of what waited to be."""

    def __init__(self, progress: Progress, files: int) -> None:
        self._progress = progress
        self._reading = progress.task_ids[0]
        self._logging = progress.add_task("logging", total=None, visible=False)
        self._folding = progress.add_task("folding", total=None, visible=False)
        self._keys = 0  # the most that were seen to wait
        self._seen: set[str] = set()
        self._files = files

    def read(self, path: str) -> None:
        self._seen.add(path)
        self._progress.update(self._reading, completed=len(self._seen), total=self._files)

    def logged(self, events: int, of: int) -> None:
        self._progress.update(self._logging, completed=events, total=of, visible=True)

    def folding(self, keys: int) -> None:
        self._keys = max(self._keys, keys)
        self._progress.update(self._folding, completed=self._keys - keys, total=self._keys, visible=True)


def _check_received(option: str, settings: Settings) -> None:
    if option in ("now", "mtime", "file"):
        return
    try:
        read_instant(option, settings.zone)
    except ValueError:
        raise UsageError("--received-at is a time such as 2026-03-20T14:00:00Z, or now, mtime or file") from None


def rebuild(
    projection: Annotated[str | None, typer.Argument(help="Only this projection or table.")] = None,
    claim: Annotated[str | None, typer.Option("--claim", help="Only this claim and what depends on it.")] = None,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Rebuilds the read tables from the log, on all cores; old rows stay visible until replaced.

    A stopped rebuild continues when started again, or wherever events are projected.

    Examples: `claimclock rebuild`, `claimclock rebuild worklist`, `claimclock rebuild --claim BT100201`.
    """
    if projection and claim:
        raise UsageError("rebuild takes a projection or --claim, not both")
    tables = tables_of(projection) if projection else ()
    settings = audited(load_settings(data_dir=data, practice=practice))
    clock, watch = SystemClock(), Stopwatch()
    engine = open_database(settings, clock)
    settings = in_recorded_zone(engine, settings)
    worker = FoldWorker(engine, References(settings.zone, ref_maker(settings.ref_secret())), clock)
    helpers = Helpers(settings)
    key = str(Key("claim", settings.practice, claim)) if claim else None
    try:
        with bar("rebuilding") as progress:
            marked = mark_one(engine, key) if key else mark_for_rebuild(engine, tables)

            def told(waiting: Behind) -> None:
                total = max(marked, waiting.keys)
                progress.update(progress.task_ids[0], completed=total - waiting.keys, total=total)

            fold_all(engine, worker, helpers, told)
    finally:
        helpers.dismiss()
        engine.dispose()
    rate = marked / max(watch.seconds, 0.001)
    show.console.print(f"rebuilt {marked:,} keys from the log in {watch.seconds:,.1f} s ({rate:,.0f} a second)")


def parked(
    act: Annotated[str, typer.Argument(help="list, show, retry or discard.")] = "list",
    parked_id: Annotated[str | None, typer.Argument(help="The id (for show, retry, discard).")] = None,
    json: AsJson = False,
    data: DataOption = None,
    at: AtOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    practice: PracticeOption = None,
) -> None:
    """Input that could not be read, with the reason; retry or dismiss it."""
    from services.cli.options import reading  # noqa: PLC0415, audited
    from services.commands.parked import discard, retry  # noqa: PLC0415

    if act not in ("list", "show", "retry", "discard"):
        raise UsageError("parked takes list, show ID, retry ID or discard ID")
    if act != "list" and parked_id is None:
        raise UsageError(f"parked {act} needs the id that `claimclock parked` shows")
    settings = audited(load_settings(data_dir=data, practice=practice))
    if act in ("retry", "discard"):
        with open_app_context(settings) as app, projecting(app):
            told = (retry if act == "retry" else discard)(app, parked_id or "")
        show.as_json(told) if json else show.console.print(told["message"])
        return
    with reading(data, practice, When(at, as_of, known_at)) as context:
        rows = read_parked(context) if act == "list" else [parked_one(context, parked_id or "")]
    if json:
        show.as_json(rows if act == "list" else rows[0])
    else:
        show.table("Parked", rows, [("id", "id"), ("place", "where"), ("transaction", "of"), ("reason", "why")])
        if act == "show":
            show.console.print(rows[0]["raw"], markup=False)
