"""Given a claim's events, in any order, then its state: attempts, money, lines, flags."""

import itertools
from dataclasses import replace
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from events.envelope import Envelope
from events.registry import understand
from events.terms import PolicyPublished
from projections.claims.fold import fold_claim
from projections.history import LoggedEvent
from projections.rows.claims import line_rows
from projections.terms.terms_in_force import Reference
from services.store.shipped_rule_packs import shipped_rulebook

REFERENCE = Reference(rules=shipped_rulebook(), zone=ZoneInfo("UTC"))
NUMBERS = itertools.count(1)


def event(kind, time, **data):
    told = understand(
        Envelope(
            specversion="1.0",
            id=str(next(NUMBERS)),
            source="t",
            type=kind,
            subject="A1",
            time=time,
            data={"claim_id": "A1", **data},
        )
    )
    at = told.envelope.time
    return LoggedEvent(
        source="t", id=told.envelope.id, type=told.type, subject="A1", time=at, recorded_at=at, data=told.data
    )


def line(number=1, code="97530", charge="150.00", **more):
    return {
        "number": number,
        "procedure": code,
        "modifiers": ["GP"],
        "units": 2,
        "charge": charge,
        "dos": "2026-03-02",
        **more,
    }


def sent(time="2026-03-03T10:00:00Z", lines=None, **data):
    lines = lines or [line()]
    total = str(sum(Decimal(one["charge"]) for one in lines))
    return event(
        "claim.submitted.v1",
        time,
        **{"patient_id": "P1", "payer_id": "ACME", "total_charge": total, "lines": lines, **data},
    )


def answer(paid, adjustments, kind="payment.posted.v1", on="2026-03-20", ordinal=1, status="1", lines=None, **data):
    """One CLP with one line, unless lines are given."""
    told = [{"group": g, "reason": r, "amount": a} for g, r, a in adjustments]
    charge = str(Decimal(paid) + sum(Decimal(a) for _, _, a in adjustments))
    lines = lines or [line(charge=charge, paid=paid, adjustments=told)]
    total = str(sum(Decimal(one["charge"]) for one in lines))
    paid = str(sum(Decimal(one["paid"]) for one in lines))
    return event(
        kind,
        f"{on}T12:00:00Z",
        **{
            "payer_id": "ACME",
            "status_code": status,
            "charge": total,
            "paid": paid,
            "lines": lines,
            "ordinal": ordinal,
            "remit": {"trace_number": f"T{on}", "payment_date": on, "total_paid": "1.00"},
            **data,
        },
    )


SHORT = [("CO", "45", "100.00"), ("PR", "2", "10.00")]
FULL = [("CO", "45", "85.00"), ("PR", "2", "15.00")]
SHORT_BACK = [("CO", "45", "-100.00"), ("PR", "2", "-10.00")]


def fold(*history):
    """Every order of few events, some orders of many, must agree."""
    states = [
        fold_claim("default", "A1", told, REFERENCE) for told in itertools.islice(itertools.permutations(history), 24)
    ]
    assert all(state == states[0] for state in states)
    return states[0]


def money(state):
    return tuple(
        str(amount)
        for amount in (
            state.charge,
            state.allowed,
            state.paid,
            state.patient_responsibility,
            state.payer_balance,
            state.patient_balance,
        )
    )


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


REJECTED = {"stage": "payer", "codes": [{"list": "277", "category": "A7"}]}


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


def parts(*charges, number=1, **more):
    """Answers to one billed line that a payer took apart: each half is paid."""
    return [
        line(
            number,
            charge=f"{charge}.00",
            paid=f"{charge / 2:.2f}",
            units=1,
            adjustments=[{"group": "CO", "reason": "45", "amount": f"{charge / 2:.2f}"}],
            **more,
        )
        for charge in charges
    ]


@pytest.mark.parametrize("number", [1, None])
def test_a_line_the_payer_took_apart_is_one_line(number):
    answered = answer("0", [], lines=[*parts(100, 50, number=number), *parts(60, number=2, code="97110")])
    state = fold(sent(lines=[line(), line(2, "97110", "60.00")]), answered)
    assert [(one.number, str(one.allowed), str(one.paid)) for one in state.lines] == [
        (1, "75.00", "75.00"),
        (2, "30.00", "30.00"),
    ]
    assert state.flags == ()
    (first, _) = state.accounts[0].entries[0].lines
    assert (first.procedure, first.units, first.charge) == ("97530", Decimal(2), Decimal("150.00"))


def test_an_answer_keeps_to_its_service_where_a_replacement_numbered_the_lines_anew():
    answered = answer("0", [], lines=[*parts(60, code="97110"), *parts(150, number=2)])
    state = fold(
        sent(lines=[line(1, "97110", "60.00"), line(2)]),
        answered,
        sent("2026-04-05T10:00:00Z", frequency="7", lines=[line(1)]),
    )
    assert [(one.number, one.procedure, str(one.paid)) for one in state.lines] == [
        (1, "97530", "75.00"),
        (2, "97110", "30.00"),
    ]


def test_an_answer_nobody_billed_is_told_of_no_billed_line():
    strange = [*parts(60, code="97110", number=None), *parts(150, number=None)]
    state = fold(sent(), answer("0", [], lines=strange))
    told = {row["number"]: [a["procedure"] for a in row["facts"]["answers"]] for row in line_rows(state, REFERENCE)}
    assert (told, state.flags) == ({1: ["97530"], 2: ["97110"]}, ("line_unmatched", "overpaid"))


def test_one_number_on_every_line_is_no_line_taken_apart():
    answered = answer("0", [], lines=[*parts(150), *parts(60, code="97110")])
    state = fold(sent(lines=[line(), line(2, "97110", "60.00")]), answered)
    assert [(one.number, str(one.paid)) for one in state.lines] == [(1, "75.00"), (2, "30.00")]


def test_a_replacement_of_an_accepted_claim_returned_as_unprocessable_has_the_wrong_frequency():
    """No initial determination was made: it wants a new claim."""
    accepted = event("claim.acknowledged.v1", "2026-03-04T10:00:00Z", stage="payer", category="A2")
    returned = answer("0", [("CO", "16", "150.00")], remark_codes=["MA130"])
    assert "wrong_frequency" in fold(sent(), accepted, returned, sent("2026-04-05T10:00:00Z", frequency="7")).flags


def test_a_replacement_of_a_claim_that_was_only_rejected_has_the_wrong_frequency():
    rejected = event("claim.rejected.v1", "2026-03-04T10:00:00Z", **REJECTED)
    seven = sent("2026-03-05T10:00:00Z", frequency="7")
    assert "wrong_frequency" in fold(sent(), rejected, seven).flags
    denied = answer("0.00", [("CO", "4", "150.00")], "claim.denied.v1", "2026-03-04")
    assert "wrong_frequency" not in fold(sent(), denied, seven).flags
    to_medicare = {"payer_id": "MEDICARE"}
    assert (
        "wrong_frequency" in fold(sent(**to_medicare), sent("2026-03-05T10:00:00Z", frequency="7", **to_medicare)).flags
    )


def test_a_void_that_the_payer_refused_voids_nothing():
    void = sent("2026-04-01T10:00:00Z", frequency="8")
    refused = event("claim.rejected.v1", "2026-04-02T10:00:00Z", **REJECTED)
    assert fold(sent(), answer("40.00", SHORT), void).status == "voided"
    state = fold(sent(), answer("40.00", SHORT), void, refused)
    assert (state.status, state.payer_balance, state.patient_balance) == ("rejected", Decimal(0), Decimal("10.00"))


def test_a_claim_the_payer_forwarded_is_not_billed_on_by_hand():
    forwarded = answer("40.00", SHORT, status="19")
    second = {"payer_id": "SECOND", "payer_sequence": "S"}
    assert fold(sent(), forwarded).flags == ("crossover",)
    by_hand = fold(sent(), forwarded, sent("2026-03-25T10:00:00Z", **second))
    assert by_hand.flags == ("billed_after_crossover", "crossover")
    answered = answer("10.00", [("OA", "23", "140.00")], on="2026-04-05", status="2", **second)
    assert fold(sent(), forwarded, answered).flags == ()


@pytest.mark.parametrize(
    ("group", "modifiers", "flagged"), [("CO", ["GP"], True), ("PR", ["GP"], True), ("CO", ["GP", "KX"], False)]
)
def test_a_line_denied_for_the_threshold_without_kx(group, modifiers, flagged):
    billed, medicare = line(modifiers=modifiers), {"payer_id": "MEDICARE"}
    adjustments = [{"group": group, "reason": "119", "amount": "150.00"}]
    denied = answer("0", [], "claim.denied.v1", lines=[line(paid="0.00", adjustments=adjustments)], **medicare)
    assert ("kx_missing" in fold(sent(lines=[billed], **medicare), denied).flags) is flagged


def test_two_lines_of_one_number_are_told_apart_and_flagged():
    first = {"number": 1, "procedure": "97110", "units": 1, "charge": "50.00", "dos": "2026-03-02"}
    second = first | {"procedure": "97530", "charge": "100.00"}
    state = fold(sent(lines=[first, second, second | {"number": 2}], total_charge="250.00"))
    assert [(line.number, line.procedure) for line in state.lines] == [(1, "97110"), (2, "97530"), (3, "97530")]
    assert "line_number_repeated" in state.flags
    assert "line_number_repeated" not in fold(sent()).flags


def test_what_terms_may_tell_apart_is_known_of_the_account():
    told = {"claim_filing_indicator": "16", "state": "oh", "line_of_business": "Dual", "discharged_on": "2026-03-30"}
    state = fold(sent(payer_id="ACME", **told))
    account = state.accounts[0]
    assert (account.program, account.state, account.line_of_business) == ("medicare_advantage", "OH", "Dual")
    assert account.discharged_on == date(2026, 3, 30)
