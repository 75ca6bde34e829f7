"""277CA and 999."""

from __future__ import annotations

import pytest
from intake_helpers import events_of, interchange, items_of, notes_of, refused_of, seen_of

CA_HEAD = (
    "BHT*0085*08*ACK77*20260303*0915*TH~HL*1**20*1~NM1*{who}*2*EXAMPLE*****PI*87726~TRN*1*ACK77~"
    "DTP*050*D8*20260302~HL*2*1*21*1~NM1*41*2*CLINIC*****46*SUB1~TRN*2*BATCH7~"
)
PROVIDER = "HL*3*2*19*1~NM1*85*2*CLINIC*****XX*1234567893~"
PATIENT = "HL*4*3*PT~NM1*QC*1*DOE*JANE****MI*MEMBER1~"


def ca(*parts, who="PR", version="005010X214", **more):
    return interchange("277", version, CA_HEAD.format(who=who) + "".join(parts), **more)


def claim(stc, *, trace="PT-1/A", rest="REF*1K*ICN9~"):
    return f"TRN*2*{trace}~{stc}~{rest}"


def of_claims(text):
    return [event for event in events_of(text) if event["type"].startswith("claim.")]


def test_an_accepted_claim():
    (event,) = events_of(ca(PROVIDER, PATIENT, claim("STC*A2:20:PR*20260302*WQ*215")))
    assert (event["type"], event["subject"], event["source"]) == ("claim.acknowledged.v1", "PT-1/A", "x12/277CA")
    assert event["data"] == {
        "about": {"member_id": "MEMBER1", "payer_id": "87726", "payer_name": "EXAMPLE"},
        "said_at": "2026-03-03T14:15:00Z",
        "claim_id": "PT-1/A",
        "stage": "payer",
        "submission": {"reference": "BATCH7"},
        "codes": [{"list": "277", "category": "A2", "status": "20", "entity": "PR"}],
        "category": "A2",
        "effective_on": "2026-03-02",
        "payer_claim_number": "ICN9",
        "claim_charge": "215.00",
    }


@pytest.mark.parametrize("category", ["A0", "A1", "A2", "A5"])
def test_received_is_not_accepted_but_both_are_acknowledged(category):
    (event,) = events_of(ca(PATIENT, claim(f"STC*{category}:20*20260302*WQ")))
    assert (event["type"], event["data"]["category"]) == ("claim.acknowledged.v1", category)


@pytest.mark.parametrize("stc", ["A3:21", "A4:35", "A6:125", "A7:562:85", "A8:306"])
@pytest.mark.parametrize("action", ["U", "WQ"])
def test_a_rejecting_category_rejects_whatever_the_action_says(stc, action):
    (event,) = events_of(ca(PATIENT, claim(f"STC*{stc}*20260302*{action}*215********FIX THE NPI")))
    assert event["type"] == "claim.rejected.v1"
    assert event["data"]["occurred_on"] == "2026-03-02"
    assert event["data"]["message"] == "FIX THE NPI"
    assert event["data"]["codes"][0]["category"] == stc[:2]


def test_an_accepting_category_with_action_u_rejects():
    assert of_claims(ca(PATIENT, claim("STC*A1:20*20260302*U")))[0]["type"] == "claim.rejected.v1"


def test_the_stage_is_who_speaks():
    assert of_claims(ca(PATIENT, claim("STC*A1:20"), who="AY"))[0]["data"]["stage"] == "clearinghouse"
    assert of_claims(ca(PATIENT, claim("STC*A1:20"), who="PR"))[0]["data"]["stage"] == "payer"
    items = items_of(ca(PATIENT, claim("STC*A1:20"), who="ZZ"))
    assert events_of(items)[0]["data"]["stage"] == "clearinghouse"
    assert any("neither payer" in note for note in notes_of(items))


def test_reject_wins_among_several_statuses_and_composites():
    several = "STC*A1:20*20260301*WQ~STC*A7:562*20260302*U"
    assert of_claims(ca(PATIENT, claim(several)))[0]["type"] == "claim.rejected.v1"
    inside = "STC*A1:20*20260301*WQ*****A3:21*A6:125:IL"
    (event,) = of_claims(ca(PATIENT, claim(inside.replace("*WQ*****", "*WQ*******"))))
    assert event["type"] == "claim.rejected.v1"
    assert [code["category"] for code in event["data"]["codes"]] == ["A1", "A3", "A6"]


def test_the_strongest_acceptance_counts():
    (event,) = of_claims(ca(PATIENT, claim("STC*A2:20*20260302*WQ~STC*A1:19*20260301*WQ")))
    assert (event["data"]["category"], event["data"]["effective_on"]) == ("A2", "2026-03-02")


def test_one_patient_may_have_several_claims():
    text = ca(PATIENT, claim("STC*A2:20*20260302*WQ"), claim("STC*A7:562*20260302*U", trace="PT-2"))
    assert [(e["subject"], e["type"]) for e in of_claims(text)] == [
        ("PT-1/A", "claim.acknowledged.v1"),
        ("PT-2", "claim.rejected.v1"),
    ]


def test_traces_side_by_side_share_the_status():
    text = ca(PATIENT, "TRN*2*PT-1~TRN*2*PT-2~STC*A2:20*20260302*WQ~")
    assert [e["subject"] for e in of_claims(text)] == ["PT-1", "PT-2"]


def test_an_accepted_claim_may_have_rejected_lines():
    lines = "SVC*HC:97530:GP*95*****1~STC*A8:306*20260302*U~REF*FJ*L2~SVC*HC:97110*120~STC*A2:20~"
    (event,) = of_claims(ca(PATIENT, claim("STC*A2:20*20260302*WQ", rest=lines)))
    assert event["type"] == "claim.acknowledged.v1"
    assert event["data"]["service_lines"] == [
        {
            "procedure": "97530",
            "modifiers": ["GP"],
            "rejected": True,
            "codes": [{"list": "277", "category": "A8", "status": "306"}],
            "charge": "95.00",
            "line_control": "L2",
        },
        {
            "procedure": "97110",
            "modifiers": [],
            "rejected": False,
            "codes": [{"list": "277", "category": "A2", "status": "20"}],
            "charge": "120.00",
        },
    ]


def test_lines_decide_only_where_the_claim_level_is_silent():
    rejected = "SVC*HC:97530*95~STC*A8:306*20260302*U~"
    accepted = "SVC*HC:97110*95~STC*A2:20*20260302*WQ~"
    assert of_claims(ca(PATIENT, f"TRN*2*X~{rejected}"))[0]["type"] == "claim.rejected.v1"
    assert of_claims(ca(PATIENT, f"TRN*2*X~{rejected}{accepted}"))[0]["type"] == "claim.acknowledged.v1"


@pytest.mark.parametrize("stc", ["F1:65", "P3:317", "R0:1", "E0:24", "DR01:1", "", ":20"])
def test_categories_of_other_responses_are_refused_for_that_claim(stc):
    items = items_of(ca(PATIENT, claim(f"STC*{stc}*20260302*WQ"), claim("STC*A2:20", trace="PT-2")))
    assert [e["subject"] for e in events_of(items)] == ["PT-2"]
    (refused,) = refused_of(items)
    assert refused.transaction == "277CA"
    assert refused.raw.startswith("TRN*2*PT-1/A~")


@pytest.mark.parametrize("broken", ["TRN*2*X~DTP*472*D8*20260226~", "NM1*QC*1*DOE~STC*A2:20~"])
def test_a_claim_without_status_or_trace_is_refused(broken):
    assert len(refused_of(ca(PATIENT, broken))) == 1


def test_a_trace_of_zeros_names_no_claim():
    (event,) = of_claims(ca(PATIENT, claim("STC*A3:401*20260302*U", trace="00000000000000000000")))
    assert event["subject"].startswith("unidentified-")
    assert event["data"]["synthetic_id"] is True


def test_a_batch_rejected_at_the_receiver_names_its_submission():
    text = ca("STC*A8:746:41*20260302*U*1000~QTY*AA*5~AMT*YY*1000~")
    (event,) = events_of(text)
    assert (event["type"], event["subject"]) == ("submission.rejected.v1", "ref:BATCH7")
    assert event["data"] == {
        "said_at": "2026-03-03T14:15:00Z",
        "submission": {"reference": "BATCH7"},
        "stage": "payer",
        "payer_id": "87726",
        "payer_name": "EXAMPLE",
        "errors": [{"list": "277", "category": "A8", "status": "746", "entity": "41"}],
        "rejected_count": 5,
        "rejected_amount": "1000.00",
        "category": "A8",
        "code": "746",
        "effective_on": "2026-03-02",
    }


def test_a_batch_received_is_acknowledged_beside_its_claims():
    text = ca("STC*A1:19:PR*20260302*WQ*1000~QTY*90*1~", PROVIDER, PATIENT, claim("STC*A2:20*20260302*WQ"))
    assert [e["type"] for e in events_of(text)] == ["submission.acknowledged.v1", "claim.acknowledged.v1"]


def test_a_provider_rejected_says_which_provider():
    text = ca("STC*A1:19*20260302*WQ~", PROVIDER, "TRN*1*0~STC*A3:496:85*20260302*U~")
    _, event = events_of(text)
    assert event["type"] == "submission.rejected.v1"
    assert event["data"]["billing_npi"] == "1234567893"
    assert event["data"]["submission"] == {"reference": "BATCH7"}


def test_a_batch_verdict_that_names_no_submission_is_refused():
    text = ca("STC*A8:746:41*20260302*U~").replace("TRN*2*BATCH7", "TRN*2*0")
    assert "names no submission" in refused_of(text)[0].reason


def test_a_batch_accepted_without_its_name_is_noted_and_its_claims_are_read():
    accepted = ca("STC*A1:19:PR*20260302*WQ~", PROVIDER, PATIENT, claim("STC*A2:20*20260302*WQ"))
    items = items_of(accepted.replace("TRN*2*BATCH7", "TRN*2*0"))
    assert [event["type"] for event in events_of(items)] == ["claim.acknowledged.v1"]
    assert refused_of(items) == []
    assert any("names no submission" in note for note in notes_of(items))


def test_a_payers_verdict_says_which_payer():
    (event,) = events_of(ca("STC*A3:24:41*20260302*U~"))
    assert (event["data"]["payer_id"], event["data"]["payer_name"]) == ("87726", "EXAMPLE")
    (event,) = events_of(ca("STC*A3:24:41*20260302*U~", who="AY"))
    assert "payer_id" not in event["data"]


def test_the_same_message_in_another_envelope_is_the_same():
    text = ca(PATIENT, claim("STC*A7:562*20260302*U"))
    again = ca(PATIENT, claim("STC*A7:562*20260302*U"), control=9, sender="PORTAL")
    assert [e["id"] for e in events_of(text)] == [e["id"] for e in events_of(again)]
    later = text.replace("*ACK77*20260303*", "*ACK78*20260304*")
    assert not {e["id"] for e in events_of(text)} & {e["id"] for e in events_of(later)}


@pytest.mark.parametrize(("version", "title"), [("005010X213", "277 request"), ("005010X364", "277 data")])
def test_other_277s_are_refused_by_name(version, title):
    items = items_of(ca(PATIENT, claim("STC*A2:20"), version=version))
    assert refused_of(items)[0].reason.startswith(title)
    assert seen_of(items) == ["277"]


def test_a_277_of_no_stated_guide_is_told_by_its_purpose():
    text = ca(PATIENT, claim("STC*A2:20"), version="")
    assert len(events_of(text)) == 1
    status = text.replace("BHT*0085*08", "BHT*0010*08")
    (event,) = events_of(status)
    assert (event["type"], event["source"]) == ("claim.status_reported.v1", "x12/277")
    (refused,) = refused_of(text.replace("BHT*0085*08", "BHT*0011*08"))
    assert refused.reason.startswith("277 of an unknown guide (no version given)")
    assert "TRN*2*PT-1/A" in refused.raw
    assert not notes_of(status)


# --- 999 --------------------------------------------------------------------------------------------------------------


def ack(body, code="999", version="005010X231A1", **more):
    return interchange(code, version, body, **more)


THREE_SETS = (
    "AK1*HC*17456*005010X222A1~AK2*837*0001~IK5*A~"
    "AK2*837*0002~IK3*CLM*22*2300*8~CTX*CLM01:PT-9~IK4*2:1*782*1*SECRET VALUE~IK5*R*5~"
    "AK2*837*0003~IK3*REF*57**3~CTX*SITUATIONAL TRIGGER*CLM*43**5:3~IK5*E*5*I5~AK9*P*3*3*2~"
)


def test_each_set_is_answered():
    found = events_of(ack(THREE_SETS))
    assert [(e["type"], e["subject"]) for e in found] == [
        ("submission.acknowledged.v1", "set:RECEIVER|17456|1"),
        ("submission.rejected.v1", "set:RECEIVER|17456|2"),
        ("submission.acknowledged.v1", "set:RECEIVER|17456|3"),
    ]
    assert found[1]["source"] == "x12/999"
    assert found[1]["data"] == {
        "said_at": "2026-03-02T15:15:00Z",
        "submission": {"sender": "RECEIVER", "receiver": "SENDER", "group": "17456", "set": "0002"},
        "stage": "syntax",
        "code": "R",
        "errors": [
            {
                "segment": "CLM",
                "position": "22",
                "loop": "2300",
                "code": "8",
                "claim_id": "PT-9",
                "elements": [{"element": "2", "component": "1", "reference": "782", "code": "1"}],
            }
        ],
        "reasons": ["5"],
        "functional_group": "HC",
    }
    assert "SECRET" not in str(found)


@pytest.mark.parametrize(
    ("code", "kind"),
    {
        "A": "acknowledged",
        "E": "acknowledged",
        "R": "rejected",
        "M": "rejected",
        "W": "rejected",
        "X": "rejected",
    }.items(),
)
def test_verdict_codes(code, kind):
    (event,) = events_of(ack(f"AK1*HC*1~AK2*837*0001~IK5*{code}~AK9*{code}*1*1*1~"))
    assert event["type"] == f"submission.{kind}.v1"
    (group,) = events_of(ack(f"AK1*HC*1~AK9*{code}*1*1*1~"))
    assert (group["type"], group["subject"]) == (f"submission.{kind}.v1", "set:RECEIVER|1|")
    assert "set" not in group["data"]["submission"]


def test_a_set_without_its_own_verdict_takes_the_groups_unless_mixed():
    assert events_of(ack("AK1*HC*1~AK2*837*0001~AK9*R*1*1*0~"))[0]["type"] == "submission.rejected.v1"
    assert len(refused_of(ack("AK1*HC*1~AK2*837*0001~AK9*P*1*1*0~"))) == 1
    assert len(refused_of(ack("AK1*HC*1~AK9*P*2*2*1~"))) == 1
    assert len(refused_of(ack("AK1*HC*1~AK2*837*0001~IK5*Q~AK9*Q*2*2*1~"))) == 1


def test_a_group_refused_whole_counts_for_the_sets_not_named():
    found = events_of(ack("AK1*HC*1~AK2*837*0001~IK5*R~AK9*R*4*4*0~"))
    assert [e["subject"] for e in found] == ["set:RECEIVER|1|1", "set:RECEIVER|1|"]
    assert found[1]["data"]["sets_included"] == 4
    assert len(events_of(ack("AK1*HC*1~AK2*837*0001~IK5*R~AK9*R*1*1*0~"))) == 1


def test_a_group_partly_accepted_says_nothing_of_sets_not_named():
    found = events_of(ack("AK1*HC*1~AK2*837*0001~IK5*R~AK9*P*4*4*3~"))
    assert [e["subject"] for e in found] == ["set:RECEIVER|1|1"]


def test_the_997_is_read_alike():
    old = "AK1*HC*5~AK2*837*0001~AK3*NM1*17**1~AK4*9*67*1*VALUE~AK5*R*5~AK9*R*1*1*0~"
    (event,) = events_of(ack(old, "997", "004010", release="00401"))
    assert event["type"] == "submission.rejected.v1"
    assert event["data"]["errors"][0]["elements"] == [{"element": "9", "reference": "67", "code": "1"}]
    assert seen_of(ack(old, "997", "004010")) == ["999"]


def test_recycled_control_numbers_are_other_answers():
    body = "AK1*HC*1~AK2*837*0001~IK5*A~AK9*A*1*1*1~"
    assert events_of(ack(body))[0]["id"] == events_of(ack(body))[0]["id"]
    assert events_of(ack(body, control=1))[0]["id"] != events_of(ack(body, control=2))[0]["id"]


def test_padding_of_the_group_number_changes_no_subject():
    body = "AK1*HC*{}~AK2*837*0001~IK5*A~AK9*A*1*1*1~"
    assert events_of(ack(body.format("0017")))[0]["subject"] == events_of(ack(body.format("17")))[0]["subject"]


def test_a_999_that_names_no_group_is_refused():
    assert "AK102" in refused_of(ack("AK1*HC~AK9*A*1*1*1~"))[0].reason


def test_a_cut_999_keeps_what_it_said():
    whole = ack(THREE_SETS)
    items = items_of(whole[: whole.index("IK5*R")])
    assert [e["subject"] for e in events_of(items)] == ["set:RECEIVER|17456|1"]
    assert len(refused_of(items)) == 1


def test_a_ta1_is_refused_and_says_what_it_means():
    text = interchange("999", "005010X231A1", THREE_SETS).replace("GS*FA", "TA1*000000905*260302*1015*R*005~GS*FA")
    items = items_of(text)
    (refused,) = refused_of(items)
    assert refused.transaction == "TA1"
    assert "(rejected)" in refused.reason
    assert len(events_of(items)) == 3
