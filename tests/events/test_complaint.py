"""Why an event was refused: where and what, never the value, which may be health information."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.registry import TYPES, complaint, parse
from tests.events.samples import sample, text

CANARY = "CANARY-7Q4"


def complaints(event):
    """What is said against an event; nothing if it is accepted."""
    try:
        parse(event if isinstance(event, str | bytes) else json.dumps(event))
    except ValueError as error:
        return complaint(error)
    return []


def test_it_says_where_and_what():
    found = complaints(sample("patient.paid.v1", amount="1.005"))
    assert found == [{"pointer": "/amount", "message": "Value error, an amount has at most two decimals"}]


def test_it_points_into_lists():
    lines = sample("claim.submitted.v1")["data"]["lines"]
    del lines[1]["charge"]
    found = complaints(sample("claim.submitted.v1", lines=lines))
    assert [item["pointer"] for item in found] == ["/lines/1/charge"]


def test_it_lists_everything_that_is_wrong():
    found = complaints(sample("appeal.decided.v1", outcome="lost", decided_on="soon"))
    assert {item["pointer"] for item in found} == {"/outcome", "/decided_on"}


@pytest.mark.parametrize("raw", ["", "{", "null", "[]", "7", '"x"', "\x00", b"\xff\xfe", "{}", '{"specversion": 1}'])
def test_what_is_no_event_is_refused_with_words(raw):
    found = complaints(raw)
    assert found
    assert all(item["pointer"].startswith("/") and item["message"] for item in found)


def spoilt(value):
    """Every way to put the canary in place of one value, however deep."""
    yield CANARY
    yield [CANARY]
    yield {CANARY: CANARY}
    if isinstance(value, dict):
        for name, part in value.items():
            for other in spoilt(part):
                yield value | {name: other}
    if isinstance(value, list):
        for index, part in enumerate(value):
            for other in spoilt(part):
                yield [*value[:index], other, *value[index + 1 :]]


@pytest.mark.parametrize("event_type", sorted(TYPES))
def test_it_never_repeats_a_value(event_type):
    """Whatever field the canary sits in, it does not sing."""
    for event in spoilt(json.loads(text(event_type))):
        if not isinstance(event, dict) or event.get("type") == CANARY:
            continue
        found = complaints(event)
        if event_type == "policy.published.v1":  # names the field that is not understood: terms hold no health data
            found = [fault["message"] for fault in found]
        assert CANARY not in json.dumps(found)


def test_an_unknown_type_is_named_since_only_that_helps():
    assert "claim.guessed.v1" in complaints(sample("patient.paid.v1") | {"type": "claim.guessed.v1"})[0]["message"]


@given(st.binary(max_size=60))
def test_no_bytes_make_it_crash(raw):
    assert complaints(raw)


@pytest.mark.parametrize("field", ["by", "claim_id"])
def test_text_that_postgresql_cannot_store_is_refused(field):
    assert "NUL" in complaints(sample("patient.paid.v1", **{field: "a\0b"}))[0]["message"]
    assert "NUL" in complaints(sample("patient.paid.v1", **{field: "\\\0"}))[0]["message"]


def test_text_that_only_looks_like_it_is_kept():
    assert complaints(sample("patient.paid.v1", by="a\\u0000b")) == []
