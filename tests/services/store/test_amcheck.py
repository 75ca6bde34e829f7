"""PostgreSQL's own check of its indexes (extension `amcheck`), where an administrator installed it."""

import json
import os
import subprocess
import sys

import pytest
from sqlalchemy import text

from services.store.dialect import dialect_of
from services.store.engine import closing_engine, open_engine
from services.store.schema import migrate
from tests.events.samples import text as sample_text
from tests.postgres import PostgresServer, database_of, programs_with
from tests.services.projector.conftest import entries, make_projector

PAGE = 8192

STAND_IN = """
CREATE FUNCTION bt_index_check(index regclass, heap boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF index = 'event_key_by_position'::regclass THEN
    RAISE EXCEPTION 'item order invariant violated' USING ERRCODE = 'index_corrupted';
  END IF;
END $$
"""
REGISTERED = """
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
SELECT 99999, 'amcheck', extowner, extnamespace, false, '1.0' FROM pg_extension WHERE extname = 'plpgsql'
"""


@pytest.fixture
def engine(pg_url):
    with closing_engine(open_engine(pg_url)) as found:
        migrate(found)
        yield found


def faults(engine):
    with engine.connect() as connection, connection.begin():
        return list(dialect_of(connection).integrity_faults(connection))


def unchecked(engine):
    with engine.connect() as connection:
        return dialect_of(connection).unchecked(connection)


def test_without_the_extension_nothing_is_checked_and_that_is_said(engine):
    assert faults(engine) == []
    assert "CREATE EXTENSION amcheck" in unchecked(engine)


def test_sqlite_checks_everything_itself(tmp_path):
    with closing_engine(open_engine(tmp_path / "claimclock.db")) as engine:
        assert unchecked(engine) is None


@pytest.fixture
def checked(checking_server):
    """An engine on a fresh database with the real extension."""
    with database_of(checking_server.home, "checked") as url, closing_engine(open_engine(url)) as engine:
        migrate(engine)
        with engine.begin() as connection:
            connection.execute(text("CREATE EXTENSION amcheck"))
        yield engine


@pytest.fixture(scope="module")
def checking_server():
    """A PostgreSQL that comes with amcheck, as the packages of Linux distributions and the official image do."""
    programs = programs_with("amcheck")
    if programs is None:
        missing = "no PostgreSQL with amcheck is installed here (Debian: the package `postgresql`)"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    server = PostgresServer(programs)
    server.start()
    yield server
    server.remove()


def test_with_the_extension_every_index_is_checked(checked):
    assert faults(checked) == []
    assert unchecked(checked) is None


# What happens to a disk: one byte of a key is another one; a whole page is lost.
DAMAGES = {
    "a byte of a key": lambda file, key: file.replace(key, key[:-1] + bytes([key[-1] ^ 1])),
    "a page": lambda file, key: file[:PAGE] + bytes(PAGE) + file[2 * PAGE :],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_real_index_that_was_altered_on_disk_is_named_by_verify(checking_server, checked, tmp_path, damage):
    projector = make_projector(checked)
    projector.process(entries([json.loads(sample_text("patient.paid.v1")) | {"subject": "CLM-1"}]))
    with checked.connect() as connection:
        told = connection.scalar(text("SELECT key FROM event_key WHERE key LIKE 'claim|%' ORDER BY key LIMIT 1"))
        place = connection.scalar(text("SELECT pg_relation_filepath('event_key_pkey')"))
    with checked.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))  # all of it is in the files, and nothing is written again
    url = checked.url.render_as_string(hide_password=False)
    checked.dispose()
    checking_server.kill()
    file = checking_server.home / "data" / place
    kept = file.read_bytes()
    file.write_bytes(damage(kept, told.encode()))
    checking_server.start()
    told = verify_by_command(url, tmp_path)
    assert told.returncode == 1
    assert "event_key_pkey does not fit its table" in told.stdout
    assert "Traceback" not in told.stderr


def verify_by_command(url, home):
    """`claimclock verify` over this database, as an operator runs it."""
    environment = {**os.environ, "CLAIMCLOCK_DATABASE_URL": url, "CLAIMCLOCK_DATA_DIR": str(home)}
    command = [sys.executable, "-m", "services.cli.main", "verify", "--json"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_an_index_that_does_not_fit_is_named_and_the_others_are_checked_too(engine):
    """With a stand-in of the extension's function, so that it is tested wherever the extension is not."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL allow_system_table_mods = on"))
        connection.execute(text(STAND_IN))
        connection.execute(text(REGISTERED))
    assert faults(engine) == [
        "index event_key_by_position does not fit its table; `REINDEX INDEX event_key_by_position` builds it anew"
    ]
