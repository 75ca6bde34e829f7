"""Authorizations: each visit uses up one of them, once, and each count names what it counted."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.coverage import AuthorizationRecorded
from projections.readiness.coverage_use import CoverageRows, allot, sessions_of
from tests.projections.readiness.coverage_cases import START, authorization, checked, items, line, visit
from tests.properties import property_run


def test_a_visit_and_its_claim_lines_count_once():
    rows = CoverageRows([visit(0), visit(1, state="billed")], [line(1), line(1), line(2, claim="C2")], [])
    told = [(s.dos.day, bool(s.visit), s.claim_ids) for s in sessions_of(rows)]
    assert told == [(2, True, ()), (3, True, ("C1",)), (4, False, ("C2",))]


@pytest.mark.parametrize("status", ["denied", "voided", "reversed"])
def test_what_was_denied_voided_or_reversed_uses_nothing_up(status):
    assert not list(sessions_of(CoverageRows([visit(0, state="billed")], [line(0, status=status)], [])))
    assert not list(sessions_of(CoverageRows([], [line(0, status=status)], [])))


def test_a_closed_visit_counts_for_nothing():
    assert not list(sessions_of(CoverageRows([visit(0, state="closed")], [], [])))


def test_an_authorization_that_runs_out_says_in_how_many_visits_and_what_it_counted():
    assert not items([visit(day) for day in range(6)], told=[authorization()])
    item = items([visit(day) for day in range(8)], told=[authorization()])["authorization A1"]
    assert item.reason == "Authorization A1: 2 visits left of 10"
    assert item.due == date(2026, 6, 30)
    assert item.explanation[0].startswith("Counted 8: 2026-03-02 (visit V0PT); ")
    over = items([visit(day) for day in range(11)], told=[authorization()])["authorization A1"]
    assert over.reason == "Authorization A1: 1 visit over the limit, none left of 10"


def test_an_authorization_counts_its_own_payer_discipline_and_days():
    told = [authorization(visits=1, discipline="PT")]
    for other in (visit(0, discipline="OT"), visit(0, payer="OTHER"), visit(-9), visit(200)):
        assert not items([other], told=told)
    assert "authorization A1" in items([visit(0)], told=told)


def test_a_following_authorization_or_a_discharge_ends_the_work():
    visits = [visit(day) for day in range(9)]
    assert not items(visits, told=[authorization(), authorization("A2", first="2026-05-01")])
    assert not items([*visits, visit(9, discharged=True)], told=[authorization(visits=11)])


def test_a_visit_uses_up_one_of_several_authorizations_that_cover_it():
    """2 and 2 visits granted over the same days: the third and fourth are authorized, the fifth is one too many."""
    told = [authorization(visits=2), authorization("A2", visits=2)]
    four = items([visit(day) for day in range(4)], told=told, authorization_required=True)
    assert {item.reason for item in four.values()} == {
        "Authorization A1: no visit left of 2",
        "Authorization A2: no visit left of 2",
    }
    five = items([visit(day) for day in range(5)], told=told, authorization_required=True)
    assert set(five) == {"authorization A1", "authorization A2", "V4PT authorization"}
    assert five["authorization A2"].reason == "Authorization A2: 1 visit over the limit, none left of 2"


def test_of_several_authorizations_the_one_that_the_visit_names_or_that_ends_first_is_used():
    told = [authorization(visits=1), authorization("A2", visits=1, last="2026-04-30")]
    assert items([visit(0)], told=told)["authorization A2"].explanation[0] == "Counted 1: 2026-03-02 (visit V0PT)"
    named = items([visit(0, authorization={"number": "A1"})], told=told)
    assert set(named) == {"authorization A1"}
    assert not items([visit(0)], told=[*told[1:], authorization("A3", visits=20)])  # another has enough left


def test_what_a_plan_wants_is_wanted_of_visits_under_that_plan():
    wants = {"plan": "GOLD", "authorization_required": True}
    assert set(items([visit(0)], told=[checked("2026-03-01", plan="GOLD")], **wants)) == {"V0PT authorization"}
    assert not items([visit(0)], told=[checked("2026-03-01", plan="SILVER")], **wants)
    later = [checked("2026-03-01", plan="GOLD"), checked("2026-03-20", plan="SILVER")]
    assert "V0PT authorization" in items([visit(0)], told=later, **wants)  # by the answer before the visit


@property_run(60)
@given(
    st.lists(st.tuples(st.integers(0, 10), st.integers(0, 20), st.integers(1, 4)), min_size=1, max_size=4),
    st.sets(st.integers(0, 25), max_size=10),
)
def test_over_all_authorizations_each_covered_visit_counts_once(granted, days):
    told = [
        AuthorizationRecorded.model_validate(
            {"number": f"A{place}", "payer_id": "ACME", "patient_id": "P1", "visits": visits}
            | {"from": START + timedelta(first), "to": START + timedelta(first + length)}
        )
        for place, (first, length, visits) in enumerate(granted)
    ]
    sessions = list(sessions_of(CoverageRows([visit(day) for day in days], [], [])))

    def covers(one, session):
        return one.from_day <= session.dos <= (one.to_day or date.max)

    found = allot(told, sessions, covers)
    used = [session.visit.visit_id for allowance in found for session in allowance.used]
    assert sorted(used) == sorted(s.visit.visit_id for s in sessions if any(covers(one, s) for one in told))
    for allowance in found:
        for session in allowance.used:
            if not allowance.left_at(session):  # too many: then none of the others that cover it had any left
                others = [other for other in found if covers(other.authorization, session)]
                before = [len([s for s in other.used if s.dos < session.dos]) for other in others]
                assert all(n >= other.authorization.visits for n, other in zip(before, others, strict=True))


def test_a_visit_without_an_authorization_is_work_where_the_payer_wants_one():
    assert not items([visit(0)])
    assert list(items([visit(0)], authorization_required=True)) == ["V0PT authorization"]
    assert not items([visit(0, state="billed")], authorization_required=True)
    assert not items([visit(0, authorization={"number": "A7"})], authorization_required=True)
    used = items([visit(0), visit(1)], told=[authorization(visits=1)], authorization_required=True)
    assert set(used) == {"authorization A1", "V1PT authorization"}
    assert "used up" in used["V1PT authorization"].reason


@property_run(100)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.booleans(), st.sampled_from(["open", "denied", "paid"])), max_size=12),
    st.randoms(),
)
def test_any_order_counts_the_same_and_no_day_counts_twice(drawn, random):
    visits = [visit(day) for day in {day for day, documented, _ in drawn if documented}]
    lines = [line(day, claim=f"C{n}", status=status) for n, (day, _, status) in enumerate(drawn)]
    told = [authorization(visits=2)]
    first = items(visits, lines, told)
    for rows in (visits, lines):
        random.shuffle(rows)
    assert items(visits, lines, told) == first
    sessions = list(sessions_of(CoverageRows(visits, lines, [])))
    assert len({s.dos for s in sessions}) == len(sessions)
    open_days = {START + timedelta(day) for day, _, status in drawn if status != "denied"}
    assert {s.dos for s in sessions} == open_days


def test_a_visit_and_a_claim_that_names_it_are_one_though_the_claim_states_another_day_or_no_therapy_modifier():
    moved = CoverageRows([visit(0, claim="C1")], [line(1, claim="C1"), line(1, claim="C1")], [])
    assert [(s.dos.day, s.claim_ids) for s in sessions_of(moved)] == [(2, ("C1",))]
    bare = CoverageRows([visit(0)], [line(0, claim="C7", modifiers="59")], [])
    assert [s.claim_ids for s in sessions_of(bare)] == [("C7",)]
    several = CoverageRows([visit(0, claim="C1")], [line(0, claim="C1"), line(1, claim="C1")], [])
    assert [(s.dos.day, bool(s.visit)) for s in sessions_of(several)] == [(2, True), (3, False)]


def test_an_authorization_in_units_counts_units_of_its_codes():
    """24 units of 97110; a visit takes 4, by its claim where it is billed, else by its minutes."""
    told = [authorization(visits=None, units=24, procedures=["97110"])]
    plan = {"97110": 4, "97530": 1}
    assert not items([visit(0, plan=plan), visit(1, plan=plan)], told=told)
    visits = [visit(day, plan=plan) for day in range(3)]
    billed = [line(2, billed=("97110", "6"))]
    item = items(visits, billed, told)["authorization A1"]
    assert item.reason == "Authorization A1: 10 of 24 units left, enough for 2 visits"
    assert "Units of 97110: 14 (2026-03-02 4; 2026-03-03 4; 2026-03-04 6)" in item.explanation
    over = items([visit(day, plan={"97110": 9}) for day in range(3)], told=told)["authorization A1"]
    assert over.reason == "Authorization A1: 3 units over the limit, none left of 24"
    other = items([visit(0, plan={"97530": 30})], told=told, authorization_required=True)
    assert set(other) == {"V0PT authorization"}  # none of its codes is authorized


def test_units_that_nobody_knows_are_named_and_not_taken_for_none():
    told = [authorization(visits=None, units=6)]
    item = items([visit(0, plan={"97110": 4}), visit(1)], told=told)["authorization A1"]
    assert item.reason == "Authorization A1: at most 2 of 6 units left, enough for 0 visits"
    assert "Units not known: 2026-03-03 (visit V1PT)" in item.explanation
