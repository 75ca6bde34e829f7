"""The topology of compose.yaml as plain processes: same roles, same settings, secrets from files, a user without rights."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import time

import httpx
import pytest

from tests.laws.code import ROOT

NOBODY = "nobody"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Topology:
    """One process per role over one database and one stream; each answers probes on its own port."""

    def __init__(self, home, database_url, redis_url):
        self.data, self.secrets = home / "data", home / "secrets"
        self.user = _other_user()
        subprocess.run(
            [ROOT / "deploy" / "scripts" / "make-secrets", self.secrets], check=True, stdout=subprocess.DEVNULL
        )
        (self.secrets / "claimclock_database_url").write_text(database_url)
        (self.secrets / "claimclock_redis_url").write_text(redis_url)
        self.data.mkdir(mode=0o700)
        if self.user:
            for path in (self.data, self.secrets, *self.secrets.iterdir()):
                shutil.chown(path, self.user["user"], self.user["group"])
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "CLAIMCLOCK_DATA_DIR": str(self.data),
            "CLAIMCLOCK_SECRETS_DIR": str(self.secrets),
            "CLAIMCLOCK_PRACTICE_ZONE": "America/Chicago",
            "CLAIMCLOCK_LOG_JSON": "true",
            "HOME": str(self.data),
        }
        self.processes = {}
        self.ports = {}

    def command(self, *words, **environment):
        return subprocess.Popen(
            [sys.executable, "-m", "services.cli.main", *words],
            cwd=self.data,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **self.user,
        )

    def start(self, role):
        self.ports[role] = port = free_port()
        self.processes[role] = self.command(
            "serve", "--role", role, CLAIMCLOCK_PORT=str(port), CLAIMCLOCK_MONITOR_PORT=str(port)
        )
        self.wait(role, "/readyz")

    def get(self, role, path):
        return httpx.get(f"http://127.0.0.1:{self.ports[role]}{path}", timeout=10)

    def wait(self, role, path, seconds=60):
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if self.processes[role].poll() is not None:
                raise AssertionError(f"{role} ended: {self.processes[role].stdout.read()}")
            try:
                if self.get(role, path).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise TimeoutError(role)

    def stop(self):
        for process in self.processes.values():
            process.terminate()
        ended = {role: process.wait(30) for role, process in self.processes.items()}
        for process in self.processes.values():
            process.stdout.close()
        return ended


def _other_user():
    """As root: a user without rights, if that one can run this Python at all (it may lie in root's own home)."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam(NOBODY)
    user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    try:
        subprocess.run([sys.executable, "-c", "import sqlmodel"], check=True, capture_output=True, cwd="/", **user)
    except (OSError, subprocess.CalledProcessError):
        return {}
    return user


@pytest.fixture
def topology(tmp_path, pg_url, valkey_url):
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o011)
    made = Topology(tmp_path, pg_url, valkey_url)
    yield made
    made.stop()
