"""Whatever is accepted folds: no value that is accepted makes a key stale, a batch fail or another practice wait."""

import json
from itertools import count

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from events.registry import TYPES, parse
from services.projector.entry_reader import read_entry
from services.store.log import Delivery
from tests.events.hostile import HOSTILE, changed, leaves, put
from tests.events.samples import text
from tests.properties import property_run
from tests.services.projector.conftest import NOW, entries, make_projector

pytestmark = pytest.mark.fuzz
RELAXED = property_run(60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
numbers = count(1)


def accepted(event):
    return isinstance(read_entry(("1-0", {b"event": json.dumps(event).encode()}), NOW), Delivery)


def scene(practice, event):
    """The event among all samples, in a practice of its own."""
    others = [json.loads(text(name)) for name in sorted(TYPES) if name != event["type"]]
    return [one | {"practice": practice} for one in [*others, event]]


@RELAXED
@given(event=changed())
def test_whatever_is_accepted_folds(event_engine, event):
    if not accepted(event):
        return
    number = next(numbers)
    practice = f"p{number}"
    projector = make_projector(event_engine)
    outcome = projector.process(entries(scene(practice, event), start=number))
    while projector.drain():
        pass
    with event_engine.connect() as connection:
        stale = connection.exec_driver_sql(f"SELECT key, projection, error FROM stale WHERE key LIKE '%|{practice}|%'")
        assert stale.all() == []
    refused = event["type"] == "rules.adopted.v1"  # by the judge of rule packs, with its reasons
    assert refused or outcome.parked == 0, json.dumps(event)


@given(st.sampled_from(sorted(TYPES)), st.data())
def test_a_refusal_points_into_the_event(name, data):
    """Every pointer leads to a place that is there, or to one that is missing from a place that is there."""
    from events.registry import event_faults  # noqa: PLC0415

    event = json.loads(text(name))
    places = [where for where in leaves(event) if where]
    where = data.draw(st.sampled_from(places))
    put(event, where, data.draw(HOSTILE))
    try:
        parse(json.dumps(event))
    except ValueError as error:
        for fault in event_faults(error, event):
            assert fault["message"]
            assert _leads_somewhere(event, fault["pointer"]), (fault["pointer"], where)


def _leads_somewhere(event, pointer):
    here = event
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:] if part]
    for at, part in enumerate(parts):
        last = at == len(parts) - 1
        if isinstance(here, dict):
            if part not in here:
                return last
            here = here[part]
        elif isinstance(here, list):
            if not part.isdigit() or int(part) >= len(here):
                return False
            here = here[int(part)]
        else:
            return False
    return True
