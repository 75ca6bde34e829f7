"""A rebuild folds what the log says again, key by key, on several workers, whatever became of the tables."""

import pytest

from services.core.errors import UsageError
from services.projector.rebuild import mark_for_rebuild, mark_one, tables_of
from services.store.marked_keys import behind
from tests.histories.random_histories import history
from tests.services.projector.conftest import dump, engine, make_projector, project  # noqa: F401  a fixture

READ = ("membership", "claim", "work_item", "line_price", "threshold", "deadline", "remittance")


def waiting(engine):  # noqa: F811
    with engine.connect() as connection:
        return behind(connection).keys


def test_a_damaged_table_is_what_the_log_says_again(engine):  # noqa: F811
    project(engine, [event for number in range(6) for event in history(number)])
    before = dump(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM work_item")
    mark_for_rebuild(engine, tables_of("work_item"))
    project(engine, [])
    assert dump(engine) == before


def test_a_rebuild_that_was_stopped_goes_on(engine):  # noqa: F811
    """And every table may have been lost: the log is enough."""
    project(engine, [event for number in range(12) for event in history(number)])
    before = dump(engine)
    with engine.begin() as connection:
        for table in READ:
            connection.exec_driver_sql(f"DELETE FROM {table}")
    marked = mark_for_rebuild(engine)
    stopped = make_projector(engine, most=5)
    assert stopped.drain() == 5
    stopped.stop()
    assert waiting(engine) > 0
    assert marked > 5
    other = make_projector(engine, most=7)
    while other.drain():
        pass
    assert waiting(engine) == 0
    assert dump(engine) == before


def test_rows_that_nothing_names_any_more_go(engine):  # noqa: F811
    project(engine, [event for number in range(6) for event in history(number)])
    before = dump(engine)
    with engine.begin() as connection:
        row = connection.exec_driver_sql("SELECT key FROM threshold LIMIT 1").scalar()
        connection.exec_driver_sql(f"UPDATE threshold SET key = replace(key, '|20', '|19') WHERE key = '{row}'")
    assert dump(engine) != before
    mark_for_rebuild(engine)
    project(engine, [])
    assert dump(engine) == before


def test_one_claim_alone(engine):  # noqa: F811
    project(engine, [event for number in range(3) for event in history(number)])
    before = dump(engine)
    with engine.begin() as connection:
        key = connection.exec_driver_sql("SELECT key FROM claim ORDER BY key LIMIT 1").scalar()
        connection.exec_driver_sql(f"UPDATE claim SET status = 'tampered' WHERE key = '{key}'")
    mark_one(engine, key)
    project(engine, [])
    assert dump(engine) == before


def test_an_unknown_projection_names_those_there_are():
    with pytest.raises(UsageError, match=r"there are .*claim_line"):
        tables_of("nonsense")
