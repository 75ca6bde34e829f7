"""What happens outside the processes: a server that may evict, a backup put back, a key of the wrong type, a full disk.

Accepted means answered 202, or on the server's disk.
"""

import json
import re
import resource
import shutil
import socket
import subprocess
from contextlib import closing, contextmanager

import httpx
import pytest

from services.messaging.embedded_valkey import server_command
from services.messaging.redis_url import connect
from tests.faults.installation import installed, until
from tests.histories.random_histories import history
from tests.services.intake.intake_helpers import CLAIM, claims

pytestmark = pytest.mark.fault
SENT = 25  # events in one request


class Door:
    """The HTTP API of an installation, as a sender meets it."""

    def __init__(self, installation, **options):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.installation = installation
        made = installation.run("key", "add", "sender", "--role", "integration")
        key = re.search(r"\b[A-Za-z0-9_-]{40,}\b", made.stdout)[0]
        self.process = installation.start("api", CLAIMCLOCK_PORT=str(port), **options)
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {key}"}, timeout=60
        )
        until(self._is_there, "the API did not start")

    def _is_there(self):
        try:
            return self.client.get("/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def post(self, events):
        """Sends events once; what is answered 202 counts as accepted."""
        answer = self.client.post("/v1/events", json=events)
        if answer.status_code == 202:
            self.installation.accepted += events
        return answer

    def deliver(self, events):
        """Sends again until it is taken, as a sender does."""
        until(lambda: self.post(events).status_code == 202, "never accepted")


@contextmanager
def door_of(installation):
    door = Door(installation)
    with closing(door.client):
        yield door


def histories(first, number):
    return [event for each in range(first, first + number) for event in history(each)]


def portions(events):
    return [events[at : at + SENT] for at in range(0, len(events), SENT)]


@pytest.fixture
def server(tmp_path):
    """Starts a stream server of the test's own, with options."""
    home = tmp_path / "server"
    home.mkdir()
    started = []

    def start(*options):
        command = [*server_command(home, home / "s"), *options]
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        with connect(start.url) as client:
            until(client.ping)

    start.url = f"unix://{home}/s"
    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_server_that_evicts(tmp_path, server):
    """It drops the whole stream whenever it is full. What was answered 202 is in the log all the same."""
    server("--maxmemory", "5mb", "--maxmemory-policy", "allkeys-random")
    with installed(tmp_path, server.url) as installation:
        installation.start("projector")
        installation.ready(1)
        with door_of(installation) as door, connect(server.url) as client:
            before = client.info("stats")["evicted_keys"]
            for number, events in enumerate(portions(histories(0, 60))):
                door.deliver(events)
                client.set(f"ballast:{number}", "x" * 400_000)
            assert client.info("stats")["evicted_keys"] > before
        installation.stop()
        installation.check()


def test_a_backup_put_back(tmp_path, server):
    """The database is that of an hour ago; the group has everything behind it. What is in the stream comes again."""
    server()
    with installed(tmp_path, server.url) as installation:
        installation.run("migrate")
        installation.start("projector")
        installation.publish_histories(0, 10)
        installation.settle()
        installation.stop()
        database, kept = tmp_path / "data" / "claimclock.db", tmp_path / "backup"
        shutil.copy(database, kept)
        installation.start("projector")
        installation.publish_histories(20, 10)
        installation.settle()
        installation.stop()
        for path in database.parent.glob("claimclock.db*"):
            path.unlink()
        shutil.copy(kept, database)
        assert installation.counts()["lost"]
        installation.start("projector")
        installation.publish_histories(40, 2)
        until(lambda: not installation.counts()["lost"], "what was logged after the backup did not come again")
        installation.settle()
        installation.stop()
        installation.check()


def test_a_key_of_the_wrong_type(tmp_path, server):
    """Somebody stored a text under the stream's name: nothing is taken, and taken again once it is gone."""
    server()
    with installed(tmp_path, server.url) as installation, connect(server.url) as client:
        installation.start("projector")
        installation.ready(1)
        with door_of(installation) as door:
            door.deliver(histories(0, 2))
            installation.settle()
            client.delete(installation.settings.stream)
            client.set(installation.settings.stream, "a text")
            assert door.post(histories(5, 1)).status_code == 503
            client.delete(installation.settings.stream)
            for events in portions(histories(10, 5)):
                door.deliver(events)
        installation.settle()
        installation.stop()
        installation.check()


def test_a_full_disk_below_the_files(tmp_path, server):
    """No file can grow where the API keeps what is uploaded: it says so, and takes it once there is room."""
    server()
    with installed(tmp_path, server.url) as installation:
        installation.run("migrate")
        installation.start("projector")
        installation.ready(1)
        largest = max(path.stat().st_size for path in (tmp_path / "data").rglob("*") if path.is_file())
        with door_of(installation) as door:
            resource.prlimit(door.process.pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
            big = claims(*[CLAIM] * (largest // len(CLAIM) + 100))
            answer = door.client.post("/v1/edi", content=big.encode(), headers={"content-type": "application/edi-x12"})
            assert answer.status_code in (503, 507), answer.text
            resource.prlimit(door.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            answer = door.client.post(
                "/v1/edi", content=claims().encode(), headers={"content-type": "application/edi-x12"}
            )
            assert answer.status_code == 202, answer.text
            for events in portions(histories(0, 3)):
                door.deliver(events)
        installation.settle()
        installation.stop()
        installation.check()
        logged = json.loads(installation.run("claim", "PT-100/7 A", "--json").stdout)
        assert logged["claim_id"] == "PT-100/7 A"
