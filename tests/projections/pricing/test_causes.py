"""The likely cause of a difference, with evidence."""

from datetime import date
from decimal import Decimal

import pytest

from projections.pricing.pricer import Assumption
from tests.projections.pricing.days import DOS, RATES, answered, claim_a, comparer, contract, line, pricer

ACME, MEDICARE = "ACME", "MEDICARE"
NOW = contract(version=2, rates=RATES)


def found(day, *contracts, **settings):
    return comparer(*contracts, **settings).compare_day(day, DOS)


def paid_by(lines, *contracts, payer=ACME, **settings):
    """The lines answered as these terms would have it."""
    priced = pricer(*contracts, **settings)(lines, DOS, payer)
    return [answered(one, p.expected_allowed, payer=payer) for one, p in zip(lines, priced, strict=True)]


def causes(compared):
    return {c.cause for c in compared if c.verdict in ("underpaid", "overpaid")}


def test_the_rate_of_an_old_version():
    old = contract(version=1, rates={"97530": "38.00", "97110": "30.50", "97140": "30.00"}, effective_from="2025-01-01")
    compared = found(paid_by(claim_a(), contract(rates=old.model_dump()["rates"])), old, NOW)
    assert [c.verdict for c in compared] == ["underpaid", "underpaid", "as_expected"]
    assert causes(compared) == {"old_rate"}
    assert "acme@1" in compared[0].evidence[0]


def test_the_rate_of_another_plan():
    silver = contract(
        contract_id="silver",
        rates={"97530": "35.00", "97110": "28.00", "97140": "27.00"},
        scope={"payer_id": ACME, "plan": "SILVER"},
    )
    gold = contract(contract_id="gold", rates=RATES, scope={"payer_id": ACME, "plan": "GOLD"})
    lines = [line("97530", 2, plan="GOLD"), line("97110", 1, plan="GOLD")]
    day = [answered(lines[0], "70.00"), answered(lines[1], "28.00")]
    compared = found(day, silver, gold)
    assert causes(compared) == {"wrong_plan"}
    assert "silver@1" in compared[0].evidence[0]


def test_no_unit_paid_in_full():
    day = [
        answered(one, paid, payer=MEDICARE) for one, paid in zip(claim_a(), ("50.10", "22.21", "21.21"), strict=True)
    ]
    compared = found(day)
    assert [c.cause for c in compared] == ["no_full_unit", None, None]
    assert compared[0].variance == Decimal("10.02")


def test_no_reduction_taken_is_overpaid():
    day = [
        answered(one, paid, payer=MEDICARE) for one, paid in zip(claim_a(), ("70.14", "29.06", "27.72"), strict=True)
    ]
    compared = found(day)
    assert {c.verdict for c in compared} == {"overpaid"}
    assert causes(compared) == {"no_reduction_taken"}


def test_a_full_unit_on_each_claim_is_overpaid():
    lines = [line("97530", 2, claim="pt"), line("97535", 2, None, "GO", claim="ot")]
    day = [answered(lines[0], "60.12", payer=MEDICARE), answered(lines[1], "56.28", payer=MEDICARE)]
    compared = found(day)
    assert [(c.verdict, c.cause) for c in compared] == [("as_expected", None), ("overpaid", "reduction_per_claim")]
    single = [answered(line("97530", claim=claim), "35.07", payer=MEDICARE) for claim in ("first", "second")]
    assert [c.cause for c in found(single)] == [None, "reduction_per_claim"]


@pytest.mark.parametrize(
    ("ours", "theirs", "cause"),
    [
        ({}, {"locality": "WI"}, "wrong_locality"),
        ({"locality": "WI"}, {}, "wrong_locality"),
        ({"edition": "qp"}, {}, "other_edition"),
    ],
)
def test_the_fee_schedule_of_another_place_or_edition(ours, theirs, cause):
    assert causes(found(paid_by(claim_a(), payer=MEDICARE, **theirs), **ours)) == {cause}


def test_last_years_conversion_factor():
    lines = claim_a()
    stale = pricer()(lines, DOS, MEDICARE, assume=Assumption(factor_on=date(2025, 6, 1)))
    compared = found([answered(one, p.expected_allowed, payer=MEDICARE) for one, p in zip(lines, stale, strict=True)])
    assert causes(compared) == {"old_rate"}
    assert "2025" in compared[0].evidence[0]


PERCENT = {"method": "percent_of_medicare", "percent": 110}


def test_a_reduction_the_contract_does_not_have():
    ours = contract(**PERCENT, basis={"mppr": False})
    compared = found(paid_by(claim_a(), contract(**PERCENT, basis={"mppr": True})), ours)
    assert causes(compared) == {"reduction_not_due"}
    all_reduced = [answered(one, paid) for one, paid in zip(claim_a(), ("55.12", "24.43", "23.33"), strict=True)]
    assert causes(found(all_reduced, ours)) == {"reduction_not_due"}


def test_a_reduction_that_was_due_and_not_taken():
    ours = contract(**PERCENT, basis={"mppr": True})
    compared = found(paid_by(claim_a(), contract(**PERCENT, basis={"mppr": False})), ours)
    assert {c.verdict for c in compared} == {"overpaid"}
    assert causes(compared) == {"no_reduction_taken"}


def test_a_percentage_in_the_wrong_locality():
    ours = contract(**PERCENT, basis={"locality": "national"})
    compared = found(paid_by(claim_a(), contract(**PERCENT, basis={"locality": "WI"})), ours)
    assert causes(compared) == {"wrong_locality"}


def test_medicares_reduction_taken_from_fixed_rates():
    # 40.00 cut as 35.07 is cut to 25.05: 28.57; the first unit whole.
    day = [
        answered(line("97530", 2, claim="c", number=1), "68.57"),
        answered(line("97110", 1, claim="c", number=2), "24.46"),
    ]
    assert causes(found(day, NOW)) == {"reduction_not_due"}


def test_sequestration_taken_from_the_allowed_amount():
    day = [answered(one, paid) for one, paid in zip(claim_a(), ("78.40", "31.36", "29.40"), strict=True)]
    assert causes(found(day, NOW)) == {"sequestration_from_allowed"}


def test_an_assistants_reduction_the_contract_does_not_have():
    day = [answered(line("97530", 2, None, "GP", "CQ"), "68.00")]
    assert causes(found(day, NOW)) == {"assistant_reduction_not_due"}


def test_a_charge_below_the_contract_is_self_inflicted():
    day = [answered(line("97530", 1, "38.00"), "38.00")]
    assert causes(found(day, NOW)) == {"charge_below_contract"}


def test_one_unit_too_few():
    day = [answered(line("97530", 3), "80.00"), answered(line("97110", 1), "32.00")]
    compared = found(day, NOW)
    assert [c.cause for c in compared] == ["unit_short", None]
    assert "2 of 3 units" in compared[0].evidence[0]


def test_a_common_percentage():
    day = [answered(one, paid) for one, paid in zip(claim_a(), ("74.64", "29.86", "27.99"), strict=True)]
    compared = found(day, NOW)
    assert causes(compared) == {"percent_short"}
    assert "93.3%" in compared[0].evidence[0]


def test_what_nothing_explains_is_said_to_be_unexplained():
    assert causes(found([answered(line("97530", 2), "71.23")], NOW)) == {"unknown"}


def test_several_errors_of_a_day_each_with_its_own_cause():
    old = contract(version=1, rates={**RATES, "97110": "30.50"}, effective_from="2025-01-01")
    day = [answered(line("97530", 3, number=1), "80.00"), answered(line("97110", 1, number=2), "30.50")]
    assert [c.cause for c in found(day, old, NOW)] == ["unit_short", "old_rate"]
