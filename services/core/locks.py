"""Locks on files, which the kernel gives back whatever becomes of their holder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.core.clock import TimeLimit, pause
from services.core.errors import TransientError

SHARED = fcntl.LOCK_SH
EXCLUSIVE = fcntl.LOCK_EX
_POLL = 0.01


def open_lock(path: Path) -> int:
    """An open file to lock. Children do not inherit it, unless it is passed to them on purpose."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def try_lock(handle: int, operation: int) -> bool:
    """Locks the open file, or turns the lock it holds into another, if that is possible at once."""
    try:
        fcntl.flock(handle, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def take_lock(path: Path, operation: int, patience: float) -> int:
    """An open, locked file; closing it gives the lock back. Raises TransientError after `patience` seconds."""
    handle, deadline = open_lock(path), TimeLimit(patience)
    while not try_lock(handle, operation):
        if deadline.expired:
            os.close(handle)
            raise TransientError(f"another process has been holding {path} for {patience:.0f} seconds")
        pause(_POLL)
    return handle


@contextmanager
def locked(path: Path, operation: int, patience: float) -> Iterator[None]:
    """Holds the lock within the block."""
    handle = take_lock(path, operation, patience)
    try:
        yield
    finally:
        os.close(handle)


def is_held(path: Path) -> bool:
    """Whether any process holds the lock at this moment."""
    handle = open_lock(path)
    try:
        return not try_lock(handle, EXCLUSIVE)
    finally:
        os.close(handle)
