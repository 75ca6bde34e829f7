"""Contracts as published: what is read, in which spellings, and what is refused, each with its pointer."""

import json
from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from events.registry import event_faults, parse
from projections.pricing.contract import CHARGE, FLAT, PER_UNIT, PERCENT_OF_MEDICARE
from projections.pricing.contract_reader import read_contract
from tests.events.samples import sample
from tests.projections.pricing.days import RATES, contract


def read(**fields):
    return read_contract(contract(**fields), {"97161"})


def basis(**stated):
    return read(method="percent_of_medicare", percent=110, basis=stated).method.basis


@pytest.mark.parametrize(
    ("spelled", "kind"),
    [
        ("per_unit", PER_UNIT),
        ("per unit", PER_UNIT),
        ("Per-Unit", PER_UNIT),
        ("fee schedule", PER_UNIT),
        ("fixed_fee", PER_UNIT),
        ("rate", PER_UNIT),
    ],
)
def test_spellings_of_methods_by_the_unit(spelled, kind):
    assert read(method=spelled, rates=RATES).method.kind == kind


@pytest.mark.parametrize(
    ("spelled", "kind"),
    [
        ("percent_of_medicare", PERCENT_OF_MEDICARE),
        ("percent of Medicare", PERCENT_OF_MEDICARE),
        ("medicare_percent", PERCENT_OF_MEDICARE),
        ("percent_of_mpfs", PERCENT_OF_MEDICARE),
        ("percent_of_fee_schedule", PERCENT_OF_MEDICARE),
        ("percent_of_charge", CHARGE),
        ("percent of billed charges", CHARGE),
    ],
)
def test_spellings_of_percentages(spelled, kind):
    assert read(method=spelled, percent=80, rates=RATES).method.kind == kind


@pytest.mark.parametrize(
    ("spelled", "per"),
    [
        ("per_visit", "visit"),
        ("visit rate", "visit"),
        ("per_diem", "day"),
        ("case_rate", "claim"),
        ("per case", "claim"),
        ("flat per visit", "visit"),
    ],
)
def test_spellings_of_flat_methods(spelled, per):
    read_one = read(method=spelled, amount=85)
    assert (read_one.method.kind, read_one.method.per) == (FLAT, per)


@pytest.mark.parametrize("spelled", ["daily_cap", "day cap", "capped"])
def test_spellings_of_caps(spelled):
    read_one = read(method=spelled, rates=RATES, cap="100.00")
    assert (read_one.method.kind, read_one.caps[0].amount, read_one.caps[0].per) == (PER_UNIT, Decimal(100), "day")


@pytest.mark.parametrize(
    ("stated", "level"), [(True, "line"), ("Line", "line"), ("claim", "claim"), (False, ""), (None, "")]
)
def test_spellings_of_lesser_of(stated, level):
    assert read(rates=RATES, lesser_of=stated).lesser_of == level


@pytest.mark.parametrize(
    ("stated", "factor"), [(110, "1.1"), ("110", "1.1"), ("110 %", "1.1"), (65, "0.65"), (3.5, "0.035")]
)
def test_a_percentage_is_of_a_hundred(stated, factor):
    assert read(method="percent_of_medicare", percent=stated).method.factor == Decimal(factor)


def test_the_basis_of_a_percentage():
    assert basis(year="current").year is None
    assert basis(date="2024-03-09", edition="QP").date_for(date(2026, 1, 1)) == date(2024, 3, 9)
    assert basis(year=2024, mppr=True).date_for(date(2026, 1, 1)) == date(2024, 12, 31)
    assert read(method="percent_of_medicare", percent=110, basis=2026).method.basis.year == 2026
    assert not basis(year=2026, locality="06302-00").mppr


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"method": "magic", "rates": RATES}, "/method"),
        ({"method": 7}, "/method"),
        ({"method": ["x"]}, "/method"),
        ({"method": "per_unit", "rates": []}, "/rates"),
        ({"method": "daily_cap", "cap": ...}, "/cap"),
        ({"method": "evaluation_plus_cap", "cap": ...}, "/cap"),
        ({"method": "percent_of_charge"}, "/percent"),
        ({"method": "percent_of_charge", "percent": 0}, "/percent"),
        ({"method": "percent_of_medicare", "percent": "1.10"}, "/percent"),
        ({"method": "percent_of_medicare", "percent": 110, "basis": {"year": "soon"}}, "/basis/year"),
        ({"method": "percent_of_medicare", "percent": 110, "basis": {"mppr": "perhaps"}}, "/basis/mppr"),
        ({"method": "percent_of_medicare", "percent": 110, "basis": {"moon": 1}}, "/basis/moon"),
        ({"cap": "much"}, "/cap/0/amount"),
        ({"cap": [{"per": "day"}]}, "/cap/0/amount"),
        ({"cap": [{"amount": 1, "per": "moon"}]}, "/cap/0/per"),
        ({"cap": [{"amount": "9" * 30}]}, "/cap/0/amount"),
        ({"unit_caps": {"97530": "x"}}, "/unit_caps/0/units"),
        ({"modifier_multipliers": {"CQ": "x"}}, "/modifier_multipliers/CQ"),
        ({"carve_outs": [{"procedures": ["97140"], "method": "per_unit", "amount": -1}]}, "/carve_outs/0/amount"),
        ({"carve_outs": [{"method": "per_unit", "amount": 1}]}, "/carve_outs/0/procedures"),
        ({"default": {"method": "percent_of_charge", "percent": 2}}, "/default/percent"),
        ({"effective_to": "2026-01-01"}, "/effective_to"),
        ({"rates": [{"procedure": "97530", "amount": "-1.00"}]}, "/rates/0/amount"),
        ({"rates": [{"procedure": "97530", "amount": 1}, {"procedure": "97530", "amount": 2}]}, "/rates"),
        ({"scope": {"payer_id": "ACME", "moon_phase": "full"}}, "/scope/moon_phase"),
        ({"moon_phase": 1}, "/moon_phase"),
        ({"dispute_days": 10**6}, "/dispute_days"),
    ],
)
def test_what_is_not_understood_is_refused_at_the_door_with_its_pointer(fields, pointer):
    with pytest.raises(ValueError) as refused:
        parse(json.dumps(sample("contract.published.v1", **fields)))
    assert f"/data{pointer}" in [fault["pointer"] for fault in event_faults(refused.value)]


def test_a_publishers_own_fields_are_kept():
    event = parse(json.dumps(sample("contract.published.v1", x_note={"any": [1]})))
    assert event.data.model_extra == {"x_note": {"any": [1]}}


def test_amounts_may_carry_a_dollar_sign():
    assert contract(rates={"97530": "$1,040.00"}).rates[0].amount == Decimal("1040.00")
    with pytest.raises(ValidationError):
        contract(rates={"97530": "forty"})


def test_evaluation_plus_cap_leaves_evaluations_outside():
    cap = read(method="evaluation_plus_cap", rates=RATES, cap=100).caps[0]
    assert not cap.covers("97161")
    assert cap.covers("97530")


def test_scope_values_are_compared_in_one_spelling():
    scope = {
        "payer_id": "ACME",
        "plan": " Gold PPO ",
        "discipline": "st",
        "place_of_service": 11,
        "provider_kind": "pta",
    }
    assert dict(read(rates=RATES, scope=scope).scope) == {
        "plan": "gold ppo",
        "discipline": "SLP",
        "place_of_service": "11",
        "provider_kind": "PTA",
    }
