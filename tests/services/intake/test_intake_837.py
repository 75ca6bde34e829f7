from __future__ import annotations

import pytest
from intake_helpers import (
    CLAIM,
    CLAIM_HEAD,
    SHA,
    claims,
    events_of,
    interchange,
    items_of,
    notes_of,
    refused_of,
    seen_of,
)


def one(data, **changes):
    (event,) = events_of(data, **changes)
    return event


def test_a_claim_carries_what_was_billed_and_how_it_travelled():
    event = one(claims())
    assert event["type"] == "claim.submitted.v1"
    assert event["subject"] == "PT-100/7 A"
    assert event["source"] == "x12/837P"
    assert event["time"] == "2026-03-01T04:30:00Z"  # 23:30 the evening before, in New York
    assert event["rawref"] == f"{SHA}#15-24"
    assert event["data"] == {
        "claim_id": "PT-100/7 A",
        "frequency": "1",
        "patient_id": "MEMBER1",
        "patient_name": "DOE, JANE",
        "patient_birth_date": "1970-01-02",
        "member_id": "MEMBER1",
        "payer_id": "87726",
        "payer_name": "EXAMPLE HEALTH",
        "payer_sequence": "P",
        "claim_filing_indicator": "CI",
        "plan": "GROUP9",
        "billing_npi": "1234567893",
        "rendering_npi": "1093817465",
        "place_of_service": "11",
        "total_charge": "215.00",
        "diagnoses": ["M545", "M25561"],
        "lines": [
            {
                "number": 1,
                "procedure": "97110",
                "modifiers": ["GP"],
                "units": "2",
                "charge": "120.00",
                "dos": "2026-02-26",
                "line_control": "L1",
                "place_of_service": "11",
            },
            {
                "number": 2,
                "procedure": "97530",
                "modifiers": ["GP", "59"],
                "units": "1",
                "charge": "95.00",
                "dos": "2026-02-26",
                "dos_through": "2026-02-27",
            },
        ],
        "submission": {
            "sender": "SENDER",
            "receiver": "RECEIVER",
            "interchange": "000000001",
            "group": "1",
            "set": "0001",
            "reference": "BATCH7",
            "sent_at": "2026-03-01T04:30:00Z",
        },
    }


def test_the_instant_received_never_times_what_we_sent():
    assert one(claims(), received_at=None)["time"] == "2026-03-01T04:30:00Z"
    no_date = claims().replace("*20260228*2330*", "***")
    assert one(no_date)["time"] == "2026-03-02T15:15:00Z"  # GS04/05
    garbage = claims().replace("*20260228*2330*", "*2026ABCD*9999*").replace("GSTO*20260302*1015*", "GSTO*X*Y*")
    assert one(garbage)["time"] == "2026-03-02T15:15:00Z"  # ISA09/10


def test_no_date_anywhere_is_refused_unless_an_instant_is_given():
    bare = claims().replace("*20260228*2330*", "***")
    bare = bare[bare.index("ST*") : bare.index("GE*1*1")]
    assert [r.reason[:32] for r in refused_of(bare, received_at=None)] == ["the time of sending is unknown: "]
    assert one(bare)["time"] == "2026-03-03T15:30:00Z"


def test_subscribers_providers_and_payers_change_with_their_loops():
    second = (
        "HL*3*1*22*0~SBR*S*18*******MB~NM1*IL*1*ROE*RAY****MI*MEMBER2~NM1*PR*2*MEDICARE*****PI*00831~"
        + CLAIM.replace("PT-100/7 A", "PT-2")
        + "HL*4**20*1~NM1*85*2*OTHER*****XX*1999999992~HL*5*4*22*0~SBR*P*18~NM1*IL*1*POE*PAM****MI*MEMBER3~"
        + CLAIM.replace("PT-100/7 A", "PT-3")
    )
    first, next_one, third = (event["data"] for event in events_of(claims(CLAIM, second)))
    assert (first["patient_id"], first["payer_id"], first["payer_sequence"]) == ("MEMBER1", "87726", "P")
    assert (next_one["patient_id"], next_one["payer_id"], next_one["payer_sequence"]) == ("MEMBER2", "00831", "S")
    assert next_one["billing_npi"] == "1234567893"
    assert "plan" not in next_one
    assert (third["patient_id"], third["payer_id"], third["billing_npi"]) == ("MEMBER3", "", "1999999992")


def test_the_state_is_that_of_the_place_of_service():
    """2010AA is the street address of the service unless 2310C names another place (005010X222A1)."""
    billing = claims()
    at = billing.index("~", billing.index("NM1*85*")) + 1
    with_state = billing[:at] + "N3*1 MAIN~N4*TOWN*OH*44001~" + billing[at:]
    assert one(with_state)["data"]["state"] == "OH"
    line = with_state.index("LX*1~")
    elsewhere = with_state[:line] + "NM1*77*2*CLINIC~N3*2 ELM~N4*CITY*KY*40202~" + with_state[line:]
    assert one(elsewhere)["data"]["state"] == "KY"
    assert "state" not in one(claims())["data"]


def test_a_dependent_is_known_by_the_subscriber_and_a_hash():
    def dependents(*people):
        loops = [
            f"HL*{n}*2*23*0~PAT*19~NM1*QC*1*{name}~DMG*D8*{born}*M~{CLAIM}" for n, (name, born) in enumerate(people, 3)
        ]
        text = claims(*loops)
        assert "DOE*JIM" in text
        found = events_of(text)
        told = [{k: v for k, v in event["data"].items() if not k.startswith("patient_")} for event in found]
        assert "JIM" not in str(told)
        assert "2010" not in str(told)
        return [event["data"]["patient_id"] for event in found]

    jim, kim, jim_again, twin = dependents(
        ("DOE*JIM", "20100101"), ("DOE*KIM", "20100101"), ("doe *Jim", "20100101"), ("DOE*JIM", "20110101")
    )
    assert jim.startswith("MEMBER1-")
    assert len(jim) == len("MEMBER1-") + 12
    assert jim == jim_again
    assert len({jim, kim, twin}) == 3


def test_a_claim_after_a_dependents_claim_is_the_next_subscribers():
    text = claims(
        f"HL*3*2*23*0~NM1*QC*1*DOE*JIM~DMG*D8*20100101*M~{CLAIM}",
        f"HL*4*1*22*0~SBR*P*18~NM1*IL*1*ROE*RAY****MI*MEMBER2~{CLAIM}",
    )
    assert [e["data"]["patient_id"] for e in events_of(text)][1] == "MEMBER2"


def test_a_patient_without_a_number_gets_a_stand_in():
    nameless = one(claims().replace("NM1*IL*1*DOE*JANE****MI*MEMBER1~", ""))
    assert nameless["data"]["patient_id"].startswith("unidentified-")
    assert nameless["data"]["synthetic_patient"] is True
    unnumbered = one(claims().replace("*MI*MEMBER1", ""))
    again = one(claims(control=5).replace("*MI*MEMBER1", ""))
    assert unnumbered["data"]["patient_id"] == again["data"]["patient_id"]


def test_replacements_name_the_original_but_not_another_payers_number():
    replaced = CLAIM.replace("11:B:1", "11:B:7").replace("~HI", "~REF*F8*ICN77~HI")
    data = one(claims(replaced))["data"]
    assert (data["frequency"], data["original_reference"]) == ("7", "ICN77")
    other = CLAIM.replace("LX*1~", "SBR*S*18*******MB~NM1*PR*2*MEDICARE*****PI*00831~REF*F8*THEIRS~LX*1~", 1)
    assert "original_reference" not in one(claims(other))["data"]


def test_what_prior_payers_decided_is_kept():
    secondary = CLAIM.replace(
        "LX*1~",
        "SBR*P*18*******MB~CAS*CO*45*15~AMT*D*100~AMT*EAF*20~OI***Y***Y~NM1*IL*1*DOE*JANE****MI*HIC~"
        "NM1*PR*2*MEDICARE*****PI*00831~DTP*573*D8*20260220~LX*1~",
        1,
    ).replace("REF*6R*L1~", "REF*6R*L1~SVD*00831*80*HC:97110:GP**2~CAS*CO*45*20~CAS*PR*2*20~DTP*573*D8*20260220~")
    data = one(claims(secondary))["data"]
    assert data["prior_payers"] == [
        {
            "payer_id": "00831",
            "payer_name": "MEDICARE",
            "payer_sequence": "P",
            "paid": "100.00",
            "adjustments": [{"group": "CO", "reason": "45", "amount": "15.00"}],
            "lines": [
                {
                    "number": 1,
                    "paid": "80.00",
                    "adjustments": [
                        {"group": "CO", "reason": "45", "amount": "20.00"},
                        {"group": "PR", "reason": "2", "amount": "20.00"},
                    ],
                }
            ],
        }
    ]
    assert data["payer_id"] == "87726"
    assert data["patient_id"] == "MEMBER1"


def test_another_payer_that_decided_nothing_yet_is_not_prior():
    other = CLAIM.replace("LX*1~", "SBR*S*18*******MB~OI***Y***Y~NM1*PR*2*MEDICARE*****PI*00831~LX*1~", 1)
    assert "prior_payers" not in one(claims(other))["data"]


def test_a_line_payment_without_a_claim_payment_adds_up():
    paid = CLAIM.replace("REF*6R*L1~", "SVD*00831*80~").replace("*1:2~DTP", "*1:2~SVD*00831*15.5~DTP")
    (prior,) = one(claims(paid))["data"]["prior_payers"]
    assert (prior["payer_id"], prior["paid"]) == ("00831", "95.50")


def test_lines_are_counted_on_where_lx_is_missing_or_repeats():
    def numbers(lines):
        text = claims(f"CLM*A*30***11:B:1~{lines}")
        return [line["number"] for line in one(text)["data"]["lines"]]

    sv1 = "SV1*HC:97110*10*UN*1~DTP*472*D8*20260226~"
    assert numbers(sv1 * 3) == [1, 2, 3]
    assert numbers(f"LX*1~{sv1}{sv1}LX*5~{sv1}") == [1, 2, 5]
    assert numbers(f"LX*1~{sv1}LX*1~{sv1}LX*x~{sv1}") == [1, 2, 3]


@pytest.mark.parametrize(
    ("dates", "dos", "assumed"),
    [
        ("DTP*472*D8*20260201~", "2026-02-01", None),
        ("DTP*434*RD8*20260202-20260203~", "2026-02-02", True),
        ("DTP*431*D8*20260101~DTP*434*D8*20260202~", "2026-02-02", True),
        ("DTP*431*D8*20260101~", "2026-01-01", True),
    ],
)
def test_a_line_without_a_date_takes_the_claims(dates, dos, assumed):
    line = one(claims(f"CLM*A*10***11:B:1~{dates}LX*1~SV1*HC:97110*10*UN*1~"))["data"]["lines"][0]
    assert line["dos"] == dos
    assert line.get("dos_assumed") is assumed


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("*215*", "*21S*"), "CLM02 is not an amount in whole cents"),
        (("*215*", "**"), "CLM02 is missing"),
        (("*120*UN", "*abc*UN"), "SV102 is not an amount in whole cents"),
        (("DTP*472*D8*20260226~", "DTP*472*D8*20260231~"), "line 1 has no date of service (DTP*472)"),
        (("SV1*HC:97110:GP*120", "SV2*0420*HC:97110:GP*120"), "an institutional service line (SV2)"),
        (("SV1*HC:97110:GP*120", "SV3*AD:D1110*120"), "a dental service line (SV3)"),
    ],
)
def test_a_claim_that_cannot_be_read_is_refused_alone(change, reason):
    items = items_of(claims(CLAIM.replace(*change), CLAIM.replace("PT-100/7 A", "PT-2")))
    (refused,) = refused_of(items)
    assert refused.reason.startswith(reason)
    assert (refused.transaction, refused.segment) == ("837P", 15)
    assert [e["subject"] for e in events_of(items)] == ["PT-2"]


def test_units_that_are_no_number_become_one_and_it_is_told():
    items = items_of(claims(CLAIM.replace("*UN*2*", "*UN*two*")))
    assert events_of(items)[0]["data"]["lines"][0]["units"] == "1"
    assert "SV104 is not a number of units; 1 is assumed" in notes_of(items)


def test_minutes_are_kept_as_such():
    line = one(claims(CLAIM.replace("*UN*2*", "*MJ*45*")))["data"]["lines"][0]
    assert (line["units"], line["unit_basis"]) == ("45", "MJ")


def test_a_total_unlike_its_lines_is_flagged_and_sent_as_stated():
    data = one(claims(CLAIM.replace("*215*", "*200*")))["data"]
    assert data["total_charge"] == "200.00"
    assert data["differences"] == [{"where": "claim", "stated": "200.00", "computed": "215.00", "difference": "-15.00"}]


def test_service_lines_without_a_claim_are_refused():
    items = items_of(claims("LX*1~SV1*HC:97110*10*UN*1~DTP*472*D8*20260226~HL*9*1*22*0~", CLAIM))
    assert [r.reason for r in refused_of(items)] == ["service lines without a claim (CLM) before them"]
    assert refused_of(items)[0].raw.count("~") == 3
    assert len(events_of(items)) == 1


def test_the_same_file_gives_the_same_identities_and_another_sending_others():
    first, again = one(claims()), one(claims(), sha256="cd" * 32)
    assert first["id"] == again["id"]
    resent = one(claims(control=2))
    assert resent["id"] != first["id"]
    assert resent["contenthash"] == first["contenthash"]


def test_equal_claims_in_one_set_are_two_submissions():
    assert len({event["id"] for event in events_of(claims(CLAIM, CLAIM))}) == 2


def test_an_empty_claim_number_gets_a_synthetic_one():
    event = one(claims(CLAIM.replace("PT-100/7 A", "")))
    assert event["subject"].startswith("unidentified-")
    assert event["data"]["synthetic_id"] is True


def test_the_older_release_reads_alike():
    old = (
        claims(version="004010X098A1", release="00401")
        .replace("ABK:", "BK:")
        .replace("ABF:", "BF:")
        .replace("11:B:1", "11::1")
    )
    new, older = one(claims())["data"], one(old)["data"]
    assert older == new


def test_a_tax_number_is_not_taken_for_an_npi():
    data = one(claims().replace("NM1*85*2*CLINIC*****XX*", "NM1*85*2*CLINIC*****24*"))["data"]
    assert "billing_npi" not in data


def test_a_rendering_provider_may_stand_at_the_line():
    moved = CLAIM.replace("NM1*82*1*SMITH*ANN****XX*1093817465~", "").replace(
        "REF*6R*L1~", "REF*6R*L1~NM1*82*1*LEE*KAY****XX*1999999992~"
    )
    data = one(claims(moved))["data"]
    assert data["rendering_npi"] == "1999999992"
    assert data["lines"][0]["rendering_npi"] == "1999999992"


def test_a_reported_encounter_says_so():
    assert one(claims().replace("*2330*CH", "*2330*RP"))["data"]["purpose"] == "RP"


def test_a_file_cut_inside_a_claim_refuses_that_claim():
    whole = claims(CLAIM, CLAIM.replace("PT-100/7 A", "PT-2"))
    for cut in range(whole.index("CLM*PT-2") + 10, whole.index("SE*") - 20):
        items = items_of(whole[:cut])
        assert [e["subject"] for e in events_of(items)] == ["PT-100/7 A"]
        assert len(refused_of(items)) == 1


def test_without_hl_the_people_are_still_known():
    bare = "".join(part + "~" for part in CLAIM_HEAD.split("~") if part and not part.startswith("HL"))
    data = one(interchange("837", "005010X222A1", bare + CLAIM))["data"]
    assert (data["patient_id"], data["payer_id"], data["billing_npi"]) == ("MEMBER1", "87726", "1234567893")


@pytest.mark.parametrize(
    ("version", "title"),
    [
        ("005010X223A2", "837 institutional claim"),
        ("004010X096A1", "837 institutional claim"),
        ("005010X224A2", "837 dental claim"),
        ("005010X298", "837 post-adjudicated professional claims reporting"),
        ("005010X292", "837 institutional predetermination"),
    ],
)
def test_other_837s_are_refused_by_name(version, title):
    items = items_of(claims(version=version))
    (refused,) = refused_of(items)
    assert refused.reason == (
        f"{title} ({version}): not one of the sets Claimclock reads (837P, 835, 277CA, 277, 999, 271)"
    )
    assert refused.segment == 3
    assert refused.raw.startswith("ST*837*0001~BHT*")
    assert not events_of(items)


def test_an_837_of_no_stated_guide_is_told_by_its_lines():
    assert len(events_of(claims(version="005010"))) == 1
    institutional = CLAIM.replace("SV1*HC:97110:GP*120", "SV2*0420*HC:97110:GP*120")
    assert "institutional" in refused_of(claims(institutional, version=""))[0].reason
    assert seen_of(claims(version="")) == ["837P"]


def test_without_hl_the_next_subscriber_is_not_taken_for_the_last():
    second = "SBR*P*18*******MB~NM1*IL*1*ROE*RAY****MI*MEMBER2~NM1*PR*2*MEDICARE*****PI*00831~"
    third = "NM1*85*2*OTHER*****XX*1999999992~SBR*P*18~NM1*IL*1*POE*PAM****MI*MEMBER3~NM1*QC*1*POE*KIM~"
    found = [event["data"] for event in events_of(claims(CLAIM, second, CLAIM, third, CLAIM, CLAIM))]
    assert [data["patient_id"][:7] for data in found] == ["MEMBER1", "MEMBER2", "MEMBER3", "MEMBER3"]
    assert [data["payer_id"] for data in found] == ["87726", "00831", "", ""]
    assert found[2]["billing_npi"] == "1999999992"
    assert len(found[2]["lines"]) == 2
