"""Any shuffle and any repetition of the same events, cut into any batches, gives the same rows."""

import random

from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from services.projector.replay import verify
from tests.histories.random_histories import history
from tests.properties import property_run
from tests.services.projector.conftest import dump, entries, make_projector, project

RELAXED = property_run(12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@RELAXED
@given(first=st.integers(0, 5000), seed=st.integers(), sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_shuffled_and_repeated_histories_fold_to_the_same_rows(new_engine, first, seed, sizes):
    told = [event for number in range(first, first + 4) for event in history(number)]
    chance = random.Random(seed)
    again = told + chance.sample(told, len(told) // 2)
    chance.shuffle(again)

    plain, shuffled = new_engine(), new_engine()
    project(plain, told)
    project(shuffled, again, sizes, start=2)

    assert dump(shuffled) == dump(plain)
    with shuffled.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM stale").scalar() == 0


def test_what_the_log_says_is_what_the_tables_hold(engine):
    project(engine, [event for number in range(30) for event in history(number)], sizes=(37,))
    assert verify(engine, make_projector(engine).references) == []


def test_what_still_waits_to_be_folded_is_no_difference(engine):
    """But a row that nobody is going to write again is one."""
    told = [event for number in range(9) for event in history(number)]
    project(engine, told[: len(told) // 2])
    late = make_projector(engine, most=3)
    late.log(entries(told[len(told) // 2 :], start=9))
    late.drain()
    assert verify(engine, late.references) == []
    late.stop()
    project(engine, [])
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE claim SET status = 'tampered'")
    assert {wrong.table for wrong in verify(engine, late.references)} == {"claim"}
