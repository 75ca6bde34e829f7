"""Worked examples of Medicare days (national, non-QP, assigned), every column to the cent."""

# packs: cms.assistant_price cms.part_b_coinsurance cms.part_b_deductible cms.mppr cms.sequestration practice.medicare cms.pfs.2018 cms.pfs.2019 cms.pfs.2020 cms.pfs.2021 cms.pfs.2022 cms.pfs.2023 cms.pfs.2024

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import permutations

import pytest

from projections.pricing.medicare import full_unit_line
from projections.pricing.medicare_payment import medicare_terms
from projections.pricing.pricer import Assumption, Pricer
from projections.rules.rulebook import Period, Rulebook, Unknown
from tests.projections.pricing.days import DOS, allowed, claim_a, contract, line, paid, patient, pricer, rules, total

MEDICARE = "MEDICARE"


def columns(priced, name):
    return [str(getattr(p.parts, name)) for p in priced]


def test_a_two_units_of_97530_with_97110_and_97140():
    priced = pricer()(claim_a(), DOS, MEDICARE)
    assert columns(priced, "full_price") == ["70.14", "29.06", "27.72"]
    assert allowed(priced) == ["60.12", "22.21", "21.21"]
    assert total(priced) == "103.54"
    assert columns(priced, "contractual") == ["79.86", "30.94", "30.28"]
    assert columns(priced, "reduction") == ["10.02", "6.85", "6.51"]
    assert columns(priced, "coinsurance") == ["12.02", "4.44", "4.24"]
    assert columns(priced, "sequestration") == ["0.96", "0.36", "0.34"]
    assert paid(priced) == ["47.14", "17.41", "16.63"]
    for p in priced:
        parts = p.parts
        taken = (
            parts.contractual
            + parts.reduction
            + parts.deductible
            + parts.coinsurance
            + parts.assistant_cut
            + parts.sequestration
        )
        assert p.line.charge == taken + p.expected_paid


def test_a_in_the_edition_for_qualifying_apm_participants():
    priced = pricer(edition="qp")(claim_a(), DOS, MEDICARE)
    assert allowed(priced) == ["60.43", "22.32", "21.32"]
    assert sum(p.expected_paid for p in priced) == Decimal("81.59")
    assert any("qualifying" in step.label for step in priced[0].steps)


def test_b_fifty_dollars_of_the_deductible_left():
    priced = pricer()(claim_a(), DOS, MEDICARE, deductible_left=Decimal("50.00"))
    assert allowed(priced) == ["60.12", "22.21", "21.21"]
    assert columns(priced, "deductible") == ["50.00", "0.00", "0.00"]
    assert columns(priced, "coinsurance") == ["2.02", "4.44", "4.24"]
    assert columns(priced, "sequestration") == ["0.16", "0.36", "0.34"]
    assert patient(priced) == ["52.02", "4.44", "4.24"]
    assert paid(priced) == ["7.94", "17.41", "16.63"]


def test_a_deductible_larger_than_the_day_takes_all_of_it():
    priced = pricer()(claim_a(), DOS, MEDICARE, deductible_left=Decimal("283.00"))
    assert patient(priced) == allowed(priced) == ["60.12", "22.21", "21.21"]
    assert paid(priced) == ["0.00", "0.00", "0.00"]


def with_assistant():
    lines = claim_a()
    return [lines[0], replace(lines[1], modifiers=("GP", "CQ")), lines[2]]


def test_c_assistant_reduction_on_medicares_share():
    priced = pricer()(with_assistant(), DOS, MEDICARE)
    line = priced[1]
    assert (line.expected_allowed, line.expected_patient) == (Decimal("22.21"), Decimal("4.44"))
    assert (line.parts.assistant_cut, line.parts.sequestration) == (Decimal("2.67"), Decimal("0.30"))
    assert line.expected_paid == Decimal("14.80")
    assert sum(p.expected_paid for p in priced) == Decimal("78.57")


def test_c_assistant_reduction_on_the_allowed_amount():
    line = pricer(assistant_applies_to="allowed")(with_assistant(), DOS, MEDICARE)[1]
    assert (line.expected_allowed, line.expected_patient) == (Decimal("18.88"), Decimal("3.78"))
    assert line.expected_paid == Decimal("14.80")


def test_occupational_assistants_count_alike_and_a_bare_modifier_of_another_kind_does_not():
    reduced = pricer()([line("97535", 1, "70.00", "GO", "CO")], DOS, MEDICARE)[0]
    plain = pricer()([line("97535", 1, "70.00", "GO", "KX")], DOS, MEDICARE)[0]
    assert reduced.parts.assistant_cut > 0
    assert plain.parts.assistant_cut == 0


def test_no_assistant_reduction_before_2022():
    terms = pricer().medicare(date(2026, 1, 2)).terms
    assert terms.assists(("GP", "CQ"))
    assert not medicare_terms(rules(), date(2021, 12, 31)).assists(("GP", "CQ"))


def test_d_evaluation_day_the_full_unit_is_the_evaluations():
    lines = [line("97161"), line("97530"), line("97110")]
    priced = pricer()(lines, DOS, MEDICARE)
    assert allowed(priced) == ["97.86", "25.05", "22.21"]
    assert total(priced) == "145.12"
    assert columns(priced, "coinsurance") == ["19.57", "5.01", "4.44"]
    assert columns(priced, "sequestration") == ["1.57", "0.40", "0.36"]
    assert paid(priced) == ["76.72", "19.64", "17.41"]


def test_e_two_disciplines_of_one_group_share_one_full_unit():
    lines = [line("97530", 2, None, "GP", claim="pt"), line("97535", 2, None, "GO", claim="ot")]
    priced = pricer()(lines, DOS, MEDICARE)
    assert allowed(priced) == ["60.12", "47.76"]
    assert sum(p.expected_paid for p in priced) == Decimal("84.59")


def test_f_speech_and_physical_therapy():
    lines = [line("97530", 2, None, "GP", claim="pt"), line("92507", 1, None, "GN", claim="slp")]
    priced = pricer()(lines, DOS, MEDICARE)
    assert allowed(priced) == ["50.10", "76.15"]
    assert sum(p.expected_paid for p in priced) == Decimal("98.98")


@pytest.mark.parametrize("name", ["06302-00", "0630200", "WI", "wi-00", "Wisconsin"])
def test_g_locality(name):
    fees = pricer(locality=name).medicare(DOS).schedule
    assert (fees.fee("97530").full, fees.fee("97530").reduced) == (Decimal("34.00"), Decimal("24.40"))
    assert (fees.fee("97110").full, fees.fee("97110").reduced) == (Decimal("28.25"), Decimal("21.69"))


def test_the_practices_own_locality_and_factor_stand_where_none_is_asked_for():
    """A practice in Wisconsin, from 2026-07-01 on a qualifying participant, says so in a version of the pack."""
    ours = {"locality": "WI", "edition": "non_qp"}
    periods = [
        Period(date(2026, 1, 1), date(2026, 7, 1), ours),
        Period(date(2026, 7, 1), None, ours | {"edition": "qp"}),
    ]
    shipped = dict(rules().packs)
    pack = replace(shipped["practice.medicare"], version="2", periods=tuple(periods))
    ours = Pricer(
        Rulebook({**shipped, pack.pack_id: pack}.values()), [contract(method="percent_of_medicare", percent=100)]
    )
    units = [line("97530", 1)]
    for payer in (MEDICARE, "ACME"):
        priced = [ours(units, day, payer)[0] for day in (DOS, date(2026, 7, 1))]
        assert allowed(priced) == ["34.00", "34.17"]  # (0.44 + 0.60 × 0.958 + 0.01 × 0.308) × 33.4009 and x 33.5675
        assert "practice.medicare@2" in priced[0].rule_names
    national = ours(units, DOS, MEDICARE, assume=Assumption(locality="national"))
    assert allowed(national) == ["35.07"]


def test_an_unknown_locality_is_said_not_guessed():
    priced = pricer(locality="99999-99")(claim_a(), DOS, MEDICARE)
    assert allowed(priced) == [None, None, None]
    assert "99999-99" in priced[0].reason
    assert "not a known locality" in priced[0].reason


NATIONAL = {
    "97530": ("35.07", "25.05"),
    "97110": ("29.06", "22.21"),
    "97112": ("32.73", "24.88"),
    "97113": ("37.07", "26.72"),
    "97116": ("29.06", "22.21"),
    "97124": ("29.73", "20.88"),
    "97140": ("27.72", "21.21"),
    "97150": ("18.04", "14.03"),
    "97533": ("60.79", "38.58"),
    "97535": ("32.40", "23.88"),
    "97542": ("31.06", "23.71"),
    "92526": ("84.17", "64.63"),
    "97161": ("97.86", "74.82"),
    "97164": ("67.47", "49.93"),
    "97165": ("100.54", "76.15"),
    "97168": ("68.47", "50.44"),
    "97760": ("46.09", "31.56"),
    "97763": ("50.10", "33.23"),
    "97750": ("33.73", "24.55"),
    "97012": ("14.36", "11.36"),
    "97032": ("14.70", "11.69"),
    "97035": ("14.36", "10.86"),
    "92507": ("76.15", "59.95"),
    "92523": ("226.46", "177.53"),
}


@pytest.mark.parametrize(("code", "prices"), NATIONAL.items())
def test_national_prices_of_a_unit(code, prices):
    fee = pricer().medicare(DOS).schedule.fee(code)
    assert (str(fee.full), str(fee.reduced)) == prices


@pytest.mark.parametrize("code", ["97129", "97130", "97597", "97598", "92610", "92611", "92612", "92608"])
def test_codes_outside_the_therapy_reduction_keep_every_unit_full(code):
    fee = pricer().medicare(DOS).schedule.fee(code)
    priced = pricer()([line("97530", 1), line(code, 2, "none")], DOS, MEDICARE)
    assert not fee.competes
    assert priced[1].expected_allowed == 2 * fee.full
    assert priced[0].expected_allowed == Decimal("35.07")


def test_a_bundled_code_brings_nothing_and_says_why():
    packs = pricer()([line("97010", 1, "20.00"), line("97530", 1)], DOS, MEDICARE)
    assert (packs[0].expected_allowed, packs[0].expected_paid) == (Decimal("0.00"), Decimal("0.00"))
    assert "bundled" in packs[0].steps[0].label
    assert packs[1].expected_allowed == Decimal("35.07")


def test_a_code_that_is_invalid_for_medicare_names_the_one_to_use():
    priced = pricer()([line("97014", 1, "20.00")], DOS, MEDICARE)[0]
    assert priced.expected_allowed == 0
    assert "G0283" in priced.steps[0].label


@pytest.mark.parametrize(("code", "word"), [("12345", "not in the fee schedule"), ("97039", "contractor")])
def test_codes_without_a_price_are_unknown(code, word):
    priced = pricer()([line(code, 1, "20.00"), line("97530", 1)], DOS, MEDICARE)
    assert (priced[0].expected_allowed, priced[0].problem) == (None, "unknown")
    assert word in priced[0].reason
    assert priced[1].expected_allowed == Decimal("35.07")


@pytest.mark.parametrize("dos", [date(2023, 12, 31), date(2024, 3, 8), date(2027, 1, 1)])
def test_no_relative_values_for_a_year_means_unknown_never_the_nearest_year(dos):
    priced = pricer()(claim_a(), dos, MEDICARE)
    assert allowed(priced) == [None, None, None]
    assert all(p.problem == "unknown" for p in priced)


def test_the_conversion_factor_changed_within_2024():
    factor = {on: rules().pick("pfs", on).values["conversion_factor"] for on in (date(2024, 3, 8), date(2024, 3, 9))}
    assert list(factor.values()) == ["32.7442", "33.2875"]


@pytest.mark.parametrize(
    ("year", "factor"),
    [
        (2018, "35.9996"),
        (2019, "36.0391"),
        (2020, "36.0896"),
        (2021, "34.8931"),
        (2022, "34.6062"),
        (2023, "33.8872"),
        (2025, "32.3465"),
    ],
)
def test_the_conversion_factor_of_earlier_years(year, factor):
    """The physician fee schedule's final rule of each year, as corrected by Congress."""
    assert rules().pick("pfs", date(year, 6, 1)).values["conversion_factor"] == factor


@pytest.mark.parametrize(
    ("dos", "rate"),
    [
        (date(2020, 4, 30), "0.02"),
        (date(2020, 5, 1), "0"),
        (date(2022, 3, 31), "0"),
        (date(2022, 4, 1), "0.01"),
        (date(2022, 6, 30), "0.01"),
        (date(2022, 7, 1), "0.02"),
        (date(2026, 3, 2), "0.02"),
    ],
)
def test_sequestration_by_date(dos, rate):
    assert rules().pick("sequestration", dos).values["rate"] == rate


def test_the_deductible_by_year():
    assert rules().pick("deductible", date(2026, 5, 1)).values["amount"] == "283.00"
    assert rules().pick("deductible", date(2025, 5, 1)).values["amount"] == "257.00"
    assert isinstance(rules().pick("deductible", date(2027, 1, 1)), Unknown)


def test_lower_of_charge_and_fee_for_each_line():
    priced = pricer()([line("97530", 2, "50.00"), line("97110", 1, "20.00")], DOS, MEDICARE)
    assert allowed(priced) == ["50.00", "20.00"]
    assert columns(priced, "contractual") == ["0.00", "0.00"]


def test_without_a_charge_nothing_is_compared_with_it():
    priced = pricer()([line("97530", 2, "none")], DOS, MEDICARE)[0]
    assert priced.expected_allowed == Decimal("60.12")
    assert priced.parts.contractual is None


def test_two_billing_groups_have_a_full_unit_each():
    lines = [line("97530", 1, billing_npi="1111111112"), line("97110", 1, billing_npi="2222222228")]
    assert allowed(pricer()(lines, DOS, MEDICARE)) == ["35.07", "29.06"]


def test_ties_in_practice_expense_go_to_the_higher_fee_then_the_earlier_line():
    fees = pricer().medicare(DOS).schedule
    tied = [line("97116", number=2, key="b"), line("97110", number=1, key="a")]
    assert full_unit_line((one, fees.fee(one.procedure)) for one in tied) == "a"
    low = replace(fees.fee("97110"), rank=(Decimal("0.41"), Decimal("1.00")))
    assert full_unit_line([(tied[1], low), (tied[0], fees.fee("97116"))]) == "b"


def test_the_order_in_which_lines_arrive_changes_nothing():
    lines = [*claim_a(), line("97116", 1, "20.00", claim="c2", number=1)]
    expected = {p.key: p.expected_allowed for p in pricer()(lines, DOS, MEDICARE, deductible_left=Decimal(70))}
    for shuffled in permutations(lines):
        priced = pricer()(list(shuffled), DOS, MEDICARE, deductible_left=Decimal(70))
        assert {p.key: p.expected_allowed for p in priced} == expected
        assert [p.line for p in priced] == list(shuffled)


def test_steps_can_be_followed_by_hand():
    steps = [str(step) for step in pricer()(claim_a(), DOS, MEDICARE)[0].steps]
    assert steps[0] == (
        "97530: work 0.44 + practice expense 0.60 + malpractice 0.01 relative value units = 1.05 [cms.pfs.2026@RVU26C.2]"
    )
    assert "conversion factor = 33.4009 [cms.pfs.2026@RVU26C.2]" in steps
    assert "1 × 35.07, the day's full unit, + 1 × 25.05 = 60.12" in steps
    assert "lower of the charge 150.00 and the fee 60.12 = 60.12" in steps
    assert "coinsurance 20% of 60.12 = 12.02 [cms.part_b_coinsurance@1]" in steps
    assert "sequestration 2% of 48.10 = 0.96 [cms.sequestration@1]" in steps
    assert steps[-1] == "Medicare pays 48.10 - 0.96 = 47.14"


def test_lines_need_keys_of_their_own():
    with pytest.raises(ValueError, match="key"):
        pricer()([line("97530", key="same"), line("97110", key="same")], DOS, MEDICARE)


def test_negative_units_are_said_to_be_impossible():
    assert "units" in pricer()([line("97530", "-1", "75.00")], DOS, MEDICARE)[0].reason


def test_another_edition_must_be_known():
    assert "edition" in pricer(edition="gold")(claim_a(), DOS, MEDICARE)[0].reason
