"""The benchmark measures what it says. No test looks at a clock: machines differ, and so do their moods."""

import json
import subprocess
import sys

import pytest

from services.devtools.bench.figures import compared, interleaved, middle, ratio
from services.devtools.bench.fold import patient_year
from services.devtools.bench.intake import bench_intake
from services.devtools.bench.prototype import claims
from services.devtools.bench.workload import year_bodies


def run(*words):
    command = [sys.executable, "-c", "from services.cli.main import main; main()", "bench", *words, "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


@pytest.mark.slow
def test_events_per_second_stand_beside_the_floor_and_the_runner():
    report = run("projector", "--events", "200", "--rounds", "1")
    assert set(report) == {"machine", "projector"}
    found = report["projector"]
    assert (found["events"], found["rounds"]) == (200, 1)
    on = {told["database"]: told for told in found["databases"]}
    assert "sqlite" in on
    assert ("postgresql" in on) != any(reason.startswith("postgresql:") for reason in found["skipped"])
    for told in on.values():
        assert told["events_per_second"] > 0
        assert told["floor_events_per_second"] > 0
        assert told["ratio_to_floor"] > 0
    if "postgresql" in on:
        skipped = any(reason.startswith("runner:") for reason in found["skipped"])
        assert (on["postgresql"]["ratio_to_runner"] is None) == skipped


@pytest.mark.slow
def test_refolding_and_reading_are_told_too():
    found = run("fold", "--rounds", "1")["fold"]
    assert found["ms_per_event"] > 0
    assert (found["visits"], found["events"]) == (120, 600)


def test_both_readers_of_the_835_find_every_claim(tmp_path):
    found = bench_intake(tmp_path, 60, 1, lambda _: None)
    assert found["claims"] == 60
    assert found["times_the_prototype"] > 0
    with (tmp_path / "bench.835").open("rb") as stream:
        assert len({claim["id"] for claim in claims(stream)}) == 60


def test_a_patient_year_is_120_visits_of_five_events():
    kinds = [event["type"] for event in patient_year()]
    assert {kinds.count(kind) for kind in set(kinds)} == {120, 240}


def test_the_year_gives_as_many_events_as_wanted():
    assert len(year_bodies(90)) == 90


def test_rounds_are_interleaved_and_ratios_taken_within_a_round():
    turns = []
    found = interleaved(
        {"one": lambda: turns.append("one") or 2.0, "other": lambda: turns.append("other") or 4.0}, 2, lambda _: None
    )
    assert turns == ["one", "other", "one", "other"]
    assert found == {"one": [2.0, 2.0], "other": [4.0, 4.0]}
    assert middle([1.0, 9.0, 3.0]) == 3.0
    assert ratio([1.0, 20.0, 3.0], [2.0, 10.0, 6.0]) == 0.5


@pytest.mark.slow
def test_pages_of_the_desk_give_what_the_bare_query_gives():
    """The benchmark itself refuses to compare lists of different rows."""
    found = run("desk", "--claims", "12000", "--rounds", "1")["desk"]
    assert found["claims"] == 12_000
    on = {
        database: {told["read"] for told in found["reads"] if told["database"] == database}
        for database in ("sqlite", "postgresql")
    }
    assert {"today: page 1", "today: page 100", "aging: page 1", "aging: page 100", "aging, the table"} < on["sqlite"]
    assert on["postgresql"] == on["sqlite"] or found["skipped"]
    assert all(told["ratio"] > 0 for told in found["reads"])


@pytest.mark.slow
def test_rates_growth_and_rebuild_are_told():
    rates = run("trickle", "--events", "40")["trickle"]["rates"]
    assert [told["rate"] for told in rates] == [50, 200, 500]
    assert all(0 < told["median_ms"] <= told["p99_ms"] <= told["longest_ms"] for told in rates)
    assert all(told["times_at_once"] > 0 for told in rates)
    first, then = run("growth", "--logs", "100,400")["growth"]["points"]
    assert (first["logged"], then["logged"], first["to_the_first"]) == (100, 400, 1.0)
    assert run("rebuild", "--events", "200")["rebuild"]["times_live"] > 0


@pytest.mark.slow
def test_projectors_share_a_database():
    found = run("scale-out", "--events", "300")["scale-out"]
    assert found["skipped"] or [told["projectors"] for told in found["runs"]] == [1, 2, 4]
    assert all(told["events_per_second"] > 0 for told in found["runs"])


@pytest.mark.slow
def test_whole_processes_are_measured():
    assert run("start", "--rounds", "1")["start"]["times_the_libraries"] > 0.5
    imported = run("import", "--year", "40")["import"]
    assert imported["claims"] == 40
    assert imported["files"] > 40
    assert imported["cpu_ms_per_claim"] > imported["reading_cpu_ms_per_claim"] > 0
    found = run("memory", "--megabytes", "1")["memory"]
    assert found["resident_megabytes"] >= found["short_resident_megabytes"] > 10


def test_a_report_is_compared_with_an_earlier_one_figure_by_figure():
    before = {"desk": {"claims": 10, "reads": [{"database": "sqlite", "read": "today", "ms": 4.0}]}, "fold": {"ms": 2}}
    now = {"desk": {"claims": 10, "reads": [{"database": "sqlite", "read": "today", "ms": 5.0}]}, "start": {"ms": 1}}
    assert compared(before, now) == [
        {"figure": "desk claims", "before": 10, "now": 10, "ratio": 1.0},
        {"figure": "desk reads sqlite today ms", "before": 4.0, "now": 5.0, "ratio": 1.25},
    ]


@pytest.mark.parametrize("words", [("--logs", "10,x"), ("--baseline", "no-such-report.json")])
def test_what_cannot_be_measured_or_compared_is_refused(words):
    command = [sys.executable, "-c", "from services.cli.main import main; main()", "bench", "growth", *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert words[1] in done.stderr
