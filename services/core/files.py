"""Files that are whole or not there at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

PRIVATE = 0o700


def private_directory(path: Path) -> Path:
    """Makes the directory, for its owner only; one that is there and open to others is closed to them."""
    path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & ~PRIVATE and not mode & stat.S_ISVTX:  # a directory that everybody shares, as /tmp, stays as it is
        with suppress(PermissionError):  # another user's: the doctor says so
            path.chmod(PRIVATE)
    return path


@contextmanager
def whole_file(path: Path, *, replace: bool = True) -> Iterator[BinaryIO]:
    """A file to write, put in its place in one step and flushed to the disk, mode 600; after an error nothing is left.

    Without `replace` the first of several writers wins and the others get FileExistsError.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if replace:
            beside.replace(path)
        else:
            path.hardlink_to(beside)
    finally:
        beside.unlink(missing_ok=True)
    _flush_directory(path.parent)


def _flush_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
