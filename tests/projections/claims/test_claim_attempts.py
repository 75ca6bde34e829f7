"""Given submissions and what came back, then which attempt each answer belongs to and where the claim stands."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from events.terms import PolicyPublished
from projections.claims.fold import fold_claim
from tests.projections.claims.histories import REFERENCE, REJECTED, SHORT, answer, event, fold, sent


def test_the_secondary_answers_for_the_patients_share_only():
    state = fold(
        sent(),
        answer("40.00", SHORT),
        sent("2026-03-25T10:00:00Z", payer_id="SECOND", payer_sequence="S"),
        answer("8.00", [("OA", "23", "140.00"), ("PR", "2", "2.00")], on="2026-04-05", status="2", payer_id="SECOND"),
    )
    assert (state.payer_balance, state.patient_balance) == (Decimal("0.00"), Decimal("2.00"))
    assert state.flags == ()


def test_a_resubmission_takes_the_rejected_attempts_place():
    rejected = event(
        "claim.rejected.v1", "2026-03-04T10:00:00Z", stage="payer", codes=[{"list": "277", "category": "A7"}]
    )
    assert fold(sent(), rejected).status == "rejected"
    again = fold(sent(), rejected, sent("2026-03-05T10:00:00Z"))
    assert (again.status, [a.number for a in again.accounts[0].attempts]) == ("in_flight", [1, 2])


def test_an_answer_binds_by_submission_reference_before_all_else():
    first = sent(submission={"reference": "B1"})
    second = sent("2026-03-05T10:00:00Z", submission={"reference": "B2"})
    late = event(
        "claim.acknowledged.v1", "2026-03-06T10:00:00Z", stage="payer", category="A2", submission={"reference": "B1"}
    )
    state = fold(first, second, late)
    assert [bool(a.acks) for a in state.accounts[0].attempts] == [True, False]


def test_several_patients_under_one_number_are_flagged():
    assert "duplicate_suspect" in fold(sent(), sent("2026-03-05T10:00:00Z", patient_id="P2")).flags


@pytest.mark.parametrize(("stage", "category"), [("payer", "A3"), ("clearinghouse", "A7"), ("syntax", "R")])
def test_an_acknowledgement_whose_category_refuses_is_a_rejection(stage, category):
    told = event("claim.acknowledged.v1", "2026-03-04T10:00:00Z", stage=stage, category=category)
    state = fold(sent(), told)
    assert state.status == "rejected"
    assert state.accounts[0].attempts[0].rejections[0].codes[0].category == category


@pytest.mark.parametrize("kind", ["claim.denied.v1", "payment.posted.v1"])
def test_an_answer_with_ma130_that_allowed_nothing_is_no_denial(kind):
    returned = answer("0.00", [("CO", "16", "150.00")], kind, remark_codes=["MA130"])
    state = fold(sent(), returned)
    rejection = state.accounts[0].attempts[0].rejections[0]
    assert (state.status, state.payer_balance) == ("rejected", Decimal("150.00"))
    assert (rejection.stage, rejection.from_remittance, rejection.remark_codes) == ("payer", True, ("MA130",))


def test_a_publishers_own_fields_stop_no_fold():
    own = {"message": "look", "codes": "x", "attempt": "first", "payer_name": 7}
    returned = answer("0.00", [("CO", "16", "150.00")], "claim.denied.v1", remark_codes=["MA130"], **own)
    assert fold(sent(), returned).status == "rejected"
    assert fold(sent(), answer("40.00", SHORT, **own)).status == "patient_due"
    assert fold(sent(submission={"reference": "B1"}), refused_set(payer_id=7, biller=["x"])).status == "rejected"


def test_ma130_beside_a_payment_is_a_payment():
    assert fold(sent(), answer("40.00", SHORT, remark_codes=["MA130"])).status == "patient_due"


def test_one_stage_that_accepts_and_rejects_an_attempt_contradicts_itself():
    accepted = event("claim.acknowledged.v1", "2026-03-04T09:00:00Z", stage="payer", category="A2")
    rejected = event("claim.rejected.v1", "2026-03-04T10:00:00Z", **REJECTED)
    assert "conflict" in fold(sent(), accepted, rejected).flags
    app = event("claim.acknowledged.v1", "2026-03-04T09:00:00Z", stage="clearinghouse", category="A2")
    assert "conflict" not in fold(sent(), app, rejected).flags


def test_a_whole_set_taken_does_not_contradict_one_claim_of_it_refused():
    sending = sent(submission={"reference": "B1"})
    taken = event(
        "submission.acknowledged.v1",
        "2026-03-04T09:00:00Z",
        stage="payer",
        category="A2",
        submission={"reference": "B1"},
    )
    refused = event("claim.rejected.v1", "2026-03-04T09:00:00Z", submission={"reference": "B1"}, **REJECTED)
    state = fold(sending, taken, refused)
    assert (state.status, state.flags) == ("rejected", ())


def refused_set(**data):
    return event(
        "submission.rejected.v1",
        "2026-03-04T10:00:00Z",
        stage="payer",
        category="A3",
        code="24",
        submission={"reference": "B1"},
        **data,
    )


@pytest.mark.parametrize(("npi", "status"), [("1234567893", "rejected"), ("1093817465", "in_flight")])
def test_a_verdict_on_a_provider_falls_on_its_claims_only(npi, status):
    sending = sent(submission={"reference": "B1"}, billing_npi="1234567893")
    assert fold(sending, refused_set(billing_npi=npi)).status == status


@pytest.mark.parametrize(
    ("speaker", "status"),
    [
        ({"payer_id": "87726"}, "rejected"),
        ({"payer_id": "UNHEARD"}, "rejected"),
        ({}, "rejected"),
        ({"payer_id": "MEDICARE"}, "in_flight"),
        ({"payer_id": "X", "payer_name": "Other Plan"}, "in_flight"),
    ],
)
def test_a_payers_verdict_on_a_set_spares_claims_of_payers_known_to_be_others(speaker, status):
    known = [
        PolicyPublished(payer_id="ACME", identifiers=("87726",), effective_from=date(2020, 1, 1)),
        PolicyPublished(payer_id="OTHER", names=("OTHER PLAN",), effective_from=date(2020, 1, 1)),
    ]
    reference = replace(REFERENCE, policies=tuple(known))
    history = [sent(submission={"reference": "B1"}), refused_set(**speaker)]
    assert fold_claim("default", "A1", history, reference).status == status
