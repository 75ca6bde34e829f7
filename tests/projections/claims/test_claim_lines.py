"""Given answers to service lines, then which line each of them is about, and the flags that follow."""

from datetime import date
from decimal import Decimal

import pytest

from projections.rows.claims import line_rows
from tests.projections.claims.histories import REFERENCE, REJECTED, SHORT, answer, event, fold, line, sent


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
