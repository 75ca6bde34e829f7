"""The record before the claim: CMS Pub 100-02 ch. 15 §220.1 and §220.3, 42 CFR 410.61 and 424.24."""

# packs: documentation

from dataclasses import replace
from datetime import date, timedelta

import pytest

from projections.session_rules.documentation import (
    progress_findings,
    record_findings,
    statement_findings,
    treatment_days,
)
from projections.session_rules.findings import Ruleset
from tests.projections.session_rules.sessions import DOS, ELEMENTS, GOOD_RECORD, SIGNED, rulebook, rules_of, session

RULES = Ruleset(rulebook=rulebook(), on=DOS, payer_id="MEDICARE", program="original_medicare", discipline="PT")


def found(sent_at=None, **record):
    judged = replace(session("97530:30 97110:15"), record=replace(GOOD_RECORD, **record))
    return rules_of(record_findings(judged, RULES, sent_at))


def test_a_complete_record_brings_nothing():
    assert found() == set()


@pytest.mark.parametrize("element", ELEMENTS)
def test_each_of_the_seven_elements_is_missed(element):
    """rule documentation.element_missing"""
    assert found(elements={**GOOD_RECORD.elements, element: False}) == {"documentation.element_missing"}


def test_what_is_not_recorded_is_unknown_not_missing():
    """rule documentation.elements_unknown"""
    assert found(elements=None) == {"documentation.elements_unknown"}
    assert found(elements={**GOOD_RECORD.elements, "one_on_one": None}) == {"documentation.elements_unknown"}


def test_total_treatment_time_stands_beside_timed_minutes():
    """rules documentation.total_minutes_missing, documentation.total_minutes_short"""
    assert found(total_minutes=None) == {"documentation.total_minutes_missing"}
    assert found(total_minutes=44) == {"documentation.total_minutes_short"}
    assert found(total_minutes=45) == set()


def test_the_note_is_signed_before_the_claim_leaves():
    """rules documentation.note_unsigned, documentation.note_signed_late"""
    assert found(note_signed_at=None) == {"documentation.note_unsigned"}
    assert found(sent_at=SIGNED) == set()
    assert found(sent_at=SIGNED - timedelta(seconds=1)) == {"documentation.note_signed_late"}


@pytest.mark.parametrize(
    ("starts", "ends", "rules"),
    [
        (DOS, DOS, set()),
        (date(2026, 3, 3), None, {"plan.not_in_force"}),
        (None, date(2026, 3, 1), {"plan.not_in_force"}),
        (date(2026, 1, 1), date(2026, 4, 1), set()),
        (date(2026, 1, 1), date(2026, 4, 2), {"plan.certification_long"}),
        (None, None, set()),
    ],
)
def test_the_plan_of_care_is_in_force(starts, ends, rules):
    """rules plan.not_in_force, plan.certification_long: 42 CFR 410.61, 424.24(c)"""
    assert found(plan_established_on=starts, plan_certified_through=ends) == rules


def test_a_plan_is_needed():
    """rule plan.missing"""
    assert found(has_plan=False) == {"plan.missing"}


@pytest.mark.parametrize(
    ("stated", "rules"),
    [
        (None, set()),
        ("A-1", set()),
        ({"required": False}, set()),
        ({"required": True}, {"authorization.missing"}),
        ({"required": True, "number": "A-1"}, set()),
        ({"number": "A-1", "valid_through": "2026-03-01"}, {"authorization.expired"}),
        ({"number": "A-1", "valid_through": "2026-03-02", "visits_remaining": 0}, {"authorization.used_up"}),
    ],
)
def test_authorization(stated, rules):
    """rules authorization.missing, authorization.expired, authorization.used_up: CARC 197 and 198"""
    assert found(authorization=stated) == rules


@pytest.mark.parametrize(
    ("day", "rule"),
    [
        (8, None),
        (9, "documentation.progress_report_soon"),
        (10, "documentation.progress_report_due"),
        (11, "documentation.progress_report_due"),
    ],
)
def test_progress_report_by_the_tenth_treatment_day(day, rule):
    """rules documentation.progress_report_due and documentation.progress_report_soon: alert at nine, due at ten"""
    assert rules_of(progress_findings(day, RULES)) == ({rule} if rule else set())
    assert progress_findings(day, RULES, reported=True) == []


def test_where_no_report_is_ever_recorded_each_tenth_day_asks_for_one():
    """rule documentation.progress_report_unknown"""
    rules = [rules_of(progress_findings(day, RULES, tracked=False)) for day in (9, 10, 11, 19, 20)]
    due, unknown = {"documentation.progress_report_due"}, {"documentation.progress_report_unknown"}
    assert rules == [{"documentation.progress_report_soon"}, due, unknown, unknown, due]


def test_treatment_days_count_days_not_visits_and_start_anew_after_a_report():
    days = [date(2026, 3, day) for day in (2, 2, 4, 6, 9)]
    assert treatment_days(days) == dict(zip(sorted(set(days)), (1, 2, 3, 4), strict=True))
    numbers = treatment_days(days, [date(2026, 3, 4)])
    assert [numbers[day] for day in sorted(numbers)] == [1, 2, 1, 2]
    assert list(treatment_days(days, [date(2026, 3, 5)]).values()) == [1, 2, 1, 2]
    assert list(treatment_days(days, [date(2026, 2, 1)]).values()) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("attestation", "missing"),
    [
        (None, 3),
        (False, 3),
        (True, 0),
        ("signed by the therapist", 0),
        ({"by": "t1", "at": "2026-03-02"}, 0),
        ({"necessity": True, "progress": True, "home_program": True}, 0),
        ({"necessity": True}, 2),
    ],
)
def test_the_three_statements_at_kx(attestation, missing):
    """rule kx.statements_missing"""
    answer = statement_findings(attestation, RULES)
    assert sum(f.message.count(";") + 1 for f in answer) == missing


def test_before_the_pack_begins_no_element_is_wanted():
    early = replace(session(dos=date(1999, 1, 4)), record=replace(GOOD_RECORD, elements=None, plan_established_on=None))
    assert record_findings(early, Ruleset(rulebook=rulebook(), on=early.dos)) == []
