"""The long form of the fault tests: random kills of every role and server while events come in, for this many minutes.

`make soak MINUTES=60`, or `python -m tests.faults.soak --minutes 5 --seed 7 --on sqlite`. Half of the time on SQLite, half
on PostgreSQL; then more hostile input than `make test` has, for as long again. Each part ends with one line of figures:
kills, accepted, logged, parked, lost and doubled (both must be 0), and whether the read tables equal a fresh fold. A part
that fails says so and the next one begins all the same; the exit status is 1 then.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import psycopg

from services.messaging.embedded_valkey import server_command
from services.messaging.redis_url import connect
from tests.faults.installation import installed, until
from tests.postgres import PostgresServer, database_of, postgres_programs


def say(*parts):
    sys.stdout.write(", ".join(parts) + "\n")
    sys.stdout.flush()


ROLES = ("projector", "projector", "scheduler", "scheduler", "api")
FAULTS = ("process", "process", "process", "server", "stop", "database", "sessions")
SETTLED = 600.0  # seconds after the last fault in which nothing more was logged or folded
LEAST_HOSTILE = 3.0  # minutes of hostile input, however short the soak
PAUSE = (0.3, 3.0)  # seconds between two faults


class Soak:
    """One installation under fire."""

    def __init__(self, installation, server_home, seed, database):
        self.installation, self.home, self.chance = installation, server_home, random.Random(seed)
        self.database, self.kills, self.next_history = database, Counter(), 0
        self.stopped, self.running, self.server = [], [], None
        self.is_over = threading.Event()
        self.sizes = random.Random(seed + 1)
        self.unsent = []

    def start_server(self):
        command = server_command(self.home, self.home / "s")
        self.server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        with connect(f"unix://{self.home}/s") as client:
            until(client.ping)

    def start(self, role):
        port = str(self.chance.randrange(20_000, 60_000))
        self.running.append((role, self.installation.start(role, CLAIMCLOCK_PORT=port)))

    def fault(self):
        """One of the things that happen to processes."""
        what = self.chance.choice(FAULTS)
        if what == "server":
            self.server.kill()
            self.server.wait()
            self.start_server()
            self.kills["stream server"] += 1
        elif what == "database" and self.database:
            self.database.kill()
            self.database.start()
            self.kills["database server"] += 1
        elif what == "sessions" and self.database:
            self._kill_sessions()
        else:
            self._strike(signal.SIGSTOP if what == "stop" else signal.SIGKILL)

    def _strike(self, number):
        role, process = self.chance.choice(self.running)
        if process.poll() is not None or (number == signal.SIGSTOP and self.stopped):
            return
        os.kill(process.pid, number)
        if number == signal.SIGSTOP:
            self.stopped.append(process)
            self.kills[f"{role} stopped"] += 1
        else:
            process.wait()
            self.kills[role] += 1

    def _kill_sessions(self):
        url = self.installation.settings.database_url.replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        self.kills["database sessions"] += 1

    def keep_up(self):
        """Whatever died is started again, as its supervisor would; what was stopped goes on."""
        for process in self.stopped:
            os.kill(process.pid, signal.SIGCONT)
        self.stopped.clear()
        dead = [each for each in self.running if each[1].poll() is not None]
        for role, process in dead:
            self.running.remove((role, process))
            self.installation.processes.remove(process)
            self.start(role)

    def publish(self):
        """Sends events for as long as the faults last, in the middle of them. Who gets no answer sends again."""
        try:
            while not self.is_over.wait(self.sizes.uniform(0, 0.5)):
                number = self.sizes.randrange(2, 15)
                self.installation.publish_histories(self.next_history, number, size=self.sizes.randrange(5, 60))
                self.next_history += number
        except Exception as error:  # noqa: BLE001  shown at the end: a sender that gave up proves nothing
            self.unsent.append(error)

    def run(self, minutes):
        self.start_server()
        for role in ROLES:
            self.start(role)
        sender = threading.Thread(target=self.publish, name="sender")
        sender.start()
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            self.fault()
            time.sleep(self.chance.uniform(*PAUSE))
            self.keep_up()
        self.is_over.set()
        sender.join()
        self.keep_up()
        self.installation.settle(meanwhile=self.keep_up, seconds=SETTLED)
        self.installation.stop()
        found = self.installation.counts()
        kills = ", ".join(f"{name} {number}" for name, number in sorted(self.kills.items()))
        say(
            f"faults {sum(self.kills.values())} ({kills})",
            *(f"{name} {value}" for name, value in found.items()),
        )
        assert not self.unsent, self.unsent
        self.installation.check()
        assert self.installation.traces() == [], self.installation.traces()
        say("every accepted event is logged once or parked once; the read tables equal a fresh fold")


def soak(minutes, seed, *, on):
    """One installation on a database of this kind."""
    say(f"seed {seed}", f"{minutes:g} minutes", on)
    home = Path(tempfile.mkdtemp(prefix="cc-soak-"))
    server = home / "server"
    server.mkdir()
    with ExitStack() as until_over:
        database, url = None, None
        if on == "postgresql":
            database = PostgresServer(postgres_programs())
            until_over.callback(database.remove)
            database.start()
            url = until_over.enter_context(database_of(database.home, "soak"))
        options = {"trim_every": 4, "stream_keep": 2}
        installation = until_over.enter_context(installed(home, f"unix://{server}/s", url, **options))
        fire = Soak(installation, server, seed, database)
        try:
            fire.run(minutes)
        finally:
            fire.is_over.set()
            installation.stop()
            fire.server.terminate()
            fire.server.wait()
    shutil.rmtree(home)  # after a failure it stays, with the logs


def fuzz(times, minutes):
    """The tests of hostile input with that many times their examples, as many as the minutes allow."""
    say(f"hostile input: {times} times the examples of `make test`, for {minutes:g} minutes at most")
    until = time.time() + 60 * minutes
    bounds = {"CLAIMCLOCK_TEST_TIMES": str(times), "CLAIMCLOCK_TEST_UNTIL": str(until)}
    command = [sys.executable, "-m", "pytest", "-q", "-m", "fuzz", "-n", "auto", "--dist", "worksteal"]
    return subprocess.run(command, env=os.environ | bounds, check=False).returncode


def attempted(what, part, *given, **named):
    """Whether a part of the soak ended well; why not is shown, and the other parts have their turn."""
    try:
        part(*given, **named)
    except Exception:  # noqa: BLE001  whatever it was: the figures of the other parts are wanted too
        say(f"FAILED: {what}", traceback.format_exc())
        return False
    return True


def main(words):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--on", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--fuzz", type=int, default=10, help="times the examples of `make test`; 0 for none")
    wanted = parser.parse_args(words)
    kinds = ("sqlite", "postgresql") if wanted.on == "both" else (wanted.on,)
    went_well = [attempted(kind, soak, wanted.minutes / len(kinds), wanted.seed, on=kind) for kind in kinds]
    if wanted.fuzz:
        went_well.append(fuzz(wanted.fuzz, max(wanted.minutes, LEAST_HOSTILE)) == 0)
    return 0 if all(went_well) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
