"""Visits that no claim bills: listed with the practice's service level and the payer's filing limit."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from events.terms import PolicyPublished
from projections.deadlines.filing import LIMIT_NOT_ENTERED
from tests.projections.readiness.documented import Day, reference, sent, visit

DOS = "2026-03-02"


def day(*visits, claims=(), terms=None):
    return Day(visits, claims, terms or reference(), DOS)


def test_a_documented_visit_is_listed_until_a_claim_bills_it():
    documented = visit("V1", ended_at="2026-03-02T16:00:00Z")
    item = day(documented).unbilled["V1"]
    assert (item.due, item.lost_on) == (datetime(2026, 3, 3, 16, tzinfo=UTC), date(2027, 3, 2))
    assert (item.category, item.payer_id, item.patient_id, item.claim_id) == ("unbilled", "MEDICARE", "P1", "")
    assert item.amount_at_risk > 0
    assert not day(documented, claims=[[sent("97530 x2 GP", "97110 x1 GP", visit_ids=["V1"])]]).unbilled


def test_a_visit_without_an_end_counts_from_the_end_of_its_day():
    assert day(visit("V1", ended_at=None)).unbilled["V1"].due == datetime(2026, 3, 4, 6, tzinfo=UTC)


def test_a_closed_visit_is_not_listed_and_asks_for_nothing_else():
    found = day(visit("V1") | {"closed": {"reason": "self_pay", "by": "kim"}})
    assert not found.unbilled
    assert found.readiness["V1"]["state"] == "closed"


def test_a_visit_without_a_payer_asks_for_it():
    item = day(visit("V1", payer=None)).unbilled["V1"]
    assert (item.category, item.lost_on) == ("no_payer", None)
    assert "payer" in item.next_action
    assert any(step == "No date: the visit names no payer" for step in item.explanation)


def test_a_payer_without_terms_has_no_last_day_and_says_so():
    item = day(visit("V1", payer="ACME")).unbilled["V1"]
    assert item.lost_on is None
    assert any("no policy for payer ACME" in step for step in item.explanation)


@pytest.mark.parametrize(
    ("billed", "missing", "claim_id"),
    [("97530 x1 GP", "97530 ×1", "A"), ("97530 x2 GP", None, None), ("97110 x2 GP", None, None)],
)
def test_units_that_no_claim_bears_stay_listed(billed, missing, claim_id):
    """30 minutes of one code are two units; as many units under another code leave none."""
    item = day(visit("V1", "97530:30"), claims=[[sent(billed, visit_ids=["V1"])]]).unbilled.get("V1")
    assert (item.claim_id if item else None) == claim_id
    if item:
        assert (item.category, missing in item.reason, item.amount_at_risk > 0) == ("part_billed", True, True)


def test_two_sessions_of_one_day_are_worth_one_claim():
    found = day(visit("V1"), visit("V2")).unbilled
    amounts = [item.amount_at_risk for item in found.values()]
    assert len(amounts) == 2
    assert sum(amount > Decimal(0) for amount in amounts) == 1


@pytest.mark.parametrize(("program", "expected"), [("medicaid", True), ("tricare", True), ("commercial", False)])
def test_a_federal_outer_limit_is_shown_and_is_no_last_day(program, expected):
    terms = reference(PolicyPublished.model_validate({"payer_id": "ACME", "program": program}))
    item = day(visit("V1", payer="ACME"), terms=terms).unbilled["V1"]
    assert item.lost_on is None
    assert (LIMIT_NOT_ENTERED in item.explanation) is expected
    assert any("Mar 2, 2027" in step or "2027-03-02" in step for step in item.explanation) is expected
