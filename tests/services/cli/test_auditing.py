"""What is read or changed by command line is written down before anything is shown."""

import json
import sqlite3

import pytest
from typer.testing import CliRunner

from services.cli import options
from services.cli.main import build
from services.security.command_line_audit import FILE
from tests.acceptance.conftest import Command

EVENT = (
    '{"specversion":"1.0","id":"1","source":"emr","type":"patient.paid.v1","subject":"C1","time":"2026-11-05T10:00:00Z",'
    '"data":{"claim_id":"C1","amount":"20.90"}}\n'
)


@pytest.fixture
def practice(tmp_path):
    command = Command(tmp_path / "data")
    (tmp_path / "events.ndjson").write_text(EVENT)
    command.run("ingest", tmp_path / "events.ndjson")
    return command


def test_reads_and_changes_leave_a_row_without_claim_numbers(practice):
    practice.run("claim", "C1")
    practice.run("worklist")
    practice.run("user", "add", "pat", "--no-password")
    rows = [row for row in practice.json("audit") if not (row["detail"] or "").startswith("shown: ")]
    assert [row["action"] for row in rows[:3]] == ["claimclock user add", "claimclock worklist", "claimclock claim"]
    assert all(row["role"] == "command line" and row["who"] for row in rows)
    assert '"C1"' not in json.dumps(rows)
    assert rows[2]["detail"] == f"claim {practice.json('claim', 'C1')['ref']}"


READS = (
    ("claims", "--json"),
    ("claims",),
    ("claim", "C1"),
    ("claim", "--json", "C1"),
    ("export", "OUT", "--table", "claims"),
)


def test_reads_say_whom_they_showed_as_the_desk_does(practice, tmp_path):
    """Before it was shown, and with the opaque name that "who saw this claim" asks for."""
    ref, seen = practice.json("claim", "C1")["ref"], set()
    for words in READS:
        practice.run(*(str(tmp_path / "out") if word == "OUT" else word for word in words))
        entries = {row["seq"]: row for row in practice.json("audit") if row["seq"] not in seen}
        seen |= entries.keys()
        told = [row["detail"] or "" for row in entries.values() if row["action"] == f"claimclock {words[0]}"]
        assert any(ref in detail for detail in told), (words, told)


def test_what_is_not_shown_is_not_written_down(practice):
    practice.run("worklist", "denial")
    told = [row["detail"] or "" for row in practice.json("audit") if row["action"] == "claimclock worklist"]
    assert told == [""]


def test_what_cannot_be_written_down_is_not_shown(practice):
    (practice.data / FILE).unlink(missing_ok=True)
    (practice.data / FILE).mkdir()
    _, err = practice.run("claim", "C1", status=1)
    assert "the audit log cannot be written" in err
    practice.environment["CLAIMCLOCK_AUDIT_COMMANDS"] = "false"
    assert "C1" in practice.run("claim", "C1")[0]


def test_rows_are_never_changed(practice):
    practice.run("claim", "C1")
    with sqlite3.connect(practice.data / FILE) as database, pytest.raises(sqlite3.IntegrityError):
        database.execute("UPDATE audit_entry SET who = 'somebody else'")
    database.close()


def test_nothing_is_made_where_nothing_is(tmp_path, monkeypatch):
    monkeypatch.setattr(options.sys, "argv", ["claimclock", "worklist"])
    answer = CliRunner().invoke(build(["worklist"]), ["worklist", "--data", str(tmp_path / "none")])
    assert answer.exit_code
    assert not (tmp_path / "none").exists()
