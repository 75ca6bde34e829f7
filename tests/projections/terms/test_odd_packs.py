"""A pack whose values a fold would fail on is refused at the door; a logged one judges nothing, and nothing else stops."""

import copy
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.terms import RulesAdopted
from projections.deadlines.service_levels import business_clock, due_after
from projections.history import LoggedEvent
from projections.pricing.fees import FeeBook, FeeSchedule
from projections.pricing.medicare_payment import medicare_terms
from projections.pricing.remit import roles_on
from projections.pricing.verdicts import tolerance_on
from projections.rules.claim_status_words import StatusTable
from projections.rules.policy_choice import Dates, PayerTerms
from projections.rules.programs import program_of
from projections.rules.rulebook import Rulebook, RulePackError, Unknown, checksum, read_pack
from projections.terms.packcheck import check_pack
from projections.terms.terms_in_force import Reference, build_reference
from services.store.shipped_rule_packs import shipped_packs
from tests.properties import property_run

PACKS = [read_pack(content) for content in shipped_packs()]
CONTENTS = {pack.name: content for pack, content in zip(PACKS, shipped_packs(), strict=True)}
ODD = st.sampled_from([None, True, 7, -1, 10**9, "", "odd", "1e999999", "NaN", [], [7], {}, {"odd": [7]}, [{}]])
NOON = datetime(2026, 3, 2, 15, tzinfo=UTC)
ZONE = ZoneInfo("America/Chicago")
STEPS = ("submission", "rejection_reason", "rejection_resubmit", "ack_syntax", "ack_clearinghouse", "ack_payer")


def spoiled(content, data):
    """The pack with one odd value somewhere below its values."""
    content = copy.deepcopy(content)
    place = data.draw(st.sampled_from(content["periods"]), "period")
    values = place.setdefault("values", {})
    while True:
        keys = sorted(values, key=str) if isinstance(values, dict) else list(range(min(len(values), 3)))
        if not keys:
            return content
        key = data.draw(st.sampled_from(keys), "where")
        if not isinstance(values[key], dict | list) or not values[key] or data.draw(st.booleans(), "here"):
            values[key] = data.draw(ODD, "odd value")
            return content
        values = values[key]


def asked(reference, day):
    """What folds ask of packs, each as they do."""
    rules, payer = reference.rules, PayerTerms("MEDICARE", None, "original_medicare")
    schedule = FeeBook(rules).schedule(day)
    if isinstance(schedule, FeeSchedule):
        for code in ("97110", "97530", "G0283", "99999"):
            schedule.fee(code)
    medicare_terms(rules, day)
    tolerance_on(rules, day)
    roles_on(rules, day).role("CO", "45")
    reference.terms.denials(day)
    StatusTable.from_rulebook(rules, day).status_words("A7", "562", "82")
    program_of(rules, day, "MEDICARE", None)
    for step in STEPS:
        due_after(reference, step, NOON, "the start")
    for field in ("records", "rebuttal", "recoupment", "refund"):
        reference.terms.window(field, payer, Dates(dos=day))
    reference.terms.filing(payer, day)
    reference.terms.corrected(payer, Dates(dos=day))
    for level in range(1, 6):
        reference.terms.appeal(payer, level, Dates(dos=day))
    reference.ruleset(day, "MEDICARE", "original_medicare", "PT")


@pytest.mark.fuzz
@property_run(150)
@given(st.data())
def test_what_is_adopted_never_makes_a_fold_fail(data):
    name = data.draw(st.sampled_from(sorted(CONTENTS)), "pack")
    content = spoiled(CONTENTS[name], data)
    try:
        check_pack(read_pack(content))
    except RulePackError:
        return
    others = [pack for pack in PACKS if pack.name != name]
    asked(Reference(rules=Rulebook([*others, read_pack(content)]), zone=ZONE), date(2026, 3, 2))


@pytest.mark.parametrize("business", [None, {}, {"hours": None, "opens": None}])
def test_hours_of_business_that_are_not_stated_are_the_usual_ones(business):
    assert business_clock({"business": business}, 9) == business_clock({}, 9) == (9, time(8), time(17))


def adopted(content, number):
    pack = RulesAdopted.model_construct(
        pack_id=content["pack_id"],
        kind=content["kind"],
        version=str(content["version"]),
        content=content,
        checksum=checksum(content),
    )
    return LoggedEvent(
        source="test",
        id=str(number),
        type="rules.adopted.v1",
        subject=content["pack_id"],
        time=NOON,
        recorded_at=NOON,
        data=pack,
    )


def test_a_logged_pack_that_a_fold_would_fail_on_makes_what_it_governs_unknown():
    """Its older version does not take its place, and the other packs judge as before."""
    good = next(content for content in CONTENTS.values() if content["kind"] == "coinsurance")
    bad = copy.deepcopy(good) | {"version": "next"}
    for period in bad["periods"]:
        period["values"] = {"rate": "a fifth"}
    other = next(content for content in CONTENTS.values() if content["kind"] == "tolerance")
    reference = build_reference([adopted(good, 1), adopted(other, 2), adopted(bad, 3)], ZONE)
    assert any("rate is a number" in problem for problem in reference.problems)
    found = reference.rules.pick("coinsurance", date(2026, 3, 2))
    assert isinstance(found, Unknown)
    assert found.is_unread
    assert tolerance_on(reference.rules, date(2026, 3, 2)).per_unit
