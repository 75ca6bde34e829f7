"""A submitted claim compared with its visits."""

# packs: units modifiers assistant ncci kx

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.session_rules.billed import BilledLine
from projections.session_rules.comparison import BilledClaim, Context, compare_claim
from projections.session_rules.planning import plan_session, ruleset_for
from projections.session_rules.session import DocumentedService, Session
from projections.terms.terms_in_force import Reference
from tests.projections.session_rules.sessions import DOS, GOOD_RECORD, SIGNED, claim, rulebook, rules_of, session


def compare(submitted, *visits, **context):
    terms = Reference(rules=rulebook(), zone=ZoneInfo("UTC"))

    def rules_at(dos, discipline):
        return terms.ruleset(dos, submitted.payer_id, submitted.program, discipline)

    return compare_claim(submitted, visits, rules_at, Context(**context))


def found(submitted, *visits, **context):
    return rules_of(compare(submitted, *visits, **context))


def test_a_right_claim_has_no_findings():
    visit = session("97530:23 97110:15", "97161")
    assert compare(claim("97530 x2 GP", "97110 x1 GP", "97161 x1 GP"), visit) == ()


def test_units_too_many_and_what_they_are_worth():
    """rule units.too_many: 23 minutes are two units, not three."""
    (finding,) = compare(claim("97530 x3 GP"), session("97530:23"), prices={1: Decimal("90.00")})
    assert (finding.rule, finding.grade, finding.line, finding.worth) == (
        "units.too_many",
        "at_risk",
        1,
        Decimal("30.00"),
    )


def test_units_too_few():
    """rule units.too_few"""
    assert found(claim("97530 x1 GP"), session("97530:23")) == {"units.too_few"}


def test_units_on_the_wrong_code():
    """rule units.misallocated: 18 + 5 is 1 + 1."""
    visit = session("97110:18 97112:5")
    assert found(claim("97110 x2 GP"), visit) == {"units.misallocated"}
    assert found(claim("97110 x1 GP", "97112 x1 GP"), visit) == set()


def test_a_tie_may_be_broken_either_way():
    visit = session("97112:20 97110:20")
    assert found(claim("97112 x2 GP", "97110 x1 GP"), visit) == set()
    assert found(claim("97112 x1 GP", "97110 x2 GP"), visit) == set()


def test_minutes_of_two_visits_of_a_day_are_pooled():
    visits = session("97110:8", visit_id="a"), session("97110:7", visit_id="b")
    assert found(claim("97110 x1 GP"), *visits) == set()
    assert found(claim("97110 x2 GP"), *visits) == {"units.too_many"}


def test_disciplines_of_a_day_are_counted_apart():
    visits = session("97530:23"), session("97535:23", discipline="OT")
    assert found(claim("97530 x2 GP", "97535 x2 GO"), *visits) == set()


def test_untimed_services():
    """rules units.too_many, units.not_billed"""
    visit = session("97110:15", "97161")
    assert found(claim("97110 x1 GP", "97161 x2 GP"), visit) == {"units.too_many", "units.over_maximum"}
    assert found(claim("97110 x1 GP"), visit) == {"units.not_billed"}


def test_a_code_the_visit_does_not_hold():
    """rule units.undocumented; a code outside therapy is not our business"""
    assert found(claim("97110 x1 GP", "97112 x1 GP"), session("97110:15")) == {"units.undocumented"}
    assert found(claim("97110 x1 GP", "99213 x1 25"), session("97110:15")) == set()


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("97530 x2", "modifier.discipline_missing"),
        ("97530 x2 GP GO", "modifier.discipline_conflict"),
        ("97530 x2 GO", "modifier.discipline_wrong"),
        ("97530 x2 GP GP", "modifier.repeated"),
        ("97530 x2 GP ZZ", "modifier.unrecognised"),
        ("97530 x2 GP 59 XU", "modifier.distinct_twice"),
        ("97530 x2 GP 25", "modifier.visit_on_therapy"),
    ],
)
def test_modifiers_of_a_line(line, rule):
    """Exactly one of GP, GO, GN: CMS Pub 100-04 ch. 5 §20.1"""
    assert found(claim(line), session("97530:23")) == {rule}


def test_a_missing_discipline_is_a_rejection_of_the_whole_line():
    (finding,) = compare(claim("97530 x2"), session("97530:23"))
    assert (finding.grade, finding.worth) == ("rejected", Decimal(150))
    (finding,) = compare(claim("97530 x2", payer="OTHER"), session("97530:23", payer="OTHER"))
    assert finding.grade == "at_risk"


def test_a_sometimes_therapy_line_needs_its_modifier_once_a_therapist_gave_it():
    assert found(claim("97129 x1")) == set()
    assert found(claim("97129 x1"), session("97129:15", discipline="SLP")) == {"modifier.discipline_missing"}


def test_codes_bound_to_a_discipline():
    """rule modifier.discipline_specific: CR 10176"""
    assert found(claim("97165 x1 GP")) == {"modifier.discipline_specific"}


@pytest.mark.parametrize("line", ["97535 x1 GO CQ", "97530 x1 GP CO", "97530 x1 GN CQ"])
def test_assistant_modifiers_pair_with_their_discipline(line):
    """rule modifier.assistant_mismatch: CQ with GP, CO with GO"""
    assert "modifier.assistant_mismatch" in found(claim(line))


def test_an_assistants_units_without_the_modifier():
    """rules modifier.assistant_missing, modifier.assistant_unneeded"""
    visit = session("97110:30/15")
    assert found(claim("97110 x2 GP"), visit) == {"modifier.assistant_missing"}
    assert found(claim("97110 x1 GP", "97110 x1 GP CQ"), visit) == set()
    assert found(claim("97110 x2 GP CQ"), visit) == {"modifier.assistant_unneeded"}
    assert found(claim("97110 x2 GP CQ"), session("97110:30")) == {"modifier.assistant_unneeded"}
    assert found(claim("97110 x1 GP"), session("97110:15/1")) == set()


def test_an_ncci_pair_without_a_modifier():
    visit = session("97530:30 97140:15")
    (finding,) = compare(claim("97530 x2 GP", "97140 x1 GP"), visit)
    assert (finding.rule, finding.grade, finding.line, finding.worth) == ("ncci.pair", "denied", 1, Decimal(150))
    assert found(claim("97530 x2 GP 59", "97140 x1 GP"), visit) == set()
    assert found(claim("97530 x2 GP", "97140 x1 GP 59"), visit) == set()


def test_kx_missing_and_needless():
    """rules kx.missing, kx.unneeded"""
    visit = session("97530:23 97110:15")
    (finding,) = compare(claim("97530 x2 GP", "97110 x1 GP KX"), visit, needing_kx={1, 2}, prices={1: Decimal("60.12")})
    assert (finding.rule, finding.grade, finding.worth) == ("kx.missing", "denied", Decimal("60.12"))
    assert found(claim("97530 x2 GP KX", "97110 x1 GP"), visit, needing_kx=()) == {"kx.unneeded"}
    assert found(claim("97530 x2 GP KX", "97110 x1 GP"), visit) == set()
    assert found(claim("97530 x2 GP", "97110 x1 GP", payer="X"), visit, needing_kx={1, 2}) == set()


def test_kx_wants_its_statements_in_the_record():
    visit = replace(session("97530:23"), record=replace(GOOD_RECORD, kx_attestation=None))
    assert found(claim("97530 x2 GP KX"), visit, needing_kx={1}) == {"kx.statements_missing"}


def test_record_and_plan_follow_the_claim():
    record = replace(
        GOOD_RECORD, has_plan=False, note_signed_at=SIGNED, elements=dict.fromkeys(GOOD_RECORD.elements, False)
    )
    visit = replace(session("97530:23"), record=record)
    sent = claim("97530 x2 GP", sent_at=SIGNED - timedelta(hours=1))
    assert found(sent, visit) == {"plan.missing", "documentation.note_signed_late", "documentation.element_missing"}


def test_diagnoses_of_the_claim():
    assert found(claim("97530 x2 GP", diagnoses=("G20",)), session("97530:23")) == {"diagnosis.expired"}


def test_a_line_without_a_visit():
    """rule visit.not_found: only where the visits of the claim are known at all"""
    other = session("97530:23", dos=date(2026, 3, 3))
    assert found(claim("97530 x2 GP"), other) == {"visit.not_found"}
    assert found(claim("97530 x2 GP")) == set()


def test_two_visits_that_share_minutes():
    def at(hour, minute):
        return datetime(2026, 3, 2, hour, minute, tzinfo=UTC)

    services = (
        DocumentedService(procedure="97530", minutes=15, start=at(9, 0), end=at(9, 15)),
        DocumentedService(procedure="97110", minutes=15, start=at(9, 10), end=at(9, 25)),
    )
    visit = replace(session(), services=services)
    assert found(claim("97530 x1 GP", "97110 x1 GP"), visit) == {"overlap.same_minutes"}


def test_a_void_and_an_empty_claim_are_not_judged():
    assert compare(claim("97530 x9", frequency="8"), session("97530:23")) == ()
    assert compare(claim(), session("97530:23")) == ()


def test_impossible_minutes_are_a_finding_not_an_error():
    """rule visit.invalid"""
    visit = replace(
        session(),
        services=(
            DocumentedService(procedure="97530", minutes=15, assistant_minutes=40),
            DocumentedService(procedure="97110", minutes=-3),
        ),
    )
    assert "visit.invalid" in found(claim("97530 x1 GP"), visit)


codes = st.sampled_from(["97530", "97110", "97112", "97161", "97150", "97012", "96125"])


@given(
    st.dictionaries(codes, st.tuples(st.integers(0, 80), st.integers(0, 80)), min_size=1, max_size=5),
    st.sampled_from(["PT", "OT"]),
)
def test_the_planned_claim_always_fits_its_visit(minutes, discipline):
    """What the plan makes of a session is never found wrong in units or modifiers afterwards."""
    services = tuple(
        DocumentedService(procedure=code, minutes=m, assistant_minutes=min(a, m)) for code, (m, a) in minutes.items()
    )
    visit = Session(discipline=discipline, dos=DOS, services=services, payer_id="MEDICARE", record=GOOD_RECORD)
    planned = plan_session(visit, ruleset_for(visit, rulebook()))
    lines = tuple(
        BilledLine(
            number=n,
            procedure=line.procedure,
            modifiers=line.modifiers,
            units=Decimal(line.units),
            dos=DOS,
            charge=Decimal(75),
        )
        for n, line in enumerate(planned.lines, start=1)
        if line.billed
    )
    rules = found(BilledClaim(payer_id="MEDICARE", lines=lines, diagnoses=("M25.561",)), visit)
    allowed = {"modifier.discipline_specific", "documentation.total_minutes_short", "ncci.pair"}
    allowed |= {"units.over_maximum"}  # more minutes of one code than are paid may be documented
    assert rules <= allowed
