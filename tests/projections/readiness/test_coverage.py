"""Authorizations, visit limits and eligibility: each visit counts once, and each count names what it counted."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.adjustment import Adjustment
from events.coverage import AuthorizationRecorded, EligibilityChecked
from events.followup import WorkResolved
from events.terms import PolicyPublished
from projections.readiness.coverage import fold_coverage
from projections.readiness.coverage_use import CoverageRows, allot, sessions_of
from projections.readiness.rows import KnownVisit
from projections.tables.line_facts import LineAnswer, LineFacts
from projections.tables.readiness_facts import PlannedClaim, PlannedClaimLine, VisitSummary
from projections.tables.vocabulary import EntryKind, VisitState
from projections.tables.work_acts import read_acts
from tests.projections.claim_states import reference
from tests.properties import property_run

START = date(2026, 3, 2)
serial = count(1)


def visit(day=0, *, payer="ACME", discipline="PT", state="unbilled", claim=None, plan=None, worth=9000, **summary):
    return KnownVisit(
        visit_id=f"V{day}{discipline}",
        patient_id="P1",
        therapist_id=None,
        payer_id=payer,
        discipline=discipline,
        dos=START + timedelta(day),
        state=VisitState(state),
        claim_id=claim,
        expected_allowed=worth,
        plan=planned(plan or {}),
        summary=VisitSummary(**({"leads": True, "program": None} | summary)),
    )


def planned(units):
    lines = tuple(
        PlannedClaimLine(
            procedure=code,
            units=count,
            modifiers=(),
            minutes=None,
            explanation="",
            expected_allowed=None,
            unpriced=None,
        )
        for code, count in units.items()
    )
    return PlannedClaim(
        visits=(),
        payer_id="ACME",
        method="",
        tie=False,
        units_explanation="",
        total_timed_minutes=0,
        total_units=sum(units.values()),
        lines=lines,
        expected_allowed=None,
        rules=(),
    )


FACTS = LineFacts(
    plan=None,
    place_of_service=None,
    rendering_npi=None,
    sent_at=None,
    claim_status="denied",
    flags=(),
    disputes=(),
    work=(),
    claim_answer=None,
    answers=(),
)


def answer(codes):
    return LineAnswer(
        payer_id="ACME",
        sequence="P",
        kind=EntryKind.DENIAL,
        undone=False,
        remit=None,
        notice_date=START,
        received_at=datetime(2026, 3, 20, tzinfo=UTC),
        ordinal=1,
        procedure="97110",
        submitted_procedure=None,
        modifiers=(),
        units=None,
        charge=Decimal(100),
        paid=Decimal(0),
        allowed=Decimal(0),
        allowed_stated=None,
        adjustments=tuple(Adjustment(group="CO", reason=code, amount=Decimal(100)) for code in codes),
        remark_codes=(),
        denied=True,
    )


def line(day=0, *, claim="C1", payer="ACME", modifiers="GP", status="open", codes=(), billed=("97110", "2"), work=()):
    answers = (answer(codes),) if codes else ()
    return SimpleNamespace(
        claim_id=claim,
        number=1,
        payer_id=payer,
        dos=START + timedelta(day),
        modifiers=modifiers,
        status=status,
        procedure=billed[0],
        units=billed[1],
        charge=10000,
        facts=replace(FACTS, answers=answers, work=read_acts(work)).to_json(),
    )


def event(data, at="2026-03-01T00:00:00+00:00"):
    number, at = next(serial), datetime.fromisoformat(at)
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
    """Without the item of coverage that was never checked."""
    found = every_item(visits, lines, told, **terms)
    return {name: item for name, item in found.items() if not name.endswith("never checked")}


def every_item(visits=(), lines=(), told=(), **terms):
    policies = [PolicyPublished.model_validate({"payer_id": "ACME", **terms})] if terms else []
    found = fold_coverage("P1", CoverageRows(list(visits), list(lines), list(told)), reference(*policies))
    return {item.item: item for item in found}


def done(worklist, item, at, note="seen to"):
    data = {"patient_id": "P1", "worklist": worklist, "item": item, "by": "kim", "resolution": "done", "note": note}
    return event(WorkResolved.model_validate(data), at)


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
    assert five["authorization A2"].reason == "Authorization A2: 1 visit too many, none left of 2"


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
    assert over.reason == "Authorization A1: 3 units too many, none left of 24"
    other = items([visit(0, plan={"97530": 30})], told=told, authorization_required=True)
    assert set(other) == {"V0PT authorization"}  # none of its codes is authorized


def test_units_that_nobody_knows_are_named_and_not_taken_for_none():
    told = [authorization(visits=None, units=6)]
    item = items([visit(0, plan={"97110": 4}), visit(1)], told=told)["authorization A1"]
    assert item.reason == "Authorization A1: at most 2 of 6 units left, enough for 0 visits"
    assert "Units not known: 2026-03-03 (visit V1PT)" in item.explanation


def test_a_patient_without_any_answer_is_unchecked_once_for_all_visits():
    found = every_item([visit(0), visit(3), visit(5, state="billed"), visit(4, payer="")])
    item = found["ACME never checked"]
    assert (item.kind, item.category, list(found)) == ("eligibility", "unchecked", ["ACME never checked"])
    assert "2 visits from 2026-03-02 on" in item.reason
    assert "ACME never checked" not in every_item([visit(0)], told=[checked("2026-03-01")])
    assert "; not billed yet: " in item.reason
    assert "; no claim accepted yet: " in every_item([visit(0, state="correctable")])["ACME never checked"].reason


def test_an_amount_that_is_not_known_is_no_zero():
    known, unknown = every_item([visit(0)]), every_item([visit(0, worth=None)])
    assert [found["ACME never checked"].amount_unknown for found in (known, unknown)] == [False, True]


def test_items_are_closed_with_a_reason_and_come_back_with_the_next_visit():
    visits = [visit(day) for day in range(8)]
    closed = done("authorization", "authorization A1", "2026-03-20T12:00:00+00:00")
    item = items(visits, told=[authorization(), closed])["authorization A1"]
    assert (item.done.note, item.snoozed_until is not None) == ("seen to", True)
    later = items([*visits, visit(30)], told=[authorization(), closed])["authorization A1"]
    assert (later.done, later.snoozed_until) == (None, None)
    bare = done("authorization", "authorization A1", "2026-03-20T12:00:00+00:00", note=None)
    assert items(visits, told=[authorization(), bare])["authorization A1"].done is None  # its last day still runs
    portal = done("eligibility", "ACME never checked", "2026-03-20T12:00:00+00:00", note="checked on the portal")
    assert every_item([visit(0)], told=[portal])["ACME never checked"].done.by == "kim"


def test_the_evidence_on_a_claim_is_closed_by_what_was_done_on_the_claim():
    act = {"type": "work.resolved.v1", "time": "2026-03-20T12:00:00+00:00", "claim_id": "C1", "by": "kim"}
    act |= {"worklist": "authorization", "resolution": "done", "note": "appealed"}
    item = items(lines=[line(0, status="denied", codes=["197"], work=[act])])["line 1 evidence"]
    assert item.done.note == "appealed"


def test_only_denied_lines_and_claims_with_an_item_are_read_whole(monkeypatch):
    """A patient's history is folded again with each of its visits: what no item needs is not parsed."""
    read = []
    from_json = LineFacts.from_json
    monkeypatch.setattr(LineFacts, "from_json", lambda stored: read.append(stored) or from_json(stored))
    paid = [line(day, claim=f"C{day}", status="paid") for day in range(30)]
    items(lines=paid)
    assert read == []
    items(lines=[*paid, line(31, claim="D", status="denied", codes=["197"])])
    assert len(read) == 2  # its answers, and what was done about its item
