"""What a feed may show while others are still writing."""

import contextlib
import json
import threading

import pytest
from sqlalchemy import func, select

from events.registry import parse
from services.store.engine import open_engine, writing
from services.store.horizon import announce, committed_position
from services.store.log import LOG, Delivery, append
from services.store.schema import migrate
from tests.services.api.conftest import NOW, event


@pytest.fixture
def engine(database_url):
    engine = open_engine(database_url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def postgres(pg_url):
    engine = open_engine(pg_url)
    migrate(engine)
    yield engine
    engine.dispose()


def log(connection, number):
    append(connection, [Delivery(f"{number}-0", parse(json.dumps(event(number=number))))], NOW)


def horizon(engine):
    with engine.connect() as connection:
        return committed_position(connection)


def test_nothing_logged_nothing_settled(engine):
    assert horizon(engine) == 0


def test_what_is_committed_is_settled(engine):
    for number in range(1, 4):
        with writing(engine) as connection:
            log(connection, number)
    assert horizon(engine) == 3


def test_a_gap_that_may_still_fill_ends_the_feed(postgres):
    with writing(postgres) as connection:
        log(connection, 1)
    with writing(postgres) as slow:
        log(slow, 2)
        with writing(postgres) as quick:
            log(quick, 3)
        with postgres.connect() as connection:
            assert connection.scalar(select(func.max(LOG.c.position))) == 3
        assert horizon(postgres) == 1
    assert horizon(postgres) == 3


def test_a_gap_that_never_fills_holds_nobody_up(postgres):
    with contextlib.suppress(ZeroDivisionError), writing(postgres) as undone:
        log(undone, 1)
        raise ZeroDivisionError
    with writing(postgres) as connection:
        log(connection, 2)
    assert horizon(postgres) == 2


def test_a_reader_never_skips_whoever_writes_when(postgres):
    """Many writers, a reader that only moves on: it has seen every row at the end."""
    done, seen = threading.Event(), []

    def write(start):
        for number in range(start, start + 40):
            with writing(postgres) as connection:
                announce(connection)
                log(connection, number)

    def read():
        position = 0
        while True:
            last = done.is_set()
            with postgres.connect() as connection:
                until = committed_position(connection)
                seen.extend(
                    connection.scalars(select(LOG.c.position).where(LOG.c.position > position, LOG.c.position <= until))
                )
            position = max(position, until)
            if last:
                return

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=[1000 * number]) for number in range(1, 5)]
    for thread in [reader, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert len(seen) == len(set(seen)) == 160
