"""Faults done to real processes. After each: every accepted event is in the log once or parked once, and the read tables
equal a fresh fold of the log."""

import json
import os
import resource
import signal
import subprocess

import psycopg
import pytest

from services.messaging.embedded_valkey import server_command
from services.messaging.redis_url import connect
from tests.faults.installation import installed, until
from tests.faults.proxy import Proxy, unix_socket
from tests.histories.random_histories import history


@pytest.fixture
def embedded(tmp_path, valkey_url):
    with installed(tmp_path, valkey_url) as installation:
        yield installation


@pytest.fixture
def with_postgres(tmp_path, valkey_url, pg_url):
    limits = {"database_lock_timeout": 2, "database_idle_timeout": 2, "batch_size": 20}
    with installed(tmp_path, valkey_url, pg_url, **limits) as installation:
        yield installation


def test_a_killed_projector(embedded):
    for round_ in range(4):
        projector = embedded.start("projector")
        embedded.publish_histories(10 * round_, 10)
        embedded.ready(1)
        projector.kill()
        projector.wait()
    embedded.start("projector")
    embedded.settle()
    embedded.stop()
    assert embedded.traces() == []
    embedded.check()


def test_killed_projectors_of_a_stream_of_several_keys(tmp_path, valkey_url):
    """Of several practices, while the number of keys changes from 1 to 4 to 2; what was used once is still read."""
    with installed(tmp_path, valkey_url, batch_size=10) as installation:
        for round_, streams in enumerate((1, 4, 2)):
            installation.environment["CLAIMCLOCK_STREAMS"] = str(streams)
            projector = installation.start("projector")
            events = [event for number in range(10 * round_, 10 * round_ + 10) for event in history(number)]
            installation.publish([told | {"practice": f"p{number % 7}"} for number, told in enumerate(events)])
            installation.ready(1)
            projector.kill()
            projector.wait()
        installation.start("projector")
        installation.settle()
        installation.stop()
        assert installation.traces() == []
        installation.check()


@pytest.fixture
def own_server(tmp_path):
    """A stream server that a test may kill, and one that starts it again."""
    home = tmp_path / "server"
    home.mkdir()
    servers = []

    def start():
        servers.append(subprocess.Popen(server_command(home, home / "s"), stdout=subprocess.DEVNULL))
        with connect(f"unix://{home}/s") as client:
            until(client.ping)
        return servers[-1]

    start.url = f"unix://{home}/s"
    yield start
    servers[-1].kill()
    for server in servers:
        server.wait()


def test_a_killed_stream_server(tmp_path, own_server):
    server = own_server()
    with installed(tmp_path, own_server.url) as installation:
        installation.start("projector")
        for round_ in range(3):
            installation.publish_histories(10 * round_, 10)
            server.kill()
            server.wait()
            server = own_server()
        installation.settle()
        installation.check()


def test_a_flushed_stream_a_destroyed_group_and_a_key_of_another_type(tmp_path, own_server):
    """What was logged stays; what was in the stream alone is gone with it. Whatever comes afterwards is read."""
    own_server()
    with installed(tmp_path, own_server.url) as installation, connect(own_server.url) as client:
        installation.start("projector")
        installation.publish_histories(0, 5)
        installation.settle()
        stream, group = installation.settings.stream, installation.settings.group
        client.flushall()
        installation.publish_histories(10, 5)
        installation.settle()
        client.xgroup_destroy(stream, group)
        installation.publish_histories(20, 5)
        installation.settle()
        client.delete(stream)
        client.set(stream, "a string")
        client.delete(stream)
        installation.publish_histories(30, 5)
        installation.settle()
        installation.check()


def test_a_stopped_projector_delays_the_others_by_seconds(with_postgres):
    """SIGSTOP wherever it is, also in a transaction that holds locks; it goes on later, as if it had slept."""
    first, _ = with_postgres.start("projector"), with_postgres.start("projector")
    with_postgres.ready(2)
    with_postgres.publish_histories(0, 20)
    os.kill(first.pid, signal.SIGSTOP)
    with_postgres.publish_histories(10, 20)
    with_postgres.settle()
    os.kill(first.pid, signal.SIGCONT)
    with_postgres.publish_histories(40, 5)
    with_postgres.settle()
    with_postgres.check()


def test_killed_database_sessions(with_postgres, pg_url):
    with_postgres.start("projector")
    with_postgres.ready(1)
    for round_ in range(4):
        with_postgres.publish_histories(10 * round_, 10)
        with psycopg.connect(pg_url.replace("+psycopg", ""), autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    with_postgres.settle()
    with_postgres.check()


@pytest.fixture
def stream_proxy(valkey_url):
    proxy = Proxy(unix_socket(valkey_url.removeprefix("unix://")))
    yield proxy
    proxy.close()


def test_a_stream_whose_connections_stall_and_are_cut(tmp_path, valkey_url, stream_proxy):
    """One projector behind a network that stalls, one without it; then its connections are cut, and it comes back."""
    with installed(tmp_path, valkey_url) as installation:
        behind = {"CLAIMCLOCK_REDIS_URL": f"redis://127.0.0.1:{stream_proxy.port}/0"}
        installation.start("projector", **behind)
        installation.ready(1)
        installation.publish_histories(0, 10)
        stream_proxy.stall()
        installation.start("projector")
        installation.publish_histories(10, 10)
        installation.settle()
        stream_proxy.resume()
        stream_proxy.cut()
        installation.publish_histories(20, 10)
        installation.settle()
        installation.check()


@pytest.fixture
def database_proxy(pg_server):
    proxy = Proxy(unix_socket(pg_server / ".s.PGSQL.5432"))
    yield proxy
    proxy.close()


def test_a_database_whose_connections_stall_and_are_cut(with_postgres, pg_url, database_proxy):
    through = pg_url.split("@/")[1].split("?")[0]
    behind = {"CLAIMCLOCK_DATABASE_URL": f"postgresql://postgres@127.0.0.1:{database_proxy.port}/{through}"}
    with_postgres.start("projector", **behind)
    with_postgres.ready(1)
    with_postgres.publish_histories(0, 10)
    database_proxy.stall()
    with_postgres.start("projector")
    with_postgres.publish_histories(10, 10)
    with_postgres.settle()
    database_proxy.resume()
    database_proxy.cut()
    with_postgres.publish_histories(20, 10)
    with_postgres.settle()
    with_postgres.check()


def test_a_disk_that_is_full(embedded):
    """A quota on the size of files: nothing is logged, nothing is lost; with room, it goes on."""
    embedded.run("migrate")
    embedded.publish_histories(0, 1)
    embedded.run("ingest", str(_ndjson(embedded)))
    size = (embedded.home / "data" / "claimclock.db").stat().st_size

    def quota():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    full = embedded.start("projector", preexec=quota)
    embedded.ready(1)
    embedded.publish_histories(10, 60)
    assert full.poll() is None
    embedded.stop()
    embedded.start("projector")
    embedded.settle()
    embedded.check()


def _ndjson(installation):
    path = installation.home / "events.ndjson"
    path.write_text("\n".join(json.dumps(event) for event in installation.accepted))
    return path


def test_poison_beside_the_innocent(embedded):
    """What is no event, and events that contradict one another: each parked once, all others logged once."""
    embedded.start("projector")
    embedded.publish_histories(0, 5)
    with connect(embedded.redis_url) as client:
        for _ in range(3):
            client.xadd(embedded.settings.stream, {"event": b'{"specversion": "1.0", "id": "poison", "source": "x"}'})
    changed = embedded.accepted[0] | {"subject": "another"}
    with connect(embedded.redis_url) as client:
        client.xadd(embedded.settings.stream, {"event": json.dumps(changed).encode()})
    embedded.publish_histories(10, 5)
    embedded.settle()
    counts = embedded.counts()
    assert counts["lost"] == 0
    assert counts["parked"] == 2
