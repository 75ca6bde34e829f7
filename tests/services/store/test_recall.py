"""What a batch brings is not read twice; it must be the very same as if it were."""

import json

import pytest

from events.registry import TYPES, parse
from services.devtools.bench.fold import patient_year
from services.devtools.bench.workload import year_bodies
from services.store.recall import ParsedEvents
from tests.events.samples import text
from tests.histories.random_histories import history


def as_logged(event):
    return event.data.model_dump_json(by_alias=True, exclude_none=True)


def told():
    yield from (text(name) for name in TYPES)
    yield from (json.dumps(event) for number in range(60) for event in history(number))
    yield from (json.dumps(event) for event in patient_year())
    yield from year_bodies(120)


def test_a_settled_event_is_read_back_to_the_letter():
    events = [parse(body) for body in told()]
    settled = [event for event in events if event.settled]
    assert len(settled) > len(events) / 2
    for event in settled:
        # repr, since 2.0 and 2 are equal but not written alike
        assert repr(ParsedEvents().understand(event.type, as_logged(event))) == repr(event.data)


@pytest.mark.parametrize("units", [2, "2.0", "2.50", "20E-1", "1E+1", "0.00", "-0.0", 0.5])
def test_units_are_told_one_way(units):
    line = {"number": 1, "procedure": "97530", "units": units, "charge": "-0.00", "dos": "2026-03-02"}
    event = parse(
        json.dumps(
            {
                "specversion": "1.0",
                "id": "1",
                "source": "t",
                "type": "claim.submitted.v1",
                "subject": "A",
                "time": "2026-03-02T10:00:00Z",
                "data": {"claim_id": "A", "patient_id": "P", "total_charge": 80, "lines": [line]},
            }
        )
    )
    assert repr(ParsedEvents().understand(event.type, as_logged(event))) == repr(event.data)


def test_an_unknown_field_that_is_null_is_not_settled():
    body = {
        "specversion": "1.0",
        "id": "1",
        "source": "t",
        "type": "patient.registered.v1",
        "subject": "P",
        "time": "2026-03-02T10:00:00Z",
        "data": {"patient_id": "P", "name": "N", "nickname": None},
    }
    event = parse(json.dumps(body))
    assert not event.settled
    assert repr(ParsedEvents().understand(event.type, as_logged(event))) != repr(event.data)


def test_what_is_recalled_is_the_same_object_until_it_is_crowded_out():
    recall = ParsedEvents(most=4)
    first = recall.understand("work.noted.v1", note(0))
    assert recall.understand("work.noted.v1", note(0)) is first
    for number in range(1, 5):
        recall.understand("work.noted.v1", note(number))
    assert recall.understand("work.noted.v1", note(0)) is not first
    assert recall.understand("work.noted.v1", note(0)) == first


def note(number):
    return json.dumps({"claim_id": "A", "worklist": "filing", "by": "b", "note": str(number)})
