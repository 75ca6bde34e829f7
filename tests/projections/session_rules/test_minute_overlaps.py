"""Minutes that cannot all be billed: CMS Pub 100-04 ch. 5 §20.2, NCCI Policy Manual ch. 11."""

# packs: modifiers

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.session_rules.findings import Ruleset
from projections.session_rules.minute_overlaps import Interval, contact_findings, intervals_of, overlap_findings
from projections.session_rules.session import DocumentedService, Session
from tests.projections.session_rules.sessions import DOS, rulebook, rules_of

RULES = Ruleset(rulebook=rulebook(), on=DOS, payer_id="MEDICARE", program="original_medicare", discipline="PT")


def at(text):
    hour, minute = text.split(":")
    return datetime(2026, 3, 2, int(hour), int(minute), tzinfo=UTC)


def interval(code, start, end, patient="p1", therapist="t1", visit="v1", group=False):
    return Interval(
        start=at(start),
        end=at(end),
        procedure=code,
        patient_id=patient,
        therapist_id=therapist,
        visit_id=visit,
        group=group,
    )


def found(*intervals):
    return rules_of(overlap_findings(intervals, RULES))


def test_one_therapist_two_patients():
    """rule overlap.two_patients"""
    first = interval("97530", "9:00", "9:30")
    assert found(first, interval("97110", "9:15", "9:45", patient="p2", visit="v2")) == {"overlap.two_patients"}
    assert found(first, interval("97110", "9:30", "9:45", patient="p2", visit="v2")) == set()


def test_two_codes_the_same_minutes():
    """rule overlap.same_minutes"""
    answer = overlap_findings([interval("97530", "9:00", "9:23"), interval("97110", "9:20", "9:35")], RULES)
    assert [(f.rule, f.message) for f in answer] == [
        ("overlap.same_minutes", "97530 and 97110 share minutes for 3 min")
    ]
    assert found(interval("97530", "9:00", "9:23"), interval("97110", "9:23", "9:38")) == set()


def test_two_therapists_one_patient():
    """rule overlap.two_therapists"""
    pair = interval("97530", "9:00", "9:30"), interval("97530", "9:00", "9:30", therapist="t2", visit="v2")
    assert found(*pair) == {"overlap.two_therapists"}


def test_group_beside_one_on_one():
    """rule overlap.group: the same minutes only"""
    group = interval("97150", "9:00", "9:40", group=True)
    assert found(group, interval("97530", "9:30", "9:50")) == {"overlap.group"}
    assert found(group, interval("97530", "9:40", "9:55")) == set()


def test_a_group_of_two_patients_is_no_overlap():
    group = interval("97150", "9:00", "9:40", group=True)
    assert found(group, replace(group, patient_id="p2", visit_id="v2")) == set()
    assert found(group, interval("97530", "9:00", "9:15", patient="p2", visit="v2")) == {"overlap.two_patients"}


def test_unrelated_people_never_overlap():
    assert found(interval("97530", "9:00", "9:30"), interval("97530", "9:00", "9:30", "p2", "t2", "v2")) == set()


def test_more_minutes_than_contact():
    """rule overlap.longer_than_contact"""
    service = DocumentedService(procedure="97530", minutes=23, start=at("9:00"), end=at("9:20"))
    session = Session(discipline="PT", dos=DOS, services=(service,), payer_id="MEDICARE")
    assert rules_of(contact_findings(session, RULES)) == {"overlap.longer_than_contact"}
    assert contact_findings(replace(session, services=(replace(service, minutes=20),)), RULES) == []


def test_sessions_of_a_day_are_looked_at_together():
    def one(patient, start, end, therapist="t1"):
        service = DocumentedService(procedure="97530", minutes=15, start=at(start), end=at(end))
        return Session(
            discipline="PT",
            dos=DOS,
            services=(service,),
            payer_id="MEDICARE",
            patient_id=patient,
            visit_id=patient,
            therapist_id=therapist,
        )

    def together(*sessions):
        return rules_of(overlap_findings([i for each in sessions for i in intervals_of(each, RULES)], RULES))

    assert together(one("a", "9:00", "9:15"), one("b", "9:10", "9:25")) == {"overlap.two_patients"}
    assert together(one("a", "9:00", "9:15"), one("b", "9:15", "9:30")) == set()
    assert together() == set()


def test_services_without_times_or_backwards_have_no_interval():
    services = (
        DocumentedService(procedure="97530", minutes=15),
        DocumentedService(procedure="97110", minutes=15, start=at("10:00"), end=at("9:00")),
    )
    assert intervals_of(Session(discipline="PT", dos=DOS, services=services, payer_id="MEDICARE"), RULES) == []


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 15), st.integers(0, 2), st.integers(0, 2)), max_size=8))
def test_the_sweep_finds_what_brute_force_finds(raw):
    made = [
        Interval(
            start=at(f"9:{0:02}").replace(minute=start),
            end=at("9:00").replace(minute=start + length),
            procedure="97530",
            patient_id=f"p{p}",
            therapist_id=f"t{t}",
            visit_id=f"v{n}",
            group=False,
        )
        for n, (start, length, p, t) in enumerate(raw)
    ]
    pairs = [(a, b) for i, a in enumerate(made) for b in made[i + 1 :] if a.start < b.end and b.start < a.end]
    related = [(a, b) for a, b in pairs if a.patient_id == b.patient_id or a.therapist_id == b.therapist_id]
    assert len(overlap_findings(made, RULES)) == len(related)


@pytest.mark.parametrize("therapist", [None, "t1"])
def test_an_unknown_therapist_is_taken_as_the_same(therapist):
    assert found(interval("97530", "9:00", "9:30"), interval("97110", "9:10", "9:20", therapist=therapist)) == {
        "overlap.same_minutes"
    }
