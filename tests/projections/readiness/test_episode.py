"""Treatment days over an episode, and one therapist with two patients at once."""

import pytest

from projections.readiness.episode import fold_episode, fold_therapist_day
from tests.projections.readiness.documented import answered, day, done, on, reference, rejected, rows, sent, visit

TERMS = reference()
DUE, SOON, UNKNOWN = (f"documentation.progress_report_{name}" for name in ("due", "soon", "unknown"))


def seen(number, *, start="2026-03-02", claims=(), **more):
    """The readiness row of a numbered treatment day."""
    dos = on(number, start)
    plan = {"plan_of_care": {"established_on": more.pop("plan", "2026-02-02"), "certified_through": "2026-05-03"}}
    told = visit(f"V{start[5:7]}-{number:02d}", dos=dos, **plan, **more)
    return rows(day(told, claims=claims, dos=dos).readiness.values())[0]


def episode(visits):
    found, items = fold_episode("episode|default|PT|P1", "default", visits, TERMS)
    return {row["visit_id"]: row["rule"] for row in found}, items


def days(count, **more):
    return [seen(number, **more) for number in range(1, count + 1)]


def test_alert_at_the_ninth_treatment_day_due_at_the_tenth():
    """CMS Pub 100-02 ch. 15 sec. 220.3: at least every ten treatment days."""
    told, items = episode(days(12))
    assert told == {"V03-09": SOON, "V03-10": DUE, "V03-11": UNKNOWN, "V03-12": UNKNOWN}
    assert [item.item for item in items] == ["V03-10"]
    assert "treatment day 10 since the last progress report; due by day 10" in items[0].reason


def test_a_report_starts_the_count_anew_with_the_next_day():
    visits = [*days(9), seen(10, progress_report=True), *(seen(number) for number in range(11, 21))]
    assert episode(visits)[0] == {"V03-09": SOON, "V03-19": SOON, "V03-20": DUE}


def test_where_reports_are_recorded_every_day_past_the_tenth_lacks_one():
    visits = [seen(1, progress_report=True), *(seen(number) for number in range(2, 14))]
    assert [rule for _, rule in sorted(episode(visits)[0].items())] == [SOON, DUE, DUE, DUE]


def test_days_count_not_visits():
    twice = [*days(9), *(seen(number, start="2026-03-02") for number in (8, 9))]
    assert set(episode(twice)[0].values()) == {SOON}


def test_a_recertification_does_not_start_the_count_anew():
    """CMS Pub 100-02 ch. 15 sec. 220.3 D: the ten treatment days run over the episode."""
    visits = [*days(7), *(seen(number, plan="2026-03-10") for number in range(8, 13))]
    assert episode(visits)[0]["V03-10"] == DUE


@pytest.mark.parametrize("begins", ["evaluation", "episode id", "discharge"])
def test_a_new_episode_starts_the_count_anew(begins):
    first = days(7, episode_id="E1" if begins == "episode id" else None)
    if begins == "discharge":
        first.append(seen(8, discharged=True))
    later = {"episode_id": "E2"} if begins == "episode id" else {}
    evaluated = seen(1, start="2026-04-01", untimed="97161" if begins == "evaluation" else "", **later)
    visits = [*first, evaluated, *(seen(number, start="2026-04-01", **later) for number in range(2, 9))]
    assert episode(visits)[0] == {}


def test_a_re_evaluation_and_a_gap_start_nothing_and_the_gap_asks():
    visits = [*days(8), seen(1, start="2026-06-01", untimed="97164"), seen(2, start="2026-06-01")]
    found = fold_episode("episode|default|PT|P1", "default", visits, TERMS)[0]
    assert [(row["visit_id"], row["rule"]) for row in found] == [
        ("V06-01", SOON),
        ("V06-01", "episode.gap"),
        ("V06-02", DUE),
    ]


def test_order_and_repetition_of_the_rows_change_nothing():
    visits = days(12)
    assert episode(list(reversed(visits))) == episode(visits)


@pytest.mark.parametrize("billed", ["not yet", "in flight", "rejected", "paid"])
def test_the_readiness_item_lasts_as_long_as_something_can_be_done(billed):
    claim = sent("97530 x2 GP", "97110 x1 GP")
    claims = {
        "not yet": [],
        "in flight": [[claim]],
        "rejected": [[claim, rejected()]],
        "paid": [[claim, answered(claim)]],
    }[billed]
    row = day(visit(note_signed_at=None), claims=claims)
    _, items = episode(rows(row.readiness.values()))
    assert len(items) == (0 if billed == "paid" else 1)
    if billed == "not yet":
        (item,) = items
        assert (item.kind, item.claim_id, item.item, item.payer_id) == ("readiness", "", "V1", "MEDICARE")
        assert item.due.isoformat() == "2026-03-03T16:00:00+00:00"  # a day after the visit ended
        assert item.lost_on.isoformat() == "2027-03-02"  # a year from the day of service
        assert str(item.amount_at_risk) == "82.33"
        assert item.next_action == "Before the claim goes out: sign it before the claim goes out"
        assert "Based on its minutes, bill the visit as 97530 ×2 GP, 97110 ×1 GP, expected 82.33" in (item.explanation)
    elif items:
        assert (items[0].claim_id, items[0].due) == ("A", None)
        assert items[0].next_action.startswith("Correct and resubmit the claim")


def test_advice_makes_no_item():
    unspecified = day(visit(diagnoses=["M54.50"], total_minutes=None))
    assert {row["grade"] for row in unspecified.findings} == {"advice"}
    assert episode(rows(unspecified.readiness.values()))[1] == []


def test_a_resolved_item_is_done_until_its_money_can_be_lost():
    claim = sent("97530 x2 GP", "97110 x1 GP")
    assigned = done("assigned", "2026-03-04T15:00:00+00:00", "readiness", item="V1", assignee="n.abara")
    closed = done("resolved", "2026-03-05T15:00:00+00:00", "today", resolution="not_needed")
    told = day(visit(note_signed_at=None), claims=[[claim, rejected(), assigned]])
    assert episode(rows(told.readiness.values()))[1][0].assignee == "n.abara"
    told = day(visit(note_signed_at=None), claims=[[claim, rejected(), assigned, closed]])
    (item,) = episode(rows(told.readiness.values()))[1]
    assert item.done.resolution == "not_needed"
    assert item.snoozed_until.date() < item.lost_on


def timed(visit_id, patient, start, end, code="97530", **more):
    services = [{"procedure": code, "minutes": 15, "start": f"2026-03-02T{start}:00Z", "end": f"2026-03-02T{end}:00Z"}]
    row = rows(day(visit(visit_id) | {"timed": services, "total_minutes": 20} | more).readiness.values())[0]
    return row._replace(patient_id=patient)


def therapist_day(*visits):
    return fold_therapist_day("therapist_day|default|2026-03-02|T1", "default", visits, TERMS)


def test_one_therapist_with_two_patients_at_once():
    found, items = therapist_day(timed("V1", "P1", "15:00", "15:15"), timed("V2", "P2", "15:10", "15:25"))
    assert {(row["visit_id"], row["rule"], row["patient_id"]) for row in found} == {
        ("V1", "overlap.two_patients", "P1"),
        ("V2", "overlap.two_patients", "P2"),
    }
    assert [item.item for item in items] == ["V1 overlap", "V2 overlap"]
    assert all("P1" not in row["message"] and "P2" not in row["message"] for row in found)


@pytest.mark.parametrize(
    "other",
    [
        timed("V2", "P2", "15:15", "15:30"),  # one after the other
        timed("V2", "P1", "15:10", "15:25"),  # the same patient: found in the patient's own day
    ],
)
def test_what_is_no_overlap_of_patients(other):
    assert therapist_day(timed("V1", "P1", "15:00", "15:15"), other) == ([], [])
