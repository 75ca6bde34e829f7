"""Any list as it was: by what was true then, by what was known then, and measured from any instant."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import func, select

from projections.cut import NO_CUT, Cut
from projections.tables.tables import READ_TABLES
from services.reads.aging import BASES, aging
from services.reads.claims import claim_page
from services.reads.patterns import patterns
from services.reads.read_context import ReadContext, read_instant
from services.reads.thresholds import thresholds
from services.reads.worklists import Filters, worklist
from tests.histories.random_histories import history
from tests.properties import property_run
from tests.services.projector.conftest import ZONE, project
from tests.services.reads.conftest import BEGUN
from tests.services.scheduler.conftest import references

FEW = property_run(4, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
EVERYTHING = Filters(include_snoozed=True)


def context(practice, at, cut=NO_CUT):
    return ReadContext(engine=practice.engine, references=references(), practice="default", at=at, cut=cut)


def lists(practice, at, cut=NO_CUT):
    """All that a person could have looked at."""
    there = context(practice, at, cut)
    return {
        "today": worklist(there, filters=EVERYTHING).items,
        "aging": aging(there),
        "thresholds": thresholds(there),
        "patterns": patterns(there),
    }


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def told(first):
    events = [event for number in range(first, first + 2) for event in history(number)]
    return sorted(events, key=lambda event: event["time"])


@FEW
@given(first=st.integers(0, 4000), share=st.floats(0.1, 0.9))
def test_the_lists_of_a_past_instant_are_those_that_stood_then(new_practice, first, share):
    events = told(first)
    then = datetime.fromisoformat(events[int(len(events) * share)]["time"]).astimezone(UTC)
    practice, plain = new_practice(), new_practice()
    project(plain.engine, [event for event in events if datetime.fromisoformat(event["time"]) <= then])
    project(practice.engine, events)
    assert lists(practice, then, Cut(as_of=then)) == lists(plain, then)


@FEW
@given(first=st.integers(0, 4000), share=st.floats(0.1, 0.9), seed=st.randoms(use_true_random=False))
def test_the_lists_as_they_were_known_then_are_those_that_were_shown(new_practice, first, share, seed):
    events = told(first)
    seed.shuffle(events)  # what was true first is not always known first
    practice, seen = new_practice(), int(len(events) * share)
    practice.publish([json.dumps(event).encode() for event in events[:seen]])
    then = practice.clock.now()
    shown = lists(practice, then)
    practice.clock.advance(timedelta(days=1))
    practice.publish([json.dumps(event).encode() for event in events[seen:]])
    assert lists(practice, then, Cut(known_at=then)) == shown


def kinds(page):
    return [(item["kind"], item["claim_id"]) for item in page.items]


def test_what_the_list_looked_like_on_tuesday_at_nine(practice):
    """Tuesday 17 February. The denial came on Monday evening; the claim was accepted on Tuesday at ten."""
    practice.sent("FILING", "2025-12-20")
    practice.sent("DENIED", "2025-12-20")
    denied = [{"group": "CO", "reason": "50", "amount": "210.00"}]
    practice.clock.set(moment("2026-02-16T20:00"))
    practice.answered("claim.denied.v1", "DENIED", "2026-02-16", denied, dos="2025-12-20", payer_claim_number="I")
    practice.clock.set(moment("2026-02-17T10:00"))
    practice.tell("claim.acknowledged.v1", {"claim_id": "FILING", "stage": "payer", "category": "A2"})
    practice.clock.set(moment("2026-03-20T10:00"))

    nine = moment("2026-02-17T09:00")
    for cut in (Cut(as_of=nine), Cut(known_at=nine), Cut(nine, nine)):
        assert kinds(worklist(context(practice, nine, cut), "denial")) == [("denial", "DENIED")]
        assert kinds(worklist(context(practice, nine, cut), "filing")) == [("filing", "FILING")]
    noon = moment("2026-02-17T12:00")
    assert kinds(worklist(context(practice, noon, Cut(as_of=noon)), "filing")) == []
    sunday = moment("2026-02-15T09:00")
    assert kinds(worklist(context(practice, sunday, Cut(as_of=sunday)), "denial")) == []


def test_what_was_true_and_what_was_known_are_two_things(practice):
    """The bank's file of 2 March was found on the 9th: on the 5th the claim was paid, and nobody knew."""
    practice.sent("A", "2026-01-05")
    practice.clock.set(moment("2026-03-09T09:00"))
    paid = [{"group": "CO", "reason": "45", "amount": "110.00"}]
    practice.answered("payment.posted.v1", "A", "2026-03-02", paid, "100.00", dos="2026-01-05", payer_claim_number="I")
    fifth = moment("2026-03-05T12:00")

    def paid_at(cut):
        return claim_page(context(practice, fifth, cut), "A")["paid"]

    assert (paid_at(Cut(as_of=fifth)), paid_at(Cut(known_at=fifth)), paid_at(Cut(fifth, fifth))) == (
        "100.00",
        "0.00",
        "0.00",
    )
    assert paid_at(NO_CUT) == "100.00"

    def owed(cut):
        return [(row["bucket"], row["amount"]) for row in aging(context(practice, fifth, cut))]

    assert (owed(Cut(as_of=fifth)), owed(Cut(known_at=fifth))) == ([], [("31-60", "210.00")])


@FEW
@given(first=st.integers(0, 4000), days=st.integers(-40, 500), basis=st.sampled_from(BASES))
def test_buckets_sum_to_what_is_outstanding_to_the_cent(new_practice, first, days, basis):
    practice, claims = new_practice(), READ_TABLES["claim"]
    project(practice.engine, told(first))
    at = datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(days=days)
    for cut in (NO_CUT, Cut(as_of=at)):
        there = context(practice, at, cut)
        with there.context() as (fold_context, _):
            payer, patient = fold_context.rows.execute(
                select(
                    func.coalesce(func.sum(claims.c.payer_balance), 0),
                    func.coalesce(func.sum(claims.c.patient_balance), 0),
                )
            ).one()
        for by in (None, "payer", "bucket"):
            assert summed(aging(there, by, basis)) == payer + patient
        assert summed(aging(there, basis=basis, owner="payer")) == payer
        assert summed(aging(there, basis=basis, owner="patient")) == patient
    with context(practice, at).context() as (fold_context, _):
        standing = set(fold_context.rows.scalars(select(claims.c.claim_id)))
        total = fold_context.rows.scalar(select(func.sum(claims.c.payer_balance + claims.c.patient_balance)))
    pages = [claim_page(context(practice, at), claim_id) for claim_id in standing]
    assert sum(cents(page["balance"]) for page in pages) == (total or 0)


def summed(rows):
    return sum(cents(row["amount"]) for row in rows)


def cents(text):
    whole, _, part = text.lstrip("-").partition(".")
    return (int(whole) * 100 + int(part)) * (-1 if text.startswith("-") else 1)


def overdue(practice, at, kind, claim_id):
    items = worklist(context(practice, at), kind, EVERYTHING).items
    return next(item["overdue"] for item in items if item["claim_id"] == claim_id)


@pytest.mark.parametrize(
    ("dos", "due"),
    [
        ("2025-03-06", "2026-03-06"),
        ("2025-03-08", "2026-03-09"),  # the 8th is a Sunday, and the day clocks go forward
        ("2025-11-01", "2026-11-02"),  # the 1st is a Sunday, and the day clocks go back
        ("2025-07-04", "2026-07-06"),  # a holiday on a Saturday
    ],
)
def test_a_clock_of_days_is_overdue_from_the_next_local_midnight(practice, dos, due):
    practice.sent("A", dos)
    midnight = (datetime.fromisoformat(due) + timedelta(days=1)).replace(tzinfo=ZoneInfo("America/Chicago"))
    assert not overdue(practice, midnight - timedelta(microseconds=1), "filing", "A")
    assert overdue(practice, midnight, "filing", "A")
    # A bare date means the end of that local day; the instant is the same in any zone.
    day_after = (datetime.fromisoformat(due) + timedelta(days=1)).date().isoformat()
    assert not overdue(practice, read_instant(due, ZONE), "filing", "A")
    assert overdue(practice, read_instant(day_after, ZONE), "filing", "A")
    assert overdue(practice, midnight.astimezone(ZoneInfo("Asia/Kolkata")), "filing", "A")


@pytest.mark.parametrize("start", ["2026-03-07T20:00", "2026-10-31T20:00", "2026-01-10T09:30"])
def test_a_clock_of_hours_runs_through_a_change_of_the_clocks(practice, start):
    received = moment(start).astimezone(UTC)
    practice.sent("A", "2026-01-05", "2026-01-05T22:00:00+00:00")
    codes = [{"list": "277", "category": "A7", "status": "562"}]
    practice.tell("claim.rejected.v1", {"claim_id": "A", "stage": "payer", "codes": codes}, received.isoformat())
    due = received + timedelta(hours=24)
    assert not overdue(practice, due, "rejection", "A")
    assert overdue(practice, due + timedelta(microseconds=1), "rejection", "A")


@FEW
@given(first=st.integers(0, 4000))
def test_moving_at_across_each_deadline_flips_it_at_the_right_instant(new_practice, first):
    practice = new_practice()
    project(practice.engine, told(first))
    claims = READ_TABLES["claim"]
    with practice.engine.connect() as connection:
        names = list(connection.scalars(select(claims.c.claim_id)))
    for name in names:
        open_clocks = {
            place: clock["latest"] or clock["due"]
            for place, clock in enumerate(claim_page(context(practice, BEGUN), name)["deadlines"])
            if clock["state"] == "open" and clock["due"]
        }
        for limit in set(open_clocks.values()):
            last = read_instant(limit, ZONE)
            states = [
                claim_page(context(practice, at), name)["deadlines"] for at in (last, last + timedelta(microseconds=1))
            ]
            for place in (place for place, end in open_clocks.items() if end == limit):
                assert [page[place]["state"] for page in states] == ["open", "missed"], limit
