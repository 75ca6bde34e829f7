"""271: a payer's answer about coverage."""

import pytest
from intake_helpers import events_of, interchange, refused_of

HEAD = (
    "BHT*0022*11*ASK7*20260303*0915~HL*1**20*1~NM1*PR*2*EXAMPLE HEALTH*****PI*60054~HL*2*1*21*1~"
    "NM1*1P*2*CLINIC*****XX*1234567893~HL*3*2*22*0~TRN*2*T1*9CLINIC~NM1*IL*1*DOE*JANE****MI*MEMBER1~"
    "DMG*D8*19600101*F~"
)
DAY = "DTP*472*D8*20260310~"
ACTIVE = "EB*1**30^PT**GOLD PLAN~"


def answer(*parts, head=HEAD, **more):
    return interchange("271", "005010X279A1", head + "".join(parts), **more)


def said(*parts, **more):
    (event,) = events_of(answer(*parts, **more))
    assert (event["type"], event["source"]) == ("eligibility.checked.v1", "x12/271")
    return event["data"]


def test_an_answer_with_everything():
    data = said(
        DAY,
        ACTIVE,
        "EB*B**PT***27*25~",
        "EB*A**PT*****.2~",
        "EB*C*IND*30***29*150.5~",
        "EB*C*IND*30***23*500~",
        "EB*F**PT***29***VS*12~",
        "EB*R**30~LS*2120~NM1*SEP*2*OTHER PLAN*****PI*11~LE*2120~",
    )
    assert data == {
        "patient_id": "MEMBER1",
        "payer_id": "60054",
        "payer_name": "EXAMPLE HEALTH",
        "on": "2026-03-10",
        "active": True,
        "plan": "GOLD PLAN",
        "member_id": "MEMBER1",
        "copay": "25.00",
        "coinsurance": "20",
        "deductible_left": "150.50",
        "visits_left": 12,
        "other_payers": [{"payer_id": "11", "name": "OTHER PLAN", "sequence": "S"}],
    }


def test_what_is_not_said_is_left_out_and_the_day_is_that_of_the_answer():
    assert said("EB*6**30~") == {
        "patient_id": "MEMBER1",
        "payer_id": "60054",
        "payer_name": "EXAMPLE HEALTH",
        "on": "2026-03-03",
        "active": False,
        "member_id": "MEMBER1",
    }


def test_what_is_said_of_therapy_stands_before_the_plan():
    assert said(DAY, "EB*1**30~", "EB*6**PT~")["active"] is False
    assert said(DAY, "EB*1**30~", "EB*B**30***27*40~", "EB*B**PT***27*25~")["copay"] == "25.00"


@pytest.mark.parametrize(
    "parts",
    [
        ("EB*B**PT***27*25~", "EB*B**PT***27*40~"),  # two amounts
        ("EB*B**PT***27*25*****N~",),  # out of network
        ("EB*B**98***27*25~",),  # an office visit
    ],
)
def test_an_amount_that_may_be_another_is_not_guessed(parts):
    assert "copay" not in said(DAY, ACTIVE, *parts)


def test_a_dependent_has_the_id_that_an_837p_gives():
    dependent = "HL*4*3*23*0~NM1*03*1*DOE*SAM~DMG*D8*20150101*M~" + DAY + ACTIVE
    data = said(dependent)
    assert data["patient_id"].startswith("MEMBER1-")
    assert data["member_id"] == "MEMBER1"


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (("AAA*N**75*C~",), "could not answer"),
        (("EB*B**PT***27*25~",), "neither active nor inactive"),
    ],
)
def test_an_answer_that_says_nothing_of_coverage_is_kept_and_named(parts, reason):
    (refused,) = refused_of(answer(DAY, *parts))
    assert reason in refused.reason
    assert "MEMBER1" not in refused.reason


def test_the_same_answer_in_another_envelope_is_the_same():
    first, second = (events_of(answer(DAY, ACTIVE, control=control))[0]["id"] for control in (1, 2))
    assert first == second


def test_an_unknown_guide_is_refused():
    (refused,) = refused_of(interchange("271", "004010X092A1", HEAD + ACTIVE))
    assert "not one of the sets" in refused.reason
