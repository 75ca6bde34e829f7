"""The 277 status response (005010X212): what a payer says of a claim when it is asked."""

from __future__ import annotations

import pytest
from intake_helpers import events_of, interchange, items_of, notes_of, refused_of, seen_of

HEAD = (
    "BHT*0010*08*277X212*20260305*0810*DG~HL*1**20*1~NM1*PR*2*EXAMPLE HEALTH*****PI*87726~HL*2*1*21*1~"
    "NM1*41*2*CLINIC*****46*SUB1~HL*3*2*19*1~NM1*1P*2*CLINIC*****XX*1234567893~"
)
SUBSCRIBER = "HL*4*3*22*0~NM1*IL*1*DOE*JANE****MI*MEMBER1~"
PENDING = "TRN*2*ASK1~STC*P3:317:PR*20260304**215.00~REF*1K*ICN9~REF*EJ*PT-1/A~DTP*472*RD8*20260226-20260227~"


def status(*parts, version="005010X212", **more):
    return interchange("277", version, HEAD + "".join(parts), **more)


def test_a_pended_claim():
    items = items_of(status(SUBSCRIBER, PENDING))
    (event,) = events_of(items)
    assert (event["type"], event["subject"], event["source"]) == ("claim.status_reported.v1", "PT-1/A", "x12/277")
    assert event["data"] == {
        "claim_id": "PT-1/A",
        "category": "P3",
        "status": "317",
        "entity": "PR",
        "codes": [{"list": "277", "category": "P3", "status": "317", "entity": "PR"}],
        "effective_on": "2026-03-04",
        "payer_claim_number": "ICN9",
        "claim_charge": "215.00",
        "said_at": "2026-03-05T13:10:00Z",
        "about": {
            "payer_id": "87726",
            "payer_name": "EXAMPLE HEALTH",
            "member_id": "MEMBER1",
            "service_from": "2026-02-26",
            "service_to": "2026-02-27",
        },
    }
    assert seen_of(items) == ["277"]
    assert not refused_of(items)


def test_subscribers_and_dependents_with_several_claims():
    paid = "TRN*2*ASK2~STC*F1:65*20260301**100*80~REF*EJ*PT-2~"
    dependent = "HL*5*3*22*1~NM1*IL*1*MANN*JOHN****MI*M2~HL*6*5*23~NM1*QC*1*MANN*JOSEPH~"
    denied = "TRN*2*PT-3~STC*F2:88:QC*20260301**150*0~SVC*HC:97110*150*0****1~STC*F2:88:QC*20260301~"
    events = events_of(status(SUBSCRIBER, PENDING, paid, dependent, denied))
    assert [(e["subject"], e["data"]["category"]) for e in events] == [("PT-1/A", "P3"), ("PT-2", "F1"), ("PT-3", "F2")]
    assert events[1]["data"]["paid"] == "80.00"
    assert events[2]["data"]["service_lines"][0]["procedure"] == "97110"
    assert "member_id" not in events[2]["data"]["about"]


def test_without_a_date_of_its_own_the_messages_date_counts():
    (event,) = events_of(status(SUBSCRIBER, "TRN*2*X~STC*P1:20~REF*EJ*PT-9~"))
    assert event["data"]["effective_on"] == "2026-03-05"


def test_the_same_answer_in_another_envelope_is_the_same_and_a_later_one_is_another():
    text = status(SUBSCRIBER, PENDING)
    again = status(SUBSCRIBER, PENDING.replace("*215.00", "*215"), control=9, sender="PORTAL")
    assert [e["id"] for e in events_of(text)] == [e["id"] for e in events_of(again)]
    later = text.replace("277X212*20260305", "277X213*20260306")
    assert not {e["id"] for e in events_of(text)} & {e["id"] for e in events_of(later)}


@pytest.mark.parametrize(
    ("loop", "reason"),
    [
        ("TRN*2*0~STC*P1:20*20260301~", "names no claim"),
        ("TRN*2*X~REF*EJ*PT-9~", "no status"),
        ("TRN*2*X~STC*:20*20260301~", "no status"),
        (f"TRN*2*{'9' * 300}~STC*P1:20~", "too long"),
    ],
)
def test_what_cannot_be_used_is_parked_with_its_reason(loop, reason):
    items = items_of(status(SUBSCRIBER, loop, PENDING))
    assert [reason in piece.reason for piece in refused_of(items)] == [True]
    assert len(events_of(items)) == 1


def test_a_status_of_the_whole_inquiry_is_noted():
    text = status("HL*5*2*19*0~NM1*1P*2*OTHER*****XX*6166666666~TRN*1*0~STC*E0:24:85*20260301~")
    assert [note for note in notes_of(text) if "whole inquiry" in note]
    assert not refused_of(text)


def test_a_cut_answer_is_parked():
    text = status(SUBSCRIBER, PENDING).partition("REF*EJ")[0]
    assert [piece.reason for piece in refused_of(text)] == ["the file ends inside this loop; send the whole file"]
    assert not events_of(text)
