"""A process that helps to fold: it takes marked keys whenever its parent says that many wait, until its parent goes.

Its standard input is the wire: first the settings it needs as one line of JSON, then a line for each time there is
work. A closed input ends it, so that none is left when the parent is killed. Its standard output brings its figures
back, a line for each fold: nobody else could ask this process for them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO, Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DBAPIError

from services.core.clock import CpuWatch, Stopwatch, SystemClock, pause
from services.core.collector import collect_seldom
from services.core.logs import configure_logs, get_logger
from services.core.metrics import FOLD_HELPER_CPU, FOLD_SECONDS, FOLDED_KEYS
from services.core.settings import Settings
from services.projector.fold_worker import FoldWorker
from services.store.engine import open_engine
from services.store.failures import explained, is_passing
from services.store.reference import References, ref_maker

log = get_logger(__name__)
AGAIN = 0.2  # seconds before a fold is tried again that the database kept from its commit
_PROGRAM = "from services.projector.fold_process import main; main()"


class FoldHelper:
    """The parent's end."""

    def __init__(self, settings: Settings) -> None:
        self._process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603  our own interpreter and module
            [sys.executable, "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        self._say(json.dumps(_needed(settings)))
        self._listener = threading.Thread(target=self._listen, name="fold-figures", daemon=True)
        self._listener.start()

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def wake(self) -> None:
        """There is work."""
        self._say("fold")

    def stop(self, graceful: float) -> None:
        """Lets it finish what it folds, but not longer than this many seconds: what it held is then given back."""
        try:
            self._wire.close()
        except OSError:
            log.info("a folding process had ended by itself")
        try:
            self._process.wait(graceful)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(graceful)

    def _listen(self) -> None:
        """Counts what it says it folded, until it has ended."""
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                with suppress(ValueError):
                    FoldFigures.read(line).add_up()

    @property
    def _wire(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    def _say(self, line: str) -> None:
        try:
            self._wire.write(f"{line}\n".encode())
            self._wire.flush()
        except OSError:
            log.warning("a folding process has ended")


class FoldFigures(NamedTuple):
    """What one fold of a helping process came to. `seconds` by the wall's clock, `cpu` those that it computed."""

    seconds: float
    cpu: float
    keys: int

    @classmethod
    def read(cls, line: bytes) -> FoldFigures:
        """Of a line as `text` writes it. Raises ValueError, as for one that a killed process left unfinished."""
        seconds, cpu, keys = line.split()
        return cls(float(seconds), float(cpu), int(keys))

    def text(self) -> str:
        return f"{self.seconds:.6f} {self.cpu:.6f} {self.keys}\n"

    def add_up(self) -> None:
        """Adds them to the figures of this process."""
        FOLD_SECONDS.observe(self.seconds)
        FOLD_HELPER_CPU.inc(self.cpu)
        FOLDED_KEYS.inc(self.keys)


def _needed(settings: Settings) -> dict[str, Any]:
    return {
        "database": str(settings.database),
        "is_file": settings.database_url is None,
        "zone": str(settings.zone),
        "ref_secret": settings.ref_secret().hex(),
        "log_level": settings.log_level,
        "log_json": settings.log_json,
    }


def main() -> None:
    """Runs until standard input ends."""
    from pathlib import Path  # noqa: PLC0415

    given = json.loads(sys.stdin.readline())
    configure_logs(given["log_level"], as_json=given["log_json"])
    engine = open_engine(Path(given["database"]) if given["is_file"] else given["database"])
    references = References(ZoneInfo(given["zone"]), ref_maker(bytes.fromhex(given["ref_secret"])))
    worker = FoldWorker(engine, references, SystemClock())
    collect_seldom()
    try:
        for _ in sys.stdin:
            _fold(worker)
    except BrokenPipeError:  # the parent was killed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    worker.stop()
    engine.dispose()


def _fold(worker: FoldWorker) -> None:
    """Folds all there is, and says after each fold what it came to."""
    while True:
        watch, cpu = Stopwatch(), CpuWatch()
        try:
            keys = worker.step()
        except DBAPIError as error:
            if not is_passing(error):
                raise
            log.warning("will try again", reason=explained(error))
            pause(AGAIN)
            continue
        if not keys:
            return
        sys.stdout.write(FoldFigures(watch.seconds, cpu.seconds, keys).text())
        sys.stdout.flush()
