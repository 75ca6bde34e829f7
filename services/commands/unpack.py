"""What one file holds: itself, or the files packed in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.core.settings import Settings
from services.core.working_directories import UPLOADS, working_directory
from services.intake.containers import RefusedContainerError, UnpackedMember, container_kind, unpacked


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenFile:
    """A file to read; `refusal` where it is only parked. `name` is for people: ARCHIVE/MEMBER for a packed one.

    `number`: which file of the archive at `path` it is, where nothing of it could be unpacked, from 1; else 0.
    """

    name: str
    path: Path
    refusal: str = ""
    number: int = 0


@contextmanager
def files_of(settings: Settings, path: Path) -> Iterator[list[TakenFile]]:
    """The file, or what a ZIP or gzip holds, on disk for as long as the block lasts. Raises OSError."""
    kind = container_kind(path)
    if kind is None:
        yield [TakenFile(name=path.name, path=path)]
        return
    with working_directory(settings, UPLOADS) as directory:
        try:
            members = unpacked(path, kind, directory)
        except RefusedContainerError as error:
            yield [TakenFile(name=path.name, path=path, refusal=str(error))]
            return
        yield [_taken(path, member, number) for number, member in enumerate(members, 1)]


def _taken(archive: Path, member: UnpackedMember, number: int) -> TakenFile:
    within = number if member.path == archive else 0
    return TakenFile(name=f"{archive.name}/{member.name}", path=member.path, refusal=member.refusal, number=within)
