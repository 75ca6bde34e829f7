"""Authorizations, visit limits and eligibility: each visit counts once, and each count names what it counted."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.coverage import AuthorizationRecorded, EligibilityChecked
from events.terms import PolicyPublished
from projections.readiness.coverage import CoverageRows, fold_coverage, sessions_of
from tests.projections.claim_states import reference
from tests.properties import property_run

START = date(2026, 3, 2)
serial = count(1)


def visit(day=0, *, payer="ACME", discipline="PT", state="unbilled", **brief):
    return SimpleNamespace(
        visit_id=f"V{day}{discipline}",
        payer_id=payer,
        discipline=discipline,
        dos=START + timedelta(day),
        state=state,
        expected_allowed=9000,
        brief=brief,
    )


def line(day=0, *, claim="C1", payer="ACME", modifiers="GP", status="open", codes=()):
    answers = [{"undone": False, "adjustments": [{"group": "CO", "reason": code} for code in codes]}] if codes else []
    return SimpleNamespace(
        claim_id=claim,
        number=1,
        payer_id=payer,
        dos=START + timedelta(day),
        modifiers=modifiers,
        status=status,
        facts={"answers": answers},
    )


def event(data):
    number = next(serial)
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return SimpleNamespace(data=data, time=at, name=("test", str(number)))


def authorization(number="A1", visits=10, first="2026-03-01", last="2026-06-30", **more):
    return event(
        AuthorizationRecorded.model_validate(
            {"number": number, "payer_id": "ACME", "patient_id": "P1", "from": first, "to": last, "visits": visits}
            | more
        )
    )


def checked(on, *, active=True, **more):
    return event(
        EligibilityChecked.model_validate({"patient_id": "P1", "payer_id": "ACME", "on": on, "active": active} | more)
    )


def items(visits=(), lines=(), told=(), **terms):
    policies = [PolicyPublished.model_validate({"payer_id": "ACME", **terms})] if terms else []
    found = fold_coverage("P1", CoverageRows(list(visits), list(lines), list(told)), reference(*policies))
    return {item.item: item for item in found}


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
    assert over.reason == "Authorization A1: 1 visit too many, none left of 10"


def test_an_authorization_counts_its_own_payer_discipline_and_days():
    told = [authorization(visits=1, discipline="PT")]
    for other in (visit(0, discipline="OT"), visit(0, payer="OTHER"), visit(-9), visit(200)):
        assert not items([other], told=told)
    assert "authorization A1" in items([visit(0)], told=told)


def test_a_following_authorization_or_a_discharge_ends_the_work():
    visits = [visit(day) for day in range(9)]
    assert not items(visits, told=[authorization(), authorization("A2", first="2026-05-01")])
    assert not items([*visits, visit(9, discharged=True)], told=[authorization(visits=11)])


def test_a_visit_without_an_authorization_is_work_where_the_payer_wants_one():
    assert not items([visit(0)])
    assert list(items([visit(0)], authorization_required=True)) == ["V0PT authorization"]
    assert not items([visit(0, state="billed")], authorization_required=True)
    assert not items([visit(0, authorization={"number": "A7"})], authorization_required=True)
    used = items([visit(0), visit(1)], told=[authorization(visits=1)], authorization_required=True)
    assert set(used) == {"authorization A1", "V1PT authorization"}
    assert "used up" in used["V1PT authorization"].reason


def test_visit_limits_are_counted_by_plan_year_over_the_disciplines_that_share_them():
    limits = [{"visits": 3, "disciplines": ["PT", "SLP"]}]
    found = items([visit(0), visit(1, discipline="SLP"), visit(2, discipline="OT")], visit_limits=limits)
    assert found["limit ACME 2026 PT/SLP"].reason == "Visits of 2026: 1 visit left of 3"
    assert not items([visit(0, discipline="OT")], visit_limits=limits)


def test_the_payers_own_answer_of_visits_left_counts_on_from_its_day():
    told = [checked("2026-03-02", visits_left=4)]
    assert "limit ACME 2026-03-02 answer" not in items([visit(0)], told=told)
    item = items([visit(0), visit(1), visit(2)], told=told)["limit ACME 2026-03-02 answer"]
    assert item.reason.endswith("2 visits left of 4")


@pytest.mark.parametrize("code", ["197", "198"])
def test_a_denial_for_authorization_points_to_the_evidence(code):
    item = items(lines=[line(0, status="denied", codes=[code])], told=[authorization()])["line 1 evidence"]
    assert (item.claim_id, item.next_action) == ("C1", "Appeal with authorization A1")
    assert item.explanation[0] == "Authorization A1, 2026-03-01 to 2026-06-30: 10 visits"
    bare = items(lines=[line(0, status="denied", codes=[code])])["line 1 evidence"]
    assert bare.next_action.startswith("Ask for an authorization after the fact")
    assert not items(lines=[line(0, status="denied", codes=["50"])], told=[authorization()])


def test_coverage_that_was_not_checked_or_is_not_active_is_a_finding():
    assert not items([visit(0)])  # nobody ever sent an answer: not known
    assert not items([visit(0)], told=[checked("2026-02-20")])
    stale = items([visit(60)], told=[checked("2026-02-20")])["V60PT eligibility"]
    assert (stale.kind, stale.category) == ("eligibility", "unchecked")
    gone = items(
        [visit(0)], told=[checked("2026-02-20", active=False, other_payers=[{"payer_id": "B", "sequence": "P"}])]
    )
    assert (gone["V0PT eligibility"].category, gone["V0PT eligibility"].next_action) == ("inactive", "Bill B")
    assert not items([visit(0, state="billed")], told=[checked("2026-02-20", active=False)])


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
