"""A session judged before it becomes a claim."""

from datetime import UTC, date, datetime

from events.visit import VisitDocumented
from projections.session_rules.judgment import judge_plan
from projections.session_rules.planning import plan_session, ruleset_for
from projections.session_rules.session import mended, session_of
from tests.projections.session_rules.sessions import DOS, GOOD_RECORD, lines_of, rulebook, rules_of, session

EVENT = {
    "visit_id": "V1",
    "patient_id": "P1",
    "payer_id": "MEDICARE",
    "discipline": "PT",
    "dos": "2026-03-02",
    "therapist_id": "T1",
    "total_minutes": 60,
    "diagnoses": ["M25.561"],
    "timed": [{"procedure": "97530", "minutes": 23}, {"procedure": "97110", "minutes": 15, "assistant_minutes": 15}],
    "untimed": [{"procedure": "97161"}],
    "note_signed_at": "2026-03-02T18:00:00Z",
    "plan_of_care": {"established_on": "2026-02-02", "certified_through": "2026-04-30"},
    "documentation": dict.fromkeys(GOOD_RECORD.elements, True),
}


def judged(**changes):
    return plan_and_findings(session_of(VisitDocumented.model_validate({**EVENT, **changes})))


def plan_and_findings(seen):
    rules = ruleset_for(seen, rulebook())
    planned = plan_session(mended(seen), rules)
    return planned, judge_plan(planned, [seen], rules)


def test_a_documented_visit_becomes_its_claim():
    planned, findings = judged()
    assert lines_of(planned) == ["97530 x2 GP", "97110 x1 GP CQ", "97161 x1 GP"]
    assert findings == ()


def test_everything_wrong_is_found_grave_first():
    _, findings = judged(
        diagnoses=["G20"],
        plan_of_care=None,
        documentation=None,
        note_signed_at=None,
        total_minutes=None,
        authorization={"required": True},
    )
    assert [(f.rule, f.grade) for f in findings] == [
        ("diagnosis.expired", "rejected"),
        ("authorization.missing", "denied"),
        ("documentation.note_unsigned", "at_risk"),
        ("plan.missing", "at_risk"),
        ("documentation.elements_unknown", "advice"),
        ("documentation.total_minutes_missing", "advice"),
    ]


def test_impossible_minutes_never_break_the_fold():
    planned, findings = judged(
        timed=[{"procedure": "97530", "minutes": -8}, {"procedure": "97110", "minutes": 15, "assistant_minutes": 99}]
    )
    assert lines_of(planned) == ["97530 x0 GP", "97110 x1 GP CQ", "97161 x1 GP"]
    assert "visit.invalid" in rules_of(findings)


def test_a_visit_without_services_is_a_finding():
    assert "visit.invalid" in rules_of(judged(timed=[], untimed=[])[1])


def test_group_minutes_may_be_told_of_an_untimed_service():
    _, findings = judged(
        timed=[{"procedure": "97530", "minutes": 15, "start": "2026-03-02T15:00:00Z", "end": "2026-03-02T15:15:00Z"}],
        untimed=[{"procedure": "97150", "minutes": 30, "start": "2026-03-02T15:10:00Z", "end": "2026-03-02T15:40:00Z"}],
    )
    assert "overlap.group" in rules_of(findings)


def test_the_resolved_payer_and_program_count():
    visit = VisitDocumented.model_validate({**EVENT, "payer_id": "0042"})
    assert session_of(visit, program="medicare", payer_id="MEDICARE").payer_id == "MEDICARE"
    assert session_of(visit).payer_id == "0042"
    assert session_of(visit).dos == DOS == date(2026, 3, 2)
    assert session_of(visit).record.note_signed_at == datetime(2026, 3, 2, 18, tzinfo=UTC)


def test_a_pair_that_a_modifier_opens_is_only_a_question_before_billing():
    """rule ncci.attest: nothing is denied yet, and only a person may say that the services were separate."""
    _, (finding,) = plan_and_findings(session("97530:23 97140:15"))
    assert (finding.rule, finding.grade, finding.line) == ("ncci.attest", "advice", 1)
    assert finding.change.startswith("if both services were separate and distinct, add")
