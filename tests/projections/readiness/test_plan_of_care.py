"""Which certification of a plan of care is outstanding: 42 CFR 424.24(c), CMS Pub 100-02 ch. 15 §220.1.3."""

# packs: plan-of-care-medicare

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.readiness.episode import fold_episode
from tests.projections.readiness.documented import day, reference, rows, visit

TERMS = reference()


def seen(dos, plan, **more):
    return rows(day(visit(f"V{dos}", dos=dos, plan_of_care=plan, **more), dos=dos).readiness.values())[0]


def folded(*visits):
    found, items = fold_episode("episode|default|PT|P1", "default", visits, TERMS)
    late = [row["visit_id"] for row in found if row["rule"] == "plan.certified_late"]
    return {item.item.split(" ")[1]: item for item in items if item.kind == "plan_of_care"}, late


def plan(established="2026-03-02", through="2026-05-25", **more):
    return {"established_on": established, "certified_through": through} | more


def test_an_unsigned_plan_is_due_thirty_days_after_the_first_treatment():
    items, _ = folded(seen("2026-03-02", plan(sent_on="2026-03-03")))
    item = items["signature"]
    assert (item.due, item.lost_on) == (date(2026, 4, 1), None)
    assert item.explanation[-1].startswith("No last day: a delayed certification is accepted")
    assert not folded(seen("2026-03-02", plan(signed_on="2026-03-20")))[0]


def test_a_field_that_was_never_sent_is_not_known_and_no_item():
    assert folded(seen("2026-03-02", plan())) == ({}, [])


@pytest.mark.parametrize(
    ("dos", "sent", "order", "asked"),
    [
        ("2026-03-02", "2026-03-20", True, False),
        ("2026-03-02", "2026-04-02", True, True),  # day 31
        ("2026-03-02", "2026-03-20", False, True),
        ("2024-03-04", "2024-03-20", True, True),  # before 2025 an order stood for nothing
    ],
)
def test_an_order_on_file_and_a_plan_sent_in_time_stand_for_the_first_signature(dos, sent, order, asked):
    items, _ = folded(seen(dos, plan(dos, None, sent_on=sent, order_on_file=order)))
    assert ("signature" in items) == asked


def test_an_evaluation_documented_without_the_plan_is_under_the_plan_that_came_of_it():
    signed = plan("2026-03-04", signed_on="2026-03-10")
    assert folded(seen("2026-03-02", None), seen("2026-03-04", signed)) == ({}, [])
    asked = folded(seen("2026-03-02", None), seen("2026-03-04", plan("2026-03-04", sent_on="2026-03-05")))[0]
    assert asked["signature"].due == date(2026, 4, 1), "thirty days from the first treatment"
    assert "recertified" not in asked["signature"].reason


def test_the_thirty_days_of_sending_run_from_the_evaluation_and_not_from_the_plan():
    evaluated = seen("2026-03-02", None, timed="97110:15", untimed="97161")
    for sent, asked in (("2026-04-01", False), ("2026-04-02", True)):
        told = plan("2026-03-20", sent_on=sent, order_on_file=True)
        assert ("signature" in folded(evaluated, seen("2026-03-20", told))[0]) == asked


@given(st.lists(st.integers(0, 80), min_size=1, max_size=5, unique=True))
def test_a_visit_that_says_nothing_of_the_plan_changes_no_plan(offsets):
    """A signed plan stays signed whatever visits are documented around it."""
    told = seen("2026-03-10", plan("2026-03-10", through=None, signed_on="2026-03-20"))
    start = date(2026, 3, 1)
    silent = [seen((start + timedelta(days=n)).isoformat(), None) for n in offsets if n != 9]
    items, _ = folded(*silent, told)
    assert set(items) <= {"recertification"}


def test_a_recertification_is_due_at_the_sooner_of_ninety_days_and_the_plan_s_end():
    near = folded(seen("2026-03-02", plan(signed_on="2026-03-10")), seen("2026-05-20", plan()))[0]
    assert near["recertification"].due == date(2026, 5, 25)
    longer = plan(through="2026-07-30", signed_on="2026-03-10")
    assert folded(seen("2026-03-02", longer), seen("2026-05-20", longer))[0]["recertification"].due == date(2026, 5, 31)


def test_nobody_asks_for_a_recertification_of_a_patient_who_no_longer_comes():
    assert not folded(seen("2026-03-02", plan(signed_on="2026-03-10")), seen("2026-04-20", plan()))[0]
    gone = seen("2026-05-20", plan(), discharged=True)
    assert not folded(seen("2026-03-02", plan(signed_on="2026-03-10")), gone)[0]


def test_each_recertification_wants_a_signature_even_with_an_order():
    first = seen("2026-03-02", plan(order_on_file=True, sent_on="2026-03-03"))
    again = plan("2026-05-20", "2026-08-10", order_on_file=True, sent_on="2026-05-21")
    item = folded(first, seen("2026-05-26", again))[0]["signature"]
    assert (item.due, "recertified" in item.reason) == (date(2026, 5, 25), True)


def test_a_late_signature_is_shown_as_late_and_asks_for_nothing():
    """The rule plan.certified_late."""
    items, late = folded(seen("2026-03-02", plan(signed_on="2026-04-02")))
    assert (items, late) == ({}, ["V2026-03-02"])
    assert folded(seen("2026-03-02", plan(signed_on="2026-04-01")))[1] == []


def test_other_payers_go_by_their_own_terms():
    assert not folded(seen("2026-03-02", plan(sent_on="2026-03-03"), payer="ACME"))[0]
