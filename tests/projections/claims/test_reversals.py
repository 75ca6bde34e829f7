"""Reversals and take-backs by their effect (005010X221A1 §1.10.2.8): what counts decides state, lines and work."""

from decimal import Decimal

import pytest

from projections.deadlines import deadlines
from projections.work.claim_items import work_items
from tests.projections.claims.test_lifecycle import REFERENCE, answered, fold, line, remit, sent

TWO = (line(1, "60.00"), line(2, "80.00"))
FIRST = answered(1, "20.00", "CO 45 40.00", charge="60.00")
SECOND = answered(2, "30.00", "CO 45 50.00", charge="80.00")
FIRST_BACK = answered(1, "-20.00", "CO 45 -40.00", charge="-60.00")
SECOND_BACK = answered(2, "-30.00", "CO 45 -50.00", charge="-80.00")
PAID = remit("2026-02-01", FIRST, SECOND)


def back(on, *lines, status="22", kind="payment.reversed", **data):
    return remit(on, *lines, kind=kind, status=status, **data)


def lists(state):
    return {item.kind for item in work_items(state, deadlines(state, REFERENCE), REFERENCE)}


@pytest.mark.parametrize(
    ("reversal", "balance", "unpaired"),
    [
        (back("2026-03-01", FIRST_BACK, SECOND_BACK), "140.00", "0.00"),
        (back("2026-03-01", FIRST_BACK, SECOND_BACK, status="1", kind="payment.posted"), "140.00", "0.00"),
        (back("2026-03-01", charge="-140.00", paid="-50.00"), "140.00", "0.00"),
        (back("2026-03-01", FIRST_BACK, answered(2, "-30.37", "CO 45 -49.63", charge="-80.00")), "140.00", "-0.37"),
        (back("2026-03-01", FIRST_BACK, answered(2, "-29.00", "CO 45 -51.00", charge="-80.00")), "139.00", "0.00"),
        (back("2026-03-01", SECOND_BACK), "80.00", "0.00"),
        (back("2026-03-01", charge="-80.00", paid="-30.00"), "80.00", "0.00"),
        (back("2026-03-01", charge="-10.00", paid="-10.00"), "10.00", "0.00"),
    ],
)
def test_what_a_reversal_took_back_is_open_again_and_somebody_asks_for_it(reversal, balance, unpaired):
    state = fold(sent(lines=TWO), PAID, reversal)
    assert (state.payer_balance, state.patient_balance) == (Decimal(balance), 0)
    assert state.unpaired == Decimal(unpaired)
    assert state.status == "in_flight"
    assert lists(state) & {"missing_ack", "filing"}


def test_the_lines_of_a_partial_take_back_stand_apart():
    state = fold(sent(lines=TWO), PAID, back("2026-03-01", SECOND_BACK))
    assert [(one.status, one.paid, one.allowed) for one in state.lines] == [("paid", 20, 20), ("open", 0, 0)]


def test_a_reversal_without_adjustments_bills_the_patient_nothing():
    paid = remit("2026-02-01", answered(1, "32.00", "CO 45 60.00", "PR 2 8.00"))
    state = fold(sent(), paid, back("2026-03-01", charge="-100.00", paid="-32.00"))
    assert (state.payer_balance, state.patient_balance, state.allowed) == (100, 0, 0)
    assert "unbalanced" in state.flags


def test_a_reversal_of_a_payment_never_seen_is_kept_apart_and_listed():
    state = fold(sent(lines=TWO), back("2026-03-01", FIRST_BACK, SECOND_BACK))
    assert (state.paid, state.unpaired, state.payer_balance) == (-50, -50, 140)
    assert [(one.allowed, one.status) for one in state.lines] == [(0, "open"), (0, "open")]
    assert "unmatched" in lists(state)
    assert "reversal_pending" in state.flags


def test_the_same_reversal_twice_takes_back_once():
    again = back("2026-04-01", FIRST_BACK, SECOND_BACK)
    better = remit("2026-03-02", answered(1, "25.00", "CO 45 35.00", charge="60.00"), SECOND)
    state = fold(sent(lines=TWO), PAID, back("2026-03-01", FIRST_BACK, SECOND_BACK), better, again)
    assert (state.payer_balance, state.unpaired) == (0, -50)
    assert state.status == "paid"


def test_the_correction_may_come_before_an_inexact_reversal():
    better = remit("2026-02-20", answered(1, "25.00", "CO 45 35.00", charge="60.00"), SECOND)
    inexact = back("2026-03-01", FIRST_BACK, answered(2, "-30.10", "CO 45 -49.90", charge="-80.00"))
    state = fold(sent(lines=TWO), PAID, better, inexact)
    assert (state.payer_balance, state.unpaired, state.status) == (0, Decimal("-0.10"), "paid")


def test_a_line_rolled_into_another_is_not_denied():
    rolled = answered(1, "0.00", "CO 97 60.00", charge="60.00")
    paying = answered(2, "90.00", "OA 94 -60.00", "CO 45 50.00", charge="80.00")
    state = fold(sent(lines=TWO), remit("2026-02-01", rolled, paying))
    assert (state.balance, state.status, [one.status for one in state.lines]) == (0, "paid", ["paid", "paid"])
    assert "denial" not in lists(state)


def test_adjustments_of_the_claim_that_repeat_its_lines_count_once():
    again = [{"group": "CO", "reason": "197", "amount": "140.00"}]
    denied = [answered(1, "0.00", "CO 197 60.00", charge="60.00"), answered(2, "0.00", "CO 197 80.00", charge="80.00")]
    state = fold(sent(lines=TWO), remit("2026-02-01", *denied, kind="claim.denied", adjustments=again))
    assert (state.allowed, state.payer_balance, state.status) == (0, 140, "denied")
    partly = [{"group": "CO", "reason": "45", "amount": "90.00"}]
    state = fold(sent(lines=TWO), remit("2026-02-01", FIRST, SECOND, adjustments=partly))
    assert (state.allowed, state.balance) == (50, 0)


def test_a_patient_share_without_its_adjustment_takes_no_money_from_the_payer():
    state = fold(sent(), remit("2026-02-01", answered(1, "75.00", "CO 45 25.00"), patient_responsibility="25.00"))
    assert (state.payer_balance, state.patient_balance) == (0, 0)
    assert "patient_share_unclear" in state.flags
    alone = remit("2026-02-01", charge="100.00", paid="75.00", patient_responsibility="25.00")
    state = fold(sent(), alone)
    assert (state.payer_balance, state.patient_balance) == (0, 25)


def test_a_line_the_payer_added_is_a_credit_of_what_it_paid_and_no_more():
    added = line(
        9, "60.00", procedure="97140", paid="30.00", adjustments=[{"group": "CO", "reason": "45", "amount": "30.00"}]
    )
    state = fold(sent(lines=TWO), remit("2026-02-01", FIRST, SECOND, added))
    assert state.payer_balance == -30


def test_each_payer_has_member_numbers_of_its_own():
    second = remit("2026-03-01", answered(1, "8.00", "OA 23 92.00"), status="2", payer_id="GAP", patient_id="GAP-1")
    paid = remit("2026-02-01", answered(1, "32.00", "CO 45 60.00", "PR 2 8.00"), patient_id="P1")
    state = fold(sent(), paid, second)
    assert "duplicate_suspect" not in state.flags
    assert (state.allowed, state.patient_responsibility, state.balance) == (40, 0, 0)
