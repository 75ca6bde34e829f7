"""Claims that a payer sends on: after its own decision (crossover), or undecided as not its own (CLP02 23)."""

from datetime import date
from decimal import Decimal

import pytest

from projections.claims.state import TurnStep
from projections.deadlines import deadlines
from projections.rows.claims import owing_payer
from tests.projections.claims.test_lifecycle import REFERENCE, answered, fold, owed, remit, sent, worked

OTHERS = [{"payer_id": "SECOND", "sequence": "S"}]
PAID = answered(1, "32.00", "CO 45 60.00", "PR 2 8.00")


def not_ours(*adjustments, on="2026-02-02", **more):
    told = answered(1, "0.00", *(adjustments or ["OA 109 100.00"]))
    return remit(on, told, **{"kind": "claim.denied", "status": "23", "payer_claim_number": "I1"} | more)


def clocks(state):
    return {(d.kind, d.payer_id): d for d in deadlines(state, REFERENCE)}


@pytest.mark.parametrize(
    "sign",
    [
        {"status": "19"},
        {"forwarded_to": "SECOND"},
        {"remark_codes": ["MA07"]},
        {"remark_codes": ["MA18"]},
        {"remark_codes": ["N89"]},
    ],
)
def test_each_sign_of_a_crossover_says_that_the_next_payer_was_sent_the_claim(sign):
    state = fold(sent(other_payers=OTHERS), remit("2026-02-02", PAID, **sign))
    assert (state.next_payer.step, state.next_payer.account.payer_id) == (TurnStep.FORWARDED, "SECOND")
    assert owed(state) == ("8.00", "0.00")
    (item,) = worked(state, "secondary")
    assert (item.category, item.due, item.amount_at_risk) == ("crossover", date(2026, 3, 4), Decimal("8.00"))


@pytest.mark.parametrize(("status", "place"), [("20", "S"), ("21", "T")])
def test_a_later_payer_may_send_it_on_too(status, place):
    first = remit("2026-02-02", PAID)
    other = remit(
        "2026-02-20", answered(1, "3.00", "PR 2 5.00"), payer_id="SECOND", payer_sequence=place, status=status
    )
    state = fold(sent(other_payers=OTHERS), first, other)
    assert state.next_payer.step == TurnStep.FORWARDED
    assert [item.category for item in worked(state, "secondary")] == ["crossover"]


@pytest.mark.parametrize("adjustments", [["OA 109 100.00"], ["CO 109 100.00"], ["CO 45 100.00"]])
@pytest.mark.parametrize("kind", ["claim.denied", "payment.posted"])
def test_not_our_claim_forwarded_decides_nothing(adjustments, kind):
    state = fold(sent(other_payers=OTHERS), not_ours(*adjustments, kind=kind))
    assert (state.status, owed(state), state.lines[0].status) == ("in_flight", ("100.00", "0.00"), "open")
    assert "crossover" in state.flags
    assert not worked(state, "denial")
    found = clocks(state)
    assert not [kind for kind, _ in found if kind.startswith("appeal")]
    assert (found["payer_response", "ACME"].state, found["timely_filing", "ACME"].state) == ("met", "void")
    assert (found["payer_response", "SECOND"].due, owing_payer(state)) == (date(2026, 3, 4), "SECOND")
    (item,) = worked(state, "secondary")
    assert (item.payer_id, item.amount_at_risk) == ("SECOND", Decimal("100.00"))


def test_the_payer_named_by_the_notice_comes_before_the_next_on_the_claim():
    state = fold(sent(other_payers=OTHERS), not_ours(forwarded_to="87726"))
    assert owing_payer(state) == "87726"
    assert [item.payer_id for item in worked(state, "secondary")] == ["87726"]


def test_without_any_name_it_is_still_on_the_list():
    (item,) = worked(fold(sent(), not_ours()), "secondary")
    assert (item.payer_id, item.due, item.snoozed_until) == ("", None, None)
    assert any(step.startswith("No date") for step in item.explanation)


def test_the_answer_of_the_payer_that_got_it_is_that_payers():
    """It speaks as first payer; a denial of it starts no clock of the payer that sent the claim on."""
    denied = remit("2026-03-02", answered(1, "0.00", "CO 50 100.00"), kind="claim.denied", payer_id="87726")
    state = fold(sent(), not_ours(forwarded_to="87726"), denied)
    assert [(a.payer_id, len(a.entries)) for a in state.accounts] == [("ACME", 1), ("87726", 1)]
    assert (state.status, state.next_payer) == ("denied", None)
    paid = fold(sent(), not_ours(forwarded_to="87726"), remit("2026-03-02", PAID, payer_id="87726"))
    assert (paid.status, owed(paid), str(paid.allowed)) == ("patient_due", ("0.00", "8.00"), "40.00")


def test_a_payer_that_decides_after_all_or_is_billed_again_has_the_claim():
    decided = fold(sent(), not_ours(), remit("2026-03-02", PAID))
    assert (decided.status, owed(decided), len(decided.accounts)) == ("patient_due", ("0.00", "8.00"), 1)
    again = fold(sent(), not_ours(), sent("2026-02-10"))
    assert (again.next_payer, clocks(again)["timely_filing", "ACME"].state) == (None, "open")
    assert not worked(again, "secondary")


def test_money_is_posted_whatever_the_status_says():
    state = fold(sent(), remit("2026-02-02", PAID, status="23"))
    assert owed(state)[0] == "0.00"
    assert state.paid == Decimal("32.00")


def test_a_second_payer_that_is_not_the_right_one_leaves_the_share_with_the_payer_it_names():
    first = remit("2026-02-02", PAID)
    billed = sent("2026-02-05", payer_id="SECOND", payer_sequence="S")
    gone = not_ours("OA 109 100.00", on="2026-02-20", payer_id="SECOND", payer_sequence="S", forwarded_to="THIRD")
    state = fold(sent(other_payers=OTHERS), first, billed, gone)
    assert (owed(state), owing_payer(state)) == (("8.00", "0.00"), "THIRD")
    (item,) = worked(state, "secondary")
    assert (item.payer_id, item.amount_at_risk) == ("THIRD", Decimal("8.00"))
