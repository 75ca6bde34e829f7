"""A rebuild folds what the log says again, key by key, on several workers, whatever became of the tables."""

import pytest

from services.core.errors import UsageError
from services.projector.adopt_rule_packs import adopt_shipped
from services.projector.rebuild import mark_for_rebuild, mark_one, tables_of
from services.store import federal_holidays
from services.store.marked_keys import behind
from tests.histories.random_histories import history
from tests.services.projector.conftest import dump, engine, make_projector, project, rebuild  # noqa: F401  a fixture
from tests.services.projector.test_answers_without_a_claim import unprocessable
from tests.services.projector.test_coverage_end_to_end import EVENTS as COVERED
from tests.services.projector.test_returned_numbers import events_of

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


def closing(monkeypatch, days):
    """An upgrade of the library of federal holidays that knows these days of 2026 and 2027 alone."""
    rows = [{"day": day, "name": "closed"} for day in days]
    library = {year: [row for row in rows if row["day"].startswith(str(year))] for year in (2026, 2027)}
    monkeypatch.setattr(federal_holidays, "_library_days", lambda year: library.get(year, []))


def test_a_changed_library_of_days_off_moves_no_date(engine, monkeypatch):  # noqa: F811
    """What is folded again counts with the days off of the log, whatever the library says by then."""
    told = [event for number in range(6) for event in history(number)]
    project(engine, [*told, *events_of(unprocessable())])
    before = dump(engine)
    assert any("2027-02-16" in map(str, row) for row in before["deadline"])  # the 15th is a holiday
    closing(monkeypatch, [])
    rebuild(engine)
    assert dump(engine) == before


def test_an_upgrade_with_other_days_in_the_past_moves_no_date(engine, monkeypatch):  # noqa: F811
    """Days that have passed stay what they were; a closing to come counts from its adoption."""
    project(engine, events_of(unprocessable()))
    before = dump(engine)
    coming = {str(row["day"]) for year in (2026, 2027) for row in federal_holidays._library_days(year)}
    past = {day for day in coming if day < "2026-11-06"}
    closing(monkeypatch, sorted((coming - past) | {"2026-03-02", "2026-05-11"}))
    adopt_shipped(make_projector(engine))
    rebuild(engine)
    assert dump(engine) == before
    closing(monkeypatch, sorted(coming | {"2027-02-16"}))
    assert adopt_shipped(make_projector(engine)) > 0
    rebuild(engine)
    assert any("2027-02-17" in map(str, row) for row in dump(engine)["deadline"])


def test_a_whole_rebuild_makes_coverage_where_an_earlier_version_named_no_membership(engine):  # noqa: F811
    """Rows of a version that knew nothing of coverage: no key belongs to a coverage key, and no item is there."""
    project(engine, COVERED)
    before = dump(engine)
    assert {row[1] for row in before["work_item"]} >= {"authorization", "eligibility"}
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM membership WHERE derived LIKE 'coverage|%%'")
        connection.exec_driver_sql("DELETE FROM work_item WHERE key LIKE 'coverage|%%'")
    rebuild(engine)
    assert dump(engine) == before
