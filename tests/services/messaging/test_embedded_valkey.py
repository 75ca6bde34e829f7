import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from services.core.errors import EmbeddedServerError
from services.core.settings import Settings
from services.messaging import embedded_valkey as embedded
from services.messaging.embedded_location import ServerLocation, connect
from services.messaging.embedded_valkey import embedded_server, find_server, stream_server

ROOT = Path(__file__).parents[3]
USER = """
import sys
from pathlib import Path
from services.messaging.embedded_valkey import embedded_server
import redis
with embedded_server(Path(sys.argv[1])) as url:
    with redis.Redis.from_url(url) as client:
        client.rpush("users", sys.argv[2])
        print(client.info("server")["process_id"], flush=True)
    if sys.argv[3] == "stay":
        sys.stdin.read()
"""


@pytest.fixture
def start_user(tmp_path):
    """Starts real processes that use the directory's server; ends what is left of them and of their server."""
    started = []

    def start(name="user", mode="stay", directory=None):
        command = [sys.executable, "-c", USER, directory or tmp_path, name, mode]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
    with embedded_server(tmp_path):
        pass


def server_pid(process):
    return int(process.stdout.readline())


def is_running(directory):
    return embedded.running(ServerLocation(directory))


def client_of(url):
    return connect(Path(url.removeprefix("unix://")))


def within(seconds, condition):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_server_lives_while_it_is_used_and_keeps_its_data(tmp_path):
    with embedded_server(tmp_path) as url, client_of(url) as client:
        client.xadd("events", {"event": b"{}"})
        assert find_server(tmp_path) == url
    assert not is_running(tmp_path)
    assert find_server(tmp_path) is None
    with embedded_server(tmp_path) as url, client_of(url) as client:
        assert client.xlen("events") == 1


def test_it_is_durable_private_and_has_no_port(tmp_path):
    with embedded_server(tmp_path / "data") as url, client_of(url) as client:
        socket = Path(url.removeprefix("unix://"))
        config = client.config_get("appendonly", "appendfsync", "port", "maxmemory-policy")
        assert config == {"appendonly": "yes", "appendfsync": "always", "port": "0", "maxmemory-policy": "noeviction"}
        for directory in (tmp_path / "data", tmp_path / "data" / "valkey", socket.parent):
            assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert not socket.parent.exists()


def test_a_directory_with_a_very_long_path(tmp_path):
    deep = tmp_path / "/".join(["a-rather-long-name"] * 9)
    with embedded_server(deep) as url, client_of(url) as client:
        assert len(str(deep)) > 150 > len(url)
        assert client.ping()


def test_two_users_in_one_process_share_it(tmp_path):
    with embedded_server(tmp_path) as first:
        with embedded_server(tmp_path) as second:
            assert first == second
        with client_of(first) as client:
            assert client.ping()
    assert not is_running(tmp_path)


def test_looking_never_starts_it(tmp_path):
    assert find_server(tmp_path / "none") is None
    assert not (tmp_path / "none").exists()


def test_a_server_set_by_url_is_left_alone(tmp_path):
    settings = Settings(data_dir=tmp_path, redis_url="redis://somewhere:6379")
    with stream_server(settings) as url:
        assert url == "redis://somewhere:6379"
    assert list(tmp_path.iterdir()) == []


def test_processes_at_once_share_one_server_and_the_last_one_out_stops_it(tmp_path, start_user):
    users = [start_user(f"user{number}") for number in range(4)]
    pids = {server_pid(user) for user in users}
    assert len(pids) == 1
    for user in users[:-1]:
        user.communicate()
        assert user.returncode == 0
    assert is_running(tmp_path)
    users[-1].communicate()
    assert not is_running(tmp_path)


def test_processes_that_come_and_go_never_meet_two_servers(tmp_path, start_user):
    users = [start_user(f"user{number}", "go") for number in range(6)]
    outputs = [user.communicate()[0] for user in users]
    assert all(user.returncode == 0 and output for user, output in zip(users, outputs, strict=True))
    assert not is_running(tmp_path)
    with embedded_server(tmp_path) as url, client_of(url) as client:
        assert client.llen("users") == 6


def test_a_server_that_outlived_kill_9_is_adopted_not_doubled(tmp_path, start_user):
    first = start_user("first")
    pid = server_pid(first)
    first.kill()
    first.wait()
    assert is_running(tmp_path)
    second = start_user("second")
    assert server_pid(second) == pid
    second.communicate()
    assert not is_running(tmp_path)


def test_a_killed_server_leaves_no_obstacle_and_no_loss(tmp_path, start_user):
    user = start_user("first")
    pid = server_pid(user)
    user.kill()
    user.wait()
    os.kill(pid, signal.SIGKILL)
    assert within(5, lambda: not is_running(tmp_path))
    with embedded_server(tmp_path) as url, client_of(url) as client:
        assert client.lrange("users", 0, -1) == [b"first"]


def test_users_killed_at_any_moment_of_starting_leave_one_server_or_none(tmp_path, start_user):
    for moment in range(4):
        user = start_user(f"user{moment}")
        time.sleep(0.35 + 0.05 * moment)
        user.kill()
        user.wait()
    survivor = start_user("last")
    pid = server_pid(survivor)
    with embedded_server(tmp_path) as url, client_of(url) as client:
        assert client.info("server")["process_id"] == pid
        assert client.lindex("users", -1) == b"last"
    survivor.communicate()
    assert not is_running(tmp_path)


def test_a_server_killed_in_use_comes_back_at_the_same_address(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "KEEP_EVERY", 0.05)
    with embedded_server(tmp_path) as url, client_of(url) as client:
        client.set("kept", 1)
        os.kill(client.info("server")["process_id"], signal.SIGKILL)

        def answers():
            try:
                return client.get("kept") == b"1"
            except redis.ConnectionError:
                return False

        assert within(5, answers)
    assert not is_running(tmp_path)


def test_leaving_just_after_the_server_was_killed_waits_for_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "PATIENCE", 5.0)  # a caller that waits in vain leaves the directory behind
    with embedded_server(tmp_path) as url, client_of(url) as client:
        os.kill(client.info("server")["process_id"], signal.SIGKILL)
    assert not Path(url.removeprefix("unix://")).parent.exists()


def test_a_damaged_note_of_the_socket_is_as_none(tmp_path):
    with embedded_server(tmp_path):
        pass
    ServerLocation(tmp_path).note.write_bytes(b"\xff\0nonsense")
    with embedded_server(tmp_path) as url, client_of(url) as client:
        assert client.ping()


def test_a_survivor_whose_socket_was_swept_away_is_replaced(tmp_path, start_user, monkeypatch):
    user = start_user("first")
    pid = server_pid(user)
    user.kill()
    user.wait()
    socket = ServerLocation(tmp_path).socket()
    shutil.rmtree(socket.parent)
    monkeypatch.setattr("services.messaging.embedded_valkey.LOST_SOCKET", 0.1)
    with embedded_server(tmp_path) as url, client_of(url) as client:
        assert client.info("server")["process_id"] != pid
        assert client.lrange("users", 0, -1) == [b"first"]


def test_a_copied_directory_gets_a_server_of_its_own(tmp_path):
    with embedded_server(tmp_path / "one") as first, client_of(first) as client:
        client.set("who", "original")
        shutil.copytree(tmp_path / "one", tmp_path / "two")
        with embedded_server(tmp_path / "two") as second, client_of(second) as copy:
            copy.set("who", "copy")
            assert first != second
            assert client.get("who") == b"original"
        assert client.ping()


def test_a_directory_removed_while_in_use_still_ends_its_server(tmp_path):
    with embedded_server(tmp_path / "data") as url, client_of(url) as client:
        shutil.rmtree(tmp_path / "data")
        assert client.ping()
    assert not Path(url.removeprefix("unix://")).exists()
    assert not (tmp_path / "data").exists()


def test_what_cannot_be_started_says_why_in_one_line(tmp_path):
    with embedded_server(tmp_path) as url, client_of(url) as client:
        client.set("a", 1)
    manifest = next((tmp_path / "valkey" / "appendonlydir").glob("*.manifest"))
    manifest.write_text("nonsense\n")
    with pytest.raises(EmbeddedServerError) as caught, embedded_server(tmp_path):
        pass
    assert "did not start" in caught.value.message
    assert "manifest" in caught.value.message
    assert "\n" not in caught.value.message
    shutil.rmtree(tmp_path / "valkey")
