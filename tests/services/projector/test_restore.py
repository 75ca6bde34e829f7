"""One projection restored from the log, the others untouched."""

import pytest

from services.core.errors import UsageError
from services.projector.restore import restore, tables_of
from tests.histories.random_histories import history
from tests.services.projector.conftest import dump, engine, make_projector, project  # noqa: F401  a fixture


def test_a_damaged_table_is_what_the_log_says_again(engine):  # noqa: F811
    project(engine, [event for number in range(6) for event in history(number)])
    before = dump(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM work_item")
        connection.exec_driver_sql("UPDATE claim SET status = 'tampered'")
    restore(engine, make_projector(engine).references, tables_of("work_item"))
    after = dump(engine)
    assert after["work_item"] == before["work_item"]
    assert after["claim"] != before["claim"]


def test_an_unknown_projection_names_those_there_are():
    with pytest.raises(UsageError, match=r"there are .*claim_line"):
        tables_of("nonsense")
