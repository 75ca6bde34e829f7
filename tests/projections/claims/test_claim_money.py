"""Given a claim's answers, in any order, then what is paid, owed, reversed and counted once."""

from decimal import Decimal

import pytest

from tests.projections.claims.histories import FULL, SHORT, SHORT_BACK, answer, event, fold, line, money, sent


def test_a_claim_that_was_sent_is_in_flight_and_owed_whole():
    state = fold(sent())
    assert (state.status, money(state)) == ("in_flight", ("150.00", "0.00", "0.00", "0.00", "150.00", "0.00"))


def test_a_payment_leaves_the_patients_share():
    state = fold(sent(), answer("40.00", SHORT))
    assert (state.status, money(state)) == ("patient_due", ("150.00", "50.00", "40.00", "10.00", "0.00", "10.00"))


def test_a_deductible_that_eats_all_is_no_denial():
    state = fold(sent(), answer("0.00", [("CO", "45", "100.00"), ("PR", "1", "50.00")]))
    assert (state.status, state.lines[0].status) == ("patient_due", "patient_due")


def test_a_denial_stays_owed_until_a_person_decides():
    state = fold(sent(), answer("0.00", [("CO", "50", "150.00")], "claim.denied.v1"))
    assert (state.status, state.payer_balance) == ("denied", Decimal("150.00"))
    gone = fold(
        sent(),
        answer("0.00", [("CO", "50", "150.00")], "claim.denied.v1"),
        event("claim.written_off.v1", "2026-05-01T10:00:00Z", reason="no merit"),
    )
    assert (gone.status, gone.balance, gone.written_off) == ("written_off", Decimal(0), Decimal("150.00"))


def test_a_line_may_be_denied_beside_a_paid_one():
    lines = [
        line(1, paid="40.00", charge="150.00", adjustments=[{"group": "CO", "reason": "45", "amount": "110.00"}]),
        line(2, "97110", "60.00", paid="0.00", adjustments=[{"group": "CO", "reason": "97", "amount": "60.00"}]),
    ]
    state = fold(sent(lines=[line(), line(2, "97110", "60.00")]), answer("0", [], lines=lines))
    assert state.status == "partially_denied"
    assert [one.status for one in state.lines] == ["paid", "denied"]


@pytest.mark.parametrize("corrected_on", ["2026-04-10", "2026-04-01"])
def test_reversal_and_correction_leave_the_correction_whichever_is_dated_first(corrected_on):
    state = fold(
        sent(),
        answer("40.00", SHORT),
        answer("-40.00", SHORT_BACK, "payment.reversed.v1", "2026-04-10", 1, "22"),
        answer("50.00", FULL, on=corrected_on, ordinal=2),
    )
    assert money(state) == ("150.00", "65.00", "50.00", "15.00", "0.00", "15.00")
    assert state.flags == ()


def test_a_reversal_alone_reopens_the_claim():
    state = fold(
        sent(), answer("40.00", SHORT), answer("-40.00", SHORT_BACK, "payment.reversed.v1", "2026-04-10", 1, "22")
    )
    assert (state.status, money(state)) == ("in_flight", ("150.00", "0.00", "0.00", "0.00", "150.00", "0.00"))


def test_a_reversal_whose_original_was_never_seen_is_flagged_and_summed():
    state = fold(answer("-40.00", SHORT_BACK, "payment.reversed.v1", "2026-04-10", 1, "22"))
    assert (state.status, state.flags, state.paid) == ("unmatched", ("reversal_pending",), Decimal("-40.00"))


def test_paid_twice_the_surplus_is_what_was_paid_twice_and_its_refund_settles_it():
    twice = (sent(), answer("40.00", SHORT), answer("40.00", SHORT, on="2026-04-02"))
    state = fold(*twice)
    assert money(state) == ("150.00", "100.00", "80.00", "20.00", "-40.00", "10.00")
    assert [(one.number, one.paid) for one in state.lines] == [(1, Decimal("80.00"))]
    assert state.flags == ("overpaid",)
    settled = fold(*twice, event("refund.sent.v1", "2026-04-20T10:00:00Z", amount="40.00"))
    assert (settled.payer_balance, settled.patient_balance, settled.flags) == (Decimal(0), Decimal("10.00"), ())


def test_a_correction_before_its_reversal_counts_as_the_newest_says():
    state = fold(sent(), answer("40.00", SHORT), answer("50.00", FULL, on="2026-04-02"))
    assert (state.paid, state.payer_balance, state.patient_balance) == (
        Decimal("90.00"),
        Decimal("-40.00"),
        Decimal("15.00"),
    )


def test_a_denial_reprocessed_without_a_reversal_takes_its_discount_off_once():
    part = [("CO", "45", "100.00"), ("CO", "197", "50.00")]
    state = fold(sent(), answer("0.00", part, "claim.denied.v1"), answer("40.00", SHORT, on="2026-04-02"))
    assert (state.status, state.payer_balance, state.patient_balance, state.flags) == (
        "patient_due",
        Decimal("0.00"),
        Decimal("10.00"),
        (),
    )


def test_a_later_refusal_of_a_paid_line_moves_no_money():
    state = fold(
        sent(), answer("40.00", SHORT), answer("0.00", [("CO", "B13", "150.00")], "claim.denied.v1", "2026-04-02")
    )
    assert (state.payer_balance, state.patient_balance) == (Decimal("0.00"), Decimal("10.00"))
    assert (state.status, state.lines[0].status) == ("partially_denied", "paid")


def test_answers_that_share_a_lines_charge_all_count():
    half = line(charge="75.00", paid="40.00", adjustments=[{"group": "CO", "reason": "45", "amount": "35.00"}])
    state = fold(
        sent(), answer("0", [], lines=[half], ordinal=1), answer("0", [], on="2026-04-02", lines=[half], ordinal=2)
    )
    assert (state.paid, state.payer_balance, state.flags) == (Decimal("80.00"), Decimal("0.00"), ())


def test_two_whole_answers_without_lines_are_one_answer_paid_twice():
    adjustments = [{"group": group, "reason": reason, "amount": amount} for group, reason, amount in SHORT]
    bare = {"payer_id": "ACME", "status_code": "1", "charge": "150.00", "paid": "40.00", "adjustments": adjustments}
    told = [
        event("payment.posted.v1", f"{on}T12:00:00Z", remit={"trace_number": on, "payment_date": on}, **bare)
        for on in ("2026-03-20", "2026-04-02")
    ]
    state = fold(sent(), *told)
    assert (state.payer_balance, state.patient_balance) == (Decimal("-40.00"), Decimal("10.00"))


def test_a_split_claim_adds_up():
    first = answer("40.00", SHORT, ordinal=1)
    lines = [line(2, "97110", "60.00", paid="30.00", adjustments=[{"group": "CO", "reason": "45", "amount": "30.00"}])]
    state = fold(sent(lines=[line(), line(2, "97110", "60.00")]), first, answer("0", [], ordinal=2, lines=lines))
    assert (state.paid, state.payer_balance) == (Decimal("70.00"), Decimal("0.00"))
    assert [one.paid for one in state.lines] == [Decimal("40.00"), Decimal("30.00")]


def test_predetermination_counts_no_money():
    assert fold(sent(), answer("40.00", SHORT, status="25")).paid == Decimal("0.00")


def test_a_payment_on_a_voided_claim_is_owed_back():
    state = fold(sent(), sent("2026-03-10T10:00:00Z", frequency="8"), answer("40.00", SHORT))
    assert (state.status, state.payer_balance) == ("voided", Decimal("-40.00"))
    assert {"overpaid", "payment_on_void"} <= set(state.flags)


def test_a_copy_refused_as_duplicate_leaves_the_answer_to_the_original_standing():
    state = fold(
        sent(),
        answer("40.00", SHORT),
        sent("2026-03-25T10:00:00Z"),
        answer("0.00", [("OA", "18", "150.00")], "claim.denied.v1", "2026-04-05"),
    )
    assert (state.status, state.patient_balance) == ("patient_due", Decimal("10.00"))
