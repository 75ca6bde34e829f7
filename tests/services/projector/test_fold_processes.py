"""Processes that fold together on one SQLite file, and processes that are killed while they do."""

import json
import os
import signal
import subprocess
import sys

import pytest

from services.core.metrics import OF_THIS_PROCESS
from services.core.settings import Settings
from services.core.threads import WorkerHealth
from services.projector import fold_pool
from services.projector.fold_pool import FoldPool, Helpers
from services.projector.fold_process import _PROGRAM, FoldFigures, FoldHelper, _needed
from services.projector.rebuild import fold_all, mark_for_rebuild
from services.store.marked_keys import behind
from tests.histories.random_histories import history
from tests.services.projector.conftest import ZONE, dump, entries, make_projector, make_worker, project

TAKES_AND_WAITS = """
import sys
from tests.services.projector.conftest import make_worker
from services.store.engine import open_engine
worker = make_worker(open_engine(sys.argv[1]), most=20)
print(len(worker._take().keys), flush=True)
sys.stdin.read()
"""


def settings_of(engine, tmp_path, **more):
    return Settings(data_dir=tmp_path, database_url=str(engine.url), practice_zone=str(ZONE), ref_key="test", **more)


def events(count=30):
    return [event for number in range(count) for event in history(number)]


def waiting(engine):
    with engine.connect() as connection:
        return behind(connection).keys


def test_two_processes_fold_what_one_would(new_engine, tmp_path):
    alone, shared = new_engine(), new_engine()
    project(alone, events())
    make_projector(shared).log(entries(events()))
    helpers = [FoldHelper(settings_of(shared, tmp_path)) for _ in range(2)]
    for helper in helpers:
        helper.wake()
    for helper in helpers:
        helper.stop(60)
    assert waiting(shared) == 0
    assert dump(shared) == dump(alone)


def figures():
    return {sample.name: sample.value for each in OF_THIS_PROCESS for m in each.collect() for sample in m.samples}


def test_what_helpers_fold_is_counted_here(new_engine, tmp_path):
    """A helper has no port: what it did must reach the process that is asked for metrics."""
    engine = new_engine()
    make_projector(engine).log(entries(events()))
    keys, before = waiting(engine), figures()
    helper = FoldHelper(settings_of(engine, tmp_path))
    helper.wake()
    helper.stop(60)
    after = figures()
    assert after["claimclock_folded_keys_total"] - before["claimclock_folded_keys_total"] >= keys > 0
    assert after["claimclock_fold_seconds_count"] > before["claimclock_fold_seconds_count"]
    assert after["claimclock_fold_seconds_sum"] > before["claimclock_fold_seconds_sum"]
    assert after["claimclock_fold_helper_cpu_seconds_total"] > before["claimclock_fold_helper_cpu_seconds_total"]


def test_a_helper_whose_parent_was_killed_in_the_middle_of_a_fold_ends_quietly(new_engine, tmp_path):
    engine = new_engine()
    make_projector(engine).log(entries(events()))
    given = json.dumps(_needed(settings_of(engine, tmp_path)))
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    process.stdout.close()
    _, said = process.communicate(f"{given}\nfold\n".encode(), timeout=60)
    assert (process.returncode, said) == (0, b"")
    assert waiting(engine) > 0, "it stops at the first fold that nobody hears of; the keys it held are free again"
    assert make_worker(engine).step() > 0


def test_helpers_are_counted(new_engine, tmp_path):
    helpers = Helpers(settings_of(new_engine(), tmp_path, fold_processes=3))
    helpers.start()
    assert figures()["claimclock_fold_helpers"] == 2
    helpers.dismiss()
    assert figures()["claimclock_fold_helpers"] == 0


@pytest.mark.parametrize("line", [b"", b"0.1", b"0.1 0.2 x", b"hello\n"])
def test_a_line_that_a_killed_process_left_unfinished_is_no_figure(line):
    with pytest.raises(ValueError, match=r"."):
        FoldFigures.read(line)


def test_what_a_killed_process_held_is_folded_by_another(new_engine):
    alone, shared = new_engine(), new_engine()
    project(alone, events(6))
    make_projector(shared).log(entries(events(6)))
    command = [sys.executable, "-c", TAKES_AND_WAITS, str(shared.url)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert int(holder.stdout.readline()) == 20
        worker = make_worker(shared)
        while worker.step():
            pass
        assert waiting(shared) >= 20
        holder.send_signal(signal.SIGKILL)
    while worker.step():
        pass
    assert waiting(shared) == 0
    assert dump(shared) == dump(alone)


def test_a_helper_ends_with_the_process_that_called_it(new_engine, tmp_path):
    helper = FoldHelper(settings_of(new_engine(), tmp_path))
    helper._wire.close()
    assert helper._process.wait(60) == 0


def test_a_pool_folds_what_is_logged_and_calls_for_help_where_much_waits(new_engine, tmp_path, monkeypatch):
    monkeypatch.setattr(fold_pool, "MUCH", 10)
    alone, shared = new_engine(), new_engine()
    project(alone, events())
    pool = FoldPool(settings_of(shared, tmp_path, fold_processes=2), shared, make_worker(shared), WorkerHealth())
    with pool.running():
        make_projector(shared).log(entries(events()))
        pool.wake(more=False)
        fold_all(shared, make_worker(shared), Helpers(settings_of(shared, tmp_path, fold_processes=1)))
    assert dump(shared) == dump(alone)
    assert not pool._helpers._running


def test_a_rebuild_on_all_cores_restores_every_row(new_engine, tmp_path, monkeypatch):
    monkeypatch.setattr(fold_pool, "MUCH", 10)
    engine = new_engine()
    project(engine, events())
    before, told = dump(engine), []
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM deadline")
    mark_for_rebuild(engine)
    helpers = Helpers(settings_of(engine, tmp_path, fold_processes=2))
    fold_all(engine, make_worker(engine, most=5), helpers, lambda waiting: told.append(waiting.keys))
    helpers.dismiss()
    assert dump(engine) == before
    assert told[-1] == 0
