"""Whose turn it is to be folded, and what is given up: a key that again and again ends the process that takes it."""

import pytest
from sqlalchemy import select, update

from projections.tables.tables import table_of
from services.store.engine import writing
from services.store.marked_keys import MARKED, SINGLY, TOO_OFTEN, Turn, Urgency, mark_keys, new_mark, take
from services.store.tables import Stale
from tests.services.projector.conftest import entries, make_projector, make_worker
from tests.services.projector.test_clocks_end_to_end import VISIT

STALE = table_of(Stale)
CLAIMS = [f"claim|default|C{number}" for number in range(3)]
DAY = "day|default|P1|2026-01-05"


@pytest.fixture
def marked(engine):
    """Three claims and, a rank above them, a day."""
    make_projector(engine).drain()
    with writing(engine) as connection:
        mark_keys(connection, [*CLAIMS, DAY], new_mark(Urgency.EVENT, "test"))
    return engine


def taken(engine, after=None, most=10, worker="w"):
    with writing(engine) as connection:
        found = take(connection, worker, most, after)
        return found and list(found.keys)


def test_the_ranks_above_have_their_turn_and_where_nothing_waits_there_the_lowest_goes_on(marked):
    with writing(marked) as connection:
        rank = connection.scalar(select(MARKED.c.rank).where(MARKED.c.key == CLAIMS[0]))
    below = Turn(int(Urgency.EVENT), rank)
    assert taken(marked, below, most=1) == [DAY]
    assert taken(marked, below, most=2) == CLAIMS[:2]  # nothing above is free any more
    assert taken(marked, below) == CLAIMS[2:]
    assert taken(marked, below) is None


def test_what_was_taken_often_is_taken_by_itself(marked):
    with writing(marked) as connection:
        connection.execute(update(MARKED).where(MARKED.c.key == CLAIMS[0]).values(tries=SINGLY))
    assert taken(marked) == CLAIMS[:1]
    assert taken(marked) == CLAIMS[1:]


def test_a_key_taken_again_and_again_is_given_up_and_the_others_are_folded(engine):
    projector = make_projector(engine)
    projector.log(entries([VISIT]))
    victim = "visit|default|V1"
    with writing(engine) as connection:
        connection.execute(update(MARKED).where(MARKED.c.key == victim).values(tries=TOO_OFTEN + 1))
    worker = make_worker(engine)
    while worker.step():
        pass
    with engine.connect() as connection:
        stale = connection.execute(select(STALE)).all()
        assert {row.key for row in stale} == {victim}
        assert {row.error for row in stale} == {"taken again and again without a result"}
        assert connection.execute(select(MARKED)).all() == []
