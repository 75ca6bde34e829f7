"""ZIP and gzip of files as clearinghouses deliver them: unpacked to disk, within limits, one member after the other.

A member's name is shown and never used as a path. What is packed inside a member is not unpacked again.
"""

from __future__ import annotations

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import IO, BinaryIO, Final

MOST_MEMBERS: Final = 1_000
MOST_BYTES: Final = 1 << 30  # of all members together, unpacked
# X12 shrinks to a tenth, a file of one claim over and over to a hundredth; deflate itself reaches a thousandth.
MOST_RATIO: Final = 250
FREE_BYTES: Final = 1 << 20  # unpacked bytes before the ratio counts
_CHUNK: Final = 1 << 20
_LONGEST_NAME: Final = 100
_ENCRYPTED: Final = 0x1  # general purpose bit 0 of a ZIP member
_MARKS: Final = ((b"\x1f\x8b", "gzip"), (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"))
_OFFICE: Final = "[Content_Types].xml"
_SYSTEM_FILES: Final = ("__MACOSX", ".DS_Store", "Thumbs.db")
_DAMAGED: Final = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, ValueError)


class ContainerKind(StrEnum):
    """How a file is packed."""

    GZIP = "gzip"
    ZIP = "zip"


class RefusedContainerError(Exception):
    """An archive that is not read at all; the message says why and what to do, without a member's name."""


@dataclass(frozen=True, slots=True)
class UnpackedMember:
    """One file out of an archive: its name as shown, and where it lies; `refusal` says why it could not be unpacked.

    A member of which nothing could be unpacked lies in the archive: `path` is that of the archive.
    """

    name: str
    path: Path
    refusal: str = ""


def container_kind(path: Path) -> ContainerKind | None:
    """ZIP or gzip by the first bytes, whatever the name says. Raises OSError where the file cannot be read."""
    with path.open("rb") as file:
        head = file.read(4)
    return next((ContainerKind(kind) for mark, kind in _MARKS if head.startswith(mark)), None)


def unpacked(path: Path, kind: ContainerKind, directory: Path) -> list[UnpackedMember]:
    """Every member of an archive, as files in `directory`. Raises RefusedContainerError where a limit is exceeded.

    Nothing of an archive beyond a limit is taken, so that it is either read as a whole or not at all.
    """
    limit = _Limit(path.stat().st_size)
    if kind == ContainerKind.GZIP:
        return [_gunzipped(path, directory, limit)]
    try:
        with _reading(), zipfile.ZipFile(path) as archive:
            return [_where_it_lies(member, path) for member in _members(archive, directory, limit)]
    except _DamagedError:
        raise RefusedContainerError("the ZIP archive is damaged or incomplete; send it again") from None


def _where_it_lies(member: UnpackedMember, archive: Path) -> UnpackedMember:
    is_out = not member.refusal or (member.path.exists() and member.path.stat().st_size > 0)
    return member if is_out else replace(member, path=archive)


class _DamagedError(Exception):
    """Bytes that cannot be unpacked."""


@contextmanager
def _reading() -> Iterator[None]:
    """Damage in an archive as one error; a full or failing disk stays an OSError with its number."""
    try:
        yield
    except _DAMAGED:
        raise _DamagedError from None
    except OSError as error:  # what gzip and bz2 say of damage has no number
        if error.errno is not None:
            raise
        raise _DamagedError from None


class _Limit:
    """Counts what was unpacked."""

    def __init__(self, packed: int) -> None:
        self._allowed = min(MOST_BYTES, max(FREE_BYTES, packed * MOST_RATIO))
        self._ratio = self._allowed < MOST_BYTES
        self._taken = 0

    def add(self, size: int) -> None:
        self._taken += size
        if self._taken > self._allowed:
            why = f"more than {MOST_RATIO} times its size" if self._ratio else f"more than {MOST_BYTES >> 30} GiB"
            raise RefusedContainerError(f"the archive unpacks to {why}; nothing was read: unpack it and send the files")


def _gunzipped(path: Path, directory: Path, limit: _Limit) -> UnpackedMember:
    member = UnpackedMember(_shown(path.name.removesuffix(".gz")), directory / "1")
    try:
        with _reading(), gzip.open(path) as packed, member.path.open("wb") as file:
            _copy(packed, file, limit)
    except _DamagedError:
        raise RefusedContainerError("the gzip archive is damaged or incomplete; send it again") from None
    return member


def _members(archive: zipfile.ZipFile, directory: Path, limit: _Limit) -> Iterator[UnpackedMember]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _of_the_system(entry.filename)]
    if any(entry.filename == _OFFICE for entry in entries):
        raise RefusedContainerError("an office document, neither X12 nor JSON; save its data as X12")
    if len(entries) > MOST_MEMBERS:
        raise RefusedContainerError(
            f"the archive holds more than {MOST_MEMBERS:,} files; nothing was read: send it in parts"
        )
    if not entries:
        raise RefusedContainerError("the archive holds no file")
    for number, entry in enumerate(entries, 1):
        yield _member(archive, entry, directory / str(number), limit)


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, limit: _Limit) -> UnpackedMember:
    name = _shown(entry.filename)
    if entry.flag_bits & _ENCRYPTED:
        return UnpackedMember(name, path, "this file of the archive is encrypted with a password; send it without")
    try:
        with _reading(), archive.open(entry) as packed, path.open("wb") as file:
            _copy(packed, file, limit)
    except NotImplementedError:
        return UnpackedMember(name, path, "this file is compressed with an unsupported method; use standard ZIP")
    except _DamagedError:
        return UnpackedMember(name, path, "this file of the archive is damaged; send the archive again")
    kind = container_kind(path)
    reason = f"an archive within an archive ({kind}); send it separately" if kind else ""
    return UnpackedMember(name, path, reason)


def _copy(packed: IO[bytes] | gzip.GzipFile, file: BinaryIO, limit: _Limit) -> None:
    while data := packed.read(_CHUNK):
        limit.add(len(data))
        file.write(data)


def _of_the_system(name: str) -> bool:
    """What file managers add to archives."""
    parts = name.replace("\\", "/").split("/")
    return parts[0] == _SYSTEM_FILES[0] or parts[-1] in _SYSTEM_FILES[1:]


def _shown(name: str) -> str:
    """The last part of a name, printable and short enough for a list."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable())[-_LONGEST_NAME:] or "a file"
