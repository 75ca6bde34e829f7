"""Which files were read to their end, and what that settles of what could not be read before.

A file that was cut is the beginning of the whole one. Once the whole one was read, in whichever order the two came,
what could not be read of the cut one alone is no loss. Likewise a file that is read again and understood this time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection, delete, select, update

from services.app_context import AppContext
from services.core.errors import NotFoundError, RawStoreError, TransientError
from services.intake.results import Source
from services.projector.parking import judge_again, lock_parked
from services.store.dialect import dialect_of
from services.store.engine import chunks, writing
from services.store.raw_files import CHUNK, RawStore
from services.store.upload_tables import FILE_REFUSAL, READ_FILE

HEAD = 100  # bytes: of an interchange all up to its control number
_COMPARED = 20  # longer files that one is compared with; each is read as far as this one goes


def note_refusals(app: AppContext, source: Source, names: Sequence[str]) -> None:
    """Notes which pieces of a file are about to be parked, by the names they are parked under."""
    if not names:
        return
    own = {"practice": source.practice, "sha256": source.sha256, "reading": source.correlation_id}
    with writing(app.engine) as connection:
        statement = dialect_of(connection).upsert(
            FILE_REFUSAL, "practice", "sha256", "parked_id", update=["reading"], set_={}
        )
        connection.execute(statement, [own | {"parked_id": name} for name in sorted(set(names))])


def note_read(app: AppContext, source: Source, path: Path) -> bool:
    """Notes that a file was read to its end. Returns whether it is the beginning of a longer one that was read before.

    First the file is noted, then others are looked for: of two that are read at the same time at least one sees the
    other.
    """
    head, size = _head_and_size(path)
    gone = _note(app, source, head, size)
    shorter = _beginnings(app, source, head, size, path)
    longer = _longer(app, source, head, size)
    if gone or shorter or longer:
        with writing(app.engine) as connection:
            _settle(connection, source, dict.fromkeys(shorter, source.sha256) | longer, gone)
    return bool(longer)


def note_archive(app: AppContext, source: Source, path: Path) -> None:
    """Notes that all in an archive was read: a cut one, before or after it, that cannot be unpacked is no loss.

    The archive itself is kept: only by its bytes is a later, cut one known as its beginning.
    """
    note_read(app, replace(source, sha256=RawStore(app.settings).put_file(path)), path)


def _note(app: AppContext, source: Source, head: str | None, size: int) -> set[str]:
    """Returns what an earlier reading of this very file could not read, and this one could."""
    row = {"practice": source.practice, "sha256": source.sha256, "head": head, "size": size, "whole": None}
    mine = (FILE_REFUSAL.c.practice == source.practice, FILE_REFUSAL.c.sha256 == source.sha256)
    stale = (*mine, FILE_REFUSAL.c.reading != source.correlation_id)
    with writing(app.engine) as connection:
        connection.execute(
            dialect_of(connection).upsert(READ_FILE, "practice", "sha256", update=["head"], set_={}), row
        )
        gone = set(connection.scalars(select(FILE_REFUSAL.c.parked_id).where(*stale)))
        if gone:
            connection.execute(delete(FILE_REFUSAL).where(*stale))
    return gone


def _beginnings(app: AppContext, source: Source, head: str | None, size: int, path: Path) -> list[str]:
    """The shorter files of which something could not be read, and with whose bytes this one begins."""
    refused = select(FILE_REFUSAL.c.sha256).where(FILE_REFUSAL.c.practice == source.practice)
    query = select(READ_FILE.c.sha256, READ_FILE.c.size).where(
        READ_FILE.c.practice == source.practice,
        READ_FILE.c.head == head,
        READ_FILE.c.size < size,
        READ_FILE.c.whole.is_(None),
        READ_FILE.c.sha256.in_(refused),
    )
    if head is None:
        return []
    with app.engine.connect() as connection:
        found = connection.execute(query).all()
    with path.open("rb") as file:
        digests = _prefixes(file, [row.size for row in found])
    return sorted(row.sha256 for row in found if digests.get(row.size) == row.sha256)


def _longer(app: AppContext, source: Source, head: str | None, size: int) -> dict[str, str]:
    """This file -> a longer one that begins with it, where something of this one could not be read."""
    mine = (FILE_REFUSAL.c.practice == source.practice, FILE_REFUSAL.c.sha256 == source.sha256)
    query = (
        select(READ_FILE.c.sha256)
        .where(READ_FILE.c.practice == source.practice, READ_FILE.c.head == head, READ_FILE.c.size > size)
        .order_by(READ_FILE.c.size, READ_FILE.c.sha256)
        .limit(_COMPARED)
    )
    with app.engine.connect() as connection:
        if head is None or connection.execute(select(FILE_REFUSAL.c.parked_id).where(*mine).limit(1)).first() is None:
            return {}
        candidates = list(connection.scalars(query))
    kept = RawStore(app.settings)
    return next(({source.sha256: name} for name in candidates if _begins(kept, name, source.sha256, size)), {})


def _begins(kept: RawStore, longer: str, sha256: str, size: int) -> bool:
    """Whether a kept file begins with these bytes; not, where it cannot be looked into."""
    try:
        with closing(kept.open(longer)) as stream:
            return _prefixes(stream, [size]).get(size) == sha256
    except (NotFoundError, RawStoreError, TransientError, OSError):
        return False


def _settle(connection: Connection, source: Source, wholes: Mapping[str, str], gone: Iterable[str]) -> None:
    for sha256, whole in wholes.items():
        own = (READ_FILE.c.practice == source.practice, READ_FILE.c.sha256 == sha256)
        connection.execute(update(READ_FILE).where(*own).values(whole=whole))
    names = set(gone)
    for part in chunks(sorted(wholes)):
        mine = (FILE_REFUSAL.c.practice == source.practice, FILE_REFUSAL.c.sha256.in_(part))
        names |= set(connection.scalars(select(FILE_REFUSAL.c.parked_id).where(*mine)))
    lock_parked(connection, names)
    judge_again(connection, names, from_files=names)


def _head_and_size(path: Path) -> tuple[str | None, int]:
    with path.open("rb") as file:
        head = file.read(HEAD)
    return (hashlib.sha256(head).hexdigest() if len(head) == HEAD else None), path.stat().st_size


def _prefixes(stream: BinaryIO, sizes: Sequence[int]) -> dict[int, str]:
    """The SHA-256 of the beginnings of a stream, for each of these sizes that it has."""
    digest, at, found = hashlib.sha256(), 0, {}
    for size in sorted(set(sizes)):
        for piece in _pieces(stream, size - at):
            digest.update(piece)
            at += len(piece)
        if at == size:
            found[size] = digest.copy().hexdigest()
    return found


def _pieces(stream: BinaryIO, count: int) -> Iterator[bytes]:
    while count > 0 and (piece := stream.read(min(count, CHUNK))):
        yield piece
        count -= len(piece)
