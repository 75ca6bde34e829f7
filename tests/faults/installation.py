"""An installation of real processes that faults are done to, and what must hold afterwards whatever was done."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress
from itertools import count
from zoneinfo import ZoneInfo

import redis
from sqlalchemy import inspect, select

from services.core.errors import TransientError
from services.core.settings import load_settings
from services.messaging.publisher import Publisher, progress_of_each, together
from services.messaging.redis_url import connect
from services.messaging.stream_keys import StreamKeys
from services.projector.parking import PARKED
from services.projector.replay import verify
from services.store.engine import closing_engine, open_engine
from services.store.log import LOG, SIGHTING
from services.store.marked_keys import behind
from services.store.reference import References, ref_maker
from services.store.zone import in_recorded_zone
from tests.histories.random_histories import history

COMMAND = (sys.executable, "-c", "import sys; from services.cli.main import main; sys.exit(main())")
ZONE = "America/Chicago"
WAIT = 120.0  # seconds a condition may take on a busy machine


def until(condition, what="it did not happen", seconds=WAIT):
    deadline = time.monotonic() + seconds
    while True:
        with suppress(redis.RedisError, TransientError):
            if found := condition():
                return found
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def until_nothing_is_left(left, what, seconds=WAIT):
    """Waits as long as there is ever less left: how fast that goes says more of the machine than of the code."""
    least, deadline = None, time.monotonic() + seconds
    while True:
        with suppress(redis.RedisError, TransientError):
            found = left()
            if not found:
                return
            if least is None or found < least:
                least, deadline = found, time.monotonic() + seconds
        assert time.monotonic() < deadline, f"{what}: {least} left"
        time.sleep(0.05)


class Installation:
    """Its processes, and every event that was accepted: once XADD and WAITAOF said so."""

    def __init__(self, home, redis_url, database_url=None, **settings):
        self.home, self.accepted, self._numbers = home, [], count(1)
        self.environment = {
            "CLAIMCLOCK_DATA_DIR": str(home / "data"),
            "CLAIMCLOCK_REDIS_URL": redis_url,
            "CLAIMCLOCK_PRACTICE_ZONE": ZONE,
            "CLAIMCLOCK_REF_KEY": "test",
            "CLAIMCLOCK_STREAM": f"fault:{home.name}",
            "CLAIMCLOCK_RECLAIM_IDLE": "1",
            "CLAIMCLOCK_RECLAIM_EVERY": "0.2",
            "CLAIMCLOCK_LEASE": "2",
            "CLAIMCLOCK_ALERTS_EVERY": "1",
            "CLAIMCLOCK_SEAL_EVERY": "1",
            "CLAIMCLOCK_BACKOFF_LONGEST": "1",
        } | ({"CLAIMCLOCK_DATABASE_URL": database_url} if database_url else {})
        self.environment |= {f"CLAIMCLOCK_{name.upper()}": str(value) for name, value in settings.items()}
        self.processes = []
        self.redis_url = redis_url

    @property
    def settings(self):
        told = {name.removeprefix("CLAIMCLOCK_").lower(): value for name, value in self.environment.items()}
        return load_settings(**told)

    def run(self, *words, check=True):
        return subprocess.run(
            [*COMMAND, *words], env=self._environment(), check=check, capture_output=True, text=True, timeout=300
        )

    def start(self, role, *, command=COMMAND, preexec=None, **environment):
        """A service in a process of its own; its log goes to a file."""
        log = (self.home / f"{role}-{next(self._numbers)}.log").open("wb")
        process = subprocess.Popen(
            [*command, "serve", "--role", role],
            env=self._environment(**environment),
            stdout=log,
            stderr=log,
            preexec_fn=preexec,  # noqa: PLW1509  none of our other threads holds a lock then
        )
        log.close()
        self.processes.append(process)
        return process

    def _environment(self, **more):
        return {**os.environ, **self.environment, **more}

    def ready(self, consumers):
        """Waits until this many projectors read the stream."""
        with connect(self.redis_url) as client:
            until(lambda: len(client.xinfo_consumers(self.settings.stream, self.settings.group)) >= consumers)

    def publish(self, events):
        """Puts events into the stream; who is refused sends again. Accepted is what the server has on its disk."""
        bodies = [json.dumps(event).encode() for event in events]
        with connect(self.redis_url) as client:
            published = until(
                lambda: Publisher(client, self.settings.stream, streams=self.settings.streams).publish(bodies)
            )
        assert published.durable
        self.accepted += events

    def publish_histories(self, start, number, size=25):
        events = [event for each in range(start, start + number) for event in history(each)]
        for first in range(0, len(events), size):
            self.publish(events[first : first + size])

    def settle(self, meanwhile=lambda: None, seconds=WAIT):
        """Waits until everything accepted is logged, or parked, and folded; `meanwhile` a supervisor does its part.

        Fails where nothing gets less for that long.
        """
        settings = self.settings
        with connect(self.redis_url) as client:

            def unlogged():
                meanwhile()
                found = together(progress_of_each(client, StreamKeys.of(settings), settings.group).values())
                return found.waiting

            until_nothing_is_left(unlogged, "not everything was logged", seconds)
        with closing_engine(open_engine(settings.database)) as engine:

            def unfolded():
                meanwhile()
                with engine.connect() as connection:
                    return behind(connection).keys

            if inspect(engine).has_table("marked_key"):  # the version before folds what it logs at once
                until_nothing_is_left(unfolded, "not everything was folded", seconds)

    def stop(self):
        for process in self.processes:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGCONT)
                process.terminate()
        for process in self.processes:
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()

    def traces(self):
        """None of our processes ended with a traceback."""
        return [path.name for path in self.home.glob("*.log") if b"Traceback" in path.read_bytes()]

    def counts(self):
        """Accepted, logged, parked; lost and doubled, which must be 0."""
        wanted = Counter((event["source"], event["id"]) for event in self.accepted)
        with closing_engine(open_engine(self.settings.database)) as engine, engine.connect() as connection:
            logged = Counter((row.source, row.id) for row in connection.execute(select(LOG.c.source, LOG.c.id)))
            parked = [json.loads(raw) for raw in connection.scalars(select(PARKED.c.raw)) if raw.startswith(b"{")]
            sightings = len(connection.execute(select(SIGHTING.c.entry_id)).all())
        aside = Counter((told.get("source"), told.get("id")) for told in parked)
        lost = [name for name in wanted if not logged[name] and not aside[name]]
        doubled = [name for name in wanted if logged[name] + aside[name] > 1]
        return {
            "accepted": len(wanted),
            "logged": len(logged),
            "parked": len(parked),
            "duplicates": sightings,
            "lost": len(lost),
            "doubled": len(doubled),
        }

    def check(self):
        """What must hold after any fault: every accepted event logged once or parked once, rows equal a fresh fold."""
        found = self.counts()
        assert (found["lost"], found["doubled"]) == (0, 0), found
        with closing_engine(open_engine(self.settings.database)) as engine:
            zone = ZoneInfo(in_recorded_zone(engine, self.settings).practice_zone)
            assert verify(engine, References(zone, ref_maker(b"test"))) == []
        return found


@contextmanager
def installed(home, redis_url, database_url=None, **settings):
    installation = Installation(home, redis_url, database_url, **settings)
    try:
        yield installation
    finally:
        installation.stop()
