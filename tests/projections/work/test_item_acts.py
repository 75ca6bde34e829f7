"""What people do about an item: assign, snooze, note, resolve; and when it returns all the same."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.followup import (
    WorkAssigned,
    WorkNoted,
    WorkResolved,
    WorkSnoozed,
)
from events.terms import PolicyPublished
from projections.calendar import LAST_INSTANT, overdue_at, start_of_day
from projections.deadlines import deadlines
from projections.work.claim_items import work_items
from projections.work.item import EVER, ItemDraft
from projections.work.people import WorkDone, with_people
from tests.projections.claim_states import (
    NEW_YORK,
    account,
    act,
    at,
    attempt,
    claim,
    denied,
    line,
    reference,
    rejection,
)
from tests.projections.work.claim_work import denied_claim, items, only
from tests.properties import property_run


def work(fact, on, worklist="denial", **fields):
    kind = f"work.{fact.__name__[4:].lower()}.v1"
    return act(kind, fact(claim_id="C1", worklist=worklist, by="kim", **fields), on)


# people
def test_the_last_assignment_counts_and_notes_are_kept():
    acts = [
        work(WorkAssigned, "2026-03-03", assignee="ann"),
        work(WorkNoted, "2026-03-04", note="called"),
        work(WorkAssigned, "2026-03-05", assignee="bob"),
        work(WorkAssigned, "2026-03-06", worklist="filing", assignee="eve"),
    ]
    item = only(denied_claim(denied(), acts=acts), "denial")
    assert item.assignee == "bob"
    assert item.explanation[-1].endswith("called")


def test_a_snooze_returns_by_itself():
    item = only(denied_claim(denied(), acts=[work(WorkSnoozed, "2026-03-05", until="2026-03-20")]), "denial")
    assert item.snoozed_until == at("2026-03-20T00:00")


def test_a_snooze_never_passes_a_deadline():
    item = only(denied_claim(denied(), acts=[work(WorkSnoozed, "2026-03-05", until="2026-12-24")]), "denial")
    assert item.snoozed_until == at("2026-06-30T00:00")
    later = only(denied_claim(denied(), acts=[work(WorkSnoozed, "2026-07-01", until="2026-12-24")]), "denial")
    assert later.snoozed_until == at("2026-07-06T00:00")


def test_a_snoozed_rejection_is_back_when_its_hour_strikes():
    state = claim(
        account(attempt(rejections=[rejection("2026-01-16T12:00")])),
        status="rejected",
        acts=[work(WorkSnoozed, "2026-01-16T13:00", worklist="rejection", until="2026-01-19")],
    )
    assert only(state, "rejection").snoozed_until == at("2026-01-17T12:00")


def test_a_resolution_closes_the_item_until_something_new_happens():
    closed = work(WorkResolved, "2026-03-05", resolution="accepted_loss")
    item = only(denied_claim(denied(), acts=[closed]), "denial")
    assert (item.done.by, item.done.resolution) == ("kim", "accepted_loss")
    assert item.snoozed_until == at("2026-06-29T00:00")  # seven days before its last day
    again = denied_claim(denied(undone=True), denied("97", notice="2026-04-06"), acts=[closed])
    assert only(again, "denial").category == "ncci"


def test_done_on_a_running_clock_needs_a_reason():
    bare = only(denied_claim(denied(), acts=[work(WorkResolved, "2026-03-05", resolution="done")]), "denial")
    assert (bare.done, bare.snoozed_until) == (None, None)
    assert "no reason was given" in bare.explanation[-1]
    told = work(WorkResolved, "2026-03-05", resolution="done", note="the patient pays")
    assert only(denied_claim(denied(), acts=[told]), "denial").done.note == "the patient pays"


def test_done_within_the_last_days_returns_on_the_last_one_and_after_it_for_good():
    def returns(on):
        closed = work(WorkResolved, on, resolution="accepted_loss")
        return only(denied_claim(denied(), acts=[closed]), "denial").snoozed_until

    assert returns("2026-07-02") == at("2026-07-06T00:00")
    assert returns("2026-07-07") == LAST_INSTANT


@pytest.mark.parametrize("on", ["2026-04-01", "2030-02-01"])
def test_a_bare_done_never_closes_a_clock_whose_last_day_is_not_known(on):
    """Terms not entered, or a reopening without a last day: nobody knows that nothing can be lost any more."""
    unlimited = denied_claim(denied("119"), acts=[work(WorkResolved, on, resolution="done")])
    unfiled = claim(
        account(attempt(), payer="OTHER"), acts=[work(WorkResolved, on, worklist="filing", resolution="done")]
    )
    for item in (only(unlimited, "denial"), only(unfiled, "filing")):
        assert (item.lost_on, item.done, item.snoozed_until) == (None, None, None)
        assert "no reason was given" in item.explanation[-1]


def test_the_last_day_itself_still_runs():
    def closed(on):
        told = work(WorkResolved, on, worklist="filing", resolution="done")
        return only(claim(account(attempt()), acts=[told]), "filing").done

    assert closed("2027-01-15T23:59") is None
    assert closed("2027-01-16T00:00") is not None


def test_what_is_closed_with_only_an_outer_limit_known_comes_back_before_that():
    medicaid = reference(PolicyPublished.model_validate({"payer_id": "OTHER", "program": "medicaid"}))
    told = work(WorkResolved, "2026-02-01", worklist="filing", resolution="done", note="sent by mail")
    state = claim(account(attempt(), payer="OTHER"), acts=[told])
    (item,) = [item for item in work_items(state, deadlines(state, medicaid), medicaid) if item.kind == "filing"]
    assert (item.lost_on, item.snoozed_until) == (None, at("2027-01-08T00:00"))


DAYS = st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1))
KINDS = st.sampled_from([(), ("timely_filing",)])


@property_run(150)
@given(DAYS, DAYS, DAYS, KINDS, st.integers(0, 24 * 365), st.booleans())
def test_done_hides_nothing_past_the_day_it_can_be_lost(due, lost_on, outer, clocks, hours, reasoned):
    """Without a reason only what can be lost no more; with one it is back by the first last day still ahead."""
    before = replace(
        only(claim(account(attempt())), "filing"), due=due, lost_on=lost_on, outer_limit=outer, clocks=clocks
    )
    acted = WorkResolved(
        claim_id="C1", worklist="filing", by="kim", resolution="done", note="why" if reasoned else None
    )
    when = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    (after,) = with_people([ItemDraft(before, EVER)], [WorkDone(when, acted)], NEW_YORK)
    last = lost_on or (None if clocks else due)
    over = last is not None and when >= overdue_at(last, NEW_YORK)
    if after.done is not None and not reasoned:
        assert over or not (clocks or lost_on or due)
    if after.done is not None and (lost_on or outer) and when < start_of_day(lost_on or outer, NEW_YORK):
        assert after.snoozed_until <= start_of_day(lost_on or outer, NEW_YORK)


def test_a_milestone_does_not_close_the_item():
    state = claim(
        account(attempt(rejections=[rejection("2026-01-16T12:00")])),
        status="rejected",
        acts=[work(WorkResolved, "2026-01-16T13:00", worklist="rejection", resolution="reason_identified")],
    )
    assert only(state, "rejection").explanation[-1].endswith("reason_identified")


def test_an_act_on_the_list_of_all_lists_is_about_every_item():
    state = denied_claim(denied(), acts=[work(WorkAssigned, "2026-03-05", worklist="today", assignee="ann")])
    assert {item.assignee for item in items(state)} == {"ann"}


def test_disciplines_are_told_only_when_there_is_one():
    mixed = [line(1, modifiers=("GP",)), line(2, modifiers=("GO",))]
    assert only(claim(account(attempt(lines=mixed))), "filing").discipline is None
    assert only(claim(account(attempt(lines=[line(modifiers=("KX", "GN"))]))), "filing").discipline == "SLP"
