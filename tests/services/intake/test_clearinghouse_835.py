"""An 835 in the JSON of API clearinghouses says what its X12 says, under the same identities."""

from __future__ import annotations

import json

import pytest
from intake_helpers import PAID, RECEIVED, era, events_of, items_of, notes_of, refused_of, seen_of

from tests.services.intake.clearinghouse_reports import PLB, REPORT_835, TYPED_835, X12, amounts, told


def test_the_report_of_an_835_has_the_identities_of_its_x12():
    plain, report = events_of(X12), events_of(json.dumps(REPORT_835))
    assert told(report) == told(plain)
    assert amounts(report) == amounts(plain)
    assert [e["data"].get("lines") for e in report] == [e["data"].get("lines") for e in plain]
    assert report[-1]["data"]["provider_adjustments"] == plain[-1]["data"]["provider_adjustments"]
    assert seen_of(json.dumps(REPORT_835)) == ["835"]


def test_typed_x12_has_the_identities_of_its_x12():
    plain = events_of(era(PAID, amount="71.5", tail=PLB))
    typed = events_of(json.dumps({"transactionId": "t-1", "items": [TYPED_835]}).replace('"transactionId"', '"id"'))
    assert told(typed) == told(plain)
    assert [e["data"] for e in typed] == [e["data"] for e in plain]


def test_a_report_of_a_test_payment_is_marked_as_its_x12_is():
    report = REPORT_835 | {"meta": {"applicationMode": "test"}}
    marked = events_of(X12.replace("*0*P*:", "*0*T*:"))
    assert told(events_of(json.dumps(report))) == told(marked)
    assert all(e["data"]["test_file"] for e in events_of(json.dumps(report)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"transactions": [{"strange": 1}]}', "neither CloudEvents nor an 835 or 277CA report"),
        ('{"transactions": [', "damaged or incomplete"),
        ('{"heading": {"a_ZZZ": 3}}', "neither CloudEvents nor"),
        ('{"transactions": "none"}', "neither CloudEvents nor"),
        ('{"transactions": ' + "[" * 5000, "damaged or incomplete"),
    ],
)
def test_json_that_is_no_report_says_so(text, words):
    (piece,) = refused_of(text)
    assert words in piece.reason


def test_a_claim_whose_amount_is_no_number_is_parked_alone():
    text = json.dumps(REPORT_835).replace('"totalClaimChargeAmount": "60"', '"totalClaimChargeAmount": "sixty"')
    items = items_of(text)
    assert [piece.reason for piece in refused_of(items)] == ["CLP03 is not an amount in whole cents"]
    assert len(events_of(items)) == 3


def test_events_named_like_reports_stay_events():
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "s",
        "type": "patient.paid.v1",
        "subject": "c",
        "time": "x",
        "data": {},
    }
    assert seen_of(json.dumps(event | {"transactions": []})) == ["NDJSON"]


def test_the_envelope_adds_no_notes():
    assert [note for note in notes_of(json.dumps(REPORT_835)) if "missing" in note or "count" in note] == []
    assert RECEIVED is not None
