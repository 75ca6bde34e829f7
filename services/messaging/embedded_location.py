"""Where an embedded server lives and listens, and whether it answers there."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from services.core.locks import is_held

_LONGEST_SOCKET_PATH = 103  # macOS; Linux takes 107


@dataclass(frozen=True)
class ServerLocation:
    """The files of one embedded server."""

    data_dir: Path

    @property
    def home(self) -> Path:
        return self.data_dir / "valkey"

    @property
    def users(self) -> Path:
        return self.data_dir / "valkey.lock"

    @property
    def starting(self) -> Path:
        return self.data_dir / "valkey.start"

    @property
    def alive(self) -> Path:
        return self.home / "alive"

    @property
    def note(self) -> Path:
        return self.home / "socket"

    @property
    def pid(self) -> Path:
        return self.home / "pid"

    @property
    def log(self) -> Path:
        return self.home / "log"

    def socket(self) -> Path | None:
        """Where the server listens, or last listened."""
        with suppress(OSError):
            return Path(os.fsdecode(self.note.read_bytes()).replace("\0", ""))
        return None


class ServerAnswer(Enum):
    NOBODY = "nobody listens"
    LATER = "a server that is still loading its file, or too busy to say whose it is"
    OURS = "the server of this directory"
    OTHER = "the server of another directory, of which this one is a copy"


def connect(socket: Path) -> redis.Redis:
    return redis.Redis(
        unix_socket_path=str(socket),
        socket_timeout=5,
        socket_connect_timeout=5,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )


def ask(socket: Path | None, place: ServerLocation) -> ServerAnswer:
    """Who answers there."""
    if socket is None:
        return ServerAnswer.NOBODY
    try:
        with connect(socket) as server:
            server.ping()
            home = server.config_get("dir")["dir"]
        return ServerAnswer.OURS if place.home.samefile(home) else ServerAnswer.OTHER
    except (redis.BusyLoadingError, redis.TimeoutError):
        return ServerAnswer.LATER
    except redis.ConnectionError:
        return ServerAnswer.NOBODY
    except (redis.RedisError, OSError):
        return ServerAnswer.OTHER


def running(place: ServerLocation) -> bool:
    """Whether a server process lives on this directory, reachable or not: it inherited this lock and holds it."""
    return is_held(place.alive)


def socket_for(place: ServerLocation) -> Path:
    """Where to listen: where the last server did, so that its clients find the new one; else in a new directory."""
    last = place.socket()
    if last is not None and ask(last, place) is ServerAnswer.NOBODY and _is_private(last.parent):
        return last
    return _runtime_directory() / "valkey.sock"


def _is_private(directory: Path) -> bool:
    with suppress(OSError):
        found = directory.lstat()
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) == 0o700
    return False


def _runtime_directory() -> Path:
    """A new short private directory (mode 700): a socket's path must be short, a data directory's need not be."""
    prefix = f"claimclock-{os.geteuid()}-"
    root = Path(tempfile.gettempdir())
    if len(str(root / f"{prefix}12345678" / "valkey.sock")) > _LONGEST_SOCKET_PATH:
        root = Path("/tmp")  # noqa: S108
    return Path(tempfile.mkdtemp(prefix=prefix, dir=root))
