"""What a stream entry says, in every form that publishers write; nothing of it is ever thrown away."""

import asyncio
import base64
import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from faststream.redis import BinaryMessageFormatV1
from hypothesis import given
from hypothesis import strategies as st

from services.projector.entry_reader import event_text, put_aside, read_entry
from services.store.log import Delivery, _text, read_row
from tests.events.hostile import UNHOLDABLE, with_unknown_field
from tests.events.samples import sample, text

NOW = datetime(2026, 3, 2, tzinfo=UTC)
EVENT = sample("patient.paid.v1")


def faststream(message):
    encoded = BinaryMessageFormatV1.encode(message=message, reply_to=None, headers={}, correlation_id="c")
    return {b"__data__": asyncio.run(encoded)}


def attributes(before=""):
    return {
        f"{before if name != 'data' else ''}{name}".encode(): (json.dumps(told) if name == "data" else told).encode()
        for name, told in EVENT.items()
    }


def packed(fields):
    return {name: value for name, value in fields.items() if name != b"data"} | {
        b"data_base64": base64.b64encode(fields[b"data"])
    }


FORMS = {
    "plain": {b"event": text("patient.paid.v1").encode()},
    "inside an object": {b"event": json.dumps({"event": EVENT}).encode()},
    "inside an object, as text": {b"event": json.dumps({"event": json.dumps(EVENT)}).encode()},
    "FastStream": faststream(EVENT),
    "FastStream, inside an object": faststream({"event": EVENT}),
    "FastStream, as text": faststream(json.dumps(EVENT)),
    "inside an object, on lines": {b"event": json.dumps({"event": EVENT}, indent=2).encode()},
    "inside an object inside one": {b"event": json.dumps({"event": {"event": EVENT}}).encode()},
    "after a byte order mark": {b"event": b"\xef\xbb\xbf" + json.dumps(EVENT).encode()},
    "attributes": attributes(),
    "attributes, as headers": attributes(before="ce-"),
    "attributes, data as base64": packed(attributes()),
    "plain, data as base64": {
        b"event": json.dumps({name.decode(): value.decode() for name, value in packed(attributes()).items()}).encode()
    },
    "with a field of another kind": {b"event": json.dumps(EVENT).encode(), b"note": b"x"},
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


ODD = st.binary(max_size=40) | st.sampled_from(
    [
        b"{}",
        b"[]",
        b"\x00",
        b'{"event": 1}',
        b'{"event": "\\ud800"}',
        b'{"streamfields": 1}',
        b'{"reason": "a\\u0000b", "practice": "\\u0000", "raw": "\\ud800", "source": "\\ud800", "place": null}',
        b'{"reason": "x", "raw": 5}',
        b'{"reason": ["x"]}',
        b'{"event": {"event": {"event": {"event": 1}}}}',
        *FORMS["FastStream"].values(),
    ]
)
NAMES = st.sampled_from([b"event", b"__data__", b"specversion", b"data", b"data_base64", b"parked", b"\0", b"x"])


@given(st.dictionaries(NAMES | st.binary(max_size=8), ODD, max_size=4))
def test_any_entry_is_read_or_becomes_a_row_that_every_database_stores(fields):
    read = read_entry(("1-0", fields), NOW)
    if not isinstance(read, Delivery):
        said = [value for value in read.values() if isinstance(value, str)]
        assert "\0" not in "".join(said).encode().decode()
        assert read["practice"] == "default"
        again = read_entry(("2-0", {b"event": read["raw"]}), NOW)  # as a retry sends it
        assert isinstance(again, Delivery) or read["origin"] != "event" or again["parked_id"] == read["parked_id"]


@given(st.dictionaries(NAMES, ODD, min_size=1, max_size=4))
def test_nothing_of_an_entry_that_is_no_event_is_thrown_away(fields):
    row = put_aside(("1-0", fields), "why", NOW)
    if json_of(row["raw"]) is None or "streamfields" not in json_of(row["raw"]):
        assert row["raw"] == event_text(fields), "its event alone"
        assert len(fields) == 1 or b"event" not in fields
    else:
        assert {base64.b64decode(name) for name in json_of(row["raw"])["streamfields"]} == set(fields)


def json_of(raw):
    try:
        told = json.loads(raw)
    except ValueError:
        return None
    return told if isinstance(told, dict) and isinstance(told.get("streamfields"), dict) else None


def test_an_entry_with_an_unreadable_event_and_more_keeps_both_and_parks_once():
    rows = [read_entry(("1-0", {b"event": b"{broken", b"note": note}), NOW) for note in (b"kept", b"later")]
    assert base64.b64encode(b"kept") in rows[0]["raw"]
    assert rows[0]["parked_id"] == rows[1]["parked_id"]


@pytest.mark.parametrize("raw", [b"", b"\x00", b"\x89BIN"])
def test_different_entries_without_a_text_are_told_apart(raw):
    other = read_entry(("1-0", {b"__data__": b"\x00\x01"}), NOW)
    row = read_entry(("1-0", {b"__data__": raw}), NOW)
    assert row["parked_id"] != other["parked_id"]


@pytest.mark.parametrize("name", [b"event", b"data", b"parked"])
def test_however_deeply_an_entry_is_nested_it_is_kept(name):
    """The depth that can be read and the one that can be written differ, and depend on who calls."""
    for depth in range(50, 1050, 3):
        for told in (b"[" * depth + b"]" * depth, b'{"event":' * depth + b"1" + b"}" * depth):
            assert read_entry(("1-0", {b"specversion": b"1.0", name: b'{"event":%s}' % told}), NOW)["raw"]


@pytest.mark.parametrize(("value", "reason"), UNHOLDABLE.items(), ids=lambda value: value[:9])
@pytest.mark.parametrize("in_data", [True, False])
def test_an_event_with_what_no_event_can_hold_says_so_and_is_kept_as_it_was_sent(value, reason, in_data):
    raw = with_unknown_field(EVENT, value, in_data=in_data).encode()
    row = read_entry(("1-0", {b"event": raw}), NOW)
    assert reason in row["reason"]
    assert (row["raw"], row["source"], row["event_id"]) == (raw, EVENT["source"], EVENT["id"])


@pytest.mark.parametrize("value", UNHOLDABLE, ids=lambda value: value[:9])
def test_the_same_as_base64(value):
    data = with_unknown_field({"data": EVENT["data"]}, value).removeprefix('{"data": ').removesuffix("}")
    packed = {name: told for name, told in EVENT.items() if name != "data"} | {
        "data_base64": base64.b64encode(data.encode()).decode()
    }
    row = read_entry(("1-0", {b"event": json.dumps(packed).encode()}), NOW)
    assert (row["source"], row["event_id"]) == (EVENT["source"], EVENT["id"])


@pytest.mark.parametrize("value", ["9" * 4_300, "-1.5e308", "[" * 190 + "]" * 190, '{"a": [null, "NaN"]}', "12e-400"])
def test_whatever_else_an_unknown_field_holds_is_kept(value):
    read = read_entry(("1-0", {b"event": with_unknown_field(EVENT, value).encode()}), NOW)
    assert json.loads(_text(read.event))["x_odd"] == json.loads(value)


@pytest.mark.parametrize(
    "raw", [b"[" * 100_000, b'{"a":' * 100_000, b'{"id": "x", "a": ' + b"[" * 100_000, b'{"a": "\\' * 9]
)
def test_what_is_nested_without_end_is_kept(raw):
    assert read_entry(("1-0", {b"event": raw}), NOW)["raw"] == raw


def test_a_refusal_from_elsewhere_is_kept_where_somebody_sees_it():
    told = {"reason": "why", "practice": "no such practice!", "raw": "x"}
    assert read_entry(("1-0", {b"parked": json.dumps(told).encode()}), NOW)["practice"] == "default"
    assert "no field `event`" in read_entry(("1-0", {b"parked": b"a text"}), NOW)["reason"]


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
