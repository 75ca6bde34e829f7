"""Whatever comes to POST /v1/events: taken, or refused with a pointer; never a server error, never half a batch."""

import json
import random

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.events.hostile import changed
from tests.properties import property_run
from tests.services.api.conftest import api_over, event

pytestmark = pytest.mark.fuzz
RELAXED = {"suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]}
JSON = {"content-type": "application/json"}
OURS = ("accepted", "duplicate", "conflict", "invalid")


@pytest.fixture(scope="module")
def sender(tmp_path_factory, valkey_url):
    limits = {"rate_limit": 10_000_000, "refused_limit": 10_000_000}
    with api_over(tmp_path_factory.mktemp("hostile"), valkey_url, **limits) as api:
        yield api.keyed()


def told(answer):
    assert answer.status_code in (202, 207, 422), answer.text
    results = answer.json()["results"]
    assert all(result["result"] in OURS for result in results)
    assert all(result["errors"] for result in results if result["result"] == "invalid")
    return [result["result"] for result in results]


@property_run(25, **RELAXED)
@given(st.lists(changed(), min_size=1, max_size=4))
def test_hostile_events_take_no_good_one_with_them(sender, hostile):
    good = event()
    answer = sender.post("/v1/events", content=json.dumps([*hostile, good]), headers=JSON)
    assert told(answer)[-1] == "accepted"


@property_run(25, **RELAXED)
@given(st.integers(), st.sampled_from([event(), [event(), event()]]))
def test_damaged_bytes_are_answered(sender, seed, body):
    """Bits flipped, bytes cut, put in or repeated."""
    chance, data = random.Random(seed), bytearray(json.dumps(body).encode())
    for _ in range(chance.choice([1, 2, 8])):
        at = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                del data[at : at + chance.randrange(1, 30)]
            case 2:
                data[at:at] = bytes(chance.randrange(256) for _ in range(4))
            case 3:
                data[at:at] = data[at : at + 50]
    answer = sender.post("/v1/events", content=bytes(data), headers=JSON)
    assert answer.status_code < 500
    assert answer.status_code in (202, 207, 400, 415, 422), answer.text


@property_run(25, **RELAXED)
@given(
    st.dictionaries(
        st.sampled_from(["ce-id", "ce-type", "ce-time", "ce-source", "ce-subject", "ce-specversion"]),
        st.text('abcXYZ019-:./%"{}', max_size=20),
    ),
    st.binary(max_size=60),
)
def test_odd_binary_mode_is_answered(sender, headers, body):
    answer = sender.post("/v1/events", content=body, headers=JSON | headers)
    assert answer.status_code < 500
