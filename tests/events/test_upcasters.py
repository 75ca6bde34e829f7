"""Old events are read as today's: one stored sample of every version that was ever published."""

import json

import pytest

from events import upcasters
from events.registry import TYPES, parse
from events.upcasters import STEPS, upcast
from tests.events.samples import OLD, text


@pytest.mark.parametrize("event_type", sorted(STEPS) or [pytest.param("", marks=pytest.mark.skip("all are at v1"))])
def test_the_sample_of_an_old_version_is_read_as_the_newest(event_type):
    event = parse(text(event_type))
    assert event.type in TYPES
    assert event.envelope.type == event_type


def test_no_type_is_both_current_and_old():
    assert STEPS.keys().isdisjoint(TYPES)


def _v0(data):
    """Once a visit had one list of services."""
    timed = [s for s in data["services"] if "minutes" in s]
    untimed = [s for s in data["services"] if "minutes" not in s]
    return {name: value for name, value in data.items() if name != "services"} | {"timed": timed, "untimed": untimed}


def _older(data):
    """Before that, a patient was a `member`."""
    return {name: value for name, value in data.items() if name != "member"} | {"patient_id": data["member"]}


@pytest.fixture
def steps(monkeypatch):
    monkeypatch.setitem(upcasters.STEPS, "visit.documented.v0", ("visit.documented.v1", _v0))
    monkeypatch.setitem(upcasters.STEPS, "visit.seen.v3", ("visit.documented.v0", _older))


@pytest.mark.usefixtures("steps")
@pytest.mark.parametrize("old", ["visit.documented.v0", "visit.seen.v3"])
def test_an_old_event_is_lifted_step_by_step(old):
    raw = (OLD / f"{old}.json").read_text("utf-8")
    event = parse(raw)
    assert event.type == "visit.documented.v1"
    assert event.data.patient_id == "PAT-7001"
    assert [service.procedure for service in event.data.timed] == ["97530"]
    assert [service.procedure for service in event.data.untimed] == ["97161"]
    assert event.envelope.data == json.loads(raw)["data"], "the envelope keeps what was sent"


@pytest.mark.usefixtures("steps")
def test_a_step_does_not_touch_what_it_is_given():
    old = {"member": "P", "services": []}
    assert upcast("visit.seen.v3", old) == ("visit.documented.v1", {"patient_id": "P", "timed": [], "untimed": []})
    assert old == {"member": "P", "services": []}


def test_what_is_new_already_is_left_alone():
    data = {"claim_id": "C"}
    assert upcast("claim.denied.v1", data) == ("claim.denied.v1", data)
