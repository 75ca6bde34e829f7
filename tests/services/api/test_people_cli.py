"""People, keys and links from the command line; and the server as a process."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
import typer
from typer.testing import CliRunner

from services.cli.people import key, login_link, user
from services.cli.serve import RunningClock
from tests.services.api.conftest import NOW


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("CLAIMCLOCK_DATA_DIR", str(tmp_path / "data"))


def run(app, *words, **options):
    found = CliRunner().invoke(app, words, **options)
    assert found.exit_code == 0, (found.output, found.exception)
    return found.stdout


def test_people():
    run(user, "add", "pat", "--role", "lead", "--password-stdin", input="correct horse battery\n")
    run(user, "add", "sam", "--no-password", "--practice", "north", "--practice", "south")
    told = json.loads(run(user, "list", "--json"))
    assert [(row["name"], row["role"], row["practices"], row["has_password"]) for row in told] == [
        ("pat", "lead", ["default"], True),
        ("sam", "biller", ["north", "south"], False),
    ]
    run(user, "disable", "sam")
    assert [row["disabled"] for row in json.loads(run(user, "list", "--json"))] == [False, True]
    assert "pat" in run(user, "list")


def test_keys():
    made = json.loads(run(key, "add", "emr", "--scope", "events:write", "--days", "30", "--json"))
    assert made["key"].startswith("ccl_")
    run(key, "revoke", made["id"])
    (row,) = json.loads(run(key, "list", "--json"))
    assert (row["id"], row["scopes"], row["revoked"]) == (made["id"], ["events:write"], True)
    assert made["key"] not in run(key, "list")


def test_a_link():
    app = typer.Typer()
    app.command()(login_link)
    assert re.search(r"http://127\.0\.0\.1:8400/sign-in/link/[\w-]{43}", run(app, "pat", "--role", "manager"))


def test_a_clock_that_goes_on_from_another_time():
    clock = RunningClock(NOW)
    first = clock.now()
    assert first >= NOW
    while clock.now() == first:
        time.sleep(0.001)
    assert clock.now() > first


@pytest.mark.slow
def test_serving_until_told_to_stop(tmp_path, free_port):
    program = [sys.executable, "-c", "from services.cli.main import main; main()", "serve", "--port", str(free_port)]
    with (tmp_path / "out").open("w") as out:
        server = subprocess.Popen(program, cwd=Path.cwd(), stdout=out, stderr=subprocess.STDOUT, env=os.environ | {})
    try:
        wait_until_ready(free_port, server)
        second = subprocess.run(program, capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert f"cannot listen on 127.0.0.1:{free_port}" in second.stderr
        link = re.search(r"http://\S+/sign-in/link/\S+", (tmp_path / "out").read_text())[0]
        with httpx.Client(base_url=f"http://127.0.0.1:{free_port}") as client:
            assert client.post(link).status_code == 303
            assert client.get("/v1/session").json()["role"] == "admin"
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
    assert "Traceback" not in (tmp_path / "out").read_text()


@pytest.fixture
def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until_ready(port, server):
    for _ in range(600):
        assert server.poll() is None
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError
