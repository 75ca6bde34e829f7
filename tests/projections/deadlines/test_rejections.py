from datetime import UTC, datetime

import pytest

from events.followup import WorkAssigned, WorkResolved
from projections.deadlines import deadlines, is_overdue, state_at
from projections.rules.rulebook import Rulebook, read_pack
from projections.terms.terms_in_force import Reference
from tests.projections.claim_states import (
    NEW_YORK,
    RULES,
    account,
    ack,
    act,
    at,
    attempt,
    claim,
    denied,
    entry,
    entry_line,
    pick,
    reference,
    rejection,
)


def resolved(on, resolution, worklist="rejection", **more):
    data = WorkResolved(claim_id="C1", worklist=worklist, by="kim", resolution=resolution, **more)
    return act("work.resolved.v1", data, on)


def milestones(state, of=1, ref=None):
    found = deadlines(state, ref or reference())
    return pick(found, "rejection_reason", attempt=of), pick(found, "rejection_resubmit", attempt=of)


def test_24_hours_from_the_instant_we_received_it():
    refused = rejection("2026-03-06T17:00", occurred="2026-03-04")
    reason, again = milestones(claim(account(attempt(rejections=[refused]))))
    assert reason.due == again.due == datetime(2026, 3, 7, 22, tzinfo=UTC)
    assert (again.started_by, again.started_at, again.state) == (refused.event, refused.received_at, "open")
    assert any("business hours: 2026-03-09 17:00" in step for step in again.explanation)
    assert any("Delivered late: the payer dated it Wed 2026-03-04" in step for step in again.explanation)


def test_24_hours_are_elapsed_hours_over_the_change_of_daylight_saving():
    _, again = milestones(claim(account(attempt(rejections=[rejection("2026-03-07T17:00")]))))
    assert again.due == at("2026-03-08T18:00")


def test_business_hours_by_setting():
    content = {
        "pack_id": "sla",
        "kind": "sla",
        "version": "house",
        "basis": "event",
        "source": "test",
        "confidence": "H",
        "periods": [
            {
                "effective_from": "2005-01-01",
                "values": {
                    "mode": "business",
                    "business": {"opens": "08:00", "closes": "17:00", "hours": 9},
                    "rejection_resubmit": {"length": 24, "unit": "hours"},
                    "rejection_reason": {"length": 24, "unit": "hours"},
                },
            }
        ],
    }
    ref = Reference(rules=Rulebook([*RULES.packs.values(), read_pack(content)]), zone=NEW_YORK)
    _, again = milestones(claim(account(attempt(rejections=[rejection("2026-03-06T17:00")]))), ref=ref)
    assert again.due == at("2026-03-09T17:00")
    assert any("Elapsed: 2026-03-07 17:00" in step for step in again.explanation)


def test_overdue_right_after_the_24th_hour():
    _, again = milestones(claim(account(attempt(rejections=[rejection("2026-03-06T17:00")]))))
    assert not is_overdue(again, at("2026-03-07T17:00:00"), NEW_YORK)
    assert is_overdue(again, at("2026-03-07T17:00:01"), NEW_YORK)
    assert state_at(again, at("2026-03-07T17:00:01"), NEW_YORK) == "missed"


def test_the_reason_written_down_ends_only_its_own_milestone():
    state = claim(
        account(attempt(rejections=[rejection("2026-03-06T17:00")])),
        acts=[resolved("2026-03-07T09:00", "reason_identified")],
    )
    reason, again = milestones(state)
    assert (reason.state, reason.ended_by, again.state) == ("met", state.acts[0].event, "open")


def test_a_new_attempt_ends_both():
    second = attempt(2, "2026-03-07T10:00")
    reason, again = milestones(claim(account(attempt(rejections=[rejection("2026-03-06T17:00")]), second)))
    assert (reason.state, again.state, again.ended_by) == ("met", "met", second.event)


def test_a_new_attempt_after_24_hours_is_a_breach():
    second = attempt(2, "2026-03-08T10:00")
    state = claim(
        account(attempt(rejections=[rejection("2026-03-06T17:00")]), second),
        acts=[resolved("2026-03-07T09:00", "reason_identified")],
    )
    reason, again = milestones(state)
    assert (reason.state, again.state) == ("met", "missed")


def test_seen_or_assigned_stops_nothing():
    seen = act(
        "work.assigned.v1", WorkAssigned(claim_id="C1", worklist="rejection", by="kim", assignee="kim"), "2026-03-07"
    )
    assert milestones(claim(account(attempt(rejections=[rejection("2026-03-06")])), acts=[seen]))[1].state == "open"


def test_resubmitted_on_a_persons_word_is_flagged():
    state = claim(
        account(attempt(rejections=[rejection("2026-03-06T17:00")])), acts=[resolved("2026-03-07T09:00", "resubmitted")]
    )
    _, again = milestones(state)
    assert again.state == "met"
    assert "no new attempt was seen" in again.explanation[-1]


@pytest.mark.parametrize("word", ["records_sent", "reopening_requested"])
def test_a_milestone_of_another_list_leaves_the_rejection_running(word):
    refused = attempt(rejections=[rejection("2026-03-06T17:00")])
    state = claim(account(refused), acts=[resolved("2026-03-07T09:00", word, "today")])
    assert [d.state for d in milestones(state)] == ["open", "open"]


def test_a_resolution_that_names_its_item_closes_no_other_rejection():
    state = claim(
        account(attempt(rejections=[rejection("2026-03-06T17:00")])),
        acts=[resolved("2026-03-07T09:00", "done", item="OTHER#1")],
    )
    assert [d.state for d in milestones(state)] == ["open", "open"]


def test_a_second_rejection_is_a_new_item():
    first = attempt(rejections=[rejection("2026-03-06T17:00")])
    second = attempt(2, "2026-03-07T10:00", rejections=[rejection("2026-03-09T12:00")])
    state = claim(account(first, second), acts=[resolved("2026-03-07T09:00", "reason_identified")])
    assert [d.state for d in milestones(state, 1)] == ["met", "met"]
    reason, again = milestones(state, 2)
    assert (reason.state, again.state, again.due) == ("open", "open", at("2026-03-10T12:00"))


def test_the_acceptance_of_an_older_attempt_never_closes_a_newer_rejection():
    first = attempt(acks=[ack(on="2026-03-10T12:00")])
    second = attempt(2, "2026-03-07T10:00", rejections=[rejection("2026-03-09T12:00")])
    assert milestones(claim(account(first, second)), 2)[1].state == "open"


def test_accepted_and_rejected_at_the_same_stage_stays_open_and_says_so():
    both = attempt(acks=[ack(on="2026-03-10")], rejections=[rejection("2026-03-09")])
    _, again = milestones(claim(account(both)))
    assert again.state == "open"
    assert any("Conflict" in step for step in again.explanation)


def test_an_accepted_claim_that_proves_unprocessable_contradicts_nothing():
    returned = attempt(acks=[ack()], rejections=[rejection("2026-03-09", from_remittance=True)])
    _, again = milestones(claim(account(returned)))
    assert not any("Conflict" in step or "also accepted" in step for step in again.explanation)


def test_a_decision_on_a_rejected_claim_supersedes_the_rejection():
    paid = entry("2026-03-20", lines=[entry_line(paid="70.00")])
    for milestone in milestones(claim(account(attempt(rejections=[rejection("2026-03-06")]), entries=[paid]))):
        assert (milestone.state, milestone.ended_by) == ("void", paid.event)
        assert "Superseded" in milestone.explanation[-1]


@pytest.mark.parametrize(
    ("payer", "words"), [("ACME", "replacement of the decided claim (frequency 7)"), ("MEDICARE", "reopening")]
)
def test_an_older_decision_does_not_close_a_newer_rejection(payer, words):
    refused = attempt(2, "2026-04-01", frequency="7", rejections=[rejection("2026-04-02")])
    state = claim(account(attempt(acks=[ack()]), refused, payer=payer, entries=[denied("4")]))
    _, again = milestones(state, 2)
    assert again.state == "open"
    assert any(words in step for step in again.explanation)


def test_a_rejected_claim_is_sent_again_as_a_new_claim():
    _, again = milestones(claim(account(attempt(rejections=[rejection()]))))
    assert any("not 7" in step for step in again.explanation)
    _, sent = milestones(claim(account(attempt(rejections=[rejection()]), attempt(2, "2026-01-18", frequency="7"))))
    assert "nothing to replace" in sent.explanation[-1]


def test_the_same_refusal_reported_twice_is_one_clock():
    twice = attempt(rejections=[rejection("2026-03-07T08:00"), rejection("2026-03-06T17:00")])
    _, again = milestones(claim(account(twice)))
    assert again.due == at("2026-03-07T17:00")
    assert any("Reported 1 more time" in step for step in again.explanation)


def test_another_resolution_closes_it_without_a_breach():
    state = claim(
        account(attempt(rejections=[rejection("2026-03-06T17:00")])), acts=[resolved("2026-04-01", "billed_elsewhere")]
    )
    assert milestones(state)[1].state == "void"


def test_a_resolution_on_another_list_closes_nothing():
    state = claim(account(attempt(rejections=[rejection()])), acts=[resolved("2026-03-07", "done", worklist="denial")])
    assert milestones(state)[1].state == "open"


@pytest.mark.parametrize("stage", ["syntax", "clearinghouse", "payer"])
def test_every_stage_starts_the_clock(stage):
    assert milestones(claim(account(attempt(rejections=[rejection(stage=stage)]))))[1].state == "open"
