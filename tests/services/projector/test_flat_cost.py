"""A response costs the same however many came before it: counted in the database's own steps, never in time."""

import pytest
from sqlalchemy import event

from services.store.log import keys_beside
from services.store.schema import migrate
from tests.services.projector.conftest import entries, make_projector, new_engine
from tests.services.projector.test_returned_numbers import events_of, paid

__all__ = ["new_engine"]

PART = 40  # responses, each with a remittance of its own, two in a month
STEPS = 20  # of the database between two counts


def analyze(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")


def responses(part):
    """Under numbers that nobody submitted."""
    for n in range(part * PART, (part + 1) * PART):
        day = f"20{10 + n % 240 // 12}{n % 12 + 1:02d}07"
        text = paid(f"LONE{n:05d}", member=f"M{n}", trace=f"T{n}", control=n + 1, icn=f"ICN{n}", day=day)
        yield from events_of(text)


@pytest.mark.parametrize("analyzed", [True, False], ids=["statistics of an empty database", "no statistics"])
def test_a_response_among_many_costs_what_the_first_ones_did(new_engine, analyzed):
    engine, counted = new_engine(), []
    if analyzed:  # an administrator's, taken too early: they make it look quick to read all of a table
        analyze(engine)
        migrate(engine)  # as the next start does
    event.listen(engine, "connect", lambda dbapi, _: dbapi.set_progress_handler(lambda: counted.append(1), STEPS))
    engine.dispose()
    projector, costs = make_projector(engine), []
    for part in range(6):
        before = len(counted)
        projector.log(entries(responses(part), start=part + 1))
        while projector.drain():
            pass
        costs.append(len(counted) - before)
    assert costs[-1] <= 1.3 * costs[1], costs


def test_keys_beside_are_found_by_position(new_engine):
    engine, asked = new_engine(), []
    analyze(engine)
    migrate(engine)
    event.listen(engine, "before_cursor_execute", lambda _c, _cur, text, values, *_: asked.append((text, values)))
    with engine.connect() as connection:
        keys_beside(connection, ["claim_match|default|A"], "claim")
        text, values = asked[-1]
        plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)]
    assert any(step.startswith("SEARCH others USING") and "position=?" in step for step in plan), plan
