"""What a person is shown before contracts are published."""

import pytest

from services.contracts.dry_run import CHANGE, GAP, OVERLAP, PROBLEM, UNKNOWN_CODE, dry_run
from services.store.shipped_rule_packs import shipped_rulebook
from tests.projections.pricing.days import contract

RULES = shipped_rulebook()


def item(**fields):
    base = {
        "contract_id": "acme",
        "version": 1,
        "scope": {"payer_id": "ACME"},
        "effective_from": "2026-01-01",
        "method": "per_unit",
        "rates": [{"procedure": "97530", "amount": "40.00"}],
    }
    return {**base, **fields}


def run(*items, in_force=()):
    return dry_run(items, in_force, RULES)


def test_a_clean_contract_has_nothing_to_report():
    report = run(item())
    assert report.clean
    assert report.notices == ()
    assert [fact.contract_id for fact in report.facts] == ["acme"]


def test_fields_that_are_wrong_are_named_without_their_values():
    report = run(item(effective_from="some day"), {"method": "per_unit"})
    assert not report.clean
    assert report.facts == ()
    assert any(text.startswith("effective_from: ") and "some day" not in text for text in report.of(PROBLEM))
    assert any(text.startswith("scope") for text in report.of(PROBLEM))


def test_terms_that_cannot_be_understood():
    assert "method" in run(item(method="magic")).of(PROBLEM)[0]


def test_overlaps_with_contracts_in_force_and_among_the_new():
    other = contract(contract_id="other", rates={"97530": "41.00"}, effective_to="2026-07-01")
    assert run(item(), in_force=[other]).of(OVERLAP) == [
        "fits the same lines as other@1 from 2026-01-01 to 2026-07-01: narrow the scope of one"
    ]
    assert len(run(item(), item(contract_id="twin")).of(OVERLAP)) == 2
    narrower = contract(contract_id="other", rates={"97530": "41.00"}, scope={"payer_id": "ACME", "plan": "GOLD"})
    assert run(item(), in_force=[narrower]).clean


def test_gaps_between_versions_and_after_the_last():
    before = contract(rates={"97530": "38.00"}, effective_from="2025-01-01", effective_to="2025-12-01")
    report = run(item(version=2, effective_to="2027-01-01"), in_force=[before])
    assert report.of(GAP) == [
        "no version covers dates of service from 2025-12-01 to 2026-01-01",
        "no version covers dates of service from 2027-01-01",
    ]


@pytest.mark.parametrize(
    ("basis", "reason"),
    [
        ({"year": 2026, "locality": "06302-00"}, None),
        (None, None),
        ({"year": 2019}, "cms.pfs.2019@cf-1 holds no relative values"),
        ({"year": 2026, "locality": "99999-99"}, "99999-99 is not a known locality"),
        ({"year": 2031}, "no pfs rule covers 2031-12-31"),
    ],
)
def test_a_percentage_of_a_schedule_that_is_not_loaded_prices_nothing(basis, reason):
    told = run(item(method="percent_of_medicare", percent=110, basis=basis, rates=[])).of(GAP)
    assert [reason in text for text in told] == ([True] if reason else [])


def test_codes_nobody_knows():
    report = run(
        item(
            rates=[
                {"procedure": "97530", "amount": "1"},
                {"procedure": "99997", "amount": "1"},
                {"procedure": "*", "amount": "1"},
            ]
        )
    )
    assert report.of(UNKNOWN_CODE) == ["99997 is not a known code"]


def test_changes_against_the_version_before():
    before = contract(
        rates={"97530": "38.00", "97110": "30.00", "97140": "30.00"}, effective_from="2025-01-01", lesser_of=True
    )
    after = item(
        version=2,
        rates=[
            {"procedure": "97530", "amount": "40.00"},
            {"procedure": "97140", "amount": "30.00"},
            {"procedure": "97112", "modifiers": ["CQ"], "amount": "29.00"},
        ],
    )
    texts = run(after, in_force=[before]).of(CHANGE)
    assert texts == [
        "against acme@1: 97110 is gone (was 30.00)",
        "against acme@1: 97112+CQ is new at 29.00",
        "against acme@1: 97530 from 38.00 to 40.00 (5.3%)",
        "against acme@1: lesser of rate and charge differs",
        "against acme@1: first day of service differs",
    ]


def test_a_change_of_method():
    before = contract(rates={"97530": "38.00"}, effective_from="2026-01-01")
    after = item(version=2, method="percent_of_medicare", percent=110, rates=[])
    report = run(after, in_force=[before])
    assert "against acme@1: method, percentage or basis differs" in report.of(CHANGE)
