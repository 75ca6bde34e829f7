"""Read tables in partitions by practice, the log by position: the same statements, the same rows, one partition read."""

import re

import pytest
from sqlalchemy import UniqueConstraint, inspect, text
from sqlalchemy.exc import DBAPIError

from projections.keys import parse_key
from projections.tables.tables import READ_TABLES, table_of
from services.core.errors import UsageError
from services.projector import coverage, days, deposits, refold, visits, years
from services.projector.rebuild import mark_for_rebuild
from services.projector.replay import verify
from services.store.dialect import dialect_of
from services.store.engine import closing_engine, open_engine, writing
from services.store.partitions import RANGE, REST, partitions_of, prepare_log
from services.store.rows import _plan
from services.store.schema import HEAD, migrate, migrate_to
from services.store.tables import EventIdentity, EventLog
from tests.histories.random_histories import history
from tests.services.projector.conftest import dump, make_projector, project

BEFORE = "0027"  # the migration before the practice was in every key
PRACTICES = ("north", "south", "east", "west")
# Keys without the practice, and why.
GLOBAL = {
    "event_identity": "positions are counted over all practices: the feed's cursor and the seals go by them",
    "event_log": "as its identities; the practice joins the key where the log is in partitions",
}


@pytest.fixture(params=["pg_url", "english_pg_url"])
def spread(request):
    with closing_engine(open_engine(request.getfixturevalue(request.param))) as engine:
        migrate_to(engine, HEAD, partitions=4)
        yield engine


def events(count=8):
    return [
        event | {"practice": practice} for practice in PRACTICES for number in range(count) for event in history(number)
    ]


def test_every_unique_key_holds_the_practice():
    tables = [*READ_TABLES.values(), table_of(EventIdentity), table_of(EventLog)]
    for table in tables:
        unique = [index.columns for index in table.indexes if index.unique]
        unique += [each.columns for each in table.constraints if isinstance(each, UniqueConstraint)]
        unique += [] if table.name in GLOBAL else [table.primary_key.columns]
        assert all("practice" in columns for columns in unique), table.name
    assert GLOBAL.keys() <= {table.name for table in tables}


def test_partitions_change_no_row(spread, tmp_path):
    with closing_engine(open_engine(tmp_path / "one.db")) as whole:
        migrate(whole)
        for engine in (spread, whole):
            project(engine, events(), sizes=(40, 7))
        assert dump(spread) == dump(whole)
        projector = make_projector(spread)
        assert verify(spread, projector.references) == []
        project(spread, events(3), start=2)  # again: nothing is logged twice
        mark_for_rebuild(spread)
        while projector.drain():
            pass
        assert dump(spread) == dump(whole)
        assert verify(spread, projector.references) == []


def test_a_practice_is_in_one_partition_and_later_migrations_find_indexes_by_name(spread):
    project(spread, events(2))
    with spread.connect() as connection:
        for table in ("claim", "membership", "event_identity"):
            found = connection.execute(
                text(f"SELECT practice, tableoid::regclass::text FROM {table} GROUP BY 1, 2")
            ).all()
            assert len(found) == len({practice for practice, _ in found})
        made = inspect(connection)
        for table in READ_TABLES.values():
            names = {index["name"] for index in made.get_indexes(table.name)}
            assert {index.name for index in table.indexes} <= names, table.name
            assert len(partitions_of(connection, table.name)) == 4


def plan_of(connection, statement, given):
    return "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", given).scalars())


def partitions_read(plan):
    return set(re.findall(r"\b(\w+_p\d+)\b(?=\s|$)", plan))


def test_rows_of_keys_are_read_and_removed_in_one_partition(spread):
    with spread.connect() as connection:
        for table in READ_TABLES.values():
            plan = _plan(table, connection.dialect)
            for statement in (plan.standing, plan.removal):
                told = plan_of(connection, statement, (["claim|north|CLM-1", "claim|north|CLM-2"], ["north"]))
                assert len(set(re.findall(rf" on ({table.name}_p\d)", told))) == 1, told


def test_loads_of_folds_read_one_partition_of_each_table(spread):
    with spread.connect() as connection:
        dialect = dialect_of(connection)
        for query in (
            coverage._query(dialect, coverage.READINESS, coverage.VISIT_COLUMNS),
            coverage._query(dialect, coverage.LINE, coverage.LINE_COLUMNS),
            visits._visits_of(dialect),
            days._rows_of_days(dialect, days.LINE),
            deposits._query(dialect, deposits.DEPOSIT),
            years._rows_of_years(dialect, years.PRICE, (years.PRICE.c.claim_id,)),
            refold._belonging(dialect),
        ):
            made = query.compile(connection)
            given = dialect.given(["year|north|2026|OT|PAT-1"])
            told = plan_of(connection, str(made), {name: given[name] for name in made.params})
            read = re.findall(r" on (\w+_p\d)", told)
            assert len(set(read)) == len({name.rpartition("_p")[0] for name in read}) > 0, told


def test_events_are_found_by_identity_in_one_partition(spread):
    with spread.connect() as connection:
        query = "SELECT position FROM event_identity WHERE (practice, source, id) IN (('north', 's', '1'), ('north', 's', '2'))"
        assert len(set(re.findall(r" on (event_identity_p\d)", plan_of(connection, query, ())))) == 1


def test_the_log_is_cut_ahead_of_its_last_position(spread):
    with writing(spread) as connection:
        assert partitions_of(connection, "event_log") == ["event_log_0", f"event_log_{RANGE}", REST]
        assert prepare_log(connection) == []
        connection.execute(text(f"SELECT setval('event_identity_position_seq', {RANGE - 2})"))
    project(spread, events(1))
    with writing(spread) as connection:
        assert prepare_log(connection) == [f"event_log_{2 * RANGE}"]
        cut = connection.execute(text("SELECT tableoid::regclass::text, count(*) FROM event_log GROUP BY 1")).all()
        assert {name for name, _ in cut} == {"event_log_0", f"event_log_{RANGE}"}
    # Where nobody looked for long: what is beyond waits in the rest, and the next range begins behind it.
    with writing(spread) as connection:
        connection.execute(text(f"SELECT setval('event_identity_position_seq', {5 * RANGE})"))
    project(spread, events(2), start=2)
    with writing(spread) as connection:
        assert prepare_log(connection)[0] == f"event_log_{6 * RANGE}"
        assert connection.scalar(text(f"SELECT count(*) FROM {REST}")) > 0
    assert verify(spread, make_projector(spread).references) == []


@pytest.mark.parametrize("table", ["event_log", "event_log_0", "event_identity", "event_identity_p1"])
def test_what_was_written_cannot_be_changed_through_a_partition_either(spread, table):
    with pytest.raises(DBAPIError, match="append-only"), writing(spread) as connection:
        connection.exec_driver_sql(f"DELETE FROM {table}")


def test_partitions_are_chosen_when_a_database_is_made(pg_url, tmp_path):
    with closing_engine(open_engine(pg_url)) as engine:
        migrate(engine)
        with pytest.raises(UsageError, match="when a database is made"):
            migrate_to(engine, HEAD, partitions=4)
        with engine.connect() as connection:
            assert prepare_log(connection) == []
    with closing_engine(open_engine(tmp_path / "one.db")) as engine, pytest.raises(UsageError, match="PostgreSQL"):
        migrate_to(engine, HEAD, partitions=4)


def test_the_practice_of_rows_made_before_and_by_the_version_before(database_url):
    """A database of before keeps its rows, and its indexes; what the version before still writes is filled in."""
    with closing_engine(open_engine(database_url)) as engine:
        migrate_to(engine, BEFORE)
        before = {table: inspect(engine).get_indexes(table) for table in ("claim_line", "membership")}
        row = "INSERT INTO membership (key, derived) VALUES ('claim|{0}|A|B', 'day|{0}|2026-01-01|P')"
        with writing(engine) as connection:
            connection.exec_driver_sql(row.format("north"))
        migrate(engine)
        with writing(engine) as connection:
            connection.exec_driver_sql(row.format("south"))
        with engine.connect() as connection:
            found = connection.execute(text("SELECT key, practice FROM membership ORDER BY key")).all()
        assert [(practice, parse_key(key).practice) for key, practice in found] == [("north",) * 2, ("south",) * 2]
        assert {table: inspect(engine).get_indexes(table) for table in before} == before
