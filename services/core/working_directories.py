"""Directories for files in hand: uploads, and what archives hold, for as long as they are read.

Where kept files are encrypted, these lie in memory, so that none of them is ever on a disk in the clear.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from services.core.files import private_directory
from services.core.logs import get_logger
from services.core.settings import Settings

log = get_logger(__name__)
UPLOADS: Final = "uploads"
MEMORY: Final = Path("/dev/shm")  # noqa: S108  a file system in memory, on every Linux
LEAST_ROOM: Final = 1 << 30  # bytes: what an archive may hold


@contextmanager
def working_directory(settings: Settings, kind: str) -> Iterator[Path]:
    """A directory of its own, gone at the end; what a killed process left is swept."""
    home = private_directory(private_directory(working_home(settings)) / kind)
    with tempfile.TemporaryDirectory(dir=home) as directory:
        yield Path(directory)


def working_home(settings: Settings) -> Path:
    """In memory, where kept files are encrypted and there is room; else the data directory."""
    home = _in_memory(settings)
    return home if settings.raw_key is not None and home.parent.is_dir() and _may_hold(home) else settings.data_dir


def sweep(settings: Settings, kind: str, before: float) -> int:
    """Removes what processes that were killed left behind: whatever has not changed since (seconds since 1970)."""
    homes = (settings.data_dir, _in_memory(settings))
    left = [path for home in homes for path in (home / kind).glob("*") if path.stat().st_mtime < before]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)


def _in_memory(settings: Settings) -> Path:
    """A name of this user and data directory."""
    place = hashlib.sha256(str(settings.data_dir.absolute()).encode()).hexdigest()[:12]
    return MEMORY / f"claimclock-{os.getuid()}-{place}"


def _may_hold(home: Path) -> bool:
    """Whether it is ours and has room; everybody may write where it lies."""
    try:
        is_ours = home.stat().st_uid == os.getuid() and not home.is_symlink()
    except FileNotFoundError:
        is_ours = os.access(home.parent, os.W_OK)
    if is_ours and shutil.disk_usage(home.parent).free >= LEAST_ROOM:
        return True
    log.warning("no room in memory for uploads in hand: they lie on the disk of the data directory in the clear")
    return False
