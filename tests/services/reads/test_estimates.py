"""An estimate is made under the terms of the payer that its id means."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from events.terms import PolicyPublished
from projections.session_rules.estimate_request import request_from_options
from projections.terms.terms_in_force import Reference
from services.cli.estimating import _order
from services.reads.estimates import make_estimate
from services.store.shipped_rule_packs import shipped_rulebook

UTC = ZoneInfo("UTC")
RULES = shipped_rulebook()
SESSION = {"dos": "2026-03-02", "discipline": "PT", "timed": ["97530:10", "97110:10"], "running": "2455.00"}


def policy(payer, program):
    return PolicyPublished(payer_id=payer, program=program, effective_from="2026-01-01", identifiers=["12502"])


def answer(payer, *policies, **more):
    request = request_from_options(payer=payer, **{**SESSION, **more})
    return make_estimate(request, Reference(rules=RULES, zone=UTC, policies=policies))


@pytest.mark.parametrize(
    ("program", "method"), [("medicare_advantage", "cms"), ("Tricare", "cms"), ("commercial", "spm"), (None, "spm")]
)
def test_minutes_count_as_the_payers_program_says(program, method):
    """Federal programs pool minutes (CMS Pub 100-04 ch. 5 sec. 20.2); commercial payers count each code alone."""
    told = answer("PLAN", policy("PLAN", program))
    assert (told["method"], told["total_units"]) == (method, 1 if method == "cms" else 2)
    assert (told["threshold"], told["lines"][0]["expected_allowed"]) == (None, None)


def test_what_was_asked_for_comes_before_the_policy():
    assert answer("PLAN", policy("PLAN", "medicare_advantage"), program="commercial")["method"] == "spm"


@pytest.mark.parametrize("payer", ["NOVITAS", "12502"])
def test_a_payer_of_original_medicare_pays_by_its_fee_schedule(payer):
    told = answer(payer, policy("NOVITAS", "original_medicare"))
    assert (told["method"], told["lines"][0]["expected_allowed"]) == ("cms", "35.07")
    assert told["lines"][0]["modifiers"] == ["GP", "KX"]
    assert answer("NOVITAS", program="original_medicare")["expected_allowed"] == "35.07"


def test_every_line_has_the_same_fields():
    told = answer("MEDICARE", untimed=["97161"])
    assert [line["units"] for line in told["lines"]] == [1, 0, 1]
    assert len({tuple(sorted(line)) for line in told["lines"]}) == 1
    assert told["lines"][1]["expected_allowed"] == "0.00"


def test_the_order_of_services_is_read_from_the_words_typed():
    words = ["estimate", "--untimed=97161", "--dos", "2026-03-02", "--timed", "97530:15", "--untimed", "97012"]
    assert _order(words) == ["untimed", "timed", "untimed"]


def many(*sessions, **more):
    asked = {"dos": "2026-03-02", "payer": "MEDICARE"} | more | sessions[0]
    also = [
        " ".join(f"{name}={v}" for name, value in s.items() for v in ([value] if isinstance(value, str) else value))
        for s in sessions[1:]
    ]
    return make_estimate(request_from_options(**asked, also=also), Reference(rules=RULES, zone=UTC))


def test_two_disciplines_of_a_day_are_priced_together():
    """domain.md 4.6 E: 97530-GP x2 and 97535-GO x2 of one day, 60.12 + 2 x 23.88"""
    told = many({"discipline": "PT", "timed": ["97530:30"]}, {"discipline": "OT", "timed": ["97535:30"]})
    (other,) = told["also"]
    assert (told["expected_allowed"], other["expected_allowed"], told["day"]["expected_allowed"]) == (
        "60.12",
        "47.76",
        "107.88",
    )
    assert (told["discipline"], other["discipline"]) == ("PT", "OT")


def test_a_modifier_that_was_asked_for_opens_the_pair():
    session = {"discipline": "PT", "timed": ["97530:15", "97140:15"]}
    assert "ncci.attest" in {f["rule"] for f in answer("MEDICARE", **session)["findings"]}
    opened = answer("MEDICARE", **session, modifier=["97140:59"])
    assert "ncci.attest" not in {f["rule"] for f in opened["findings"]}
    assert opened["lines"][1]["modifiers"] == ["GP", "59", "KX"]


def test_what_will_be_denied_is_not_expected():
    told = answer("MEDICARE", timed=["97110:15"], untimed=["97018", "97014"], running="0")
    assert [line["denied"] for line in told["lines"]] == [False, False, True]
    assert told["expected_allowed"] == f"{sum(map(Decimal, ('29.06', told['lines'][1]['expected_allowed']))):.2f}"


def test_estimate_and_visit_say_the_same_of_a_pair():
    """The findings report: estimate said denied, the visit advice; both come from one function."""
    told = {f["rule"]: f["grade"] for f in answer("MEDICARE", timed=["97530:15", "97140:15"])["findings"]}
    assert told["ncci.attest"] == "advice"
    assert "ncci.pair" not in told


def test_a_diagnosis_that_no_table_holds_is_said_not_to_be_checked():
    told = answer("MEDICARE", diagnoses=["M25.561", "G20"])
    assert told["not_checked"] == [
        "diagnosis M25.561: no table of ICD-10-CM codes covers 2026-03-02",
        "pairs beyond those listed: no full table of NCCI pairs was read for 2026-03-02",
    ]
