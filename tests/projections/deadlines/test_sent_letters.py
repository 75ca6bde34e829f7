"""Our own letters: the wait for an answer begins with the letter and ends with the payer's next word."""

from datetime import date

from events.followup import AppealDecided, WorkResolved
from events.review import LetterSent
from projections.deadlines import deadlines, state_at
from projections.work.claim_items import work_items
from tests.projections.claim_states import NEW_YORK, account, ack, act, at, attempt, claim, denied, pick, reference


def letter(on="2026-04-01", due="2026-05-31", kind="appeal"):
    data = LetterSent(
        claim_ids=["C1"], kind=kind, recipient="Plan", method="mail", sha256="0" * 64, by="kim", answer_due=due
    )
    return act("letter.sent.v1", data, on)


def denied_claim(*acts, entries=None):
    return claim(account(attempt(acks=[ack()]), entries=entries or [denied()]), status="denied", acts=acts)


def test_a_letter_that_names_a_day_waits_for_the_answer():
    clock = pick(deadlines(denied_claim(letter()), reference()), "letter_answer")
    assert (clock.due, clock.state) == (date(2026, 5, 31), "open")
    assert state_at(clock, at("2026-06-01"), NEW_YORK) == "missed"
    assert "Appeal letter sent to Plan" in clock.explanation[0]


def test_a_letter_without_a_day_starts_no_clock():
    clocks = deadlines(denied_claim(letter(due=None)), reference())
    assert [clock.kind for clock in clocks if clock.kind == "letter_answer"] == []


def test_the_payers_next_word_ends_the_wait():
    later = denied("18", notice="2026-04-20")
    clock = pick(deadlines(denied_claim(letter(), entries=[denied(), later]), reference()), "letter_answer")
    assert (clock.state, clock.ended_at) == ("met", at("2026-04-20"))
    decision = act(
        "appeal.decided.v1",
        AppealDecided(claim_id="C1", level=1, decided_on="2026-06-03", outcome="upheld"),
        "2026-06-03",
    )
    assert pick(deadlines(denied_claim(letter(), decision), reference()), "letter_answer").state == "missed"


def test_what_came_before_the_letter_is_no_answer_to_it():
    clock = pick(deadlines(denied_claim(letter(on="2026-03-20")), reference()), "letter_answer")
    assert clock.state == "open"


def test_an_unanswered_letter_is_on_the_list_once_its_day_has_passed():
    sent = letter()
    state = denied_claim(sent)
    (item,) = [
        i for i in work_items(state, deadlines(state, reference()), reference()) if i.category == "letter_answer"
    ]
    assert (item.kind, item.item, item.due) == ("missing_ack", f"letter {sent.event[1]}", date(2026, 5, 31))
    assert item.snoozed_until == at("2026-06-01T00:00")
    closed = WorkResolved(
        claim_id="C1", worklist="missing_ack", item=item.item, by="kim", resolution="worked_elsewhere"
    )
    state = denied_claim(sent, act("work.resolved.v1", closed, "2026-05-10"))
    assert not [
        i for i in work_items(state, deadlines(state, reference()), reference()) if i.category == "letter_answer"
    ]
