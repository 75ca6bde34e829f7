"""What a stream entry says, in every form that publishers write; nothing of it is ever thrown away."""

import asyncio
import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from faststream.redis import BinaryMessageFormatV1
from hypothesis import given
from hypothesis import strategies as st

from services.projector.entry_reader import put_aside, read_entry
from services.store.log import Delivery, read_row
from tests.events.samples import sample, text

NOW = datetime(2026, 3, 2, tzinfo=UTC)
EVENT = sample("patient.paid.v1")


def faststream(message):
    encoded = BinaryMessageFormatV1.encode(message=message, reply_to=None, headers={}, correlation_id="c")
    return {b"__data__": asyncio.run(encoded)}


FORMS = {
    "plain": {b"event": text("patient.paid.v1").encode()},
    "inside an object": {b"event": json.dumps({"event": EVENT}).encode()},
    "inside an object, as text": {b"event": json.dumps({"event": json.dumps(EVENT)}).encode()},
    "FastStream": faststream(EVENT),
    "FastStream, inside an object": faststream({"event": EVENT}),
    "FastStream, as text": faststream(json.dumps(EVENT)),
    "attributes": {
        name.encode(): (json.dumps(value) if name == "data" else value).encode() for name, value in EVENT.items()
    },
}


@pytest.mark.parametrize("fields", FORMS.values(), ids=FORMS)
def test_every_form_is_read(fields):
    read = read_entry(("1-0", fields), NOW)
    assert isinstance(read, Delivery)
    assert read.event.envelope.id == EVENT["id"]


def test_what_is_no_event_is_kept_with_all_its_fields_and_says_what_was_found():
    row = read_entry(("1-0", {b"other": b"x", b"more": b"\xff"}), NOW)
    assert row["reason"] == "this entry has no field `event` with a CloudEvent as JSON; it has more, other"
    again = read_entry(("2-0", {b"event": row["raw"]}), NOW)  # as a retry sends it
    assert (again["parked_id"], again["raw"]) == (row["parked_id"], row["raw"])


def test_an_entry_without_any_field_is_told_from_others():
    rows = [read_entry(("1-0", fields), NOW) for fields in ({}, {b"a": b"1"}, {b"a": b"2"}, {b"b": b"1"})]
    assert len({row["parked_id"] for row in rows}) == len(rows)


def test_a_retry_of_an_unknown_form_is_read_where_it_is_known_by_then():
    kept = put_aside(("1-0", {b"odd": b"1"}), "why", NOW)
    packed = put_aside(("1-0", {b"odd": b"1"} | FORMS["FastStream"]), "why", NOW)
    assert not isinstance(read_entry(("2-0", {b"event": kept["raw"]}), NOW), Delivery)
    assert isinstance(read_entry(("2-0", {b"event": packed["raw"]}), NOW), Delivery)


def test_the_same_bad_event_parks_once_whatever_a_door_filled_in():
    bad = sample("patient.paid.v1", amount=...)
    rows = [
        read_entry(("1-0", {b"event": json.dumps(bad | {"correlationid": c, "rawref": c}).encode()}), NOW)
        for c in ("first", "second")
    ]
    assert rows[0]["parked_id"] == rows[1]["parked_id"]
    assert (rows[0]["source"], rows[0]["event_id"]) == (bad["source"], bad["id"])
    assert rows[0]["reason"] == "/data/amount: Field required"


@given(
    st.dictionaries(
        st.sampled_from([b"event", b"__data__", b"specversion", b"data", b"x"]) | st.binary(max_size=8),
        st.binary(max_size=40) | st.sampled_from([b"{}", b"[]", b'{"event": 1}', b'{"streamfields": 1}']),
        max_size=4,
    )
)
def test_no_entry_makes_it_crash(fields):
    assert read_entry(("1-0", fields), NOW)


def test_a_logged_event_that_can_no_longer_be_read_is_set_aside_by_itself():
    row = SimpleNamespace(
        source="s",
        id="1",
        type="patient.paid.v1",
        subject="C",
        time=NOW,
        recorded_at=NOW,
        rawref=None,
        data='{"claim_id": "C", "amount": "1e99"}',
        supersedes_source=None,
        supersedes_id=None,
    )
    assert read_row(row).data.reason == "cannot be read at /data/amount"
