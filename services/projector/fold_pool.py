"""Folds for as long as a process projects: a thread of its own and, where much waits, processes on the other cores."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Engine

from services.core.clock import Stopwatch
from services.core.errors import TransientError
from services.core.logs import get_logger
from services.core.metrics import FOLD_HELPERS, FOLD_SECONDS, FOLDED_KEYS
from services.core.settings import Settings
from services.core.threads import WorkerHealth
from services.projector.fold_process import FoldHelper
from services.projector.fold_worker import FoldWorker
from services.store.failures import database_errors
from services.store.marked_keys import behind

log = get_logger(__name__)
LOOK = 1.0  # seconds between looks at what others left: other programs, or a worker that was killed
BURST = 5.0  # seconds that a burst is logged before it is folded: what comes together is folded once
LULL = 0.03  # seconds without another full batch: the burst is over
MUCH = 2_000  # keys: folding them takes longer than starting another process
MANY = 2  # full batches: as many keys follow from them
STEPS = 10  # between two looks at how much waits
DONE = 60.0  # seconds without much to do, after which the other processes end


def processes(settings: Settings) -> int:
    """How many processes fold: as set, else one for each core that this process may use."""
    return settings.fold_processes or len(os.sched_getaffinity(0))


class Helpers:
    """The processes that help this one to fold: started where much waits, ended when they had little to do for long."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._running: list[FoldHelper] = []
        self._idle = Stopwatch()

    def call(self, waiting: int) -> None:
        """Has them help with this many keys, if those are enough to share."""
        if waiting < MUCH:
            return
        self.start()
        for helper in self._running:
            helper.wake()

    def start(self) -> None:
        """Has them ready: that takes a second, in which events are logged."""
        self._idle = Stopwatch()
        self._running = [helper for helper in self._running if helper.is_alive]
        while len(self._running) < processes(self._settings) - 1:
            self._running.append(FoldHelper(self._settings))
        FOLD_HELPERS.set(len(self._running))

    def dismiss_idle(self) -> None:
        """Ends them if they had nothing to do for long."""
        if self._running and self._idle.seconds > DONE:
            self.dismiss()

    def dismiss(self) -> None:
        """Ends them; what they hold they finish, within the time that a stop may take."""
        for helper in self._running:
            helper.stop(self._settings.graceful)
        self._running = []
        FOLD_HELPERS.set(0)


class _TakingTurns:
    """Logging and folding in one process, one at a time and in turn.

    At once they would be slower than one after the other: each statement gives up the interpreter, and to get it back
    takes as long as several statements; and on SQLite both want the file.
    """

    def __init__(self) -> None:
        self._next = threading.Lock()
        self._working = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits until the other has finished; who waits is the next."""
        with self._next:
            self._working.acquire()
        try:
            yield
        finally:
            self._working.release()


class FoldPool:
    """What is logged here is folded at once by a thread; its own process is the first of those that fold."""

    def __init__(self, settings: Settings, engine: Engine, worker: FoldWorker, health: WorkerHealth) -> None:
        self._settings = settings
        self._engine = engine
        self._worker = worker
        self._health = health
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._helpers = Helpers(settings)
        self._turns = _TakingTurns()
        self._full = 0  # batches, one after the other
        self._burst: Stopwatch | None = None
        self._latest = Stopwatch()
        self._thread = threading.Thread(target=self._run, name="folding", daemon=True)

    def logging(self) -> AbstractContextManager[None]:
        """In which events are logged: nothing is folded in this process meanwhile."""
        return self._turns.turn()

    def wake(self, *, more: bool) -> None:
        """Something was logged; `more`: in a full batch, so that probably more follows."""
        self._latest = Stopwatch()
        self._full = self._full + 1 if more else 0
        if not more:
            self._burst = None
        elif self._burst is None:
            self._burst = Stopwatch()
        self._awake.set()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Folds until the block ends. What is not folded by then stays marked."""
        self._thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            self._awake.set()
            self._thread.join(self._settings.graceful)
            self._helpers.dismiss()

    def _run(self) -> None:
        self._awake.set()  # what an earlier run left
        try:
            while not self._stopping.is_set():
                self._awake.wait(LOOK)
                self._awake.clear()
                if self._is_burst():
                    if self._full >= MANY:
                        self._helpers.start()
                    self._stopping.wait(LULL)
                    self._awake.set()
                else:
                    self._attempt()
            self._worker.stop()
        except Exception as error:  # callers waiting for rows must learn that nobody folds
            log.exception("folding stopped early")
            self._health.ended = error

    def _is_burst(self) -> bool:
        return self._burst is not None and self._burst.seconds < BURST and self._latest.seconds < LULL

    def _attempt(self) -> None:
        try:
            with self._health.noted("folding"):
                self._fold()
        except TransientError as error:
            log.warning("will try again", seconds=self._settings.backoff_first, reason=error.message)
            self._stopping.wait(self._settings.backoff_first)
            self._awake.set()

    def _fold(self) -> None:
        steps = 0
        while not self._stopping.is_set():
            with self._turns.turn(), database_errors(), FOLD_SECONDS.time():
                folded = self._worker.step()
            FOLDED_KEYS.inc(folded)
            if not folded:
                break
            steps += 1
            if steps % STEPS == 1 and folded > 1:
                with database_errors(), self._engine.connect() as connection:
                    self._helpers.call(behind(connection).keys)
        self._helpers.dismiss_idle()
