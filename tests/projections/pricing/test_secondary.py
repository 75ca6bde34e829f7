"""Payers after the first: what they owe is what the earlier ones left."""

from decimal import Decimal

from projections.pricing.verdicts import DayLine
from tests.projections.pricing.days import DOS, RATES, answered, as_priced, claim_a, comparer, contract, line, pricer

SUPPLEMENT, MEDICARE = "SUPP", "MEDICARE"


def with_secondary(second_pays, payer=SUPPLEMENT, *adjustments):
    lines = claim_a()[:1]
    first = as_priced(lines[0], pricer()(lines, DOS, MEDICARE)[0])
    second = answered(lines[0], second_pays, *adjustments, payer=payer, sequence="S")
    return [first, second]


def later(day, *contracts):
    return [c for c in comparer(*contracts).compare_day(day, DOS) if c.sequence == "S"]


def test_a_supplement_that_takes_on_the_coinsurance_needs_no_contract():
    # Alone 97530 x2 leaves 12.02 of 60.12 to the patient.
    found = later(with_secondary("12.02", SUPPLEMENT, "OA-23 137.98"))[0]
    assert (found.verdict, found.expected_allowed, found.allowed) == ("as_expected", Decimal("12.02"), Decimal("12.02"))


def test_without_a_contract_another_amount_is_not_an_accusation():
    assert [c.verdict for c in later(with_secondary("5.00", SUPPLEMENT, "OA-23 137.98"))] == ["no_contract"]


def test_a_contract_owes_the_lesser_of_what_was_left_and_what_it_allows_above():
    generous = contract(contract_id="supp", scope={"payer_id": SUPPLEMENT}, rates=RATES)
    assert [c.verdict for c in later(with_secondary("12.02", SUPPLEMENT, "OA-23 137.98"), generous)] == ["as_expected"]
    short = later(with_secondary("2.02", SUPPLEMENT, "OA-23 137.98"), generous)[0]
    assert (short.verdict, short.variance) == ("underpaid", Decimal("10.00"))
    meagre = contract(contract_id="supp", scope={"payer_id": SUPPLEMENT}, rates={"97530": "25.00"})
    assert [c.verdict for c in later(with_secondary("2.86", SUPPLEMENT, "OA-23 137.98"), meagre)] == ["as_expected"]


def test_the_patients_share_under_the_later_payer_is_no_underpayment():
    generous = contract(contract_id="supp", scope={"payer_id": SUPPLEMENT}, rates=RATES)
    day = with_secondary("2.02", SUPPLEMENT, "OA-23 137.98", "PR-1 10.00")
    assert [c.verdict for c in later(day, generous)] == ["as_expected"]


def test_medicare_after_another_payer_pays_the_least_of_three():
    acme = contract(rates={"97530": "30.00"})
    billed = line("97530", 2, "150.00")
    first = answered(billed, "30.00", "PR-2 30.00")
    # Medicare's fee 60.12 less 30.00 paid is less than its own 48.10 and than 150.00 - 30.00.
    second = answered(billed, "29.52", "CO-253 0.60", payer=MEDICARE, sequence="S")
    found = comparer(acme).compare_day([first, second], DOS)
    assert [(c.sequence, c.verdict) for c in found] == [("P", "as_expected"), ("S", "as_expected")]
    assert found[1].expected_allowed == Decimal("30.12")


def test_an_earlier_answer_that_is_not_known():
    second = answered(line("97530", 2), "12.02", payer=SUPPLEMENT, sequence="S")
    assert [c.verdict for c in comparer().compare_day([second], DOS)] == ["unknown"]


def test_denied_by_the_later_payer():
    assert [c.verdict for c in later(with_secondary("0.00", SUPPLEMENT, "CO-22 150.00"))] == ["denied"]


def test_an_unanswered_later_payer_gives_no_comparison():
    day = [
        *with_secondary("12.02", SUPPLEMENT, "OA-23 137.98")[:1],
        DayLine(line=claim_a()[0], payer_id=SUPPLEMENT, answer=None, sequence="S"),
    ]
    assert len(comparer().compare_day(day, DOS)) == 1
