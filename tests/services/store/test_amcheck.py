"""PostgreSQL's own check of its indexes (extension `amcheck`), where an administrator installed it."""

import pytest
from sqlalchemy import text

from services.store.dialect import dialect_of
from services.store.engine import closing_engine, open_engine
from services.store.schema import migrate

STAND_IN = """
CREATE FUNCTION bt_index_check(index regclass, heap boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF index = 'event_key_by_position'::regclass THEN
    RAISE EXCEPTION 'item order invariant violated' USING ERRCODE = 'index_corrupted';
  END IF;
END $$
"""
REGISTERED = """
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
SELECT 99999, 'amcheck', extowner, extnamespace, false, '1.0' FROM pg_extension WHERE extname = 'plpgsql'
"""


@pytest.fixture
def engine(pg_url):
    with closing_engine(open_engine(pg_url)) as found:
        migrate(found)
        yield found


def faults(engine):
    with engine.connect() as connection, connection.begin():
        return list(dialect_of(connection).integrity_faults(connection))


def unchecked(engine):
    with engine.connect() as connection:
        return dialect_of(connection).unchecked(connection)


def test_without_the_extension_nothing_is_checked_and_that_is_said(engine):
    assert faults(engine) == []
    assert "CREATE EXTENSION amcheck" in unchecked(engine)


def test_sqlite_checks_everything_itself(tmp_path):
    with closing_engine(open_engine(tmp_path / "claimclock.db")) as engine:
        assert unchecked(engine) is None


def test_with_the_extension_every_index_is_checked(engine):
    with engine.begin() as connection:
        known = "SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'"
        if connection.scalar(text(known)) is None:
            pytest.skip("this PostgreSQL comes without amcheck; its stand-in is tested below")
        connection.execute(text("CREATE EXTENSION amcheck"))
    assert faults(engine) == []
    assert unchecked(engine) is None


def test_an_index_that_does_not_fit_is_named_and_the_others_are_checked_too(engine):
    """With a stand-in of the extension's function, so that it is tested wherever the extension is not."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL allow_system_table_mods = on"))
        connection.execute(text(STAND_IN))
        connection.execute(text(REGISTERED))
    assert faults(engine) == ["index event_key_by_position does not fit its table"]
