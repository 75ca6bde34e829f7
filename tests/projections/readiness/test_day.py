"""A patient's day judged: claims next to the visits they bill, visits that no claim bills yet by themselves."""

from decimal import Decimal

import pytest

from events.terms import PolicyPublished
from tests.projections.readiness.documented import accepted, answered, day, reference, rejected, sent, visit

BILLED = ("97530 x2 GP", "97110 x1 GP")


def test_a_clean_visit_rightly_billed_has_no_findings():
    found = day(visit(), claims=[[sent(*BILLED)]])
    assert found.findings == []
    assert found.readiness["V1"]["claim_id"] == "A"


def test_a_clean_visit_becomes_its_claim():
    """38 timed minutes are 3 units, 2 + 1; one unit of 97530 in full, all others at half of the practice expense."""
    found = day(visit())
    row = found.readiness["V1"]
    assert (row["state"], row["claim_id"], found.findings) == ("unbilled", None, [])
    assert [(line["procedure"], line["units"], line["modifiers"]) for line in row["plan"]["lines"]] == [
        ("97530", 2, ["GP"]),
        ("97110", 1, ["GP"]),
    ]
    assert [line["expected_allowed"] for line in row["plan"]["lines"]] == ["60.12", "22.21"]
    assert row["expected_allowed"] == 8233
    assert {"units@2026.1", "modifiers@2026.2"} <= set(row["plan"]["rules"])


def test_an_assistants_units_stand_on_lines_of_their_own():
    plan = day(visit(timed="97110:30/15")).readiness["V1"]["plan"]
    assert [line["modifiers"] for line in plan["lines"]] == [["GP"], ["GP", "CQ"]]


def test_two_disciplines_of_a_day_compete_for_the_full_unit():
    """97530 x2 and 97535 x2 in one day: only one unit of 97530 is paid in full (107.88 in all)."""
    occupational = visit("V2", "97535:30", discipline="OT", therapist_id="T2")
    found = day(visit(timed="97530:30"), occupational)
    amounts = [Decimal(row["plan"]["expected_allowed"]) for row in found.readiness.values()]
    assert sum(amounts) == Decimal("107.88")


def test_two_visits_of_one_discipline_are_one_claim():
    found = day(visit("V1", "97110:8"), visit("V2", "97110:7", ended_at="2026-03-02T20:00:00+00:00"))
    plan = found.readiness["V1"]["plan"]
    assert (plan["visits"], plan["total_timed_minutes"], plan["total_units"]) == (["V1", "V2"], 15, 1)
    assert found.readiness["V2"]["plan"] == plan
    assert [row["brief"]["leads"] for row in found.readiness.values()] == [True, False]


def test_what_is_wrong_with_a_visit_that_is_not_billed_yet():
    found = day(visit(note_signed_at=None, diagnoses=["G20"], plan_of_care=None))
    assert {(row["rule"], row["grade"], row["visit_id"], row["claim_id"]) for row in found.findings} == {
        ("diagnosis.expired", "rejected", "V1", None),
        ("documentation.note_unsigned", "at_risk", "V1", None),
        ("plan.missing", "at_risk", "V1", None),
    }
    brief = found.readiness["V1"]["brief"]
    assert brief["findings"][0]["rule"] == "diagnosis.expired"
    assert brief["becomes"] == "97530 ×2 GP, 97110 ×1 GP"


def test_a_submitted_claim_beside_its_visit():
    """More units than minutes, no discipline modifier, an assistant without CQ: each with its line and its worth."""
    found = day(visit(timed="97530:23 97110:15/15"), claims=[[sent("97530 x3 GP", "97110 x1")]])
    named = {(row["rule"], row["line"], row["visit_id"], row["claim_id"], row["attempt"]) for row in found.findings}
    assert named == {
        ("units.too_many", 1, "V1", "A", 1),
        ("modifier.discipline_missing", 2, "V1", "A", 1),
        ("modifier.assistant_missing", 2, "V1", "A", 1),
    }
    assert {row["rule"]: row["worth"] for row in found.findings}["units.too_many"] == 2839  # a third of 85.17


def test_a_claim_without_a_visit_is_judged_by_itself():
    found = day(claims=[[sent("97530 x2", "97140 x1 GP", diagnoses=[])]])
    assert found.rules() == {"modifier.discipline_missing", "diagnosis.missing"}
    assert found.rules(visit_id=None, claim_id="A") == found.rules()
    assert found.readiness == {}


@pytest.mark.parametrize(
    ("status", "state"),
    [("in_flight", "correctable"), ("rejected", "correctable"), ("paid", "billed"), ("voided", "unbilled")],
)
def test_how_far_a_visit_has_come(status, state):
    first = sent(*BILLED)
    then = {
        "in_flight": [],
        "rejected": [rejected()],
        "paid": [answered(first)],
        "voided": [sent(*BILLED, frequency="8", original_reference="1", time="2026-03-04T22:00:00+00:00")],
    }[status]
    assert day(visit(), claims=[[first, *then]]).readiness["V1"]["state"] == state


def test_each_submission_is_judged_by_what_it_said():
    """The first went out without GP and was turned away; the second is right, and the first is remembered."""
    first, second = sent("97530 x2", "97110 x1"), sent(*BILLED, time="2026-03-04T22:00:00+00:00")
    found = day(visit(), claims=[[first, rejected(status="453"), second]])
    assert found.rules(is_current=True) == set()
    assert found.rules(is_current=False, attempt=1) == {"modifier.discipline_missing"}
    assert found.readiness["V1"]["brief"].get("findings") is None


def test_a_policy_says_how_its_payer_counts():
    """10 + 10 minutes: one unit where minutes are pooled, two where each code counts alone."""
    federal = PolicyPublished(payer_id="PLAN", program="medicare_advantage")
    short = visit(timed="97530:10 97110:10", payer="PLAN")
    for terms, units in ((reference(federal), [1, 0]), (reference(), [1, 1])):
        lines = day(short, terms=terms).readiness["V1"]["plan"]["lines"]
        assert [line["units"] for line in lines] == units


def test_what_concerns_a_whole_claim_is_said_on_its_first_day():
    lines = [
        {"number": n, "procedure": "97530", "modifiers": ["GP"], "units": "2", "charge": "150.00", "dos": dos}
        for n, dos in ((1, "2026-03-02"), (2, "2026-03-04"))
    ]
    claim = [sent(lines=lines, total_charge="300.00", diagnoses=["G20"])]
    assert day(claims=[claim]).rules() == {"diagnosis.expired"}
    assert day(claims=[claim], dos="2026-03-04").rules() == set()


def timed(visit_id, start, end, **more):
    services = [{"procedure": "97530", "minutes": 23, "start": start, "end": end}]
    return visit(visit_id) | {"timed": services, "total_minutes": 30} | more


def test_two_therapists_with_one_patient_at_once():
    one = timed("V1", "2026-03-02T15:00:00Z", "2026-03-02T15:23:00Z")
    other = timed("V2", "2026-03-02T15:10:00Z", "2026-03-02T15:33:00Z", discipline="OT", therapist_id="T2")
    found = day(one, other)
    assert {row["visit_id"] for row in found.findings if row["rule"] == "overlap.two_therapists"} == {"V1", "V2"}
    billed = day(one, other, claims=[[sent("97530 x2 GP")], [sent("97530 x2 GO", claim_id="B")]])
    assert {(row["claim_id"], row["visit_id"]) for row in billed.findings} == {("A", "V1"), ("B", "V2")}
    assert day(one, timed("V2", "2026-03-02T15:23:00Z", "2026-03-02T15:46:00Z", discipline="OT")).findings == []


def test_in_a_part_a_stay_no_line_needs_or_counts():
    """Place 31 is a skilled nursing facility in a covered stay: consolidated billing, no threshold."""
    stay = sent("97530 x2 GP KX", place_of_service="31")
    assert day(claims=[[stay]]).rules() == {"kx.unneeded"}
    assert [row["bucket"] for row in day(claims=[[stay]]).prices] == [None]
    stated = sent("97530 x2 GP", part_a_stay=True)
    outside = sent("97530 x2 GP", place_of_service="31", part_a_stay=False)
    assert [day(claims=[[claim]]).prices[0]["bucket"] for claim in (stated, outside)] == [None, "PT_SLP"]


def test_the_finding_names_nobody():
    found = day(visit(note_signed_at=None, plan_of_care=None), claims=[[sent("97530 x3", claim_id="A")]])
    text = " ".join(f"{row['message']} {row['change']}" for row in found.findings)
    assert "P1" not in text
    assert "T1" not in text


def test_a_pair_on_two_claims_of_a_day_is_found_on_the_claim_that_loses():
    """NCCI is per patient, day and provider, over claims; the smallest input of the findings report."""
    manual = sent("97140 x1 GP", claim_id="A", rendering_npi="1888888886")
    activities = sent("97530 x1 GP", claim_id="B", rendering_npi="1888888886")
    folded = day(claims=[[manual], [activities]])
    assert folded.rules(claim_id="B") == {"ncci.pair"}
    assert folded.rules(claim_id="A") == set()
    assert day(claims=[[manual], [sent("97530 x1 GP", claim_id="B", rendering_npi="1777777779")]]).rules() == set()


def test_a_second_claim_for_the_same_line_is_a_duplicate_once_the_first_is_accepted():
    first = sent("97110 x1 GP", claim_id="A", rendering_npi="1888888886")
    again = sent("97110 x1 GP", claim_id="B", rendering_npi="1888888886", time="2026-03-09T22:00:00+00:00")
    assert day(claims=[[first], [again]]).rules() == set()
    folded = day(claims=[[first, accepted("A")], [again]])
    assert (folded.rules(claim_id="A"), folded.rules(claim_id="B")) == (set(), {"claim.duplicate_line"})


def test_a_visit_is_planned_beside_what_the_day_has_billed():
    """Another claim of the day, of another visit, holds the first code of the pair."""
    billed = sent("97140 x1 GP", claim_id="A", visit_ids=["V0"])
    folded = day(visit("V0", "97140:15"), visit("V1", "97530:23"), claims=[[billed, accepted("A")]])
    assert folded.rules(visit_id="V1", claim_id=None) == {"ncci.attest"}


def test_59_and_an_x_modifier_do_not_stand_on_one_line():
    """rule modifier.distinct_twice: case T01 of the field"""
    assert "modifier.distinct_twice" in day(claims=[[sent("97140 x1 GP 59 XU", "97530 x1 GP")]]).rules()
