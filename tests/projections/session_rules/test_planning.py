"""A session becomes lines: CMS Pub 100-04 ch. 5 §20.1 and §20.2, CR 10176."""

# packs: units modifiers

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.session_rules.planning import plan_session, ruleset_for
from projections.session_rules.session import DocumentedService, Session
from tests.projections.session_rules.sessions import DOS, lines_of, plan, rulebook, rules_of, session


@pytest.mark.parametrize(("discipline", "modifier"), [("PT", "GP"), ("OT", "GO"), ("SLP", "GN")])
def test_one_discipline_modifier_on_every_therapy_line(discipline, modifier):
    answer = plan("97530:23 97112:15", "97150", discipline=discipline)
    assert lines_of(answer) == [f"97530 x2 {modifier}", f"97112 x1 {modifier}", f"97150 x1 {modifier}"]


def test_lines_keep_the_order_given_and_a_code_without_units_stays_visible():
    """rule units.none_earned: example 4 of the manual; the ultrasound is documented, not billed."""
    answer = plan("97110:18 97140:13 97116:10 97035:8")
    assert [(line.procedure, line.units) for line in answer.lines][-1] == ("97035", 0)
    assert "units.none_earned" in rules_of(answer.findings)


def test_untimed_services_are_one_unit_and_bring_no_minutes():
    answer = plan("97530:23 97110:15", "97161 97012 G0283")
    assert (answer.allocation.total_minutes, answer.total_units, answer.billed_units) == (38, 3, 6)


def test_minutes_of_an_untimed_code_do_not_count():
    """rule units.untimed_with_minutes: the code list decides what is timed."""
    answer = plan("97161:45 97110:8")
    assert (answer.allocation.total_minutes, lines_of(answer)) == (8, ["97161 x1 GP", "97110 x1 GP"])
    assert "units.untimed_with_minutes" in rules_of(answer.findings)


def test_a_timed_code_without_minutes_earns_nothing():
    """rule units.minutes_missing"""
    answer = plan("", "97110")
    assert lines_of(answer) == ["97110 x0 GP"]
    assert "units.minutes_missing" in rules_of(answer.findings)


def test_an_untimed_code_listed_twice_is_billed_once():
    """rule units.repeated"""
    answer = plan("97110:15", "97012 97012")
    assert lines_of(answer) == ["97110 x1 GP", "97012 x1 GP"]
    assert "units.repeated" in rules_of(answer.findings)


def test_under_eight_minutes_there_is_no_unit():
    """rule units.session_too_short"""
    answer = plan("97530:7")
    assert (answer.total_units, rules_of(answer.findings)) == (0, {"units.session_too_short"})
    assert rules_of(plan("97530:0").findings) == {"units.session_too_short"}


def test_a_tie_is_said():
    """rule units.tie"""
    answer = plan("97112:20 97110:20")
    assert lines_of(answer) == ["97112 x2 GP", "97110 x1 GP"]
    assert "units.tie" in rules_of(answer.findings)


@pytest.mark.parametrize(
    ("payer", "program", "total"),
    [
        ("MEDICARE", None, 2),
        ("ANY", "medicare", 2),
        ("ANY", "original_medicare", 2),
        ("ANY", "Medicare Advantage", 2),
        ("TRICARE", None, 2),
        ("MEDICAID", None, 2),
        ("ANY", "commercial", 3),
        ("ANY", None, 3),
    ],
)
def test_the_payer_decides_how_minutes_count(payer, program, total):
    """8 + 8 + 8: pooled two, each alone three."""
    answer = plan("97110:8 97140:8 97530:8", payer=payer, program=program)
    assert answer.total_units == total


def test_an_unknown_payers_method_is_said_to_be_assumed():
    """rule units.method_assumed"""
    assert "units.method_assumed" in rules_of(plan("97110:8 97140:8", payer="SOMEBODY").findings)
    assert "units.method_assumed" not in rules_of(plan("97110:30", payer="SOMEBODY").findings)
    assert "units.method_assumed" not in rules_of(plan("97110:8 97140:8", payer="X", program="commercial").findings)


def test_a_code_of_another_discipline_is_refused():
    """rule modifier.discipline_specific: CR 10176"""
    assert "modifier.discipline_specific" in rules_of(plan("", "97165").findings)
    assert "modifier.discipline_specific" not in rules_of(plan("", "97165", discipline="OT").findings)


def test_an_unknown_code_is_a_finding_not_an_error():
    """rule procedure.unknown"""
    answer = plan("97530:15 00001:15")
    assert lines_of(answer) == ["97530 x1 GP", "00001 x1"]
    assert "procedure.unknown" in rules_of(answer.findings)


def test_codes_medicare_does_not_pay():
    """rules procedure.bundled, procedure.invalid"""
    found = {f.rule: f for f in plan("97110:15", "97010 97014").findings}
    assert found["procedure.invalid"].change == "use G0283"
    assert found["procedure.bundled"].line == 2


def test_a_code_is_known_only_from_its_first_day():
    """97129 began in 2020."""
    assert "procedure.unknown" in rules_of(plan("97129:15", dos=date(2019, 5, 1)).findings)
    assert "procedure.unknown" not in rules_of(plan("97129:15").findings)


def test_codes_by_the_hour_stand_beside_the_pool():
    answer = plan("96125:40 97129:15 97130:15", discipline="SLP")
    assert lines_of(answer) == ["96125 x1 GN", "97129 x1 GN", "97130 x1 GN"]
    assert (answer.allocation.total_minutes, answer.total_units) == (30, 3)


def test_a_charge_is_divided_to_the_cent_when_a_line_is():
    planned = session("97110:41/14")
    answer = plan_session(planned, ruleset_for(planned, rulebook()), {"97110": Decimal("100.00")})
    assert [(line.units, line.charge) for line in answer.lines] == [(2, Decimal("66.66")), (1, Decimal("33.34"))]


def test_before_the_packs_begin_the_answer_says_so():
    """rule rules.unknown"""
    answer = plan("97110:15", dos=date(1999, 6, 1))
    assert "rules.unknown" in rules_of(answer.findings)


codes = st.sampled_from(["97110", "97112", "97140", "97530", "97150", "97161", "96125", "00001", "97010"])


@given(
    st.lists(st.tuples(codes, st.integers(0, 70), st.integers(0, 70), st.booleans()), min_size=1, max_size=6),
    st.sampled_from(["PT", "OT", "SLP"]),
    st.sampled_from(["MEDICARE", "OTHER"]),
)
def test_any_session_becomes_lines_that_add_up(services, discipline, payer):
    given_services = tuple(
        DocumentedService(procedure=code, minutes=m, assistant_minutes=min(a, m), timed=t) for code, m, a, t in services
    )
    planned = Session(discipline=discipline, dos=DOS, services=given_services, payer_id=payer)
    answer = plan_session(planned, ruleset_for(planned, rulebook()))
    pooled = {line.procedure: line.units for line in answer.allocation.lines}
    for code, earned in pooled.items():
        assert sum(line.units for line in answer.lines if line.procedure == code) == earned
    seen = list(dict.fromkeys(line.procedure for line in answer.lines))
    assert seen == list(dict.fromkeys(service.procedure for service in given_services))
    assert all(0 < f.line <= len(answer.lines) for f in answer.findings if f.line is not None)
