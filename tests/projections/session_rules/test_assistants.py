"""CQ and CO: CMS Pub 100-04 ch. 5 §20.1, CY 2022 physician fee schedule final rule."""

# packs: assistant

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.session_rules.assistants import AssistantRule, share_units
from projections.session_rules.planning import plan_session, ruleset_for
from projections.session_rules.session import DocumentedService, Session
from tests.projections.session_rules.sessions import DOS, lines_of, plan, rulebook, rules_of

NOW = AssistantRule({"PT": "CQ", "OT": "CO"}, 10, 8)
BEFORE_2022 = AssistantRule({"PT": "CQ", "OT": "CO"}, 10, 0)


def shares(units, minutes, theirs, rule=NOW):
    answer = share_units(units, minutes, theirs, rule)
    return answer.therapist, answer.assistant


@pytest.mark.parametrize(
    ("therapist", "assistant", "units", "split"),
    [
        (0, 15, 1, (0, 1)),  # all of it
        (15, 0, 1, (1, 0)),
        (13, 23, 2, (1, 1)),  # CMS example: 23 assistant + 13 therapist minutes of one code
        (5, 10, 1, (0, 1)),  # CMS example: therapist under eight minutes
        (10, 5, 1, (1, 0)),  # therapist at least eight of the last unit
        (8, 7, 1, (1, 0)),
        (7, 8, 1, (0, 1)),
        (22, 8, 2, (1, 1)),
        (25, 5, 2, (2, 0)),
        (20, 20, 3, (1, 2)),
        (30, 15, 3, (2, 1)),
        (12, 14, 2, (1, 1)),  # two units left, 9 to 14 minutes each
        (14, 10, 2, (1, 1)),
        (14, 9, 2, (1, 1)),
        (9, 14, 2, (1, 1)),
        (14, 14, 2, (1, 1)),
        (15, 7, 1, (1, 0)),  # the therapist's whole quarter hour is the only unit
    ],
)
def test_whose_units(therapist, assistant, units, split):
    assert shares(units, therapist + assistant, assistant) == split


@pytest.mark.parametrize(
    ("therapist", "assistant", "split"), [(14, 1, (1, 0)), (9, 1, (1, 0)), (13, 2, (0, 1)), (10, 5, (0, 1))]
)
def test_before_2022_only_ten_percent_counted(therapist, assistant, split):
    """84 FR 62702: exactly ten percent is not over ten percent."""
    assert shares(1, therapist + assistant, assistant, BEFORE_2022) == split


@given(st.integers(0, 90), st.integers(0, 90))
def test_shares_add_up_and_whole_quarter_hours_stay_with_their_giver(therapist, assistant):
    units = (therapist + assistant + 7) // 15
    ours, theirs = shares(units, therapist + assistant, assistant)
    assert ours + theirs == units
    assert ours >= therapist // 15
    assert theirs >= assistant // 15


@given(st.integers(0, 60), st.integers(0, 60))
def test_more_assistant_minutes_never_fewer_assistant_units(total, theirs):
    theirs = min(theirs, total)
    units = (total + 7) // 15
    if theirs < total:
        assert shares(units, total, theirs)[1] <= shares(units, total, theirs + 1)[1] + 1


def test_the_modifier_stands_beside_the_discipline():
    assert lines_of(plan("97530:30 97110:15/15")) == ["97530 x2 GP", "97110 x1 GP CQ"]
    assert lines_of(plan("97535:15/15", discipline="OT")) == ["97535 x1 GO CO"]


def test_a_shared_code_takes_two_lines():
    """rule modifier.assistant_split"""
    answer = plan("97110:26/14")
    assert lines_of(answer) == ["97110 x1 GP", "97110 x1 GP CQ"]
    assert "modifier.assistant_split" in rules_of(answer.findings)


def test_the_ten_percent_limit_is_by_unit_not_by_claim():
    answer = plan("97530:30 97140:15 97110:15/2")
    assert lines_of(answer) == ["97530 x2 GP", "97140 x1 GP", "97110 x1 GP"]


def test_speech_has_no_modifier_and_says_so():
    """rule assistant.speech"""
    answer = plan("97130:15/15", discipline="SLP")
    assert lines_of(answer) == ["97130 x1 GN"]
    assert "assistant.speech" in rules_of(answer.findings)


def test_before_2020_there_was_no_modifier():
    answer = plan("97110:15/15", dos=date(2019, 6, 3))
    assert lines_of(answer) == ["97110 x1 GP"]
    assert "rules.unknown" in rules_of(answer.findings)


def test_an_assistant_may_not_evaluate():
    """rule assistant.evaluation"""
    services = (
        DocumentedService(procedure="97161", minutes=40, assistant_minutes=40, timed=False),
        DocumentedService(procedure="97150", minutes=None, assistant_minutes=20, timed=False),
    )
    evaluated = Session(discipline="PT", dos=DOS, services=services, payer_id="MEDICARE")
    answer = plan_session(evaluated, ruleset_for(evaluated, rulebook()))
    assert lines_of(answer) == ["97161 x1 GP CQ", "97150 x1 GP CQ"]
    assert {"assistant.evaluation", "modifier.assistant_minutes_unknown"} <= rules_of(answer.findings)


@pytest.mark.parametrize(
    ("minutes", "theirs", "marked"), [(40, 4, False), (40, 5, True), (40, 40, True), (40, 0, False)]
)
def test_untimed_services_go_by_ten_percent_of_their_minutes(minutes, theirs, marked):
    group = Session(
        discipline="PT",
        dos=DOS,
        services=(DocumentedService(procedure="97150", minutes=minutes, assistant_minutes=theirs, timed=False),),
        payer_id="MEDICARE",
    )
    answer = plan_session(group, ruleset_for(group, rulebook()))
    assert lines_of(answer) == ["97150 x1 GP CQ" if marked else "97150 x1 GP"]
