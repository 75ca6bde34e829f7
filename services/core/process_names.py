"""Names for workers that no other worker has or had, and that show whether their process still lives."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path


def process_name() -> str:
    """A new name: this machine, this process, and something of its own."""
    return f"{_machine()}-{os.getpid()}-{secrets.token_hex(4)}"


@cache
def _machine() -> str:
    """This boot of this machine and its process numbers: in another container the same number is another process."""
    marks = [socket.gethostname()]
    with suppress(OSError):
        marks.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii"))
        marks.append(str(Path("/proc/self/ns/pid").stat().st_ino))
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()[:8]


def is_dead(name: str, own: str) -> bool:
    """Whether the process of a name is known to be gone; False where that cannot be known from here."""
    machine, _, rest = name.partition("-")
    pid = rest.partition("-")[0]
    if name == own or machine != own.partition("-")[0] or not pid.isdecimal():
        return False
    if int(pid) == os.getpid():
        return False  # perhaps a second worker in this process
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False
