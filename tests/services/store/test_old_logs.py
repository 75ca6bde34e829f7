"""A log that an earlier version wrote is filed under today's keys when its database is brought up to date."""

from sqlalchemy import select

from services.projector.projector import Projector
from services.store.engine import open_engine, writing
from services.store.log import KEYS
from services.store.log_index import index_faults
from services.store.schema import migrate, migrate_to
from tests.services.projector.conftest import entries, make_projector
from tests.services.projector.test_returned_numbers import events_of, paid

BEFORE = "0012"  # the migration before the one that files events again


def logged_by_an_earlier_version(tmp_path, *, damaged):
    engine = open_engine(f"sqlite:///{tmp_path / 'old.db'}")
    migrate_to(engine, BEFORE)
    projector: Projector = make_projector(engine)
    projector.log(entries(events_of(paid("ft-200a"))))
    with writing(engine) as connection:
        connection.exec_driver_sql("DELETE FROM marked_key")
        if damaged:
            connection.execute(KEYS.delete().where(KEYS.c.key.startswith("claim_number|")))
    return engine


def filed_again(connection):
    """The keys that are marked since the index was made again; other migrations mark for reasons of their own."""
    query = "SELECT key FROM marked_key WHERE reason = 'index made again'"
    return list(connection.exec_driver_sql(query).scalars())


def test_events_are_filed_again_and_folded_again(tmp_path):
    engine = logged_by_an_earlier_version(tmp_path, damaged=True)
    migrate(engine)
    with engine.connect() as connection:
        assert list(index_faults(connection)) == []
        assert any(key.startswith("claim_number|") for key in connection.scalars(select(KEYS.c.key)))
        assert filed_again(connection)
    engine.dispose()


def test_a_log_filed_as_today_is_left_alone(tmp_path):
    engine = logged_by_an_earlier_version(tmp_path, damaged=False)
    migrate(engine)
    with engine.connect() as connection:
        assert not filed_again(connection)
    engine.dispose()
