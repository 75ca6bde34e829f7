"""Diagnosis codes that end in nothing billable: ICD-10-CM tabular list and yearly addenda."""

# packs: diagnosis

from datetime import date

import pytest

from projections.rules.rulebook import Rulebook, read_pack
from projections.session_rules.diagnoses import diagnosis_findings, not_checked, side_findings
from projections.session_rules.findings import Ruleset
from tests.projections.session_rules.sessions import DOS, rulebook


def found(*codes, on=date(2026, 3, 2)):
    return [
        f.rule
        for f in diagnosis_findings(
            codes, Ruleset(rulebook=rulebook(), on=on, payer_id="MEDICARE", program="original_medicare")
        )
    ]


@pytest.mark.parametrize(
    "code",
    [
        "M25.561",
        "M25561",
        "m25.561",
        "M62.81",
        "Z96.651",
        "Z96.641",
        "G20.A1",
        "G35.A",
        "S83.511A",
        "R29.6",
        "M54.2",
        "I69.351",
        "M54.59",
        "Z47.1",
        "R27.8",
        "U09.9",
    ],
)
def test_billable_codes_pass_with_and_without_dot(code):
    assert found(code) == []


@pytest.mark.parametrize("code", ["M62.811", "R29.61"])
def test_no_such_code(code):
    """rule diagnosis.absent: M62.81 is complete."""
    assert found(code) == ["diagnosis.absent"]


@pytest.mark.parametrize(
    ("code", "last_good", "first_bad"),
    [
        ("G20", date(2023, 9, 30), date(2023, 10, 1)),
        ("G35", date(2025, 9, 30), date(2025, 10, 1)),
        ("M54.5", date(2021, 9, 30), date(2021, 10, 1)),
        ("M51.36", date(2024, 9, 30), date(2024, 10, 1)),
    ],
)
def test_codes_end_on_the_first_of_october(code, last_good, first_bad):
    """rule diagnosis.expired: judged by the date of service."""
    assert (found(code, on=last_good), found(code, on=first_bad)) == ([], ["diagnosis.expired"])


@pytest.mark.parametrize(("code", "day"), [("G20.A1", date(2023, 9, 30)), ("G35.B0", date(2025, 9, 30))])
def test_codes_begin_on_the_first_of_october(code, day):
    """rule diagnosis.not_yet"""
    assert found(code, on=day) == ["diagnosis.not_yet"]


@pytest.mark.parametrize("code", ["M54", "M25.56", "G20.A", "G35.B", "I69.35", "Z96.65", "S83.511", "S39.012"])
def test_headings_and_cut_codes(code):
    """rule diagnosis.incomplete"""
    assert found(code) == ["diagnosis.incomplete"]


@pytest.mark.parametrize("code", ["M54.50", "M25.569", "R26.9", "H81.10"])
def test_unspecified(code):
    """rule diagnosis.unspecified"""
    assert found(code) == ["diagnosis.unspecified"]


@pytest.mark.parametrize("code", ["", "M2", "719.46", "knee pain", "M25.561999", "MM5.1", "M25/1"])
def test_malformed(code):
    """rule diagnosis.malformed; the text itself, which may be anything, is not repeated."""
    answer = diagnosis_findings([code], Ruleset(rulebook=rulebook(), on=date(2026, 3, 2)))
    assert [f.rule for f in answer] == ["diagnosis.malformed"]
    assert answer[0].message == "diagnosis 1 is not an ICD-10-CM code"


def test_none_and_too_many():
    """rules diagnosis.missing, diagnosis.too_many"""
    assert found() == ["diagnosis.missing"]
    assert found(*(f"M25.5{n}1" for n in range(1, 8)), *(f"M25.6{n}1" for n in range(1, 7))) == ["diagnosis.too_many"]


def test_a_code_given_twice_is_judged_once_and_the_change_names_the_way_out():
    answer = diagnosis_findings(
        ["G20", "G20"], Ruleset(rulebook=rulebook(), on=date(2026, 3, 2), payer_id="X", program="medicare")
    )
    assert [(f.grade, f.change) for f in answer] == [("rejected", "use G20.A1 G20.A2 G20.B1 G20.B2 G20.C")]


ORDER = {"billable": "M25561 M25562 M25569 M5450", "headings": "M25 M2556", "right": "M25561", "left": "M25562"}


def with_order_file():
    content = {
        "pack_id": "icd10cm",
        "kind": "icd10cm",
        "version": "FY2026",
        "basis": "dos",
        "source": "t",
        "confidence": "H",
        "periods": [{"effective_from": "2025-10-01", "effective_to": "2026-10-01", "values": ORDER}],
    }
    return Ruleset(
        rulebook=Rulebook([*rulebook().packs.values(), read_pack(content)]),
        on=DOS,
        payer_id="MEDICARE",
        program="original_medicare",
    )


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("M25.561", set()),
        ("M25.56", {"diagnosis.incomplete"}),
        ("M25", {"diagnosis.incomplete"}),
        ("M25.563", {"diagnosis.absent"}),
        ("M25.569", {"diagnosis.unspecified"}),
        ("m25561", set()),
    ],
)
def test_the_order_file_tells_what_exists(code, expected):
    assert {f.rule for f in diagnosis_findings([code], with_order_file())} == expected


def test_a_diagnosis_that_no_table_holds_was_not_checked():
    rules = Ruleset(rulebook=rulebook(), on=DOS, payer_id="MEDICARE", program="original_medicare")
    assert not_checked(["M25.561", "G20"], rules) == ["M25.561"]
    assert not_checked(["M25.561"], with_order_file()) == []


@pytest.mark.parametrize(
    ("modifiers", "codes", "wrong"),
    [
        (["GP", "LT"], ["M25.561"], True),
        (["GP", "RT"], ["M25.561"], False),
        (["GP", "RT"], ["M25.562"], True),
        (["GP", "RT"], ["M25.561", "M25.562"], False),
        (["GP", "LT"], ["M25.569"], False),
        (["GP"], ["M25.561"], False),
        (["GP", "RT", "LT"], ["M25.561"], False),
        (["GP", "LT"], ["M54.50", "M25.561"], True),
        (["GP", "LT"], [], False),
        (["GP", "LT"], ["M54.50"], False),
    ],
)
def test_a_side_that_the_diagnoses_contradict(modifiers, codes, wrong):
    """rule diagnosis.side: ICD-10-CM guidelines I.B.13"""
    found = side_findings([(1, "97140", modifiers)], codes, with_order_file())
    assert bool(found) is wrong
    assert side_findings([(1, "97140", modifiers)], codes, Ruleset(rulebook=rulebook(), on=DOS)) == []
