"""A Sentinel and a Cluster, each of one real server."""

import socket
import subprocess
import time

import pytest
import redis

from services.messaging.embedded_valkey import server_command


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
