"""Where kept files lie: a directory, or storage that several hosts share, such as S3 (through fsspec).

Either way a file is there whole or not at all, and under the same name: `ab/abcdef….gz`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from services.core.errors import ClaimclockError, RawStoreError, SettingsError, TransientError
from services.core.files import private_directory, whole_file
from services.core.settings import PREFIX, Settings
from services.core.working_directories import UPLOADS, working_directory

Write = Callable[[BinaryIO], None]
BLOCK = 4 << 20  # bytes that are fetched at once
OPTIONS: Mapping[str, Mapping[str, Any]] = {  # no wait without a limit, in seconds
    "s3": {
        "config_kwargs": {
            "connect_timeout": 10,
            "read_timeout": 30,
            "retries": {"max_attempts": 3},
            # Checksums that many servers of the protocol do not know, or state of the whole object for a part of it.
            # Files are named by their hash and checked by it when they are read.
            "request_checksum_calculation": "when_required",
            "response_checksum_validation": "when_required",
        }
    }
}
LOCAL = "file://"


class RawPlace(Protocol):
    """Names are of the form `ab/abcdef….gz`."""

    def has(self, name: str) -> bool:
        """Whether the file is there."""

    def open(self, name: str) -> BinaryIO:
        """Its bytes; close it."""

    def keep(self, name: str, write: Write) -> None:
        """A file that `write` fills; after an error nothing is there."""

    def names(self) -> Iterator[str]:
        """Every file."""

    def is_writable(self) -> bool | None:
        """Whether files can be kept here; None where only the first one tells. Changes nothing."""


def place_of(settings: Settings) -> RawPlace:
    """As set, else `raw/` in the data directory. Raises SettingsError where a package is missing."""
    given = settings.raw_store
    if given is None:
        return RawDirectory(settings.data_dir / "raw")
    if given.startswith(LOCAL) or "://" not in given:
        return RawDirectory(Path(given.removeprefix(LOCAL)).expanduser())
    return SharedStorage(settings, given)


class RawDirectory:
    """A directory, not accessible to others, on a disk of this machine or one that it mounts."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def has(self, name: str) -> bool:
        return (self._root / name).exists()

    def open(self, name: str) -> BinaryIO:
        return (self._root / name).open("rb")

    def keep(self, name: str, write: Write) -> None:
        target = private_directory(self._root) / name
        private_directory(target.parent)
        with whole_file(target) as file:
            write(file)

    def names(self) -> Iterator[str]:
        return (path.relative_to(self._root).as_posix() for path in self._root.glob("??/*"))

    def is_writable(self) -> bool:
        there = next(path for path in (self._root, *self._root.absolute().parents) if path.exists())
        return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


class SharedStorage:
    """What fsspec reaches by a URL. Raises TransientError while it is away, RawStoreError where it refuses us."""

    def __init__(self, settings: Settings, url: str) -> None:
        self._settings = settings
        options = OPTIONS.get(url.partition("://")[0], {})
        try:
            core = import_module("fsspec.core")
            self._files, self._root = core.url_to_fs(url, use_listings_cache=False, **options)
        except ImportError:
            raise SettingsError(f"{PREFIX}RAW_STORE needs: pip install 'claimclock[s3]'") from None

    def has(self, name: str) -> bool:
        with _reaching():
            return bool(self._files.exists(self._path(name)))

    def open(self, name: str) -> BinaryIO:
        with _reaching():
            reached = _Reached(self._files.open(self._path(name), "rb", block_size=BLOCK))
        return cast("BinaryIO", io.BufferedReader(reached, BLOCK))  # sealed files are read by lines

    def keep(self, name: str, write: Write) -> None:
        """Sent once it is whole: a writer to such storage may finish a file even after an error."""
        with working_directory(self._settings, UPLOADS) as directory:
            whole = directory / "kept"
            with whole.open("wb") as file:
                write(file)
            with _reaching():
                self._files.put_file(str(whole), self._path(name))
                if self._files.info(self._path(name))["size"] != whole.stat().st_size:
                    raise TransientError("the storage of kept files did not keep all of a file; try again")

    def names(self) -> Iterator[str]:
        with _reaching():
            found = self._files.find(self._root)
        return (path.removeprefix(self._root).strip("/") for path in found)

    def is_writable(self) -> None:
        self.has("00/none")  # raises where it cannot be reached or refuses us

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"


class _Reached(io.RawIOBase):
    """Reads from shared storage, with its errors in our words."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _reaching():
            data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


@contextmanager
def _reaching() -> Iterator[None]:
    """Each storage raises errors of its own libraries; which of them pass, only refusals tell."""
    try:
        yield
    except ClaimclockError:
        raise
    except PermissionError:
        raise RawStoreError("the storage of kept files refuses us: check its credentials and rights") from None
    except Exception as error:
        raise TransientError(f"the storage of kept files cannot be reached ({type(error).__name__})") from error
