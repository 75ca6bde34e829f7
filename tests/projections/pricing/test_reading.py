"""Contracts as published, in all the ways people write them."""

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from projections.pricing.contract import CHARGE, FLAT, PER_UNIT, PERCENT_OF_MEDICARE
from projections.pricing.contract_reader import read_contract
from projections.pricing.contract_spelling import basis_of
from tests.projections.pricing.days import RATES, contract


def read(**fields):
    return read_contract(contract(**fields), {"97161"})


@pytest.mark.parametrize(
    ("spelled", "kind"),
    [
        ("per_unit", PER_UNIT), ("per unit", PER_UNIT), ("Per-Unit", PER_UNIT), ("fee_schedule", PER_UNIT),
        ("fee schedule", PER_UNIT), ("fixed_fee", PER_UNIT), ("rate", PER_UNIT),
        ("percent_of_medicare", PERCENT_OF_MEDICARE), ("percent_medicare", PERCENT_OF_MEDICARE), ("percent of Medicare", PERCENT_OF_MEDICARE),
        ("medicare_percent", PERCENT_OF_MEDICARE), ("percent_of_mpfs", PERCENT_OF_MEDICARE), ("percent_of_fee_schedule", PERCENT_OF_MEDICARE),
        ("percent", PERCENT_OF_MEDICARE), ("percent_of_charge", CHARGE), ("percent_of_charges", CHARGE),
        ("percent of billed charges", CHARGE), ("PercentOfCharge", CHARGE),
    ],
)  # fmt: skip
def test_spellings_of_methods(spelled, kind):
    read_one = read(method=spelled, percent=80, rates=RATES)
    assert read_one.error is None
    assert read_one.method.kind == kind


@pytest.mark.parametrize(
    ("spelled", "per"),
    [
        ("per_visit", "visit"), ("visit rate", "visit"), ("per_diem", "day"), ("case_rate", "claim"), ("per case", "claim"),
        ("flat per visit", "visit"),
    ],
)  # fmt: skip
def test_spellings_of_flat_methods(spelled, per):
    read_one = read(method=spelled, amount=85)
    assert (read_one.method.kind, read_one.method.per) == (FLAT, per)


@pytest.mark.parametrize("spelled", ["daily_cap", "day cap", "per_unit_daily_cap", "capped"])
def test_spellings_of_caps(spelled):
    read_one = read(method=spelled, rates=RATES, cap="100.00")
    assert (read_one.method.kind, read_one.caps[0].amount, read_one.caps[0].per) == (PER_UNIT, Decimal(100), "day")


@pytest.mark.parametrize(
    ("stated", "level"),
    [
        (True, "line"), ("line", "line"), ("per_line", "line"), ("charge", "line"), ("billed charges", "line"), ("true", "line"),
        ("claim", "claim"), ("per claim", "claim"), ({"per": "claim"}, "claim"), (False, ""), (None, ""), ("no", ""),
    ],
)  # fmt: skip
def test_spellings_of_lesser_of(stated, level):
    assert read(rates=RATES, lesser_of=stated).lesser_of == level


@pytest.mark.parametrize(
    ("stated", "factor"),
    [
        (110, "1.1"),
        ("110", "1.1"),
        ("110%", "1.1"),
        (1.10, "1.1"),
        ("1.10", "1.1"),
        (3, "3"),
        ("2.5 %", "2.5"),
        (65, "0.65"),
    ],
)
def test_percentages(stated, factor):
    # A bare 2.5 is a factor; the contract model strips the sign, so that only the figure can tell.
    assert read(method="percent_of_medicare", percent=stated).method.factor == Decimal(factor)


@pytest.mark.parametrize(
    ("stated", "year", "locality", "mppr"),
    [
        ({"year": 2026, "locality": "06302-00", "mppr": True}, 2026, "06302-00", True),
        ({"year": "2026", "mppr": "yes"}, 2026, None, True), ({"year": "current"}, None, None, False),
        ({"schedule": "CY2025", "multiple_procedure_reduction": False}, 2025, None, False), ("2025", 2025, None, False),
        ("2026 national with MPPR", 2026, None, True), ("medicare_2026_mppr", 2026, None, True),
        ("2026 Medicare 06302-00, without MPPR", 2026, "06302-00", False), ("current", None, None, False),
        (2026, 2026, None, False), (None, None, None, False), ("pfs_2026_no_mppr", 2026, None, False),
    ],
)  # fmt: skip
def test_spellings_of_the_basis(stated, year, locality, mppr):
    basis = basis_of(stated)
    assert (basis.year, basis.locality, basis.mppr) == (year, locality, mppr)


def test_a_basis_with_a_date_and_edition():
    basis = basis_of({"date": "2024-03-09", "qp": True})
    assert (basis.on, basis.edition) == (date(2024, 3, 9), "qp")
    assert basis.date_for(date(2026, 1, 1)) == date(2024, 3, 9)
    assert basis_of({"year": 2024}).date_for(date(2026, 1, 1)) == date(2024, 12, 31)
    assert basis_of({"year": 2026}).date_for(date(2026, 5, 1)) == date(2026, 5, 1)


def test_a_basis_beside_the_contracts_other_fields():
    read_one = read(method="percent_of_medicare", percent=110, year=2026, mppr=True)
    assert (read_one.method.basis.year, read_one.method.basis.mppr) == (2026, True)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"method": "magic", "rates": RATES}, "method"), ({"method": "per_unit"}, "rates"),
        ({"method": "daily_cap", "rates": RATES}, "cap"), ({"method": "evaluation_plus_cap", "rates": RATES}, "cap"),
        ({"method": "percent_of_charge"}, "percent"), ({"method": "percent_of_charge", "percent": 0}, "percent"),
        ({"method": "percent_of_medicare", "percent": 110, "basis": {"year": "soon"}}, "year"),
        ({"method": "percent_of_medicare", "percent": 110, "basis": {"mppr": "perhaps"}}, "mppr"),
        ({"rates": RATES, "cap": "much"}, "cap"), ({"rates": RATES, "cap": {"per": "day"}}, "cap"),
        ({"rates": RATES, "cap": {"amount": 1, "per": "moon"}}, "per"), ({"rates": RATES, "unit_caps": {"97530": "x"}}, "unit_caps"),
        ({"rates": RATES, "modifier_multipliers": {"CQ": "x"}}, "modifier_multipliers"),
        ({"rates": RATES, "carve_outs": [{"method": "per_unit"}]}, "carve_outs"), ({"rates": RATES, "carve_outs": 7}, "carve_outs"),
        ({"rates": RATES, "effective_to": "2026-01-01"}, "effective_to"), ({"rates": {"97530": "-1.00"}}, "97530"),
        ({"rates": [{"procedure": "97530", "amount": 1}, {"procedure": "97530", "amount": 2}]}, "two amounts"),
        ({"rates": RATES, "scope": {"payer_id": "ACME", "moon_phase": "full"}}, "moon_phase"),
    ],
)  # fmt: skip
def test_a_contract_that_cannot_be_understood_says_what_to_mend(fields, word):
    error = read(**fields).error
    assert error.startswith("contract acme@1 cannot be used")
    assert word in error


def test_amounts_may_carry_a_dollar_sign():
    assert contract(rates={"97530": "$1,040.00"}).rates[0].amount == Decimal("1040.00")
    with pytest.raises(ValidationError):
        contract(rates={"97530": "forty"})


def test_evaluation_plus_cap_leaves_evaluations_outside():
    cap = read(method="evaluation fee plus capped treatment", rates=RATES, cap=100).caps[0]
    assert not cap.covers("97161")
    assert cap.covers("97530")


def test_scope_values_are_compared_in_one_spelling():
    scope = {
        "payer_id": "ACME",
        "plan": " Gold PPO ",
        "discipline": "Speech therapy",
        "place_of_service": 11,
        "provider_kind": "pta",
    }
    assert dict(read(rates=RATES, scope=scope).scope) == {
        "plan": "gold ppo", "discipline": "SLP", "place_of_service": "11", "provider_kind": "PTA",
    }  # fmt: skip


def test_lesser_of_as_a_method_is_a_rate_held_to_the_charge():
    read_one = read(method="lesser_of", rates=RATES)
    assert (read_one.method.kind, read_one.lesser_of) == (PER_UNIT, "line")
