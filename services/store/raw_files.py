"""Files as they came in, kept once under the SHA-256 of their content: compressed, and encrypted if a key is set."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from cryptography.fernet import Fernet, InvalidToken

from services.core.errors import NotFoundError, RawStoreError
from services.core.settings import Settings
from services.intake.reader import segments_in
from services.store.raw_places import place_of

CHUNK: Final = 1 << 20
_LEVEL: Final = 5  # of gzip: X12 shrinks to a tenth at any level
_PLAIN, _SEALED = ".gz", ".enc"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_RAWREF = re.compile(r"([0-9a-f]{64})#(\d{1,12})-(\d{1,12})")


class RawStore:
    """The kept files of an installation. Where they lie elsewhere, all raise TransientError while that is away."""

    def __init__(self, settings: Settings) -> None:
        self._place = place_of(settings)
        self._seal = None if settings.raw_key is None else Fernet(settings.raw_key.get_secret_value())

    def put_file(self, path: Path) -> str:
        """Keeps a file, however large, and returns the SHA-256 of its content. OSError if it cannot be read."""
        with path.open("rb") as file:
            return self.put(file)

    def put(self, stream: BinaryIO) -> str:
        """Keeps what is in a seekable stream, read from its position."""
        start = stream.tell()
        sha256 = _copy(stream)
        if self._find(sha256) is None:
            stream.seek(start)
            self._write(stream, sha256)
        return sha256

    def open(self, sha256: str) -> BinaryIO:
        """The content as a stream of bytes; close it. Read to its end, it is checked against its name.

        Raises NotFoundError if it is not kept here; while reading, RawStoreError if it is damaged or sealed with
        another key.
        """
        name = self._find(sha256)
        if name is None:
            raise NotFoundError("this raw file is not kept here")
        is_sealed = name.endswith(_SEALED)
        if is_sealed and self._seal is None:
            raise RawStoreError("this raw file is encrypted and CLAIMCLOCK_RAW_KEY is not set")
        with ExitStack() as opened:
            file: Any = opened.enter_context(self._place.open(name))
            if is_sealed and self._seal is not None:
                file = io.BufferedReader(_Unsealed(file, self._seal), CHUNK)
            content = opened.enter_context(gzip.GzipFile(fileobj=file))
            return cast("BinaryIO", io.BufferedReader(_Checked(content, sha256, opened.pop_all()), CHUNK))

    def has(self, sha256: str) -> bool:
        return self._find(sha256) is not None

    def kept(self) -> Iterator[str]:
        """The SHA-256 of every file that is kept here."""
        for name in self._place.names():
            stem, _, suffix = name.rpartition("/")[2].partition(".")
            if f".{suffix}" in (_PLAIN, _SEALED) and _SHA256.fullmatch(stem):
                yield stem

    def segments(self, rawref: str) -> list[str]:
        """The segments a reference `<sha256>#<first>-<last>` names, as they stood in the file, each with its end.

        They are counted from 1 over the whole file, as the reader that made the reference did.
        """
        found = _RAWREF.fullmatch(rawref)
        if found is None:
            raise RawStoreError("a raw reference is written <sha256>#<first>-<last>")
        first, last = int(found[2]), int(found[3])
        with closing(self.open(found[1])) as stream:
            kept = list(_numbered(stream, first, last))
        if not kept or len(kept) != last - first + 1:
            raise RawStoreError("the raw file has no such segments")
        return kept

    def _find(self, sha256: str) -> str | None:
        if not _SHA256.fullmatch(sha256):
            return None
        names = (f"{sha256[:2]}/{sha256}{suffix}" for suffix in (_SEALED, _PLAIN))
        return next((name for name in names if self._place.has(name)), None)

    def _write(self, stream: BinaryIO, sha256: str) -> None:
        suffix = _PLAIN if self._seal is None else _SEALED
        self._place.keep(f"{sha256[:2]}/{sha256}{suffix}", lambda file: self._pack(stream, sha256, file))

    def _pack(self, stream: BinaryIO, sha256: str, file: BinaryIO) -> None:
        sink: Any = file if self._seal is None else _Sealed(file, self._seal)
        with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=sink, mtime=0) as packed:
            copied = _copy(stream, packed)
        if self._seal is not None:
            sink.finish()
        if copied != sha256:
            raise RawStoreError("the file was changed while it was read; try again")


def _numbered(stream: BinaryIO, first: int, last: int) -> Iterator[str]:
    tokens = segments_in(stream)
    for segment in tokens:
        if tokens.number > last:
            return
        if tokens.number >= first:
            yield tokens.joined([segment])


def _copy(stream: BinaryIO, to: gzip.GzipFile | None = None) -> str:
    """Reads the rest of a stream, writes it if there is where to, and returns its SHA-256."""
    sha256 = hashlib.sha256()
    while data := stream.read(CHUNK):
        sha256.update(data)
        if to is not None:
            to.write(data)
    return sha256.hexdigest()


class _Sealed:
    """Writes encrypted pieces, one a line: Fernet itself works on whole texts only."""

    def __init__(self, file: BinaryIO, seal: Fernet) -> None:
        self._file = file
        self._seal = seal
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        self._waiting += data
        while len(self._waiting) >= CHUNK:
            self._put(CHUNK)
        return len(data)

    def flush(self) -> None:
        """A piece is written when it is full, or at the end."""

    def finish(self) -> None:
        if self._waiting:
            self._put(len(self._waiting))

    def _put(self, size: int) -> None:
        self._file.write(self._seal.encrypt(bytes(self._waiting[:size])) + b"\n")
        del self._waiting[:size]


class _Unsealed(io.RawIOBase):
    """Reads what _Sealed wrote. That no piece was taken out or moved, the checksums around it show."""

    def __init__(self, file: BinaryIO, seal: Fernet) -> None:
        self._file = file
        self._seal = seal
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest and (line := self._file.readline()):
            self._rest = self._seal.decrypt(line.rstrip(b"\n"))
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


class _Checked(io.RawIOBase):
    """Compares the content with its name when its end is reached, and says what is wrong in our words."""

    def __init__(self, content: gzip.GzipFile, sha256: str, opened: ExitStack) -> None:
        self._content = content
        self._wanted = sha256
        self._sha256 = hashlib.sha256()
        self._opened = opened

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            size = self._content.readinto(buffer)
        except InvalidToken:
            raise RawStoreError("a raw file is damaged, or encrypted with another key") from None
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise RawStoreError("a raw file is damaged") from None
        self._sha256.update(buffer[:size])
        if not size and self._sha256.hexdigest() != self._wanted:
            raise RawStoreError("a raw file is damaged: its content is not what its name says")
        return size

    def close(self) -> None:
        self._opened.close()
        super().close()
