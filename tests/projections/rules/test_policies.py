from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.terms import PolicyPublished
from events.values import FIRST_DAY, LAST_DAY, MAX_DAYS
from projections.rules.policies import Dates, Missing, NotGranted, PayerTerms, Terms
from projections.rules.windows import Window
from projections.terms.terms_in_force import Reference
from tests.projections.claim_states import RULES

MEDICARE = PayerTerms("MEDICARE", None, "original_medicare")
DAY = date(2026, 1, 15)
ON = Dates(DAY, DAY)


def policy(**fields):
    return PolicyPublished.model_validate({"payer_id": "ACME", **fields})


def terms(*policies):
    return Terms(RULES, policies)


def test_medicare_has_terms_without_any_policy():
    window = terms().filing(MEDICARE, DAY)
    assert (window.length, window.unit, window.counts, window.roll) == (1, "years", "receipt", "next_business")
    assert window.rule == "timely-medicare@2026.1"


def test_a_policy_of_original_medicare_makes_its_payer_medicare():
    """A contractor that pays for Part B is Medicare: its claims are priced, and count, as Medicare's own."""
    filing = {"anchor": "dos", "length": 300}
    stated = policy(payer_id="NOVITAS", names=["Novitas Solutions"], program="Medicare Part B", filing=filing)
    ours = Reference(rules=RULES, zone=ZoneInfo("UTC"), policies=(stated, policy(program="commercial")))
    assert [ours.payer("novitas"), ours.payer(None, "Novitas Solutions"), ours.payer("ACME")] == [
        "MEDICARE",
        "MEDICARE",
        "ACME",
    ]
    assert ours.terms.filing(MEDICARE, DAY).length == 300


def test_medicare_before_2010_is_not_guessed():
    assert isinstance(terms().filing(MEDICARE, date(2009, 12, 31)), Missing)


def test_a_payer_without_a_policy_has_no_terms():
    found = terms().filing(PayerTerms("ACME"), DAY)
    assert isinstance(found, Missing)
    assert "no policy for payer ACME" in found.reason
    assert isinstance(terms().appeal(PayerTerms("ACME"), 1, ON), Missing)
    assert isinstance(terms().corrected(PayerTerms("ACME"), ON), Missing)


def test_a_policy_beats_the_pack():
    own = terms(policy(payer_id="MEDICARE", filing={"anchor": "dos", "length": 30}))
    assert own.filing(MEDICARE, DAY).length == 30
    assert own.appeal(MEDICARE, 1, ON).length == 120


def test_medicare_takes_no_corrected_claim():
    found = terms().corrected(MEDICARE, ON)
    assert isinstance(found, NotGranted)
    assert "frequency 7" in found.reason


def test_the_newest_version_that_covers_the_date_wins():
    versions = terms(
        policy(version=10, effective_from="2026-01-01", filing={"length": 180}),
        policy(version=9, effective_from="2025-01-01", filing={"length": 90}),
    )
    assert versions.filing(PayerTerms("ACME"), date(2025, 6, 1)).length == 90
    assert versions.filing(PayerTerms("ACME"), DAY).length == 180
    assert versions.filing(PayerTerms("ACME"), DAY).rule == "policy ACME@10"


def test_effective_to_is_exclusive():
    ended = terms(policy(effective_from="2025-01-01", effective_to="2026-01-15", filing={"length": 90}))
    assert isinstance(ended.filing(PayerTerms("ACME"), DAY), Missing)
    assert ended.filing(PayerTerms("ACME"), date(2026, 1, 14)).length == 90


def test_the_plan_is_more_specific_than_the_payer_and_lends_what_it_does_not_say():
    both = terms(
        policy(version=2, filing={"length": 90}, corrected={"length": 60}),
        policy(version=1, plan="GOLD", filing={"length": 365}),
    )
    assert both.filing(PayerTerms("ACME", "GOLD"), DAY).length == 365
    assert both.filing(PayerTerms("ACME", "SILVER"), DAY).length == 90
    assert both.corrected(PayerTerms("ACME", "GOLD"), ON).length == 60


@pytest.mark.parametrize(
    ("spelled", "expected"),
    [
        ({"unit": "DAY"}, ("unit", "days")),
        ({"unit": "months"}, ("unit", "months")),
        ({"unit": "calendar years"}, ("unit", "years")),
        ({"unit": "business-days"}, ("unit", "business days")),
        ({"unit": "months_to_month_end"}, ("unit", "months to the end of the month")),
        ({"anchor": "original EOB"}, ("anchor", "first notice")),
        ({"anchor": "receipt_of_notice"}, ("anchor", "receipt of the notice")),
        ({"anchor": "date_of_service"}, ("anchor", "date of service")),
        ({"anchor": "dos_through"}, ("anchor", "last date of service")),
        ({"anchor": "primary_eob_date"}, ("anchor", "primary notice")),
        ({"anchor": "remittance_date"}, ("anchor", "notice")),
        ({"anchor": "Denial Date"}, ("anchor", "notice")),
        ({"counts": "postmark"}, ("counts", "submission")),
        ({"counts": "received"}, ("counts", "receipt")),
        ({"roll": "next_business_day"}, ("roll", "next_business")),
        ({"roll": "weekend"}, ("roll", "weekend")),
        ({"weekend_roll": "next_business"}, ("roll", "next_business")),
        ({}, ("roll", "none")),
        ({}, ("counts", "receipt")),
    ],
)
def test_many_spellings_one_meaning(spelled, expected):
    window = terms(policy(filing={"length": 90, **spelled})).filing(PayerTerms("ACME"), DAY)
    assert getattr(window, expected[0]) == expected[1]


@pytest.mark.parametrize("odd", [{"unit": "moons"}, {"anchor": "full_moon"}, {"counts": "fax"}, {"roll": "sideways"}])
def test_what_is_not_understood_is_not_guessed(odd):
    found = terms(policy(filing={"length": 90, **odd})).filing(PayerTerms("ACME"), DAY)
    assert isinstance(found, Missing)
    assert "is not understood" in found.reason
    assert next(iter(odd.values())) in found.reason


def test_appeal_levels_by_number_or_place():
    found = terms(policy(appeals=[{"length": 180}, {"length": 60, "presumed_receipt_days": 3}]))
    assert found.appeal(PayerTerms("ACME"), 1, ON).length == 180
    assert found.appeal(PayerTerms("ACME"), 2, ON).presumed_receipt_days == 3
    assert isinstance(found.appeal(PayerTerms("ACME"), 3, ON), NotGranted)


def test_the_program_a_policy_states_brings_its_packs():
    stated = terms(policy(program="Medicare Part B"))
    assert stated.filing(PayerTerms("ACME"), DAY).rule == "timely-medicare@2026.1"


def test_day_zero_may_count():
    window = terms(policy(filing={"length": 90, "include_day_zero": True})).filing(PayerTerms("ACME"), DAY)
    assert window.end(DAY) == date(2026, 4, 14)


@given(
    st.integers(0, MAX_DAYS),
    st.text(max_size=12),
    st.text(max_size=12) | st.sampled_from(["days", "months", "years", "weeks", "business_days"]),
    st.text(max_size=12) | st.none(),
    st.text(max_size=12) | st.none(),
    st.dates(FIRST_DAY, LAST_DAY),
)
def test_any_policy_gives_an_answer(length, anchor, unit, counts, roll, day):
    stated = policy(filing={"length": length, "anchor": anchor, "unit": unit, "counts": counts, "roll": roll})
    found = terms(stated).filing(PayerTerms("ACME"), day)
    assert isinstance(found, Window | Missing | NotGranted)
    if isinstance(found, Window):
        assert found.rolled(found.end(day)) is not None


def test_the_policies_in_force_are_those_that_judge():
    """Of each payer and plan the newest version by number, whichever was published last."""
    published = [
        policy(version="10"),
        policy(version="2"),
        policy(version="1", plan="GOLD"),
        policy(version="11", effective_from=date(2027, 1, 1)),
        policy(payer_id="AETNA", version="1"),
    ]
    found = [(p.payer_id, p.plan, p.version) for p in terms(*published).in_force(DAY)]
    assert found == [("ACME", None, "10"), ("ACME", "GOLD", "1"), ("AETNA", None, "1")]


# which policy is in force


ON_2026 = Dates(DAY, DAY)


def length_for(payer, *policies, dates=ON_2026):
    found = terms(*policies).corrected(payer, dates)
    return found.length if isinstance(found, Window) else found.reason


def test_a_logged_policy_with_a_term_that_is_not_understood_gives_no_date_and_names_it():
    inside = terms(policy(filing={"length": 90, "grace": 5})).filing(PayerTerms("ACME"), DAY)
    assert isinstance(inside, Missing)
    assert "'grace' is not understood" in inside.reason
    above = terms(policy(grace=5, filing={"length": 90})).filing(PayerTerms("ACME"), DAY)
    assert "'grace' is not understood" in above.reason
    assert terms(policy(x_grace=5, filing={"length": 90, "x_page": 2})).filing(PayerTerms("ACME"), DAY).length == 90


def test_the_narrowest_policy_that_fits_decides():
    general, ohio = policy(corrected={"length": 90}), policy(state="OH", corrected={"length": 60})
    gold = policy(state="OH", plan="GOLD", corrected={"length": 30})
    assert length_for(PayerTerms("ACME", state="TX"), general, ohio, gold) == 90
    assert length_for(PayerTerms("ACME", state="OH"), general, ohio, gold) == 60
    assert length_for(PayerTerms("ACME", "GOLD", state="OH"), general, ohio, gold) == 30


def test_what_is_not_known_of_a_claim_chooses_no_policy():
    general, ohio = policy(corrected={"length": 90}), policy(state="OH", corrected={"length": 60})
    assert "differ by state, which is not known" in length_for(PayerTerms("ACME"), general, ohio)
    assert length_for(PayerTerms("ACME"), general, policy(state="OH", filing={"length": 60})) == 90
    assert length_for(PayerTerms("ACME"), general, policy(plan="GOLD", corrected={"length": 60})) == 90


def test_programs_of_one_payer_are_told_apart():
    commercial = policy(program="commercial", corrected={"length": 90})
    advantage = policy(program="medicare_advantage", corrected={"length": 60})
    assert length_for(PayerTerms("ACME", program="medicare_advantage"), commercial, advantage) == 60
    assert "differ by program" in length_for(PayerTerms("ACME"), commercial, advantage)
    assert length_for(PayerTerms("ACME"), commercial) == 90
    assert (
        length_for(
            PayerTerms("ACME"),
            policy(version=1, corrected={"length": 9}),
            policy(version=2, program="commercial", corrected={"length": 90}),
        )
        == 90
    )


def test_a_policy_may_go_by_the_date_of_service_or_of_the_notice():
    old = policy(version=1, effective_to="2026-01-01", effective_by="dos", corrected={"length": 90})
    new = policy(version=2, effective_from="2026-01-01", effective_by="dos", corrected={"length": 60})
    dates = Dates(notice=date(2026, 2, 1), dos=date(2025, 12, 1))
    assert length_for(PayerTerms("ACME"), old, new, dates=dates) == 90
    by_notice = [p.model_copy(update={"effective_by": None}) for p in (old, new)]
    assert length_for(PayerTerms("ACME"), *by_notice, dates=dates) == 60


def test_a_tolerance_touches_neither_another_year_nor_another_plan():
    found = terms(
        policy(version=1, effective_to="2027-01-01", tolerances={"per_unit": "0.05"}),
        policy(version=2, effective_from="2027-01-01", tolerances={"per_unit": "9.00"}),
        policy(plan="GOLD", tolerances={"per_unit": "5.00"}),
    )
    asked = [("ACME", None, 2026), ("ACME", None, 2027), ("ACME", "GOLD", 2026), ("ACME", "SILVER", 2026)]
    told = [found.tolerances(PayerTerms(payer, plan), date(year, 6, 1)).per_unit for payer, plan, year in asked]
    assert [str(amount) for amount in told] == ["0.05", "9.00", "5.00", "0.05"]
