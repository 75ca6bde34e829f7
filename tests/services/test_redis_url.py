import socket
import subprocess
import time

import pytest
import redis

from services.bus import STREAM, Publisher, ensure_group, progress
from services.embedded import server_command
from services.errors import ClaimclockError, SettingsError, TransientError
from services.redis_url import connect, parse_redis_url, reaching


@pytest.mark.parametrize("url", ["redis://h", "rediss://u:p@h:1/2", "unix:///run/redis.sock?db=1"])
def test_a_single_server_is_left_to_the_client(url):
    target = parse_redis_url(url)
    assert (target.kind, target.url) == ("single", url)


def test_sentinel():
    target = parse_redis_url("redis+sentinel://us%40er:p%3Aw@one:1,two/main/3?sentinel_password=s&ssl_ca_certs=/ca")
    assert target.kind == "sentinel"
    assert target.nodes == (("one", 1), ("two", 26379))
    assert target.master == "main"
    assert target.options == {"username": "us@er", "password": "p:w", "db": 3, "ssl_ca_certs": "/ca"}
    assert target.sentinel_options == {"password": "s"}


def test_cluster_over_tls():
    target = parse_redis_url("rediss+cluster://:pw@[::1]:7000,host:7001")
    assert (target.kind, target.nodes) == ("cluster", (("::1", 7000), ("host", 7001)))
    assert target.options == {"password": "pw", "ssl": True}


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://secret@h:1",
        "redis+proxy://secret@h:1",
        "redis+cluster://secret@h:x",
        "redis+cluster://secret@h:1:2",
        "redis+sentinel://secret@h/main/zero",
    ],
)
def test_a_wrong_url_is_refused_without_repeating_it(url):
    with pytest.raises(SettingsError, match="CLAIMCLOCK_REDIS_URL") as caught:
        parse_redis_url(url)
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (redis.ConnectionError("x"), TransientError),
        (redis.TimeoutError("x"), TransientError),
        (redis.BusyLoadingError("x"), TransientError),
        (redis.ReadOnlyError("x"), TransientError),
        (redis.ResponseError("MISCONF CANARY"), TransientError),
        (redis.ResponseError("Command # 1 (XADD CANARY) of pipeline caused error: NOREPLICAS x"), TransientError),
        (redis.AuthenticationError("CANARY"), ClaimclockError),
        (redis.ResponseError("WRONGTYPE CANARY"), ClaimclockError),
        (redis.DataError("CANARY"), ClaimclockError),
    ],
)
def test_errors_in_our_words(error, kind):
    with pytest.raises(ClaimclockError) as caught, reaching():
        raise error
    assert type(caught.value) is kind
    assert "CANARY" not in caught.value.message


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture
def start_valkey(tmp_path):
    """Starts servers that listen on a local port, as Sentinel and Cluster need one."""
    servers = []

    def start(*options, port=None):
        port = port or free_port()
        home = tmp_path / str(port)
        home.mkdir()
        command = [*server_command(home, home / "s"), "--port", str(port), "--bind", "127.0.0.1", *options]
        servers.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        with redis.Redis(port=port) as client:
            until(client.ping)
        return port

    yield start
    for server in servers:
        server.kill()
        server.wait()


def until(condition):
    for _ in range(500):
        try:
            if found := condition():
                return found
        except redis.RedisError:
            pass
        time.sleep(0.02)
    raise TimeoutError


@pytest.fixture
def cluster_url(start_valkey):
    port = start_valkey("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
    with redis.Redis(port=port) as node:
        node.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        until(lambda: b"cluster_state:ok" in node.execute_command("CLUSTER", "INFO"))
    return f"redis+cluster://127.0.0.1:{port}"


@pytest.fixture
def sentinel_url(start_valkey, tmp_path):
    port, watcher = start_valkey(), free_port()
    config = tmp_path / "sentinel.conf"
    config.write_text(f"port {watcher}\nbind 127.0.0.1\ndir {tmp_path}\nsentinel monitor main 127.0.0.1 {port} 1\n")
    program = server_command(tmp_path, tmp_path / "s")[0]
    sentinel = subprocess.Popen([program, config, "--sentinel"], stdout=subprocess.DEVNULL)
    with redis.Redis(port=watcher) as client:
        until(client.ping)
    yield f"redis+sentinel://127.0.0.1:{watcher}/main"
    sentinel.kill()
    sentinel.wait()


def test_a_real_cluster(cluster_url):
    with connect(cluster_url) as client:
        published = Publisher(client, batch_size=2).publish([b"1", b"2", b"3"])
        ensure_group(client)
        ensure_group(client)
        assert len(published.entry_ids) == 3
        assert not published.durable
        assert (progress(client).lag, client.xlen(STREAM)) == (3, 3)


def test_a_real_sentinel(sentinel_url):
    with connect(sentinel_url) as client:
        published = Publisher(client, batch_size=2).publish([b"1", b"2", b"3"])
        ensure_group(client)
        assert published.durable
        assert progress(client).lag == 3
