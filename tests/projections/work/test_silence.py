from datetime import date

import pytest

from projections.deadlines import deadlines, is_overdue
from projections.deadlines.service_levels import leaving_due
from projections.deadlines.submission import submission_deadlines
from tests.projections.claim_states import (
    NEW_YORK,
    account,
    ack,
    at,
    attempt,
    claim,
    entry,
    entry_line,
    pick,
    reference,
    rejection,
)

SENT = "2026-01-16T09:00"  # a Friday


def clocks(*attempts, entries=(), of=1):
    found = deadlines(claim(account(*attempts, entries=entries)), reference())
    return [
        pick(found, kind, attempt=of) for kind in ("ack_syntax", "ack_clearinghouse", "ack_payer", "payer_response")
    ]


def test_when_silence_is_suspicious():
    syntax, app, payer, answer = clocks(attempt(sent=SENT))
    assert syntax.due == at("2026-01-17T09:00")
    assert app.due == at("2026-01-18T09:00")
    assert payer.due == date(2026, 1, 22)  # three business days over a holiday
    assert answer.due == date(2026, 2, 15)
    assert is_overdue(syntax, at("2026-01-17T09:01"), NEW_YORK)


def test_a_later_stage_proves_the_earlier_ones():
    syntax, app, payer, answer = clocks(attempt(sent=SENT, acks=[ack(on="2026-01-17T08:00")]))
    assert [d.state for d in (syntax, app, payer, answer)] == ["met", "met", "met", "open"]
    assert answer.due == date(2026, 2, 16)  # from the acceptance


def test_too_late_is_missed():
    assert clocks(attempt(sent=SENT, acks=[ack("syntax", "A", on="2026-01-17T10:00")]))[0].state == "missed"


@pytest.mark.parametrize(
    ("stage", "states"),
    [
        ("syntax", ["met", "void", "void", "void"]),
        ("clearinghouse", ["met", "met", "void", "void"]),
        ("payer", ["met", "met", "met", "void"]),
    ],
)
def test_a_rejection_ends_them(stage, states):
    refused = attempt(sent=SENT, rejections=[rejection("2026-01-16T12:00", stage)])
    assert [d.state for d in clocks(refused)] == states


def test_a_remittance_answers_everything():
    paid = entry("2026-02-02", lines=[entry_line(paid="70.00")])
    assert [d.state for d in clocks(attempt(sent=SENT), entries=[paid])] == ["missed", "missed", "missed", "met"]


def test_an_attempt_that_was_replaced_is_waited_for_no_longer():
    attempts = [attempt(sent=SENT), attempt(2, "2026-01-20")]
    assert {d.state for d in clocks(*attempts)} == {"void"}
    assert {d.state for d in clocks(*attempts, of=2)} == {"open"}


def test_an_attempt_known_only_from_its_answer_has_no_clocks():
    assert clocks(attempt(lines=[], acks=[ack()])) == [[], [], [], []]


def test_a_claim_leaves_within_24_hours_of_the_visit():
    _, due = leaving_due(reference(), date(2026, 1, 15), at("2026-01-15T16:30"))
    assert due.due == at("2026-01-16T16:30")


def test_a_visit_without_an_end_counts_from_the_midnight_after_it():
    def sent(when):
        (clock,) = submission_deadlines(claim(account(attempt(sent=when))), (), reference())
        return clock.due, clock.state, clock.ended_at

    due = at("2026-01-17T00:00")
    assert sent("2026-01-17T00:00") == (due, "met", due)
    assert sent("2026-01-17T00:01") == (due, "missed", at("2026-01-17T00:01"))


def test_a_claim_whose_answer_was_taken_back_waits_for_another():
    paid = entry("2026-02-02", lines=[entry_line(paid="70.00")], undone=True)
    back = entry("2026-04-10", kind="reversal", lines=[entry_line(paid="-70.00")], undone=True)
    found = deadlines(claim(account(attempt(sent=SENT), entries=[paid, back])), reference())
    pending = [d for d in found if d.kind == "payer_response"]
    assert [(d.due, d.state, d.started_by) for d in pending][1:] == [(date(2026, 5, 10), "open", back.event)]
    corrected = entry("2026-04-10", lines=[entry_line(paid="60.00")])
    found = deadlines(claim(account(attempt(sent=SENT), entries=[paid, back, corrected])), reference())
    assert not [d for d in found if d.kind == "payer_response" and d.state == "open"]
