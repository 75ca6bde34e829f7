"""A read of the past matches responses by what was known, or true, then: not by today's indexes of the log."""

import random
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from projections.cut import Cut
from services.projector.replay import scratch
from tests.services.projector.conftest import NOW, dump, entries, make_projector, project
from tests.services.projector.test_matching_properties import (  # noqa: F401  a fixture
    ANSWERED,
    PAID,
    RELAXED,
    SENT,
    file_of,
    fresh,
    words_of_people,
)
from tests.services.projector.test_provider_references import adjusted, sent
from tests.services.projector.test_provider_references import paid as paid_event

TAKEN = st.sampled_from(("ICN1", "ab-12", "AB12", "T1", "CLINIC-2026-000017"))


def as_it_was(engine, cut):
    with engine.connect() as log:
        references = make_projector(engine).references
        beside = scratch(log, "default", references.at(log, "default", cut), cut)
        try:
            return dump(beside)
        finally:
            beside.dispose()


def recorded(engine, events, now, start):
    """Logged at an instant, and folded."""
    projector = make_projector(engine, now)
    projector.log(entries(events, start))
    while projector.drain():
        pass


@RELAXED
@given(
    st.lists(st.one_of(SENT, PAID, ANSWERED, TAKEN), min_size=3, max_size=9, unique=True),
    st.integers(0, 999),
    st.floats(0.2, 0.8),
    st.data(),
)
def test_past_rows_are_those_that_stood_then(fresh, told, seed, share, data):  # noqa: F811
    files = [
        [adjusted("04-10", ("WO", one, "20.00"))] if isinstance(one, str) else file_of(place, one)
        for place, one in enumerate(told)
    ]
    events = [event for events in files for event in events]
    events += words_of_people(data.draw, events)
    random.Random(seed).shuffle(events)
    first = events[: int(len(events) * share)]
    engine, later = fresh(), NOW + timedelta(days=1)
    recorded(engine, first, NOW, 1)
    stood = dump(engine)
    recorded(engine, events[len(first) :], later, 5000)
    assert as_it_was(engine, Cut(known_at=NOW)) == stood

    then = sorted(datetime.fromisoformat(event["time"]) for event in events)[len(first)]
    plain = fresh()
    project(plain, [event for event in events if datetime.fromisoformat(event["time"]) <= then])
    assert as_it_was(engine, Cut(as_of=then)) == dump(plain)


def test_a_number_that_a_second_claim_took_later_named_the_first_one_then(fresh):  # noqa: F811
    engine, later = fresh(), NOW + timedelta(days=1)
    recorded(engine, [sent(), paid_event("03-18"), adjusted("04-10", ("WO", "SHARED1", "20.00"))], NOW, 1)
    recorded(engine, [paid_event("03-25", number="SHARED1")], NOW + timedelta(hours=1), 100)
    stood = dump(engine)
    recorded(engine, [sent("B1"), paid_event("03-26", "B1", number="SHARED1")], later, 200)
    assert as_it_was(engine, Cut(known_at=NOW + timedelta(hours=2))) == stood
