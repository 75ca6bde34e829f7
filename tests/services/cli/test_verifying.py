"""`verify` and `alerts` as typed."""

import json

import pytest
from typer.testing import CliRunner

from services.cli.main import build
from services.cli.verifying import DifferenceError
from services.store.engine import writing
from services.store.seals import seal_next
from tests.services.projector.conftest import NOW, new_engine  # noqa: F401
from tests.services.scheduler.conftest import Practice


@pytest.fixture
def practice(tmp_path, monkeypatch, new_engine):  # noqa: F811
    engine = new_engine()
    monkeypatch.setenv("CLAIMCLOCK_DATABASE_URL", str(engine.url))
    monkeypatch.setenv("CLAIMCLOCK_REF_KEY", "test")
    monkeypatch.setenv("CLAIMCLOCK_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CLAIMCLOCK_PRACTICE_ZONE", "America/Chicago")
    made = Practice(engine, "2026-02-10T14:00:00+00:00")
    made.sent("ONE", "2025-03-10")
    return made


def run(*words):
    return CliRunner().invoke(build(words), words)


def test_a_sound_log_verifies(practice):
    assert "entries are not sealed yet" in run("verify").stdout
    with writing(practice.engine) as connection:
        seal_next(connection, NOW)
    answer = run("verify")
    assert (answer.exit_code, answer.stdout) == (0, "every row matches the log, and the log matches its seals\n")
    assert json.loads(run("verify", "--json").stdout) == []


def test_an_altered_entry_is_named(practice):
    with writing(practice.engine) as connection:
        position = seal_next(connection, NOW).position
        connection.exec_driver_sql("DROP TRIGGER event_log_no_update")
        changed = "UPDATE event_log SET data = replace(data, '210.00', '910.00') WHERE source = 'test'"
        connection.exec_driver_sql(changed)
    answer = run("verify")
    assert f"entry {position} of the log (source test, id e1): the entry was altered" in answer.stdout.replace(
        "\n", " "
    )
    assert isinstance(answer.exception, DifferenceError)
    assert "e1" not in str(answer.exception)
    first, *rows = json.loads(run("verify", "--json").stdout)
    told = ("event_log", str(position), "test", "e1", "altered", False)
    assert tuple(first[name] for name in ("table", "key", "source", "id", "found", "rebuilt")) == told
    assert ("claim", "claim|default|ONE", "different") in [(row["table"], row["key"], row["found"]) for row in rows]


def test_alerts_are_listed_with_how_far_they_came(practice):
    scheduler = practice.scheduler()
    scheduler.beat()
    scheduler.run("alerts")
    (alert,) = json.loads(run("alerts", "--json").stdout)
    assert (alert["claim_id"], alert["step"], alert["delivery"]) == ("ONE", "30d", "waiting")
    assert "Timely filing" in run("alerts").stdout
    assert json.loads(run("alerts", "--json", "--as-of", "2026-02-01").stdout) == []
