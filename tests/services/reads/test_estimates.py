"""An estimate is made under the terms of the payer that its id means."""

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
    return make_estimate(request, Reference(RULES, UTC, policies))


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
