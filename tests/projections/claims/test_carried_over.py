"""Claims carried over from a system used before: a statement as of a day, and what files say of the same claims."""

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.values import ZERO
from projections.deadlines import deadlines
from projections.rows.claims import claim_rows, deadline_rows, item_rows, line_rows, membership_rows
from projections.work.claim_items import work_items
from tests.projections.claims.test_conservation import CHARGES, histories
from tests.projections.claims.test_lifecycle import REFERENCE, answered, event, fold, line, remit, sent
from tests.properties import property_run


def carried(on="2026-02-28", **data):
    """A statement as of the end of February; whole claim open unless said otherwise."""
    told = {
        "as_of": on,
        "patient_id": "P1",
        "payer_id": "ACME",
        "dos": "2026-01-15",
        "charge": "100.00",
        "paid": "0.00",
        "balance": "100.00",
        "source_row": "row 2 of open.csv",
    }
    return event("claim.carried_over", "2026-03-02", **{**told, **data})


def clocks(state):
    return {d.kind: d for d in deadlines(state, REFERENCE)}


def items(state):
    return work_items(state, deadlines(state, REFERENCE), REFERENCE)


def test_a_statement_alone_makes_a_claim_with_its_balance_and_says_where_it_came_from():
    state = fold(carried(charge="180.00", paid="60.00", adjusted="40.00", patient_paid="20.00", balance="60.00"))
    assert (state.charge, state.paid, state.payer_balance, state.patient_balance) == (180, 60, 60, 0)
    assert (state.patient_id, state.dos, state.accounts[0].payer_id) == ("P1", date(2026, 1, 15), "ACME")
    assert state.patient_responsibility == 20
    assert "carried_over" in state.flags
    assert "carried_over_differs" not in state.flags
    assert all("carried over from the previous system as of Sat 2026-02-28" in item.reason for item in items(state))


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({}, "in_flight"),
        ({"denied_on": "2026-02-10"}, "denied"),
        ({"status": "Denied - timely"}, "denied"),
        ({"status": "rejected by payer"}, "rejected"),
        ({"paid": "40.00", "balance": "60.00", "denied_on": "2026-02-10"}, "partially_denied"),
        ({"paid": "40.00", "balance": "60.00", "owner": "patient"}, "patient_due"),
        ({"paid": "100.00", "balance": "0.00"}, "closed"),
        ({"paid": "120.00", "balance": "-20.00"}, "paid"),
    ],
)
def test_the_status_is_what_the_statement_knows(data, status):
    assert fold(carried(**data)).status == status


def test_who_owes_the_balance_is_as_stated():
    state = fold(carried(paid="40.00", balance="60.00", owner="patient"))
    assert (state.payer_balance, state.patient_balance) == (0, 60)


def test_clocks_start_from_the_days_that_are_known():
    state = fold(carried(payer_id="MEDICARE", sent_on="2026-01-20", denied_on="2026-02-10"))
    found = clocks(state)
    assert found["timely_filing"].state == "met"  # the payer denied it, so it had it
    assert (found["appeal_1"].state, found["appeal_1"].due) == ("open", date(2026, 6, 10))  # 120 days
    assert found["payer_response"].state == "met"
    assert not [kind for kind in found if kind.startswith("ack_")]
    assert [item.kind for item in items(state)] == ["denial"]


def test_an_unanswered_claim_has_its_filing_limit_from_the_date_of_service():
    found = clocks(fold(carried(payer_id="MEDICARE", sent_on="2026-01-20")))
    assert (found["timely_filing"].state, found["timely_filing"].due) == ("open", date(2027, 1, 15))
    assert found["payer_response"].state == "open"
    assert found["payer_response"].due is not None


def test_what_is_not_known_is_unknown_with_the_reason():
    found = clocks(fold(carried(paid="40.00", balance="60.00")))
    for kind, reason in (
        ("payer_response", "the day the claim was sent"),
        ("appeal_1", "the day of the payer's notice"),
    ):
        assert found[kind].due is None
        assert reason in found[kind].steps[0]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_files_that_agree_take_its_place(place):
    files = [sent(), remit("2026-02-01", answered(1, "60.00", "CO 45 20.00", "PR 2 20.00"))]
    alone = fold(*files)
    told = [*files[:place], carried(paid="60.00", adjusted="20.00", balance="20.00", owner="patient"), *files[place:]]
    both = fold(*told)
    assert not both.carried.anchors
    assert replace(both, carried=None, accounts=()) == replace(alone, accounts=())
    assert items(both) == items(alone)


def test_entries_up_to_the_day_are_contained_and_never_added():
    early = remit("2026-02-01", answered(1, "30.00", "CO 45 20.00"), charge="100.00")
    late = remit("2026-03-10", answered(1, "10.00", "CO 45 20.00"), trace="T2")
    stated = carried(paid="60.00", adjusted="20.00", balance="20.00")
    assert fold(stated, early).paid == 60
    assert fold(stated, early).payer_balance == 20
    after = fold(stated, early, late)
    assert (after.paid, after.payer_balance) == (70, 10)  # the contractual 20.00 is the same as before


def test_a_difference_is_a_flag_with_both_figures():
    state = fold(
        sent(), remit("2026-02-01", answered(1, "30.00", "CO 45 20.00")), carried(paid="60.00", balance="20.00")
    )
    assert "carried_over_differs" in state.flags
    assert state.carried.differences == (
        "paid 60.00 carried over, 30.00 in the files",
        "balance 20.00 carried over, 50.00 in the files",
    )
    assert any("Differs: paid 60.00" in step for item in items(state) for step in item.explanation)


def test_an_answer_that_is_merely_not_here_contradicts_nothing():
    state = fold(sent(), carried(paid="60.00", balance="20.00"))
    assert "carried_over_differs" not in state.flags
    assert (state.paid, state.payer_balance) == (60, 20)
    assert state.lines  # the 837 says what was billed


def test_amounts_of_the_statement_that_do_not_come_out_are_flagged():
    assert "carried_over_differs" in fold(carried(paid="60.00", adjusted="30.00", balance="20.00")).flags


def test_a_payment_seen_only_there_can_be_taken_back_and_paid_anew():
    stated = carried(paid="60.00", adjusted="20.00", balance="20.00")
    back = remit(
        "2026-03-10", answered(1, "-60.00", "CO 45 -20.00", charge="-100.00"), kind="payment.reversed", status="22"
    )
    taken = fold(stated, back)
    assert (taken.paid, taken.payer_balance, taken.unpaired) == (0, 100, 0)
    anew = fold(stated, back, remit("2026-03-11", answered(1, "75.00", "CO 45 25.00"), trace="T3"))
    assert (anew.paid, anew.payer_balance) == (75, 0)


def test_what_people_did_before_the_day_is_contained_and_after_it_counts():
    stated = carried(paid="60.00", adjusted="20.00", balance="20.00", owner="patient")
    before = event("patient.paid", "2026-02-20", amount="5.00")
    after = event("patient.paid", "2026-03-20", amount="5.00")
    assert fold(stated, before).patient_balance == 20
    assert fold(stated, before, after).patient_balance == 15
    assert fold(stated, event("claim.written_off", "2026-03-20", reason="small")).balance == 0


def test_of_several_statements_the_newest_day_counts():
    older, newer = carried(balance="100.00"), carried("2026-03-31", paid="40.00", balance="60.00")
    assert fold(newer, older).balance == fold(older, newer).balance == 60


def test_an_undone_statement_leaves_nothing():
    stated = carried()
    undone = event("event.withdrawn", "2026-03-03", source=stated.source, id=stated.id, by="ann", why="wrong list")
    assert fold(stated, undone) is None


@st.composite
def statements(draw):
    """A list's row whose amounts come out, or leave some of the charge unsaid."""
    charge = sum(CHARGES.values(), ZERO) if draw(st.booleans()) else CHARGES[1]
    cents = st.integers(0, int(charge * 100))
    cuts = sorted(draw(st.lists(cents, min_size=3, max_size=3)))
    paid, adjusted, patient, balance = (
        Decimal(high - low) / 100 for low, high in zip([0, *cuts], [*cuts, int(charge * 100)], strict=True)
    )
    return carried(
        f"2026-{draw(st.sampled_from(['01-31', '02-02', '02-04', '02-28', '03-31']))}",
        charge=str(charge),
        paid=str(paid),
        adjusted=draw(st.sampled_from([None, str(adjusted)])),
        patient_paid=str(patient),
        balance=str(balance),
        owner=draw(st.sampled_from([None, "payer", "patient"])),
        sent_on=draw(st.sampled_from([None, "2026-01-16"])),
        denied_on=draw(st.sampled_from([None, "2026-01-30"])),
        payer_id=draw(st.sampled_from(["ACME", "SECOND"])),
    )


def rows(state):
    found = deadlines(state, REFERENCE)
    return (
        claim_rows(state, REFERENCE),
        line_rows(state, REFERENCE),
        membership_rows(state),
        deadline_rows(state, found, REFERENCE),
        item_rows("k", "default", work_items(state, found, REFERENCE), REFERENCE),
    )


@property_run(80)
@given(told=histories(), stated=st.lists(statements(), min_size=1, max_size=2), seed=st.integers())
def test_any_order_of_arrival_gives_the_same_rows(told, stated, seed):
    again = [*told, *stated]
    random.Random(seed).shuffle(again)
    assert rows(fold(*again)) == rows(fold(*told, *stated))


@property_run(120)
@given(told=histories(), stated=statements())
def test_the_balance_of_the_day_is_the_stated_one_and_entries_up_to_it_add_nothing(told, stated):
    day = stated.data.as_of
    until = [e for e in told if (e.data.business_date() or e.time.date()) <= day]
    state = fold(*until, stated)
    assert state.balance == stated.data.balance
    assert state.paid - state.unpaired == stated.data.paid


@property_run(120)
@given(told=histories(), stated=statements())
def test_conservation_holds_over_carried_claims(told, stated):
    state = fold(*told, stated)
    returned = sum((a.data.amount for a in state.acts if type(a.data).__name__ == "RefundSent"), ZERO)
    assert state.balance <= max(state.charge, stated.data.charge) + returned
    assert state.unpaired <= ZERO
    if state.status in ("paid", "closed", "patient_due"):
        assert state.payer_balance <= ZERO
    found = deadlines(state, REFERENCE)
    if state.payer_balance > ZERO and state.status not in ("voided", "written_off"):
        asked = work_items(state, found, REFERENCE) or any(d.runs and d.due is not None for d in found)
        assert asked, state.status


def test_a_claim_sent_again_after_the_day_counts_its_attempts_from_the_stated_one():
    state = fold(carried(sent_on="2026-01-16"), sent("2026-03-05", [line()]))
    assert [attempt.number for attempt in state.accounts[0].attempts] == [1, 2]
    assert state.payer_balance == 100
