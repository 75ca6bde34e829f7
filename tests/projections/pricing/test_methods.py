"""What contracts allow: each method, and what composes with it."""

# packs: therapy.evaluation_codes

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.projections.pricing.days import CHARGES, DOS, RATES, allowed, claim_a, contract, line, paid, pricer, total

ACME = "ACME"


def price(published, lines=None, **more):
    return pricer(published)(claim_a() if lines is None else lines, DOS, ACME, **more)


def test_per_unit():
    priced = price(contract(rates=RATES))
    assert allowed(priced) == ["80.00", "32.00", "30.00"]
    assert [p.contract for p in priced] == ["acme@1"] * 3
    assert str(priced[0].steps[-1]) == "2 × 40.00 = 80.00 [acme@1]"


def test_the_worked_example_day_cap_and_copay():
    priced = price(contract(rates=RATES, cap="100.00"), patient_share=Decimal("30.00"))
    assert total(price(contract(rates=RATES))) == "142.00"
    assert allowed(priced) == ["56.34", "22.53", "21.13"]
    assert sum(p.expected_patient for p in priced) == Decimal("30.00")
    assert sum(p.expected_paid for p in priced) == Decimal("70.00")


def test_the_worked_example_lesser_of():
    published = contract(rates={"97530": "39.50"}, lesser_of=True)
    assert allowed(price(published, [line("97530", 1, "38.00")])) == ["38.00"]
    assert allowed(price(published, [line("97530", 1, "75.00")])) == ["39.50"]


def test_a_patient_share_nobody_stated_is_not_known():
    priced = price(contract(rates=RATES))
    assert [p.expected_patient for p in priced] == [None] * 3
    assert [p.expected_paid for p in priced] == [None] * 3
    assert paid(price(contract(rates=RATES), patient_share=Decimal(0))) == ["80.00", "32.00", "30.00"]


def test_a_cap_that_is_not_reached_changes_nothing():
    assert allowed(price(contract(rates=RATES, cap="142.00"))) == ["80.00", "32.00", "30.00"]


@pytest.mark.parametrize(
    "cap",
    [
        "100.00",
        100,
        {"amount": "100.00", "per": "day"},
        {"amount": 100},
        {"amount": "100", "per": "daily"},
        [{"amount": "100", "per": "visit"}],
        {"amount": "$100.00", "per": "Per day"},
    ],
)
def test_ways_to_write_a_cap(cap):
    assert total(price(contract(rates=RATES, cap=cap))) == "100.00"


def test_a_cap_per_claim_counts_each_claim_and_a_day_cap_does_not():
    lines = [line("97530", 2, claim="c1"), line("97530", 2, claim="c2")]
    by_claim = contract(rates=RATES, cap={"amount": "70.00", "per": "claim"})
    assert allowed(price(by_claim, lines)) == ["70.00", "70.00"]
    assert allowed(price(contract(rates=RATES, cap="70.00"), lines)) == ["35.00", "35.00"]


def test_a_cap_per_visit_counts_each_discipline():
    lines = [line("97530", 2, None, "GP"), line("97535", 2, None, "GO")]
    published = contract(rates={"97530": "40.00", "97535": "40.00"}, cap={"amount": "50.00", "per": "visit"})
    assert allowed(price(published, lines)) == ["50.00", "50.00"]


def test_a_cap_over_some_codes_only():
    published = contract(rates=RATES, cap={"amount": "50.00", "procedures": ["97110", "97140"]})
    assert allowed(price(published)) == ["80.00", "25.81", "24.19"]


def test_evaluation_fee_plus_capped_treatment():
    lines = [line("97161"), *claim_a()]
    rates = {**RATES, "97161": "110.00"}
    for published in (
        contract(method="evaluation_plus_cap", rates=rates, cap="100.00"),
        contract(method="daily_cap", rates=rates, cap={"amount": "100.00", "except": ["97161"]}),
        contract(method="per_unit", rates=rates, cap={"amount": "100.00", "except": "evaluations"}),
        contract(rates=RATES, cap="100.00", carve_outs=[{"procedures": ["97161"], "amount": "110.00"}]),
    ):
        assert allowed(price(published, lines)) == ["110.00", "56.34", "22.53", "21.13"]


MPPR = {"year": 2026, "locality": "national", "mppr": True}


def test_percent_of_medicare_with_its_reduction():
    priced = price(contract(method="percent_of_medicare", percent=110, basis=MPPR))
    # 110% of 35.07 and 25.05, of 22.21 and of 21.21, each rounded by itself.
    assert allowed(priced) == ["66.14", "24.43", "23.33"]
    assert "cms.mppr@1" in priced[0].rule_names


def test_percent_of_medicare_without_its_reduction():
    published = contract(method="percent_of_medicare", percent=110, basis={**MPPR, "mppr": False})
    assert allowed(price(published)) == ["77.16", "31.97", "30.49"]
    assert any("without multiple-procedure reduction" in step.label for step in price(published)[0].steps)


def test_percent_of_medicare_in_a_named_locality():
    published = contract(method="percent_of_medicare", percent=100, basis={**MPPR, "locality": "06302-00"})
    assert allowed(price(published, [line("97530", 2)])) == ["58.40"]


def test_percent_of_medicare_uses_the_practices_locality_where_none_is_named():
    published = contract(method="percent_of_medicare", percent=100)
    assert allowed(pricer(published, locality="WI")([line("97530", 1)], DOS, ACME)) == ["34.00"]


def test_percent_of_a_year_without_relative_values_is_unknown():
    priced = price(contract(method="percent_of_medicare", percent=110, basis={"year": 2024}))
    assert allowed(priced) == [None] * 3
    assert "cms.pfs.2024" in priced[0].reason


def test_a_frozen_year_serves_later_dates():
    published = contract(method="percent_of_medicare", percent=100, basis={"year": 2026, "mppr": False})
    assert allowed(pricer(published)([line("97530", 1)], date(2027, 5, 1), ACME)) == ["35.07"]
    assert allowed(
        pricer(contract(method="percent_of_medicare", percent=100))([line("97530")], date(2027, 5, 1), ACME)
    ) == [None]


def test_the_full_unit_of_a_percentage_contract_spans_claims_and_disciplines():
    pt = contract(
        contract_id="pt",
        method="percent_of_medicare",
        percent=100,
        basis=MPPR,
        scope={"payer_id": ACME, "discipline": "PT"},
    )
    ot = contract(
        contract_id="ot",
        method="percent_of_medicare",
        percent=100,
        basis=MPPR,
        scope={"payer_id": ACME, "discipline": "OT"},
    )
    lines = [line("97530", 2, None, "GP", claim="a"), line("97535", 2, None, "GO", claim="b")]
    priced = pricer(pt, ot)(lines, DOS, ACME)
    assert allowed(priced) == ["60.12", "47.76"]
    assert [p.contract for p in priced] == ["pt@1", "ot@1"]


def test_rates_beside_a_percentage_are_carve_outs():
    published = contract(method="percent_of_medicare", percent=100, basis=MPPR, rates={"97530": "50.00"})
    # 97530 is out of the ranking, so 97110 holds the full unit.
    assert allowed(price(published)) == ["100.00", "29.06", "21.21"]


def test_percent_of_charge():
    assert allowed(price(contract(method="percent_of_charge", percent=65))) == ["97.50", "39.00", "37.70"]
    unknown = price(contract(method="percent_of_charge", percent=65), [line("97530", 1, "none")])[0]
    assert "charge" in unknown.reason


def test_percent_of_charge_for_part_of_the_units():
    published = contract(method="percent_of_charge", percent=50, unit_caps={"97530": 1})
    assert allowed(price(published)) == ["37.50", "30.00", "29.00"]


@pytest.mark.parametrize(
    "terms",
    [
        {"method": "per_visit", "amount": "85.00"},
        {"method": "per visit", "rates": [{"procedure": "*", "amount": 85}]},
        {"method": "case_rate", "cap": "85.00"},
        {"method": "visit rate", "rate": "85.00"},
        {"method": "per_visit", "rates": {"VISIT": "85.00"}},
        {"method": "per_diem", "amount": 85},
    ],
)
def test_a_flat_amount_is_shared_by_charge_to_the_cent(terms):
    priced = price(contract(**terms))
    assert allowed(priced) == ["47.57", "19.03", "18.40"]
    assert total(priced) == "85.00"


def test_a_visit_is_a_day_and_discipline():
    lines = [line("97530", 2, None, "GP"), line("97535", 2, None, "GO")]
    assert allowed(price(contract(method="per_visit", amount=85), lines)) == ["85.00", "85.00"]
    assert total(price(contract(method="per_visit", amount=85, per="day"), lines)) == "85.00"


def test_the_highest_visit_rate_of_a_visit_is_paid_once():
    published = contract(method="per_visit", rates={"97161": "120.00", "*": "85.00"})
    assert total(price(published, [line("97161"), line("97530")])) == "120.00"
    assert total(price(published)) == "85.00"


def test_a_visit_rate_without_known_charges_is_shared_by_units():
    lines = [line("97530", 2, "none"), line("97110", 1, "none")]
    assert allowed(price(contract(method="per_visit", amount=90), lines)) == ["60.00", "30.00"]


def test_a_visit_rate_is_never_above_the_charges_where_the_lesser_counts():
    lines = [line("97530", 1, "40.00"), line("97110", 1, "20.00")]
    priced = price(contract(method="per_visit", amount=90, lesser_of="line"), lines)
    assert total(priced) == "60.00"


def test_rates_for_codes_under_a_visit_cap():
    assert total(price(contract(method="per_visit", rates=RATES, cap=100))) == "100.00"
    assert total(price(contract(method="per_visit", rates=RATES, cap=500))) == "142.00"


def test_lesser_of_by_claim():
    lines = [line("97530", 2, "70.00"), line("97110", 1, "60.00")]
    by_line, by_claim = contract(rates=RATES, lesser_of="line"), contract(rates=RATES, lesser_of="claim")
    assert allowed(price(by_line, lines)) == ["70.00", "32.00"]
    assert allowed(price(by_claim, lines)) == ["80.00", "32.00"]
    short = [line("97530", 2, "60.00"), line("97110", 1, "40.00")]
    assert total(price(by_claim, short)) == "100.00"
    two = [replace(one, claim=f"c{n}", key=f"k{n}") for n, one in enumerate(lines)]
    assert allowed(price(by_claim, two)) == ["70.00", "32.00"]


def test_lesser_of_without_a_charge_says_so():
    priced = price(contract(rates=RATES, lesser_of=True), [line("97530", 1, "none")])[0]
    assert priced.expected_allowed == Decimal("40.00")
    assert any("charge is not known" in step.label for step in priced.steps)


@pytest.mark.parametrize("spelled", [{"CQ": "85"}, {"CQ": 85.0}, {"cq": "85 %"}])
def test_modifier_multipliers(spelled):
    lines = [line("97530", 2, None, "GP", "CQ"), line("97110", 1, None, "GP")]
    assert allowed(price(contract(rates=RATES, modifier_multipliers=spelled), lines)) == ["68.00", "32.00"]


def test_a_rate_for_a_modifier_stands_instead_of_its_multiplier():
    rates = [{"procedure": "97530", "amount": "40.00"}, {"procedure": "97530", "modifiers": ["CQ"], "amount": "35.00"}]
    published = contract(rates=rates, modifier_multipliers={"CQ": 85, "GP": 90})
    assert allowed(price(published, [line("97530", 1, None, "GP", "CQ")])) == ["31.50"]
    assert allowed(price(published, [line("97530", 1, None, "GP")])) == ["36.00"]


def test_equally_near_rates_are_no_answer():
    rates = [{"procedure": "97530", "modifiers": [m], "amount": a} for m, a in (("GP", "40.00"), ("CQ", "35.00"))]
    priced = price(contract(rates=rates), [line("97530", 1, None, "GP", "CQ")])[0]
    assert "equally close" in priced.reason


@pytest.mark.parametrize(
    ("caps", "expected"),
    [
        (3, ["80.00", "32.00", "0.00"]),
        ({"97530": 1}, ["40.00", "32.00", "30.00"]),
        ({"*": 1}, ["40.00", "32.00", "30.00"]),
        (2, ["80.00", "0.00", "0.00"]),
        ([{"procedures": ["97530"], "units": 1, "per": "day"}], ["40.00", "32.00", "30.00"]),
        ({"units": 3, "per": "visit"}, ["80.00", "32.00", "0.00"]),
    ],
)
def test_unit_caps(caps, expected):
    assert allowed(price(contract(rates=RATES, unit_caps=caps))) == expected


def test_carve_outs_with_a_method_of_their_own():
    published = contract(
        rates=RATES,
        cap="60.00",
        carve_outs=[{"procedures": ["97140"], "method": "percent_of_charge", "percent": 50}],
    )
    assert allowed(price(published)) == ["42.86", "17.14", "29.00"]
    within = contract(rates=RATES, cap="60.00", carve_outs=[{"procedures": "97140", "amount": 29, "capped": True}])
    assert total(price(within)) == "60.00"


def test_a_code_without_a_rate_is_unknown_unless_there_is_a_default():
    lines = [*claim_a(), line("97112", 1, "60.00")]
    assert price(contract(rates=RATES), lines)[3].reason == "97112 has no rate in acme@1"
    assert allowed(price(contract(rates={**RATES, "*": "25.00"}), lines))[3] == "25.00"
    default = contract(rates=RATES, default={"method": "percent_of_charge", "percent": 40})
    assert allowed(price(default, lines))[3] == "24.00"


def test_a_cap_over_a_line_without_a_price_cannot_be_shared():
    priced = price(contract(rates=RATES, cap="100.00"), [*claim_a(), line("97112", 1, "60.00")])
    assert allowed(priced) == [None] * 4
    assert "97112" in priced[0].reason


def test_a_contract_with_medicare_comes_before_the_fee_schedule():
    published = contract(scope={"payer_id": "MEDICARE"}, rates=RATES)
    assert allowed(pricer(published)(claim_a(), DOS, "MEDICARE")) == ["80.00", "32.00", "30.00"]


def test_no_contract():
    priced = pricer(contract(rates=RATES))(claim_a(), DOS, "OTHER")
    assert {p.problem for p in priced} == {"no_contract"}
    assert CHARGES  # the lines have charges; without a contract they mean nothing
