"""Which contract governs: dates, versions, scope."""

from datetime import date

import pytest

from projections.pricing.contract_choice import Chosen, ContractBook
from tests.projections.pricing.days import DOS, RATES, contract, line


def choose(*published, on=DOS, **facts):
    return ContractBook(published).choose(line("97530", 1, None, *facts.pop("modifiers", ()), **facts), "ACME", on)


def name(choice):
    return choice.contract.name if isinstance(choice, Chosen) else None


def scoped(contract_id, **scope):
    return contract(contract_id=contract_id, rates=RATES, scope={"payer_id": "ACME", **scope})


def test_dates_are_half_open():
    published = contract(rates=RATES, effective_from="2026-01-01", effective_to="2026-07-01")
    assert name(choose(published, on=date(2026, 1, 1))) == name(choose(published, on=date(2026, 6, 30))) == "acme@1"
    for outside in (date(2025, 12, 31), date(2026, 7, 1)):
        choice = choose(published, on=outside)
        assert choice.problem == "no_contract"
        assert outside.isoformat() in choice.reason


def test_more_dimensions_win_and_the_answer_names_them():
    wide, plan = scoped("wide"), scoped("plan", plan="GOLD")
    both = scoped("both", plan="Gold", discipline="PT")
    choice = choose(wide, plan, both, plan="gold", modifiers=("GP",))
    assert (name(choice), choice.matched) == ("both@1", ("payer_id", "plan", "discipline"))
    assert name(choose(wide, plan, both, plan="gold", modifiers=("GO",))) == "plan@1"
    assert name(choose(wide, plan, both, plan="silver")) == "wide@1"
    assert name(choose(wide, plan, both)) == "wide@1"


@pytest.mark.parametrize(
    ("scope", "facts"),
    [
        ({"billing_npi": "1234567893"}, {"billing_npi": "1234567893"}),
        ({"place_of_service": "11"}, {"place_of_service": "11"}),
        ({"provider_kind": "PTA"}, {"modifiers": ("GP", "CQ")}),
        ({"provider_kind": "PT"}, {"modifiers": ("GP",)}),
        ({"discipline": "SLP"}, {"modifiers": ("GN",)}),
        ({"discipline": "OT"}, {"discipline": "OT"}),
    ],
)
def test_each_dimension(scope, facts):
    assert name(choose(scoped("narrow", **scope), scoped("wide"), **facts)) == "narrow@1"
    assert name(choose(scoped("narrow", **scope), scoped("wide"), modifiers=("KX",))) == "wide@1"


def test_a_tie_is_no_choice_and_names_the_rivals():
    choice = choose(
        scoped("by-plan", plan="GOLD"), scoped("by-place", place_of_service="11"), plan="GOLD", place_of_service="11"
    )
    assert choice.problem == "unknown"
    assert "by-place@1 and by-plan@1" in choice.reason


def test_what_does_not_fit_is_named():
    choice = choose(scoped("narrow", plan="GOLD"), plan="SILVER")
    assert choice.problem == "no_contract"
    assert "plan gold (the line has silver)" in choice.reason


def test_a_later_version_counts_from_its_own_date():
    first, second = contract(rates=RATES), contract(version=2, rates=RATES, effective_from="2026-07-01")
    assert name(choose(second, first, on=date(2026, 6, 30))) == "acme@1"
    assert name(choose(second, first, on=date(2026, 7, 1))) == "acme@2"


def test_versions_are_in_natural_order_and_a_correction_reaches_back():
    versions = [contract(version=v, rates=RATES) for v in ("2026.9", "2026.10", "2026.2")]
    assert name(choose(*versions)) == "acme@2026.10"
    assert name(choose(*(contract(version=v, rates=RATES) for v in (9, 10)))) == "acme@10"


def test_an_older_version_does_not_come_back_when_the_newer_one_ends():
    open_ended = contract(rates=RATES)
    ended = contract(version=2, rates=RATES, effective_to="2026-06-01")
    assert name(choose(open_ended, ended, on=date(2026, 5, 31))) == "acme@2"
    assert choose(open_ended, ended, on=date(2026, 6, 1)).problem == "no_contract"


def test_correcting_an_earlier_time_leaves_the_later_version_alone():
    last_year = contract(version=1, rates=RATES, effective_from="2025-01-01")
    this_year = contract(version=2, rates=RATES, effective_from="2026-01-01")
    corrected = contract(version=3, rates=RATES, effective_from="2025-01-01", effective_to="2026-01-01")
    book = (last_year, this_year, corrected)
    assert name(choose(*book, on=date(2025, 5, 1))) == "acme@3"
    assert name(choose(*book, on=date(2026, 5, 1))) == "acme@2"


def test_a_contract_that_names_the_one_it_supersedes_follows_it():
    old = contract(contract_id="old", rates=RATES)
    new = contract(contract_id="new", rates=RATES, supersedes="old", effective_from="2026-03-01")
    assert name(choose(old, new, on=date(2026, 2, 28))) == "old@1"
    assert name(choose(old, new, on=date(2026, 3, 1))) == "new@1"
    assert [c.name for c in ContractBook([old, new]).versions(ContractBook([old, new]).contracts[0])] == [
        "new@1",
        "old@1",
    ]


def test_the_same_version_twice_is_one_if_equal_and_a_tie_if_not():
    assert name(choose(contract(rates=RATES), contract(rates=RATES))) == "acme@1"
    other = contract(rates={"97530": "41.00"})
    assert choose(contract(rates=RATES), other).problem == "unknown"


def test_a_contract_that_cannot_be_used_is_not_passed_over_for_a_wider_one():
    sound = contract(contract_id="broken", rates=RATES, scope={"payer_id": "ACME", "plan": "GOLD"})
    broken = sound.model_copy(update={"rates": None})  # no entry point lets it through
    choice = choose(broken, scoped("wide"), plan="GOLD")
    assert (choice.problem, choice.reason) == ("unknown", "contract broken@1 cannot be used: TypeError")
    assert ContractBook([broken]).problems == (choice.reason,)


def test_a_circle_of_supersession_ends():
    one = contract(contract_id="one", rates=RATES, supersedes="two")
    two = contract(contract_id="two", rates=RATES, supersedes="one")
    assert name(choose(one, two)) in ("one@1", "two@1", None)
