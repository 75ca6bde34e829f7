"""The long form of the fault tests: random kills of every role and server while events come in, for this many minutes.

`make soak MINUTES=60`, or `python -m tests.faults.soak --minutes 5 --seed 7 [--postgres URL]`. Ends with one line of
figures: kills, accepted, logged, parked, lost and doubled (both must be 0), and whether the read tables equal a fresh
fold.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psycopg

from services.messaging.embedded_valkey import server_command
from services.messaging.redis_url import connect
from tests.faults.installation import installed, until


def say(*parts):
    sys.stdout.write(", ".join(parts) + "\n")
    sys.stdout.flush()


ROLES = ("projector", "projector", "scheduler", "api")
PAUSE = (0.3, 3.0)  # seconds between two faults


class Soak:
    """One installation under fire."""

    def __init__(self, installation, server_home, seed, database_url):
        self.installation, self.home, self.chance = installation, server_home, random.Random(seed)
        self.database_url, self.kills, self.next_history = database_url, Counter(), 0
        self.stopped = []
        self.server = None
        self.running = []

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
        what = self.chance.choice(("process", "process", "process", "server", "stop", "database"))
        if what == "server":
            self.server.kill()
            self.server.wait()
            self.start_server()
            self.kills["valkey"] += 1
        elif what == "database" and self.database_url:
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
        with psycopg.connect(self.database_url.replace("+psycopg", ""), autocommit=True) as admin:
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
        number = self.chance.randrange(5, 30)
        self.installation.publish_histories(self.next_history, number, size=self.chance.randrange(5, 60))
        self.next_history += number

    def run(self, minutes):
        self.start_server()
        for role in ROLES:
            self.start(role)
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            self.publish()
            self.fault()
            time.sleep(self.chance.uniform(*PAUSE))
            self.keep_up()
        self.keep_up()
        self.installation.settle()
        self.installation.stop()
        found = self.installation.counts()
        kills = ", ".join(f"{name} {number}" for name, number in sorted(self.kills.items()))
        say(
            f"kills {sum(self.kills.values())} ({kills})",
            *(f"{name} {value}" for name, value in found.items()),
        )
        self.installation.check()
        assert self.installation.traces() == [], self.installation.traces()
        say("every accepted event is logged once or parked once; the read tables equal a fresh fold")


def main(words):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--postgres", help="the URL of an empty database; without it, SQLite")
    wanted = parser.parse_args(words)
    home = Path(tempfile.mkdtemp(prefix="cc-soak-"))
    server = home / "server"
    server.mkdir()
    say(f"seed {wanted.seed}", f"{wanted.minutes:g} minutes", "PostgreSQL" if wanted.postgres else "SQLite")
    with installed(home, f"unix://{server}/s", wanted.postgres, trim_every=4, stream_keep=2) as installation:
        soak = Soak(installation, server, wanted.seed, wanted.postgres)
        try:
            soak.run(wanted.minutes)
        finally:
            installation.stop()
            soak.server.terminate()
            soak.server.wait()
    shutil.rmtree(home)


if __name__ == "__main__":
    main(sys.argv[1:])
