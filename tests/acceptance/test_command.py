"""The main job from outside: files in, lists out; errors in one line; kill -9 loses nothing and counts nothing twice."""

import csv
import json
import os
import signal
import time
from pathlib import Path

import pytest

from services.demo.month import DEMO_AT, write_month
from services.messaging.embedded_valkey import find_server
from services.store.engine import open_engine
from tests.services.projector.conftest import dump


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    """The files of the synthetic month, without its manifest."""
    directory = tmp_path_factory.mktemp("month")
    write_month(directory)
    (directory / "manifest.json").unlink()
    return directory


def rows(data):
    engine = open_engine(f"sqlite:///{data / 'claimclock.db'}")
    try:
        return dump(engine)
    finally:
        engine.dispose()


def without_refs(tables):
    """Two data directories have keys of their own for opaque refs, and were recorded at other instants."""
    return {name: len(found) for name, found in tables.items()}


def test_files_in_lists_out_and_the_same_files_again_change_nothing(claimclock, month):
    files = sorted(month.iterdir())[:40]
    first = claimclock.json("ingest", *files, "--received-at", "file")
    before = rows(claimclock.data)
    again = claimclock.json("ingest", *files, "--received-at", "file")

    assert sum(report["events"] for report in first) > 50
    assert sum(report["events"] for report in again) == 0
    assert [r["duplicates"] for r in again] == [r["events"] + r["duplicates"] for r in first]
    assert rows(claimclock.data) == before
    items = claimclock.json("worklist", "rejection", "--at", DEMO_AT.isoformat())
    assert items
    table = claimclock.run("worklist", "rejection", "--at", DEMO_AT.isoformat(), "--csv")[0]
    assert [row["claim_id"] for row in csv.DictReader(table.splitlines())] == [item["claim_id"] for item in items]
    page = claimclock.json("claim", items[0]["claim_id"])
    assert page["status"] == "rejected"
    assert all(deadline["explanation"] for deadline in page["deadlines"])
    assert "every row matches the log" in claimclock.run("verify")[0]


def test_events_as_json_lines_are_taken_in_and_what_is_wrong_is_parked(claimclock, tmp_path):
    good = {
        "specversion": "1.0",
        "id": "1",
        "source": "t",
        "type": "patient.paid.v1",
        "subject": "A",
        "time": "2026-03-02T10:00:00Z",
        "data": {"claim_id": "A", "amount": "20.00"},
    }
    bad = {**good, "id": "2", "data": {"claim_id": "A", "amount": "twenty"}}
    path = tmp_path / "events.ndjson"
    path.write_text("\n".join(map(json.dumps, (good, bad))) + "\n{not json\n")
    (report,) = claimclock.json("ingest", path)
    assert (report["events"], report["parked"]) == (1, 2)
    reasons = " ".join(item["reason"] for item in claimclock.json("parked"))
    assert "/amount" in reasons
    assert "twenty" not in reasons


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("worklist", "nonsense"), 1, "no data in"),
        (("ingest", "no/such/file"), 1, "no/such/file"),
        (("ingest", "--received-at", "yesterday", "x"), 2, "--received-at"),
        (("claim",), 2, "claim_id"),
        (("estimate", "--payer", "MEDICARE", "--dos", "soon", "--discipline", "PT"), 2, "dos"),
    ],
)
def test_a_failure_is_one_clear_line_and_no_traceback(claimclock, words, status, said):
    _, err = claimclock.run(*words, status=status)
    assert said in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_a_kill_in_the_middle_of_an_ingest_loses_nothing_and_counts_nothing_twice(claimclock, month, tmp_path):
    files = sorted(month.iterdir())[:150]
    process = claimclock.start("ingest", *files, "--received-at", "file")
    _until_rows(claimclock.data)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    claimclock.run("ingest", *files, "--received-at", "file")

    undisturbed = type(claimclock)(tmp_path / "other")
    undisturbed.run("ingest", *files, "--received-at", "file")
    assert without_refs(rows(claimclock.data)) == without_refs(rows(undisturbed.data))
    for name in ("worklist", "aging", "thresholds"):
        disturbed, plain = (_plain(c.json(name, "--at", DEMO_AT.isoformat())) for c in (claimclock, undisturbed))
        assert disturbed == plain
    assert "every row matches the log" in claimclock.run("verify")[0]


def test_a_stop_in_the_middle_of_an_ingest_ends_it_in_order_and_says_how_to_go_on(claimclock, month):
    process = claimclock.start("ingest", month, "--received-at", "file")
    _until_rows(claimclock.data)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM
    assert "run the same command again" in err
    assert "Traceback" not in err
    assert find_server(claimclock.data) is None


def _until_rows(data: Path) -> None:
    """Until the projector has begun to write."""
    database = data / "claimclock.db"
    for _ in range(2000):
        if database.exists():
            engine = open_engine(f"sqlite:///{database}")
            try:
                with engine.connect() as connection:
                    if connection.exec_driver_sql("SELECT count(*) FROM claim").scalar():
                        return
            except Exception:  # noqa: BLE001  not migrated yet
                pass
            finally:
                engine.dispose()
        time.sleep(0.02)
    raise AssertionError("nothing was projected")


def _plain(items):
    """Without the refs, which are keyed by a secret of each data directory."""
    text = json.dumps(items)
    for item in items:
        if item.get("ref"):
            text = text.replace(item["ref"], "ref")
    return [
        {k: v for k, v in item.items() if k not in ("ref", "lines_missing_kx", "lines_needless_kx", "crossing")}
        for item in items
    ]


def test_reading_starts_no_server(claimclock, month):
    claimclock.run("ingest", min(month.iterdir()))
    claimclock.run("worklist")
    running = [p for p in Path("/proc").glob("[0-9]*/cmdline") if str(claimclock.data).encode() in _read(p)]
    assert running == []


def _read(path):
    try:
        return path.read_bytes() if int(path.parent.name) != os.getpid() else b""
    except OSError:
        return b""
