"""An event's identity and content, and what a reader keeps of what it does not know."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from events.envelope import Envelope, Identity, content_hash
from events.registry import TYPES, UnknownEventTypeError, parse, understand
from tests.events.samples import sample, text


def read(event):
    return parse(json.dumps(event))


def paid(**data):
    return sample("patient.paid.v1", **data)


def test_identity_is_practice_source_and_id():
    event = paid()
    assert read(event).envelope.identity == Identity("default", event["source"], event["id"])
    del event["practice"]
    assert read(event).envelope.identity.practice == "default"
    assert read(event | {"practice": "north"}).envelope.identity.practice == "north"


@pytest.mark.parametrize("missing", ["specversion", "id", "source", "type", "subject", "time", "data"])
def test_an_envelope_without_what_cloudevents_ask_for_is_refused(missing):
    event = paid()
    del event[missing]
    with pytest.raises(ValidationError) as refusal:
        read(event)
    assert [error["loc"] for error in refusal.value.errors()] == [(missing,)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"specversion": "0.3"},
        {"id": ""},
        {"source": ""},
        {"time": "2026-03-02T10:00:00"},
        {"data": []},
        {"data": None},
        {"practice": "a practice"},
        {"practice": ""},
        {"practice": "a|b"},
    ],
)
def test_an_envelope_with_a_wrong_value_is_refused(wrong):
    with pytest.raises(ValidationError):
        read(paid() | wrong)


@pytest.mark.parametrize("same", [80, 80.0, "80", "80.0", "80.00"])
def test_content_is_what_is_meant_not_how_it_is_written(same):
    assert read(paid(amount=same)).hash == read(paid(amount="80.00")).hash


def test_content_is_the_same_whatever_the_order_of_its_fields():
    event = paid()
    turned = event | {"data": dict(reversed(event["data"].items()))}
    assert read(dict(reversed(turned.items()))).hash == read(event).hash


def test_content_is_the_same_with_defaults_said_or_left_unsaid():
    """A field that a later version adds must not turn yesterday's events into conflicts."""
    said = sample("claim.submitted.v1", frequency="1", payer_sequence="P", original_reference=None, plan=None)
    unsaid = sample("claim.submitted.v1", frequency=..., payer_sequence=..., original_reference=..., plan=...)
    assert read(said).hash == read(unsaid).hash


def test_another_amount_type_or_subject_is_another_content():
    event = paid(amount="80.00")
    others = [
        paid(amount="80.01"),
        paid(amount="80.00", note="late"),
        event | {"subject": "CC-1"},
        event | {"type": "refund.sent.v1"},
    ]
    assert len({read(one).hash for one in [event, *others]}) == len(others) + 1


def test_when_and_how_it_travelled_is_no_content():
    event = paid()
    again = event | {"time": "2026-12-01T00:00:00Z", "correlationid": "c", "causationid": "d", "rawref": "e", "x": "f"}
    assert read(again).hash == read(event).hash


def test_a_reader_of_edi_states_the_content_itself():
    """Its segments are the content, so that a better reader tomorrow does not make a conflict of the same file."""
    first, better = (paid(amount=amount) | {"contenthash": "a" * 64} for amount in ("80.00", "81.00"))
    assert read(first).hash == read(better).hash == "a" * 64


def test_the_hash_of_content_stays_what_it_is():
    """It is stored with every logged event: another way to compute it would make conflicts of all redeliveries."""
    assert content_hash("a.v1", "s", {"b": "1.00", "a": [1, None]}) == content_hash(
        "a.v1", "s", {"a": [1, None], "b": "1.00"}
    )
    assert read(paid(amount=80)).hash == "aca4bc5749901c8fc7309e33def803b32877c7da99ccfd75589e128216b7ca0e"


@pytest.mark.parametrize("event_type", sorted(TYPES))
def test_what_is_written_down_is_what_was_said(event_type):
    """Data in its normal form, as the log keeps it, reads as the same data and the same content."""
    event = parse(text(event_type))
    kept = json.loads(event.data.model_dump_json(by_alias=True, exclude_none=True))
    again = understand(event.envelope.model_copy(update={"data": kept}))
    assert again.data == event.data
    assert again.hash == event.hash


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(st.dictionaries(st.from_regex(r"x_[a-z]{1,8}", fullmatch=True), st.none() | st.integers() | texts, max_size=4))
def test_unknown_extra_fields_are_kept(extra):
    event = read(paid(**extra) | {"traceparent": "00-7"})
    assert event.data.model_extra == extra
    assert json.loads(event.data.model_dump_json(by_alias=True)).items() >= extra.items()
    assert event.envelope.model_extra == {"traceparent": "00-7"}


def test_facts_do_not_change():
    event = read(paid())
    with pytest.raises(ValidationError):
        event.data.amount = 1
    with pytest.raises(ValidationError):
        event.envelope.id = "other"


def test_an_event_may_name_the_one_it_corrects():
    event = read(paid() | {"supersedessource": "urn:example:desk", "supersedesid": "7"})
    assert event.envelope.superseded == ("urn:example:desk", "7")
    older = read(paid() | {"supersedes": {"source": "urn:example:desk", "id": "7"}})
    assert older.envelope.superseded == ("urn:example:desk", "7")
    assert read(paid()).envelope.superseded is None


@pytest.mark.parametrize("half", [{"supersedessource": "urn:example:desk"}, {"supersedesid": "7"}])
def test_half_a_name_of_a_corrected_event_is_refused(half):
    with pytest.raises(ValidationError, match="supersedesid"):
        read(paid() | half)


def test_instants_are_kept_in_utc():
    event = read(paid() | {"time": "2026-03-02T10:00:00-05:00"})
    assert event.envelope.time == datetime(2026, 3, 2, 15, tzinfo=UTC)


def test_an_unknown_type_is_named():
    with pytest.raises(UnknownEventTypeError, match=r"claim\.guessed\.v1"):
        understand(Envelope.model_validate(paid() | {"type": "claim.guessed.v1"}))
