"""A process that helps to fold: it takes marked keys whenever its parent says that many wait, until its parent goes.

Its standard input is the wire: first the settings it needs as one line of JSON, then a line for each time there is
work. A closed input ends it, so that none is left when the parent is killed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import IO, Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import DBAPIError

from services.core.clock import SystemClock, pause
from services.core.collector import collect_seldom
from services.core.logs import configure_logs
from services.core.settings import Settings
from services.projector.fold_worker import FoldWorker
from services.store.engine import open_engine
from services.store.failures import explained, is_passing
from services.store.reference import References, ref_maker

log = structlog.get_logger(__name__)
AGAIN = 0.2  # seconds before a fold is tried again that the database kept from its commit
_PROGRAM = "from services.projector.fold_process import main; main()"


class FoldHelper:
    """The parent's end."""

    def __init__(self, settings: Settings) -> None:
        self._process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603  our own interpreter and module
            [sys.executable, "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        self._say(json.dumps(_needed(settings)))

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
    for _ in sys.stdin:
        _fold(worker)
    worker.stop()
    engine.dispose()


def _fold(worker: FoldWorker) -> None:
    while True:
        try:
            if not worker.step():
                return
        except DBAPIError as error:
            if not is_passing(error):
                raise
            log.warning("will try again", reason=explained(error))
            pause(AGAIN)
