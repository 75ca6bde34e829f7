"""What is wrong with a database is reported in one line, without what was to be stored."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.store.engine import open_engine
from services.store.failures import explained, is_passing


def failure(engine, statement="SELECT 1"):
    with pytest.raises(DBAPIError) as caught, engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
    return caught.value


def test_a_damaged_file(tmp_path):
    path = tmp_path / "claimclock.db"
    path.write_bytes(b"garbage!" * 512)
    error = failure(open_engine(path))
    assert is_passing(error)  # no entry is at fault, so none is parked for it
    assert "damaged" in explained(error)


def test_a_file_that_cannot_be_opened(tmp_path):
    (tmp_path / "claimclock.db").mkdir()
    assert "rights of the data directory" in explained(failure(open_engine(tmp_path / "claimclock.db")))


def test_a_path_with_characters_that_mean_something_in_a_url(tmp_path):
    path = tmp_path / "a%20b?c=d#é" / "claimclock.db"
    engine = open_engine(path)
    with engine.connect():
        assert path.exists()
    engine.dispose()


def test_postgresql_that_is_away_or_refuses(pg_url):
    away = failure(open_engine("postgresql+psycopg://someone@/nowhere?host=/nowhere"))
    assert is_passing(away)
    assert "CLAIMCLOCK_DATABASE_URL" in explained(away)
    assert "does not exist" in explained(failure(open_engine(pg_url.replace("/test_", "/no_"))))


def test_a_value_too_large_for_an_index_is_the_entry_s_own_fault(pg_url):
    engine = open_engine(pg_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (name text PRIMARY KEY)"))
    error = failure(engine, "INSERT INTO t SELECT string_agg(md5(n::text), '') FROM generate_series(1, 1000) n")
    assert not is_passing(error)
