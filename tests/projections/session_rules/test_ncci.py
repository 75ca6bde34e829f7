"""NCCI pairs: column 2 is denied, within one discipline, and a person attests what opens a pair."""

# packs: ncci

from datetime import date
from decimal import Decimal

import pytest

from projections.rules.rulebook import Rulebook, read_pack
from projections.session_rules.findings import Ruleset
from projections.session_rules.ncci import NcciLine, listed_codes, pair_findings, pairs_among, read_pairs
from services.store.shipped_rule_packs import shipped_packs
from tests.projections.session_rules.sessions import rulebook

DOS = date(2026, 3, 2)


def rules(on=DOS, book=None):
    return Ruleset(rulebook=book or rulebook(), on=on, payer_id="MEDICARE", program="original_medicare")


def lines(*texts):
    return [
        NcciLine(number=number, procedure=code, modifiers=tuple(modifiers), worth=Decimal("60.12"))
        for number, (code, *modifiers) in enumerate((text.split() for text in texts), start=1)
    ]


def denied(*texts, discipline="PT", on=DOS):
    return [hit.denied.procedure for hit in pairs_among(lines(*texts), discipline, rules(on))]


def test_column_two_is_denied_though_it_is_worth_more():
    """rule ncci.pair: 97140 is column 1, 97530 column 2, in whatever order they are billed."""
    assert denied("97530 GP", "97140 GP") == ["97530"]
    found = pair_findings(pairs_among(lines("97530 GP", "97140 GP"), "PT", rules()), rules())
    assert [(f.rule, f.grade, f.line, f.worth) for f in found] == [("ncci.pair", "denied", 1, Decimal("60.12"))]
    assert "XU" in found[0].change
    assert "separate and distinct" in found[0].change


@pytest.mark.parametrize("modifier", ["59", "XE", "XP", "XS", "XU"])
def test_a_separating_modifier_on_either_column_opens_the_pair(modifier):
    assert denied(f"97530 GP {modifier}", "97140 GP") == []
    assert denied("97530 GP", f"97140 GP {modifier}") == []


def test_before_july_2019_it_had_to_stand_on_column_two():
    earlier = date(2019, 6, 30)
    assert denied("97530 GP", "97140 GP 59", on=earlier) == ["97530"]
    assert denied("97530 GP 59", "97140 GP", on=earlier) == []
    assert denied("97530 GP", "97140 GP 59", on=date(2019, 7, 1)) == []


@pytest.mark.parametrize(
    "pair", ["97110 97530", "97112 97530", "97535 97530", "97542 97530", "97150 97530", "97110 97140", "97110 97112"]
)
def test_pairs_without_a_confirmed_edit_say_nothing(pair):
    assert denied(*pair.split()) == []


@pytest.mark.parametrize("evaluation", ["97161", "97162", "97163"])
def test_an_evaluation_and_treatment_on_one_day_are_fine(evaluation):
    """The edit of January 2020 was withdrawn, retroactively."""
    assert denied(evaluation, "97530") == []
    assert denied(evaluation, "97530", on=date(2020, 1, 15)) == []


@pytest.mark.parametrize(
    ("codes", "column2"),
    [
        ("97530 97116", "97116"),
        ("97530 97164", "97164"),
        ("97161 97140", "97140"),
        ("97110 97164", "97164"),
    ],
)
def test_confirmed_pairs_of_physical_therapy(codes, column2):
    assert denied(*codes.split()) == [column2]


def test_a_re_evaluation_by_an_occupational_therapist():
    assert denied("97168", "97530", discipline="OT") == ["97168"]


def test_speech_codes_bind_within_speech_only():
    """A physical therapist's 97530 on the day of a speech therapist's 92507 is another discipline's."""
    assert denied("92507 GN", "97530 GN", discipline="SLP") == ["97530"]
    assert denied("92507", "97530", discipline="PT") == []
    hit = pair_findings(pairs_among(lines("92507", "97530"), "SLP", rules()), rules())
    assert "not known" in hit[0].change


def test_each_unmodified_line_of_column_two_is_denied():
    """A code on two lines, one of them an assistant's."""
    assert denied("97530 GP", "97530 GP CQ", "97140 GP") == ["97530", "97530"]
    assert denied("97530 GP 59", "97530 GP CQ", "97140 GP") == ["97530"]


def test_only_listed_codes_may_carry_a_separating_modifier():
    assert listed_codes(["97530", "97140", "97110"], "PT", rules()) == {"97530", "97140"}


def test_a_practice_can_switch_a_doubtful_row_on():
    """rule ncci.no_override"""
    contents = shipped_packs()
    for content in contents:
        if content["pack_id"] == "ncci":
            for row in content["periods"][0]["values"]["rows"]:
                row["default_on"] = "yes"
    strict = rules(book=Rulebook(read_pack(content) for content in contents))
    found = pair_findings(pairs_among(lines("97161 GP", "97530 GP 59"), "PT", strict), strict)
    assert [(f.rule, f.line) for f in found] == [("ncci.no_override", 1)]


def test_rows_of_low_confidence_are_shipped_switched_off():
    rows = next(c for c in shipped_packs() if c["pack_id"] == "ncci")["periods"][0]["values"]["rows"]
    assert {row["confidence"] for row in rows if row["default_on"] == "yes"} <= {"H", "M"}
    assert all(row["default_on"] == "no" for row in rows if row["confidence"] == "L")


def test_without_a_pack_nothing_is_a_pair():
    assert read_pairs({}).pairs == {}
