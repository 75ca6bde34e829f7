"""What the migrations make is what the models declare."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from services.store.engine import open_engine, writing
from services.store.schema import VERSION_TABLE, all_tables, is_current, migrate

KEPT = ("event_identity", "event_log", "seal", "row_seal", "audit_entry")


@pytest.fixture
def engine(database_url):
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.mark.filterwarnings("ignore:.*expression-based index")  # SQLite does not say what they are of
def test_migrated_tables_are_those_of_the_models(engine):
    assert not is_current(engine)
    migrate(engine)
    assert is_current(engine)
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True, "version_table": VERSION_TABLE}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, all_tables()) == []


def test_primary_keys_and_uniqueness_are_those_of_the_models(engine):
    migrate(engine)
    made = inspect(engine)
    for table in all_tables().sorted_tables:
        key = [column.name for column in table.primary_key.columns]
        assert made.get_pk_constraint(table.name)["constrained_columns"] == key, table.name


def test_migrating_twice_changes_nothing(engine):
    migrate(engine)
    migrate(engine)
    assert is_current(engine)


@pytest.mark.parametrize("table", KEPT)
def test_what_was_written_cannot_be_changed(engine, table):
    migrate(engine)
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            found = connection.exec_driver_sql(
                f"SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='{table}'"
            )
            assert {row[0] for row in found} == {f"{table}_no_update", f"{table}_no_delete"}
            return
    with pytest.raises(DBAPIError, match="append-only"), writing(engine) as connection:
        connection.exec_driver_sql(f"DELETE FROM {table}")
