from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_helpers import items_of, refused_of, seen_of

from services.intake.results import FoundEvent

EVENT = {
    "specversion": "1.0",
    "id": "e1",
    "source": "emr",
    "type": "claim.written_off.v1",
    "subject": "A1",
    "time": "2026-03-02T15:00:00Z",
    "data": {"claim_id": "A1", "amount": 80.10, "unknown": [1, {"ü": None}]},
}
LINE = json.dumps(EVENT)


def found(text, **changes):
    return [item.event for item in items_of(text, **changes) if isinstance(item, FoundEvent)]


def test_events_pass_unchanged_but_for_what_intake_fills_in():
    (event,) = found(LINE, practice="west", correlation_id="c-9")
    assert event == EVENT | {"datacontenttype": "application/json", "practice": "west", "correlationid": "c-9"}
    own = EVENT | {"practice": "east", "correlationid": "mine", "datacontenttype": "application/json"}
    assert found(json.dumps(own), practice="west") == [own]


@pytest.mark.parametrize(
    "text",
    [
        f"{LINE}\n{LINE}\n",
        f"{LINE}\r\n\r\n{LINE}",
        f"\ufeff{LINE}\n{LINE}",
        f"{LINE},\n{LINE},\n",
        f"\x1e{LINE}\n\x1e{LINE}\n",
        f"[{LINE},{LINE}]",
        f"[\n{LINE},\n{LINE}\n]\n",
        json.dumps([EVENT, EVENT], indent=2),
        f"{json.dumps(EVENT, indent=2)}\n{json.dumps(EVENT, indent=4)}\n",
        f"[{LINE}]\n[{LINE}]",
    ],
)
def test_lines_arrays_and_objects_over_several_lines(text):
    assert len(found(text)) == 2
    assert not refused_of(text)
    assert seen_of(text) == ["NDJSON"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding):
    text = json.dumps(EVENT, ensure_ascii=False).encode(encoding)
    assert found(text)[0]["data"] == EVENT["data"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("not json", "not JSON"),
        ('{"broken": oops}', "not JSON"),
        ('{"a": "unterminated', "not JSON"),
        ("[1, 2]", "not a JSON object"),
        ("42", "not a JSON object"),
        ("null", "not a JSON object"),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": "\\u0000"}', "holds a NUL character"),
        ('{"a": "\\ud800"}', "holds half a surrogate pair"),
        ('{"a": %s}' % ("[" * 200_000), "nested too deeply"),
        ('{"a": %s}' % ("9" * 5_000), "more than 4,300 digits"),
    ],
    ids=lambda value: value[:20],
)
def test_a_bad_line_is_refused_with_its_number_and_the_rest_goes_on(bad, reason):
    text = f"{LINE}\n{bad}\n{LINE}\n"
    (refused,) = refused_of(text)
    assert refused.segment == 2
    assert refused.reason.startswith("line 2: ")
    assert reason in refused.reason
    assert refused.raw.startswith(bad[:100])
    assert len(found(text)) == 2


def test_bytes_that_are_no_text_are_refused():
    data = LINE.encode() + b'\n{"a": "\xff\xfe"}\n' + LINE.encode()
    assert [r.reason for r in refused_of(data)] == ["line 2: not UTF-8"]
    assert len(found(data)) == 2


def test_an_object_without_end_does_not_swallow_the_next():
    text = f'{{"a": 1,\n  "b": 2\n{LINE}\n{{"c":'
    assert [r.segment for r in refused_of(text)] == [1, 4]
    assert len(found(text)) == 1


@pytest.mark.parametrize("between", ["", "\n", "\n  \n"])
@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{oops}", "not JSON"),
        ("17", "not a JSON object"),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": "\\u0000"}', "holds a NUL character"),
        (f'{{"a": {"[" * 100_000}{"]" * 100_000}}}', "nested too deeply"),
        ('{"a": "]}\\"", "b": %s}' % ("9" * 5_000), "more than 4,300 digits"),
        ('{"a": "\udcff"}', "not UTF-8"),
    ],
    ids=lambda value: value[:20].encode(errors="replace").decode(),
)
def test_a_bad_element_of_an_array_is_refused_alone(bad, reason, between):
    text = f"[{LINE},{between}{bad}{between},{LINE}{between}]\n{LINE}".encode(errors="surrogateescape")
    (refused,) = refused_of(text)
    assert reason in refused.reason
    assert refused.raw.startswith(bad[:6])
    assert len(found(text)) == 3


@given(
    st.lists(st.sampled_from(["[", "]", "{", "}", ",", '"', "\\", "1", "\x0b", "\xa0", "\n", " ", LINE]), max_size=8)
)
def test_any_text_that_begins_as_an_array_comes_to_its_end(parts):
    text = "[" + "".join(parts)
    assert len(found(text)) <= parts.count(LINE) + parts.count("{")
    assert len(refused_of(text)) <= len(text)


def test_behind_an_element_without_end_nothing_can_be_separated():
    text = f'[{LINE},\n{{"a": [1}},\n{LINE}]'
    assert len(found(text)) == 1
    (refused,) = refused_of(text)
    assert "nothing after it in this array was read" in refused.reason
    assert [r.segment for r in refused_of(f"[{LINE}")] == [1]
    assert [r.segment for r in refused_of(f"[{LINE}\n,{{")] == [2]
    assert len(refused_of(f"[{LINE}] trailing")) == 1
    assert [r.reason for r in refused_of(f"[1, {LINE}]")] == ["line 1: not a JSON object"]


def test_an_array_on_one_endless_line_loses_nothing_where_it_is_cut(monkeypatch):
    monkeypatch.setattr("services.intake.ndjson.LONGEST_EVENT", 100_000)
    monkeypatch.setattr("services.intake.ndjson.CHUNK", 999)
    text = json.dumps([EVENT] * 2_000)
    assert len(found(text)) == 2_000
    assert not refused_of(text)


def test_escaped_emoji_are_text():
    assert found('{"a": "\\ud83d\\ude00"}')[0]["a"] == "\U0001f600"


def test_a_reason_never_repeats_the_line():
    secret = '{"patient": "JANE DOE" "name"}'
    assert "JANE" not in refused_of(secret)[0].reason


def test_an_endless_line_is_refused_in_pieces(monkeypatch):
    monkeypatch.setattr("services.intake.ndjson.LONGEST_EVENT", 200_000)
    text = '{"a": "' + "x" * 1_000_000 + '"}\n' + LINE
    assert len(found(text)) == 1
    assert refused_of(text)
