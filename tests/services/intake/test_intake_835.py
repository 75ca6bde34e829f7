from __future__ import annotations

import io
import re

import pytest
from intake_helpers import (
    DEDUCTIBLE,
    DENIED,
    PAID,
    SHA,
    clp,
    era,
    events_of,
    items_of,
    refused_of,
    source,
)

from projections.rules.adjustment_codes import ReasonCodes
from tests.services.intake.reading import CODES, read


def one(data, **changes):
    return next(event for event in events_of(data, **changes) if event["type"] != "remittance.received.v1")


def test_a_paid_claim_carries_everything_the_payer_said():
    event = one(era(PAID, amount="80"))
    assert event["type"] == "payment.posted.v1"
    assert event["subject"] == "A1"
    assert event["source"] == "x12/835"
    assert event["time"] == "2026-03-03T15:30:00Z"
    assert event["rawref"] == f"{SHA}#10-16"
    data = event["data"]
    remit = data.pop("remit")
    assert re.fullmatch(f"{remit['key']}:[0-9a-f]{{16}}:1", event["id"])
    assert remit == {
        "key": remit["key"],
        "trace_number": "TRACE1",
        "payer_identifier": "1512345678",
        "payment_date": "2026-03-02",
        "total_paid": "80.00",
        "payee": "1234567893",
    }
    assert data == {
        "patient_name": "DOE, JANE",
        "claim_id": "A1",
        "payer_id": "87726",
        "payer_name": "EXAMPLE HEALTH",
        "payer_sequence": "P",
        "claim_filing_indicator": "MB",
        "patient_id": "MEMBER1",
        "ordinal": 1,
        "status_code": "1",
        "payer_claim_number": "ICN1",
        "charge": "100.00",
        "paid": "80.00",
        "patient_responsibility": "20.00",
        "place_of_service": "11",
        "frequency": "1",
        "adjustments": [],
        "remark_codes": [],
        "lines": [
            {
                "procedure": "97110",
                "modifiers": ["GP"],
                "units": "2",
                "charge": "100.00",
                "paid": "80.00",
                "allowed": "100.00",
                "dos": "2026-01-15",
                "number": 1,
                "line_control": "1",
                "adjustments": [{"group": "PR", "reason": "2", "amount": "20.00"}],
                "remark_codes": [],
            }
        ],
    }


def line(cas, paid="0", charge="100", more=""):
    return f"SVC*HC:97110:GP*{charge}*{paid}**1~DTM*472*20260115~{cas}{more}~"


VERDICTS = {
    "paid in full": (clp(paid="100", rest=line("", paid="100")), "payment.posted.v1"),
    "reversal": (clp("22", "-100", "-80", line("CAS*PR*2*-20", "-80", "-100")), "payment.reversed.v1"),
    "reversal of a denied claim": (clp("22", "-100", "0", line("CAS*CO*50*-100", "0", "-100")), "payment.reversed.v1"),
    "deductible ate it all": (clp(rest=line("CAS*PR*1*70~CAS*CO*45*30")), "payment.posted.v1"),
    "deductible at claim level": (clp(rest="CAS*PR*1*100"), "payment.posted.v1"),
    "status 4 but deductible": (clp("4", rest=line("CAS*PR*1*100")), "payment.posted.v1"),
    "a share the patient may not be asked for": (clp(rest=line("CAS*CO*45*65~CAS*OA*209*35")), "payment.posted.v1"),
    "paid to the patient": (clp(rest=line("CAS*PR*100*60**96*40")), "payment.posted.v1"),
    "contract rate of zero": (clp(rest=line("CAS*CO*45*100")), "payment.posted.v1"),
    "prior payer paid more": (clp("2", rest=line("CAS*OA*23*100")), "payment.posted.v1"),
    "padded reason code": (clp(rest=line("CAS*CO*045*100")), "payment.posted.v1"),
    "reporting only": (clp(charge="0.01", rest=line("CAS*CO*246*0.01", charge="0.01")), "payment.posted.v1"),
    "not necessary": (clp(rest=line("CAS*CO*50*100")), "claim.denied.v1"),
    "denied at claim level": (clp(rest="CAS*CO*29*100"), "claim.denied.v1"),
    "contractual and denied": (clp(rest=line("CAS*CO*45*30**50*70")), "claim.denied.v1"),
    "denied to the patient": (clp(rest=line("CAS*PR*204*100")), "claim.denied.v1"),
    "capitation or another plan": (clp(rest=line("CAS*CO*24*100")), "claim.denied.v1"),
    "bundled": (clp(rest=line("CAS*CO*97*100")), "claim.denied.v1"),
    "unknown reason": (clp(rest=line("CAS*CO*ZZ9*100")), "claim.denied.v1"),
    "status 1 and denied": (clp("1", rest=line("CAS*CO*197*100")), "claim.denied.v1"),
    "status 4 without a reason": (clp("4"), "claim.denied.v1"),
    "status 1 without a reason": (clp("1"), "payment.posted.v1"),
    "unprocessable": (clp(rest=line("CAS*CO*16*100", more="~LQ*HE*MA130")), "claim.rejected.v1"),
    "unprocessable at claim level": (clp(rest=f"MOA***MA130~{line('CAS*CO*4*100')}"), "claim.rejected.v1"),
    "unprocessable N704": (clp(rest=line("CAS*CO*16*100", more="~LQ*HE*N704")), "claim.rejected.v1"),
    "MA130 in MIA": (clp(rest="MIA*0****MA130~CAS*CO*16*100"), "claim.rejected.v1"),
    "MA130 but partly paid": (
        clp(paid="40", rest=line("", "40", "40") + line("CAS*CO*16*60", "0", "60", "~LQ*HE*MA130")),
        "payment.posted.v1",
    ),
    "one line paid, one denied": (
        clp(paid="40", rest=line("", "40", "40") + line("CAS*CO*50*60", "0", "60")),
        "payment.posted.v1",
    ),
    "one line deductible, one denied": (
        clp(rest=line("CAS*PR*1*40", charge="40") + line("CAS*CO*50*60", charge="60")),
        "payment.posted.v1",
    ),
    "a stated allowed amount": (clp(rest=line("CAS*CO*50*100", more="~AMT*B6*80")), "payment.posted.v1"),
    "predetermination": (clp("25", rest=line("CAS*OA*101*100")), "payment.posted.v1"),
    "predetermination denied": (clp("25", rest=line("CAS*CO*50*100")), "payment.posted.v1"),
    "nothing charged": (clp(charge="0"), "payment.posted.v1"),
}


@pytest.mark.parametrize(("claim", "kind"), VERDICTS.values(), ids=VERDICTS)
def test_the_reasons_decide_what_a_claim_becomes(claim, kind):
    assert one(era(claim, amount="1"))["type"] == kind


def test_an_unprocessable_claim_is_a_rejection_with_all_of_the_payment_fields():
    claim = clp(rest=line("CAS*CO*16*100", more="~LQ*HE*MA130~LQ*HE*N822"))
    data = one(era(claim))["data"]
    assert data["stage"] == "payer"
    assert data["occurred_on"] == "2026-03-02"
    assert data["codes"] == [
        {"list": "carc", "status": "16"},
        {"list": "rarc", "status": "MA130"},
        {"list": "rarc", "status": "N822"},
    ]
    assert {"remit", "ordinal", "status_code", "charge", "paid", "lines", "payer_claim_number"} <= set(data)


def test_the_codes_that_sort_claims_are_a_parameter():
    codes = ReasonCodes(CODES.contractual | {"97"}, CODES.patient_share, CODES.unprocessable)
    data = era(clp(rest=line("CAS*CO*97*100"))).encode()
    found = events_of(list(read(io.BytesIO(data), source(), codes)))
    assert found[0]["type"] == "payment.posted.v1"


def test_reversal_and_correction_share_the_claim_and_keep_the_order_of_the_file():
    reversal = "CLP*A1*22*-100*-80**MB*ICN1*11~SVC*HC:97110*-100*-80**1~CAS*PR*2*-20"
    correction = "CLP*A1*1*100*60*20*MB*ICN9*11~SVC*HC:97110*100*60**1~CAS*PR*2*20~CAS*CO*45*20"
    first, second, remit = events_of(era(reversal, correction, amount="-20"))
    assert [first["type"], second["type"]] == ["payment.reversed.v1", "payment.posted.v1"]
    assert [first["data"]["ordinal"], second["data"]["ordinal"]] == [1, 2]
    assert first["data"]["lines"][0]["adjustments"][0]["amount"] == "-20.00"
    assert remit["data"]["balanced"] is True


def test_payer_sequence_follows_the_status():
    for status, sequence in {"1": "P", "19": "P", "2": "S", "20": "S", "3": "T", "21": "T"}.items():
        assert one(era(clp(status, paid="1")))["data"]["payer_sequence"] == sequence
    assert "payer_sequence" not in one(era(clp("22", paid="-1")))["data"]


def test_claim_level_and_line_level_adjustments_stay_apart_and_all_six_triples_are_read():
    cas = "CAS*CO*45*1**253*2*3*59*3**A1*4**97*5**16*6"
    claim = clp(charge="42", rest=f"{cas}~SVC*HC:97110*42*0**1~{cas.replace('CO', 'PR')}")
    data = one(era(claim))["data"]
    assert [a["amount"] for a in data["adjustments"]] == ["1.00", "2.00", "3.00", "4.00", "5.00", "6.00"]
    assert [a["reason"] for a in data["lines"][0]["adjustments"]] == ["45", "253", "59", "A1", "97", "16"]
    assert data["adjustments"][1]["quantity"] == "3"


def test_a_line_keeps_what_was_submitted_beside_what_was_adjudicated():
    svc = "SVC*HC:97530:GP:CQ:59:KX*100*80*0420*1*HC:97110:GP:SHORT*3"
    data = one(era(clp(paid="80", rest=f"{svc}~CAS*CO*45*20~DTM*150*20260110~DTM*151*20260112~REF*6R*00A7")))["data"]
    assert data["lines"][0] | {"adjustments": []} == {
        "procedure": "97530",
        "modifiers": ["GP", "CQ", "59", "KX"],
        "units": "1",
        "submitted_procedure": "97110",
        "submitted_modifiers": ["GP", "SHORT"],
        "submitted_units": "3",
        "revenue_code": "0420",
        "charge": "100.00",
        "paid": "80.00",
        "dos": "2026-01-10",
        "dos_through": "2026-01-12",
        "line_control": "00A7",
        "adjustments": [],
        "remark_codes": [],
    }


def test_units_default_to_one_and_a_line_takes_the_claims_date():
    claim = clp(paid="100", rest="DTM*232*20260105~DTM*233*20260106~DTM*050*20260120~SVC*HC:97110*100*100")
    data = one(era(claim))["data"]
    assert data["lines"][0]["units"] == "1"
    assert data["lines"][0]["dos"] == "2026-01-05"
    assert (data["service_from"], data["service_to"]) == ("2026-01-05", "2026-01-06")
    assert data["received_on"] == "2026-01-20"


def test_a_received_date_never_becomes_a_date_of_service():
    data = one(era(clp(paid="100", rest="DTM*050*20260120~SVC*HC:97110*100*100")))["data"]
    assert "dos" not in data["lines"][0]


def test_claims_without_service_lines_are_ordinary():
    data = one(era(clp(paid="70", rest="CAS*CO*45*30~AMT*AU*70")))["data"]
    assert data["lines"] == []
    assert data["allowed"] == "70.00"


def test_a_declared_separator_that_is_not_used_is_seen_through():
    data = one(era(clp(paid="100", rest="SVC*HC>97110>GP*100*100")))["data"]
    assert (data["lines"][0]["procedure"], data["lines"][0]["modifiers"]) == ("97110", ["GP"])


def test_a_social_security_number_is_not_taken_for_a_member_id():
    assert "patient_id" not in one(era(clp(rest="NM1*QC*1*DOE*JANE****34*123456789")))["data"]
    insured = clp(rest="NM1*QC*1*DOE*JOE~NM1*IL*1*DOE*JANE****MI*M9")
    assert one(era(insured))["data"]["patient_id"] == "M9"


def test_a_name_stands_in_its_own_field_and_nowhere_else():
    events = events_of(era(PAID, amount="80"))
    assert [event["data"].pop("patient_name", None) for event in events] == ["DOE, JANE", None]
    assert "JANE" not in str(events)


def test_payer_id_is_the_identifier_then_the_payer_number_then_the_trace_then_the_name():
    def payer_of(*changes):
        text = era(PAID, amount="80")
        for old, new in changes:
            text = text.replace(old, new)
        return one(text)["data"]["payer_id"]

    no_id = ("*XV*87726", "")
    no_2u = ("REF*2U*2UNUMBER~", "")
    assert payer_of() == "87726"
    assert payer_of(no_id) == "2UNUMBER"
    assert payer_of(no_id, no_2u) == "1512345678"
    assert payer_of(no_id, no_2u, ("*TRACE1*1512345678", "*TRACE1")) == "EXAMPLE HEALTH"


@pytest.mark.parametrize("claim_id", ["", "0", "0000", "  "])
def test_an_id_that_names_nothing_gets_a_synthetic_one(claim_id):
    text = era(clp(paid="5", claim=claim_id), clp(paid="6", claim=claim_id), amount="11")
    first, second, _ = events_of(text)
    assert first["data"]["synthetic_id"] is True
    assert first["subject"].startswith("unidentified-")
    assert len(first["subject"]) == len("unidentified-") + 12
    assert first["subject"] != second["subject"]
    assert events_of(text)[0]["subject"] == first["subject"]


def test_the_claim_id_is_verbatim_but_for_padding():
    assert one(era(clp(paid="5", claim="PT 001/A-7  ")))["subject"] == "PT 001/A-7"


def test_balance_is_checked_at_every_level_and_posted_as_stated():
    claim = clp(paid="50", rest="SVC*HC:97110*100*60**1~CAS*PR*2*20").replace("**MB", "*30*MB")
    event, remit = events_of(era(claim, amount="55"))
    assert event["data"]["paid"] == "50.00"
    assert event["data"]["differences"] == [
        {"where": "line", "stated": "60.00", "computed": "80.00", "difference": "-20.00", "line": 1},
        {"where": "claim", "stated": "50.00", "computed": "80.00", "difference": "-30.00"},
        {"where": "patient", "stated": "30.00", "computed": "20.00", "difference": "10.00"},
    ]
    assert remit["data"]["balanced"] is False
    assert [d["where"] for d in remit["data"]["differences"]] == ["line", "claim", "patient", "remittance"]
    assert remit["data"]["differences"][0]["claim_id"] == "X1"
    assert remit["data"]["differences"][3]["difference"] == "5.00"


def test_a_patient_share_that_does_not_add_up_is_listed_and_breaks_no_balance():
    claim = clp(paid="100").replace("**MB", "*30*MB")
    event, remit = events_of(era(claim, amount="100"))
    assert [d["where"] for d in event["data"]["differences"]] == ["patient"]
    assert remit["data"]["balanced"] is True
    assert remit["data"]["differences"]


def test_the_patient_share_of_a_reversal_is_not_checked():
    reversal = "CLP*A1*22*-100*-80*20*MB~CAS*PR*2*-20"
    assert "differences" not in one(era(reversal, amount="-80"))["data"]


def test_provider_adjustments_keep_their_sign_and_all_six_pairs():
    plb = "PLB*1234567893*20261231*WO:CLAIM9*10*FB*-5.5*72:X*-1*L6*-2*CS:Y:Z*3*J1*4"
    *_, remit = events_of(era(clp(paid="100", rest="CAS*CO*45*0"), amount="91.5", tail=plb))
    data = remit["data"]
    assert [a["amount"] for a in data["provider_adjustments"]] == ["10.00", "-5.50", "-1.00", "-2.00", "3.00", "4.00"]
    assert [a["reason"] for a in data["provider_adjustments"]] == ["WO", "FB", "72", "L6", "CS", "J1"]
    assert data["provider_adjustments"][0] == {
        "reason": "WO",
        "reference": "CLAIM9",
        "amount": "10.00",
        "provider": "1234567893",
        "fiscal_period_end": "2026-12-31",
    }
    assert "reference" not in data["provider_adjustments"][1]
    assert data["balanced"] is True


def test_several_plb_segments_add_up_and_a_bad_pair_is_refused_alone():
    items = items_of(era(clp(paid="100"), amount="80", tail="PLB*1*20261231*WO*20*FB*oops~PLB*1*20261231*L6*0"))
    assert [r.reason for r in refused_of(items)] == ["PLB06 is not an amount in whole cents"]
    *_, remit = events_of(items)
    assert [a["reason"] for a in remit["data"]["provider_adjustments"]] == ["WO", "L6"]


def test_the_remittance_itself():
    *_, remit = events_of(era(PAID, DENIED, DEDUCTIBLE, amount="80"))
    data = remit["data"]
    assert remit["type"] == "remittance.received.v1"
    assert remit["subject"] == data["remit"]["key"]
    assert re.fullmatch(f"{remit['subject']}:remittance:[0-9a-f]{{16}}", remit["id"])
    assert data["payer"] == {"name": "EXAMPLE HEALTH", "id": "87726"}
    assert (data["claim_count"], data["balanced"], data["differences"]) == (3, True, [])


def test_only_remark_codes_are_remark_codes():
    data = one(era(clp(paid="100", rest="SVC*HC:97110*100*100~LQ*HE*N115~LQ*RX*70~LQ*HE*N115")))["data"]
    assert data["lines"][0]["remark_codes"] == ["N115"]
