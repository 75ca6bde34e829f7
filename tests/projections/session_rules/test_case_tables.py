"""Tables of cases, each row with its source: a visit as it was, the claim made of it, and what is found.

The expected answer of a row is read from its source by hand, never from the engine.
"""

# packs: units assistant modifiers ncci mue documentation diagnosis

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from projections.session_rules.comparison import Context, compare_claim
from projections.session_rules.whole_day import JudgedLine
from projections.terms.terms_in_force import Reference
from tests.projections.session_rules.sessions import (
    DOS,
    GOOD_RECORD,
    SIGNED,
    claim,
    plan,
    rulebook,
    rules_of,
    session,
)

UNITS_MANUAL = "CMS Pub 100-04 ch. 5 §20.2"
MODIFIERS_MANUAL = "CMS Pub 100-04 ch. 5 §20.1"
RECORDS_MANUAL = "CMS Pub 100-02 ch. 15 §220.3"
NOW, YEAR_2021, YEAR_2019 = DOS, date(2021, 6, 1), date(2019, 6, 3)

# source, payer, timed minutes, untimed codes, lines
UNITS = [
    (f"{UNITS_MANUAL} table: under 8 minutes", "MEDICARE", "97110:7", "", ""),
    (f"{UNITS_MANUAL} table: 8 to 22", "MEDICARE", "97110:22", "", "97110 x1 GP"),
    (f"{UNITS_MANUAL} table: 23 to 37", "MEDICARE", "97110:23", "", "97110 x2 GP"),
    (f"{UNITS_MANUAL} table: 38 to 52", "MEDICARE", "97110:52", "", "97110 x3 GP"),
    (f"{UNITS_MANUAL} example 1", "MEDICARE", "97112:24 97110:23", "", "97112 x2 GP, 97110 x1 GP"),
    (f"{UNITS_MANUAL} example 3", "MEDICARE", "97110:33 97140:7", "", "97110 x2 GP, 97140 x1 GP"),
    (
        f"{UNITS_MANUAL} example 4",
        "MEDICARE",
        "97110:18 97140:13 97116:10 97035:8",
        "",
        "97110 x1 GP, 97140 x1 GP, 97116 x1 GP",
    ),
    (f"{UNITS_MANUAL}: under 8 minutes each, together one unit", "MEDICARE", "97110:3 97112:6", "", "97112 x1 GP"),
    (f"{UNITS_MANUAL}: untimed codes are one unit", "MEDICARE", "97110:15", "97161", "97161 x1 GP, 97110 x1 GP"),
    (f"{UNITS_MANUAL}: minutes of a code are pooled", "MEDICARE", "97110:8 97110:7", "", "97110 x1 GP"),
    ("CPT time rule, each code by its midpoint", "OTHER", "97110:10 97112:10", "", "97110 x1 GP, 97112 x1 GP"),
    ("CPT time rule, each code by its midpoint", "OTHER", "97110:7 97112:7 97116:7", "", ""),
]

# source, day, discipline, minutes (after the slash the assistant's), lines
ASSISTANTS = [
    (f"{MODIFIERS_MANUAL}: all of the service", NOW, "PT", "97110:15/15", "97110 x1 GP CQ"),
    (f"{MODIFIERS_MANUAL}: none of the service", NOW, "PT", "97110:15/0", "97110 x1 GP"),
    (f"{MODIFIERS_MANUAL}: 13 and 23 minutes of one code", NOW, "PT", "97110:36/23", "97110 x1 GP, 97110 x1 GP CQ"),
    (f"{MODIFIERS_MANUAL}: the therapist gave 8 of the last unit", NOW, "PT", "97110:15/7", "97110 x1 GP"),
    (f"{MODIFIERS_MANUAL}: the therapist gave under 8", NOW, "PT", "97110:15/8", "97110 x1 GP CQ"),
    (f"{MODIFIERS_MANUAL}: whole units of each", NOW, "PT", "97530:45/15", "97530 x2 GP, 97530 x1 GP CQ"),
    (f"{MODIFIERS_MANUAL}: two units left, 9 to 14 each", NOW, "PT", "97110:26/14", "97110 x1 GP, 97110 x1 GP CQ"),
    (f"{MODIFIERS_MANUAL}: by code, not by visit", NOW, "PT", "97530:30 97110:15/15", "97530 x2 GP, 97110 x1 GP CQ"),
    (f"{MODIFIERS_MANUAL}: CO beside GO", NOW, "OT", "97535:15/15", "97535 x1 GO CO"),
    (f"{MODIFIERS_MANUAL}: none for speech", NOW, "SLP", "97129:15/15", "97129 x1 GN"),
    ("84 FR 62702: over ten percent, before the midpoint rule", YEAR_2021, "PT", "97110:15/2", "97110 x1 GP CQ"),
    ("84 FR 62702: ten percent is not over ten percent", YEAR_2021, "PT", "97110:10/1", "97110 x1 GP"),
    ("42 USC 1395m(v): no modifier before 2020", YEAR_2019, "PT", "97110:15/15", "97110 x1 GP"),
]

# source, visit, lines of the claim, lines of the patient's other claim of the day by the same therapist, findings
DAYS = [
    (f"{UNITS_MANUAL}: timed minutes of a day", "97110:23", "97110 x2 GP", "", ""),
    ("CARC 18: exact duplicate", "97110:15", "97110 x1 GP", "97110 x1 GP", "claim.duplicate_line"),
    ("CPT modifier 76: repeated by the same", "97110:15", "97110 x1 GP 76", "97110 x1 GP", ""),
    ("NCCI edit 97140/97530 over claims", "97530:23", "97530 x2 GP", "97140 x1 GP", "ncci.pair"),
    ("NCCI edit: the other column is denied there", "97140:15", "97140 x1 GP", "97530 x1 GP", ""),
    ("NCCI edit within a discipline", "97530:23", "97530 x2 GP", "97140 x1 GO", ""),
    ("NCCI edit opened by XU", "97530:23", "97530 x2 GP", "97140 x1 GP XU", ""),
    ("CPT: one evaluation a day", "97161", "97161 x1 GP", "97163 x1 GP", "units.two_evaluations"),
    ("CPT: evaluations of two disciplines", "97161", "97161 x1 GP", "97165 x1 GO", ""),
    ("MUE of 92507 over claims", "92507", "92507 x1 GN", "92507 x1 GN 59", "units.over_maximum"),
    ("MUE of 97012 over claims", "97012", "97012 x1 GP", "97012 x1 GP 59", "units.over_maximum"),
    ("MUE of 97032 (4) over claims", "97032:30", "97032 x2 GP", "97032 x2 GP 59", ""),
]

# source, visit, lines of the claim, findings
MODIFIERS_AND_PAIRS = [
    (f"{MODIFIERS_MANUAL}: GP for physical therapy", "97530:23", "97530 x2 GP", ""),
    (f"{MODIFIERS_MANUAL}: never none", "97530:23", "97530 x2", "modifier.discipline_missing"),
    (f"{MODIFIERS_MANUAL}: never two", "97530:23", "97530 x2 GP GO", "modifier.discipline_conflict"),
    (f"{MODIFIERS_MANUAL}: that of the therapist", "97530:23", "97530 x2 GO", "modifier.discipline_wrong"),
    (f"{MODIFIERS_MANUAL}: CQ with GP alone", "", "97535 x1 GO CQ", "modifier.assistant_mismatch"),
    ("CMS CR 10176: 97165 is an occupational therapist's", "", "97165 x1 GP", "modifier.discipline_specific"),
    ("CPT modifier 25: evaluation and management alone", "97530:23", "97530 x2 GP 25", "modifier.visit_on_therapy"),
    ("CMS article on modifier 59: not with XU", "97530:23", "97530 x2 GP 59 XU", "modifier.distinct_twice"),
    ("CMS article on modifier 59: 97140 and 97530", "97530:30 97140:15", "97530 x2 GP, 97140 x1 GP", "ncci.pair"),
    ("CMS article on modifier 59: either column", "97530:30 97140:15", "97530 x2 GP, 97140 x1 GP 59", ""),
    ("CMS article on modifier 59: either column", "97530:30 97140:15", "97530 x2 GP 59, 97140 x1 GP", ""),
    ("APTA notice 2020-09-02: 97530 and 97116", "97530:15 97116:15", "97530 x1 GP, 97116 x1 GP", "ncci.pair"),
    ("APTA notice 2020-09-02: 97161 and 97140", "97140:15 97161", "97161 x1 GP, 97140 x1 GP", "ncci.pair"),
    ("APTA notice of January 2020: withdrawn edit", "97530:15 97161", "97161 x1 GP, 97530 x1 GP", ""),
]

# source, visit, lines of the claim, findings
MAXIMUMS = [
    ("practitioner MUE table, 97012: 1", "97012", "97012 x1 GP", ""),
    ("practitioner MUE table, 97012: 1", "97012", "97012 x2 GP", "units.too_many units.over_maximum"),
    ("practitioner MUE table, 97032: 4", "97032:60", "97032 x4 GP", ""),
    ("practitioner MUE table, 97032: 4", "", "97032 x5 GP", "units.over_maximum"),
    ("practitioner MUE table, 97035: 2", "97035:30", "97035 x2 GP", ""),
    ("practitioner MUE table, 97035: 2", "97035:45", "97035 x3 GP", "units.over_maximum"),
    ("practitioner MUE table, 97018: 1", "97018", "97018 x2 GP", "units.too_many units.over_maximum"),
    ("practitioner MUE table, 97024: 1", "97024", "97024 x1 GP", ""),
    ("practitioner MUE table, 92526: 1", "", "92526 x2 GN", "units.over_maximum"),
    ("practitioner MUE table, 97110: 6, over lines", "", "97110 x4 GP, 97110 x3 GP KX", "units.over_maximum"),
    ("practitioner MUE table, 97110: 6, over lines", "", "97110 x3 GP, 97110 x3 GP KX", ""),
    ("CPT: 97129 is the first 15 minutes", "", "97129 x2 GN", "units.once_a_day units.over_maximum"),
    ("NCCI add-on edits: 97130 needs 97129", "", "97130 x1 GN", "units.addon_alone"),
    ("NCCI add-on edits: 97130 needs 97129", "", "97129 x1 GN, 97130 x2 GN", ""),
]

ALL_THERE = GOOD_RECORD.elements
# source, what of a good record is otherwise, when the claim left, findings
RECORDS = [
    (RECORDS_MANUAL, {}, SIGNED, ""),
    (f"{RECORDS_MANUAL} E: skilled service", {"elements": {**ALL_THERE, "skilled_rationale": False}}, None, "element"),
    (f"{RECORDS_MANUAL} E: what is not told", {"elements": None}, None, "documentation.elements_unknown"),
    (f"{RECORDS_MANUAL} E: total minutes", {"total_minutes": None}, None, "documentation.total_minutes_missing"),
    (f"{RECORDS_MANUAL} E: total minutes", {"total_minutes": 22}, None, "documentation.total_minutes_short"),
    (f"{RECORDS_MANUAL} E: total minutes", {"total_minutes": 23}, None, ""),
    (f"{RECORDS_MANUAL} E: signature", {"note_signed_at": None}, None, "documentation.note_unsigned"),
    (f"{RECORDS_MANUAL}: before the claim", {}, SIGNED - timedelta(minutes=1), "documentation.note_signed_late"),
    ("42 CFR 410.61: a plan", {"has_plan": False}, None, "plan.missing"),
    ("42 CFR 410.61: before treatment", {"plan_established_on": date(2026, 3, 3)}, None, "plan.not_in_force"),
    ("42 CFR 424.24(c): certified", {"plan_certified_through": date(2026, 3, 1)}, None, "plan.not_in_force"),
    ("42 CFR 424.24(c): certified", {"plan_certified_through": date(2026, 3, 2)}, None, ""),
    (
        "42 CFR 424.24(c)(4): 90 days",
        {"plan_established_on": date(2026, 1, 1), "plan_certified_through": date(2026, 4, 2)},
        None,
        "plan.certification_long",
    ),
    ("CARC 197", {"authorization": {"required": True}}, None, "authorization.missing"),
    ("CARC 197", {"authorization": {"number": "A", "valid_through": "2026-03-01"}}, None, "authorization.expired"),
    (
        "CARC 198",
        {"authorization": {"number": "A", "valid_through": "2026-12-31", "visits_remaining": 0}},
        None,
        "authorization.used_up",
    ),
]

# source, day, diagnoses, findings
LISTS = [
    ("ICD-10-CM tabular list: M25.561", NOW, "M25.561", ""),
    ("ICD-10-CM tabular list: M62.81 is complete", NOW, "M62.811", "diagnosis.absent"),
    ("ICD-10-CM tabular list: M25.56 needs its side", NOW, "M25.56", "diagnosis.incomplete"),
    ("ICD-10-CM tabular list: S83.511 needs its encounter", NOW, "S83.511", "diagnosis.incomplete"),
    ("ICD-10-CM addenda FY 2022: M54.5 divided", date(2021, 9, 30), "M54.5", ""),
    ("ICD-10-CM addenda FY 2022: M54.5 divided", date(2021, 10, 1), "M54.5", "diagnosis.expired"),
    ("ICD-10-CM addenda FY 2024: G20 divided", NOW, "G20", "diagnosis.expired"),
    ("ICD-10-CM addenda FY 2024: G20 divided", date(2023, 9, 30), "G20.A1", "diagnosis.not_yet"),
    ("ICD-10-CM addenda FY 2025: M51.36 divided", date(2024, 10, 1), "M51.36", "diagnosis.expired"),
    ("ICD-10-CM addenda FY 2026: G35 divided", date(2025, 10, 1), "G35", "diagnosis.expired"),
    ("ICD-10-CM guidelines I.B.18: unspecified", NOW, "M25.569", "diagnosis.unspecified"),
    ("ICD-10-CM guidelines I.A.2: ICD-9 code", NOW, "719.46", "diagnosis.malformed"),
    ("005010X222A1 segment HI: one at least", NOW, "", "diagnosis.missing"),
    ("005010X222A1 segment HI: twelve at most", NOW, "M25.561 " * 13, "diagnosis.too_many"),
]

TABLES = {
    "units": UNITS,
    "assistants": ASSISTANTS,
    "days": DAYS,
    "modifiers and pairs": MODIFIERS_AND_PAIRS,
    "maximums": MAXIMUMS,
    "records": RECORDS,
    "lists": LISTS,
}
TERMS = Reference(rules=rulebook(), zone=ZoneInfo("UTC"))


def billed(planned):
    lines = [line for line in planned.lines if line.billed]
    return [" ".join([line.procedure, f"x{line.units}", *line.modifiers]) for line in lines]


def split(text):
    return [part.strip() for part in text.split(",") if part.strip()]


def visit_of(text, **more):
    """`97110:15 97161`: timed codes with their minutes, untimed ones without."""
    words = text.split()
    timed = " ".join(word for word in words if ":" in word)
    return session(timed, " ".join(word for word in words if ":" not in word), **more)


def found(submitted, *visits, **context):
    def rules_at(dos, discipline):
        return TERMS.ruleset(dos, submitted.payer_id, submitted.program, discipline)

    return rules_of(compare_claim(submitted, visits, rules_at, Context(**context)))


def judged(text, lines, **context):
    visits = [visit_of(text, discipline="SLP" if "GN" in lines else "PT")] if text else []
    return found(claim(*split(lines)), *visits, **context)


@pytest.mark.parametrize(("source", "payer", "minutes", "untimed", "lines"), UNITS)
def test_units(source, payer, minutes, untimed, lines):
    assert sorted(billed(plan(minutes, untimed, payer=payer))) == sorted(split(lines)), source


@pytest.mark.parametrize(("source", "day", "discipline", "minutes", "lines"), ASSISTANTS)
def test_assistants(source, day, discipline, minutes, lines):
    assert billed(plan(minutes, dos=day, discipline=discipline)) == split(lines), source


@pytest.mark.parametrize(("source", "visit", "lines", "others", "findings"), DAYS)
def test_days(source, visit, lines, others, findings):
    beside = []
    for number, text in enumerate(split(others), start=1):
        code, units, *modifiers = text.split()
        discipline = {"GP": "PT", "GO": "OT", "GN": "SLP"}[modifiers[0]]
        beside.append(
            JudgedLine(
                number=number,
                procedure=code,
                modifiers=tuple(modifiers),
                units=Decimal(units[1:]),
                charge=75 * Decimal(units[1:]),
                worth=75 * Decimal(units[1:]),
                discipline=discipline,
                sent_at=datetime(2026, 3, 2, 17, tzinfo=UTC),
                claim="another",
                rendering_npi="1",
                stands=True,
            )
        )
    visits = [visit_of(visit, discipline="SLP" if "GN" in lines else "PT")]
    submitted = claim(*split(lines), sent_at=datetime(2026, 3, 9, tzinfo=UTC), rendering_npi="1")
    assert found(submitted, *visits, others={DOS: beside}) == set(findings.split()), source


@pytest.mark.parametrize(("source", "visit", "lines", "findings"), MODIFIERS_AND_PAIRS)
def test_modifiers_and_pairs(source, visit, lines, findings):
    assert judged(visit, lines) == set(findings.split()), source


@pytest.mark.parametrize(("source", "visit", "lines", "findings"), MAXIMUMS)
def test_maximums(source, visit, lines, findings):
    assert judged(visit, lines) == set(findings.split()), source


@pytest.mark.parametrize(("source", "record", "sent", "findings"), RECORDS)
def test_records(source, record, sent, findings):
    visit = replace(session("97530:23"), record=replace(GOOD_RECORD, **record))
    expected = {"documentation.element_missing"} if findings == "element" else set(findings.split())
    assert found(claim("97530 x2 GP", sent_at=sent), visit) == expected, source


@pytest.mark.parametrize(("source", "day", "codes", "findings"), LISTS)
def test_lists(source, day, codes, findings):
    submitted = claim("97530 x2 GP", diagnoses=tuple(codes.split()), dos=day)
    assert {rule for rule in found(submitted) if rule.startswith("diagnosis.")} == set(findings.split()), source


@pytest.mark.parametrize("name", TABLES)
def test_each_table_has_ten_cases_with_a_source_each(name):
    assert len(TABLES[name]) >= 10
    assert all(row[0].strip() for row in TABLES[name])
