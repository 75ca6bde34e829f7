"""PostgreSQL lets none of our connections wait, or keep others waiting, without a limit."""

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.app_context import open_read_engine
from services.core.settings import Settings
from services.projector.replay import scratch
from services.store.engine import DatabaseLimits, lock_keys, open_engine, writing
from services.store.failures import explained, is_passing
from services.store.reference import References, ref_maker
from services.store.schema import migrate


@pytest.fixture
def opened(pg_url):
    engines = []

    def make(**limits):
        engine = open_engine(pg_url, DatabaseLimits(**limits))
        migrate(engine)
        engines.append(engine)
        return engine

    yield make
    for engine in engines:
        engine.dispose()


def test_a_connection_has_its_limits(opened, pg_url):
    with opened(lock=7, idle_in_transaction=8, statement=9).connect() as connection:
        found = [
            connection.scalar(text(f"SHOW {name}"))
            for name in ("lock_timeout", "idle_in_transaction_session_timeout", "statement_timeout")
        ]
    assert found == ["7s", "8s", "9s"]
    reads = open_read_engine(Settings(database_url=pg_url, database_statement_timeout=3), opened())
    with reads.connect() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "3s"
    reads.dispose()


def test_a_check_may_fold_for_long_between_two_statements(opened):
    """A soak ended with a `verify` that PostgreSQL had ended: on a busy machine 20 s passed between two of its reads."""
    engine, references = opened(idle_in_transaction=8), References(ZoneInfo("UTC"), ref_maker(b"x"))
    shown = text("SHOW idle_in_transaction_session_timeout")
    with engine.connect() as connection, connection.begin():
        scratch(connection, "default", references.get(connection, "default")).dispose()
        assert connection.scalar(shown) == "15min"
    with engine.connect() as connection:
        assert connection.scalar(shown) == "8s"


def test_a_lock_is_not_waited_for_without_end(opened):
    holder, other = opened(), opened(lock=0.05)
    with writing(holder) as connection:
        lock_keys(connection, ["claim|default|1"])
        with pytest.raises(DBAPIError) as raised, writing(other) as second:
            lock_keys(second, ["claim|default|1"])
    assert is_passing(raised.value)
    assert "LOCK_TIMEOUT" in explained(raised.value)


def test_who_stands_still_in_a_transaction_loses_its_locks(opened):
    """As a process that was stopped, or whose network is gone: the others go on."""
    other, stopped = opened(), opened(idle_in_transaction=0.5)  # the tables are made without hurry
    with stopped.connect() as connection:
        lock_keys(connection, ["claim|default|1"])
        with writing(other) as second:
            lock_keys(second, ["claim|default|1"])
        with pytest.raises(DBAPIError) as raised:
            lock_keys(connection, ["claim|default|2"])
        connection.invalidate()
    assert is_passing(raised.value)


def test_a_read_that_takes_too_long_is_ended(opened):
    with pytest.raises(DBAPIError) as raised, opened(statement=0.05).connect() as connection:
        connection.execute(text("SELECT pg_sleep(20)"))
    assert is_passing(raised.value)
    assert "STATEMENT_TIMEOUT" in explained(raised.value)
