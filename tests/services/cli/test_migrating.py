"""`migrate` as typed."""

import json

import pytest
from typer.testing import CliRunner

from services.cli.main import build
from services.core.errors import UsageError
from services.store.engine import open_engine
from services.store.schema import HEAD, SchemaError, is_current


def run(*words):
    return CliRunner().invoke(build(words), words)


@pytest.fixture(autouse=True)
def database(database_url, monkeypatch, tmp_path):
    monkeypatch.setenv("CLAIMCLOCK_DATABASE_URL", database_url)
    monkeypatch.setenv("CLAIMCLOCK_DATA_DIR", str(tmp_path))
    return database_url


def test_it_goes_step_by_step_and_only_forward(database):
    assert json.loads(run("migrate", "--to", "0001", "--json").stdout) == {"from": None, "to": "0001"}
    assert "from 0001 to" in run("migrate").stdout
    assert f"already at {HEAD}" in run("migrate").stdout
    assert isinstance(run("migrate", "--to", "0001").exception, UsageError)
    assert "forward only" in str(run("migrate", "--to", "0001").exception)
    assert "no migration" in str(run("migrate", "--to", "0999").exception)
    engine = open_engine(database)
    assert is_current(engine)
    engine.dispose()


def test_a_newer_database_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMCLOCK_DATABASE_URL", database := f"sqlite:///{tmp_path}/newer.db")
    run("migrate")
    engine = open_engine(database)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE schema_version SET version_num = '9999'")
    engine.dispose()
    for verb in (("migrate",), ("worklist",), ("verify",), ("rebuild",)):
        answer = run(*verb)
        assert isinstance(answer.exception, SchemaError), verb
        assert "newer version" in str(answer.exception)


def test_an_older_or_empty_database_says_what_it_is_and_what_to_do(database):
    engine = open_engine(database)
    assert "empty" in str(run("worklist").exception)
    run("migrate", "--to", "0010")
    assert "older version (schema 0010" in str(run("worklist").exception)
    assert "`claimclock migrate`" in str(run("worklist").exception)
    assert "older version (schema 0010" in of_database(run("doctor", "--json"))["found"]
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE schema_version SET version_num = '9999'")
    assert "newer version" in of_database(run("doctor", "--json"))["found"]
    engine.dispose()


def of_database(answer):
    return next(part for part in json.loads(answer.stdout) if part["part"] == "database")
