"""Findings carry their rule, grade, source, change and worth; the pack grades them."""

# packs: findings

from datetime import date
from decimal import Decimal

import pytest

from projections.rules.rulebook import Rulebook, Unknown, read_pack
from projections.session_rules.findings import GRADES, Finding, Ruleset, read_catalogue, worst_first
from services.store.shipped_rule_packs import shipped_packs
from tests.projections.session_rules.sessions import rulebook

DOS = date(2026, 3, 2)


def catalogue():
    return read_catalogue(rulebook().pick("findings", DOS).values)


def test_every_grading_is_a_grade_and_cited():
    for rule, grading in catalogue().gradings.items():
        assert {grading.grade, grading.elsewhere} <= set(GRADES), rule
        assert grading.source, rule
        assert grading.confidence in "HML", rule
        assert not isinstance(rulebook().pick(grading.pack, DOS), Unknown), rule


def test_what_a_rule_predicts_are_categories_of_the_code_table():
    packs = {pack["kind"]: pack["periods"][0]["values"] for pack in shipped_packs() if pack["kind"] == "carc_action"}
    categories = {row["category"] for row in packs["carc_action"]["rows"]}
    catalogue = Ruleset(rulebook=rulebook(), on=DOS).table("findings", read_catalogue)
    told = {category for grading in catalogue.gradings.values() for category in grading.predicts}
    assert told - categories == set()
    silent = {rule for rule, grading in catalogue.gradings.items() if not grading.predicts}
    assert {catalogue.gradings[rule].grade for rule in silent} == {"advice"}


def test_a_finding_names_its_pack_and_citation():
    rules = Ruleset(rulebook=rulebook(), on=DOS, payer_id="MEDICARE", program="original_medicare")
    (finding,) = rules.find("modifier.discipline_missing", "said", "do", line=2, worth=Decimal("60.12"))
    assert finding == Finding(
        rule="modifier.discipline_missing",
        grade="rejected",
        message="said",
        source="modifiers@2026.2: CMS Pub 100-04 ch. 5 §20.1",
        change="do",
        worth=Decimal("60.12"),
        line=2,
        predicts=("modifier", "submission"),
    )
    assert finding.as_json() == {
        "rule": "modifier.discipline_missing",
        "grade": "rejected",
        "message": "said",
        "source": "modifiers@2026.2: CMS Pub 100-04 ch. 5 §20.1",
        "change": "do",
        "worth": "60.12",
        "line": 2,
    }


@pytest.mark.parametrize(
    ("program", "grade"), [("original_medicare", "rejected"), ("tricare", "rejected"), ("commercial", "at_risk")]
)
def test_payers_outside_the_federal_rules_have_their_own_grade(program, grade):
    (finding,) = Ruleset(rulebook=rulebook(), on=DOS, payer_id="X", program=program).find(
        "modifier.discipline_missing", "said"
    )
    assert finding.grade == grade


def test_a_practice_can_switch_a_rule_off():
    contents = shipped_packs()
    for content in contents:
        if content["pack_id"] == "findings":
            for row in content["periods"][0]["values"]["rows"]:
                row["grade"] = "off" if row["rule"] == "units.tie" else row["grade"]
    book = Rulebook(read_pack(content) for content in contents)
    assert (
        Ruleset(rulebook=book, on=DOS, payer_id="MEDICARE", program="original_medicare").find("units.tie", "said") == []
    )


def test_a_rule_the_pack_does_not_know_is_only_advice():
    (finding,) = Ruleset(rulebook=rulebook(), on=DOS).find("made.up", "said")
    assert (finding.grade, finding.source) == ("advice", "findings@2026.6")
    (finding,) = Ruleset(rulebook=Rulebook([]), on=DOS).find("made.up", "said")
    assert finding.source == "no rule pack"


def test_grave_first_and_each_once():
    low, high = (
        Finding(rule="b", grade="advice", message="m", source="s"),
        Finding(rule="a", grade="denied", message="m", source="s", line=2),
    )
    assert worst_first([low, high, low]) == (high, low)
