"""Takes files in: kept raw, read, published, and waited for until projected."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, func, select

from projections.rules.adjustment_codes import ReasonCodes
from projections.tables.columns import EPOCH
from services.app_context import AppContext, projecting
from services.commands.read_files import note_archive, note_read, note_refusals
from services.commands.unpack import TakenFile, files_of
from services.core.clock import Stopwatch
from services.core.errors import ClaimclockError
from services.intake.reader import read
from services.intake.results import FileNote, FileSeen, FoundEvent, ReadResult, RefusedPiece, Source
from services.messaging.publisher import AWAY, EVENT, PARKED, StreamProgress, patiently, trim
from services.messaging.stream_keys import StreamKeys, entries_in, later
from services.projector.entry_reader import refusal_row
from services.projector.parking import PARKED as PARKED_TABLE
from services.store.engine import chunks
from services.store.log import LOG, SIGHTING
from services.store.raw_files import RawStore
from services.store.reference import References
from services.store.sealing import seal_all

BATCH = 500
ROUND = 20_000  # events published before they are projected: full batches fold fewer keys twice
_READ_BEFORE = "this file is the first part of one that was already imported: nothing is missing"
MOST_NOTES = 100  # a file of nothing but oddities needs no longer list
Projecting = Callable[[AppContext], AbstractContextManager[None]]


class Watcher:
    """Receives the progress of an import; this one does nothing."""

    def read(self, path: str) -> None:
        """A file, or a part of it, was read and published."""

    def logged(self, events: int, of: int) -> None:
        """This many of the events published in this round are logged."""

    def folding(self, keys: int) -> None:
        """This many claims, days and the like still wait to be folded, before every list shows what was logged."""


NOBODY = Watcher()


class UnreadableFileError(ClaimclockError):
    """A file that could not be opened at all."""


@dataclass(kw_only=True)
class Report:
    """What came of one file."""

    path: str
    correlation_id: str
    transactions: list[str] = field(default_factory=list)
    published: int = 0
    unbalanced: int = 0
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    events: int = 0
    duplicates: int = 0
    parked: int = 0
    error: str | None = None
    last_entry: str | None = None
    durable: bool = True
    foreign: list[str] = field(default_factory=list)  # entries whose events brought a correlation id of their own

    def as_json(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "transaction": "+".join(self.transactions) or None,
            "events": self.events,
            "duplicates": self.duplicates,
            "parked": self.parked,
            "unbalanced": self.unbalanced,
            "seconds": round(self.seconds, 3),
            "notes": self.notes,
            "error": self.error,
        }


def files_in(paths: list[Path]) -> list[Path]:
    """The files meant, a directory's in the order of their names."""
    found: list[Path] = []
    for path in paths:
        found += sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return found


def received_at(option: str, path: Path, app: AppContext) -> datetime | None:
    """When a payer's message reached us: now, the file's own time, the interchange's (None), or as given."""
    if option == "now":
        return app.clock.now()
    if option == "file":
        return None
    if option == "mtime":
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    from services.reads.read_context import read_instant  # noqa: PLC0415

    return read_instant(option, app.settings.zone)


def ingest_files(
    app: AppContext,
    paths: list[Path],
    received: str = "now",
    watcher: Watcher = NOBODY,
    *,
    projecting: Projecting = projecting,
) -> list[Report]:
    """Publishes the files and has them projected, in rounds, and reports what became of each.

    `projecting` runs a projector for as long as its block lasts; with `nullcontext` another one must be running.
    """
    rounds, codes = _Rounds(app, watcher, projecting), reason_codes(app)
    reports = [ingest_file(app, path, received, watcher, rounds, codes=codes) for path in files_in(paths)]
    rounds.project()
    seal_all(app.engine, app.settings, app.clock.now())
    count(app, reports)
    return reports


def ingest_file(
    app: AppContext,
    path: Path,
    received: str,
    watcher: Watcher = NOBODY,
    rounds: _Rounds | None = None,
    *,
    posts_tests: bool = False,
    takes_events: bool = True,
    codes: ReasonCodes | None = None,
) -> Report:
    """Publishes one file, or all that a ZIP or gzip holds. What cannot be opened is listed in the report.

    `posts_tests`: files marked as a test are read, whatever the setting says. `takes_events`: CloudEvents in JSON are
    taken. `codes`: the practice's code table, where it is at hand.
    """
    report = Report(path=str(path), correlation_id=uuid4().hex)
    watch = Stopwatch()
    outbox = _Outbox(app, report, watcher, rounds)
    try:
        at = received_at(received, path, app)
        with files_of(app.settings, path) as files:
            for file in files:
                source = Source(
                    name=file.name,
                    sha256=RawStore(app.settings).put_file(file.path),
                    correlation_id=report.correlation_id,
                    practice=app.settings.practice,
                    received_at=at,
                    zone=app.settings.zone,
                    keeps_tests_aside=app.settings.test_files == "keep_aside" and not posts_tests,
                    takes_events=takes_events,
                )
                _publish(report, _read(file, source, codes or reason_codes(app)), source, outbox)
                if note_read(app, source, file.path):
                    report.notes.append(_READ_BEFORE)
            if any(file.path != path for file in files):
                note_archive(app, source, path)
    except OSError as error:
        report.error = f"{path}: {error.strerror or type(error).__name__}"
    report.seconds = watch.seconds
    return report


def _read(file: TakenFile, source: Source, codes: ReasonCodes) -> Iterator[ReadResult]:
    if file.refusal:
        which = f"file {file.number} of the archive " if file.number else ""
        raw = f"{which}stored unchanged under SHA-256 {source.sha256}"
        yield RefusedPiece(reason=file.refusal, segment=None, transaction=None, raw=raw)
        return
    with file.path.open("rb") as stream:
        yield from read(stream, source, codes)


def reason_codes(app: AppContext) -> ReasonCodes:
    """How the rulebook of the practice sorts claims of an 835 into paid, denied and rejected, as of today."""
    references = References(app.settings.zone, app.references.ref)
    with app.engine.connect() as connection:
        rules = references.get(connection, app.settings.practice).rules
    return ReasonCodes.of_rulebook(rules, app.clock.now().astimezone(app.settings.zone).date())


class _Rounds:
    """Publishes and projects by turns, so that batches are full and any amount passes through in bounded memory."""

    def __init__(self, app: AppContext, watcher: Watcher, projecting: Projecting) -> None:
        self._app = app
        self._watcher = watcher
        self._projecting = projecting
        self._waiting = 0
        self._last_entry: str | None = None

    def published(self, events: int, last_entry: str) -> None:
        self._waiting += events
        self._last_entry = later(self._last_entry, last_entry)
        if self._waiting >= ROUND:
            self.project()

    def project(self) -> None:
        """Waits until all that was published is projected, and takes it from the stream."""
        if self._last_entry is None:
            return
        app, last = self._app, self._last_entry
        with self._projecting(app):
            app.wait(last, on_progress=self._tell, on_behind=lambda waiting: self._watcher.folding(waiting.keys))
        keys, group = StreamKeys.of(app.settings), app.settings.group
        for number, entry_id in entries_in(last):
            patiently(partial(trim, app.client, entry_id, stream=keys.key(number), group=group))
        self._waiting, self._last_entry = 0, None

    def _tell(self, progress: StreamProgress) -> None:
        if progress.lag is not None:
            self._watcher.logged(max(self._waiting - progress.lag - progress.pending, 0), self._waiting)


class _Outbox:
    """What was read of one file and is not yet on the stream."""

    def __init__(self, app: AppContext, report: Report, watcher: Watcher, rounds: _Rounds | None) -> None:
        self._report = report
        self._watcher = watcher
        self._rounds = rounds
        self._publisher = app.publisher()
        self._app = app
        self._waiting: dict[str, list[tuple[bytes, bool]]] = {EVENT: [], PARKED: []}
        self._refused: list[tuple[Source, str]] = []  # what is about to be parked, by its name

    def add(self, field: str, body: bytes, *, foreign: bool = False) -> None:
        self._waiting[field].append((body, foreign))
        if sum(map(len, self._waiting.values())) >= BATCH:
            self.flush()

    def refuse(self, told: Mapping[str, str], source: Source) -> None:
        """Adds a piece that could not be read."""
        self._refused.append((source, refusal_row(None, told, EPOCH)["parked_id"]))
        self.add(PARKED, json.dumps(told).encode())

    def flush(self) -> None:
        """Sends what waits. From which file a piece is, is noted before it is parked."""
        report = self._report
        for source, pieces in groupby(self._refused, key=itemgetter(0)):
            note_refusals(self._app, source, [name for _, name in pieces])
        self._refused.clear()
        for name, bodies in self._waiting.items():
            if bodies:
                publish = partial(self._publisher.publish, [body for body, _ in bodies], field=name)
                published = patiently(publish, AWAY if self._rounds else 0)  # else somebody waits for us
                report.durable &= published.durable
                names = zip(published.entry_ids, bodies, strict=True)
                report.foreign += [entry for entry, (_, foreign) in names if foreign]
                report.last_entry = later(report.last_entry, published.last)
                if self._rounds:
                    self._rounds.published(len(bodies), published.last)
                bodies.clear()
        self._watcher.read(report.path)


def _publish(report: Report, items: Iterator[ReadResult], source: Source, outbox: _Outbox) -> None:
    for item in items:
        match item:
            case FoundEvent(event):
                foreign = event.get("correlationid") != report.correlation_id
                report.published += 1
                data = event.get("data")
                report.unbalanced += isinstance(data, dict) and bool(data.get("differences"))
                outbox.add(EVENT, json.dumps(event, separators=(",", ":")).encode(), foreign=foreign)
            case RefusedPiece():
                outbox.refuse(_refusal(item, source), source)
            case FileSeen(transaction=transaction):
                if transaction not in report.transactions:
                    report.transactions.append(transaction)
            case FileNote(message=message, segment=segment) if len(report.notes) < MOST_NOTES:
                report.notes.append(message if segment is None else f"segment {segment}: {message}")
    outbox.flush()


def _refusal(item: RefusedPiece, source: Source) -> dict[str, str]:
    place = source.name if item.segment is None else f"{source.name}, segment {item.segment}"
    told = {
        "practice": source.practice,
        "origin": item.origin,
        "reason": item.reason,
        "raw": item.raw,
        "place": place,
        "transaction": item.transaction,
        "correlationid": source.correlation_id,
        "sha256": source.sha256,
        "cut": "cut" if item.cut else None,
    }
    if item.identity is not None:
        told["source"], told["event_id"] = item.identity
    return {name: value for name, value in told.items() if value is not None}


def count(app: AppContext, reports: Sequence[Report]) -> None:
    """What became of each, from the log itself, so that what is reported is what is there."""
    with app.engine.connect() as connection:
        for name, table in (("events", LOG), ("duplicates", SIGHTING), ("parked", PARKED_TABLE)):
            own = _counted(connection, table.c.correlationid, [report.correlation_id for report in reports])
            for report in reports:
                foreign = _counted(connection, table.c.entry_id, report.foreign)
                setattr(report, name, own.get(report.correlation_id, 0) + sum(foreign.values()))


def _counted(connection: Connection, column: ColumnElement[str], wanted: Sequence[str]) -> dict[str, int]:
    """How many rows there are of each value."""
    found: dict[str, int] = {}
    for part in chunks(wanted):
        rows = connection.execute(select(column, func.count()).where(column.in_(part)).group_by(column))
        found |= {row[0]: row[1] for row in rows}
    return found
