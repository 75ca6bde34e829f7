"""Takes files in: kept raw, read, published, and waited for until projected."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select

from services.bus import EVENT, PARKED, trim, wait_until_processed
from services.clock import Stopwatch
from services.errors import ClaimclockError
from services.house import House
from services.intake.items import Found, Note, Refused, Seen, Source
from services.intake.reader import read
from services.projector.parking import PARKED as PARKED_TABLE
from services.raw_store import RawStore
from services.store.engine import chunks
from services.store.log import LOG, SIGHTING

BATCH = 500
AHEAD = 20  # batches a paced reader may be ahead of the projector
TRIM_EVERY = 20  # batches
MOST_NOTES = 100  # a file of nothing but oddities needs no longer list
OnProgress = Callable[[str, int], None]


class UnreadableFileError(ClaimclockError):
    """A file that could not be opened at all."""


@dataclass
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
            "path": self.path, "transaction": "+".join(self.transactions) or None, "events": self.events,
            "duplicates": self.duplicates, "parked": self.parked, "unbalanced": self.unbalanced,
            "seconds": round(self.seconds, 3), "notes": self.notes, "error": self.error,
        }  # fmt: skip


def files_in(paths: list[Path]) -> list[Path]:
    """The files meant, a directory's in the order of their names."""
    found: list[Path] = []
    for path in paths:
        found += sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return found


def received_at(option: str, path: Path, house: House) -> datetime | None:
    """When a payer's message reached us: now, the file's own time, the interchange's (None), or as given."""
    if option == "now":
        return house.clock.now()
    if option == "file":
        return None
    if option == "mtime":
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    from services.reads.desk import read_instant  # noqa: PLC0415

    return read_instant(option, house.settings.zone)


def ingest_files(
    house: House, paths: list[Path], received: str = "now", on_progress: OnProgress = lambda _path, _events: None
) -> list[Report]:
    """Publishes every file, then waits until all of it is projected, and tells what became of each."""
    reports = [ingest_file(house, path, received, on_progress, paced=True) for path in files_in(paths)]
    last = [report.last_entry for report in reports if report.last_entry]
    if last:
        wait_until_processed(house.client, last[-1], stream=house.settings.stream, group=house.settings.group)
    for report in reports:
        count(house, report)
    return reports


def ingest_file(house: House, path: Path, received: str, on_progress: OnProgress, *, paced: bool = False) -> Report:
    """Publishes one file. What cannot be opened is told in the report; the other files go on.

    `paced` waits for the projector now and then; without one running it would wait for ever.
    """
    report = Report(str(path), uuid4().hex)
    watch = Stopwatch()
    try:
        sha256 = RawStore(house.settings).put_file(path)
        source = Source(
            path.name, sha256, report.correlation_id, house.settings.practice, received_at(received, path, house),
            house.settings.zone,
        )  # fmt: skip
        with path.open("rb") as stream:
            outbox = _Outbox(house, report, on_progress, paced=paced)
            _publish(report, read(stream, source), source, outbox)
    except OSError as error:
        report.error = f"{path}: {error.strerror or type(error).__name__}"
    report.seconds = watch.seconds
    return report


class _Outbox:
    """What was read of one file and is not yet on the stream.

    Paced, it stays a bounded number of events ahead of the projector and removes from the stream what is logged, so
    that a file of any size passes through in bounded memory.
    """

    def __init__(self, house: House, report: Report, on_progress: OnProgress, *, paced: bool) -> None:
        self._house = house
        self._report = report
        self._on_progress = on_progress
        self._publisher = house.publisher()
        self._waiting: dict[str, list[tuple[bytes, bool]]] = {EVENT: [], PARKED: []}
        self._ahead: deque[str] | None = deque() if paced else None
        self._batches = 0

    def add(self, field: str, body: bytes, *, foreign: bool = False) -> None:
        self._waiting[field].append((body, foreign))
        if sum(map(len, self._waiting.values())) >= BATCH:
            self.flush()

    def flush(self) -> None:
        report = self._report
        for name, bodies in self._waiting.items():
            if bodies:
                entry_ids, durable = self._publisher.publish((body for body, _ in bodies), field=name)
                report.durable &= durable
                report.foreign += [entry for entry, (_, foreign) in zip(entry_ids, bodies, strict=True) if foreign]
                report.last_entry = entry_ids[-1]
                self._pace(entry_ids[-1])
                bodies.clear()
        self._on_progress(report.path, report.published)

    def _pace(self, last_entry: str) -> None:
        if self._ahead is None:
            return
        self._ahead.append(last_entry)
        if len(self._ahead) > AHEAD:
            done, settings = self._ahead.popleft(), self._house.settings
            wait_until_processed(self._house.client, done, stream=settings.stream, group=settings.group)
            self._batches += 1
            if self._batches % TRIM_EVERY == 0:
                trim(self._house.client, done, stream=settings.stream, group=settings.group)


def _publish(report: Report, items: Iterator[Any], source: Source, outbox: _Outbox) -> None:
    for item in items:
        match item:
            case Found(event):
                foreign = event.get("correlationid") != report.correlation_id
                report.published += 1
                data = event.get("data")
                report.unbalanced += isinstance(data, dict) and bool(data.get("differences"))
                outbox.add(EVENT, json.dumps(event, separators=(",", ":")).encode(), foreign=foreign)
            case Refused():
                outbox.add(PARKED, json.dumps(_refusal(item, source)).encode())
            case Seen(transaction=transaction):
                if transaction not in report.transactions:
                    report.transactions.append(transaction)
            case Note(message=message, segment=segment) if len(report.notes) < MOST_NOTES:
                report.notes.append(message if segment is None else f"segment {segment}: {message}")
    outbox.flush()


def _refusal(item: Refused, source: Source) -> dict[str, Any]:
    place = source.name if item.segment is None else f"{source.name}, segment {item.segment}"
    return {
        "practice": source.practice, "origin": "intake", "reason": item.reason, "raw": item.raw, "place": place,
        "transaction": item.transaction, "correlationid": source.correlation_id, "sha256": source.sha256,
    }  # fmt: skip


def count(house: House, report: Report) -> None:
    """What became of it, from the log itself, so that what is told is what is there."""
    with house.engine.connect() as connection:
        for name, table in (("events", LOG), ("duplicates", SIGHTING), ("parked", PARKED_TABLE)):
            counting = select(func.count()).select_from(table)
            count = connection.scalar(counting.where(table.c.correlationid == report.correlation_id)) or 0
            for part in chunks(report.foreign):
                count += connection.scalar(counting.where(table.c.entry_id.in_(part))) or 0
            setattr(report, name, count)
