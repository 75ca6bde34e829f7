# packs: appeal-follow-up

"""Denials as work: which remedy is next, by when, and what is lost after it."""

from datetime import date
from decimal import Decimal

from events.followup import (
    AppealDecided,
    AppealFiled,
    RecordsRequested,
)
from projections.work.item import explained
from tests.projections.claim_states import (
    account,
    ack,
    act,
    at,
    attempt,
    cas,
    claim,
    denied,
    entry,
    entry_line,
    line,
)
from tests.projections.work.claim_work import denied_claim, items, only


# denial
def test_denial_shows_amount_due_and_loss():
    item = only(denied_claim(denied("50")), "denial")
    assert (item.due, item.lost_on, item.amount_at_risk) == (date(2026, 6, 30), date(2026, 7, 6), Decimal("100.00"))
    assert (item.category, item.next_action) == ("medical_necessity", "Appeal with notes")
    assert item.reason == "CO-50: Not deemed medically necessary (line 1)"


def test_only_the_denied_amount_of_a_partly_paid_claim_is_at_risk():
    lines = [
        entry_line(1, paid="70.00", adjustments=[cas("CO", "45", "30.00")]),
        entry_line(2, adjustments=[cas("CO", "45", "30.00"), cas("CO", "97", "70.00")], denied=True),
    ]
    state = claim(account(attempt(acks=[ack()]), entries=[entry(lines=lines)]), status="partially_denied")
    assert only(state, "denial").amount_at_risk == Decimal("70.00")


def test_119_of_medicare_points_to_the_threshold_and_to_reopening():
    item = only(denied_claim(denied("119", "PR")), "denial")
    assert item.category == "kx"
    assert "reopening with KX" in item.next_action
    assert any("threshold" in step for step in item.explanation)
    assert (item.due, item.lost_on) == (date(2026, 6, 30), None)  # our own clerical error has no last day
    assert any(line.startswith("No last day: ") and "405.980(c)(3)" in line for line in explained(item))


def test_ncci_points_to_the_intervals_of_the_visit():
    assert any(
        "start and end" in step for step in only(denied_claim(denied("97", remarks=("M15",))), "denial").explanation
    )


def test_29_offers_the_proof_of_filing_and_has_no_date_with_medicare():
    item = only(denied_claim(denied("29")), "denial")
    assert (item.due, item.lost_on) == (None, None)
    assert any("Proof of filing" in step and "ICN1" in step for step in item.explanation)
    assert "never bill the patient" in item.next_action


def test_a_payer_that_wants_papers_has_its_own_day_for_them():
    asked = act("records.requested.v1", RecordsRequested(claim_id="C1", due_on=date(2026, 4, 1)), "2026-03-03")
    item = only(denied_claim(denied("252"), acts=[asked]), "denial")
    assert (item.due, item.lost_on) == (date(2026, 4, 1), date(2026, 7, 6))
    assert any("record the request" in step for step in only(denied_claim(denied("252")), "denial").explanation)


def test_commercial_remedies_earliest_due_and_last_loss():
    item = only(denied_claim(denied("97"), payer="ACME"), "denial")
    assert (item.due, item.lost_on) == (date(2026, 5, 1), date(2026, 8, 29))
    assert any(step.startswith("corrected_claim:") for step in item.explanation)


def test_of_two_notices_the_first_to_expire_says_when_money_is_lost():
    lines = [line(1), line(2)]
    notices = denied("50", number=1), denied("50", notice="2026-03-20", number=2)
    told = account(attempt(lines=lines, acks=[ack()]), payer="ACME", entries=notices)
    item = only(claim(told, status="denied"), "denial")
    assert (item.due, item.lost_on) == (date(2026, 5, 1), date(2026, 5, 1))


def test_where_no_corrected_claim_is_taken_the_reopening_stands_in():
    item = only(denied_claim(denied("182")), "denial")
    assert item.lost_on == date(2027, 3, 2)
    assert "request a reopening instead" in item.next_action


def test_a_new_claim_has_to_meet_the_filing_limit_again():
    assert only(denied_claim(denied("31"), payer="ACME"), "denial").lost_on == date(2026, 4, 15)


def test_an_unknown_code_is_reviewed():
    item = only(denied_claim(denied("ZZ9")), "denial")
    assert item.category == "review"
    assert "do not write off" in item.next_action


def test_a_pending_appeal_sleeps_until_its_decision_is_due():
    filed = act("appeal.filed.v1", AppealFiled(claim_id="C1", filed_on="2026-04-01"), "2026-04-01")
    item = only(denied_claim(denied("50"), acts=[filed]), "denial")
    assert item.snoozed_until == at("2026-06-01T00:00")
    assert "not decided yet" in item.reason


def test_where_the_payer_names_no_time_for_its_decision_it_is_asked_for_after_sixty_days():
    filed = act("appeal.filed.v1", AppealFiled(claim_id="C1", filed_on="2026-04-01"), "2026-04-01")
    item = only(denied_claim(denied("50"), payer="ACME", acts=[filed]), "denial")
    assert item.snoozed_until == at("2026-06-01T00:00")  # 60 days end with 31 May
    assert "Follow up if there is no decision" in item.next_action


def test_a_lost_appeal_brings_the_next_level():
    acts = [
        act("appeal.filed.v1", AppealFiled(claim_id="C1", filed_on="2026-04-01"), "2026-04-01"),
        act("appeal.decided.v1", AppealDecided(claim_id="C1", decided_on="2026-08-03", outcome="upheld"), "2026-08-05"),
    ]
    item = only(denied_claim(denied("50"), acts=acts), "denial")
    assert (item.due, item.lost_on, item.snoozed_until) == (date(2027, 1, 30), date(2027, 2, 4), None)


def test_an_appeal_won_waits_for_its_payment():
    acts = [
        act("appeal.filed.v1", AppealFiled(claim_id="C1", filed_on="2026-04-01"), "2026-04-01"),
        act(
            "appeal.decided.v1",
            AppealDecided(claim_id="C1", decided_on="2026-06-01", outcome="overturned"),
            "2026-06-02",
        ),
    ]
    item = only(denied_claim(denied("50"), acts=acts), "denial")
    assert "Appeal won" in item.reason
    assert item.due == date(2026, 7, 31)


def test_the_last_lost_level_leaves_a_write_off():
    acts = [
        act("appeal.filed.v1", AppealFiled(claim_id="C1", filed_on="2026-03-20"), "2026-03-20"),
        act("appeal.decided.v1", AppealDecided(claim_id="C1", decided_on="2026-04-20", outcome="upheld"), "2026-04-21"),
    ]
    assert "No remedy left" in only(denied_claim(denied("50"), payer="ACME", acts=acts), "denial").next_action


def test_a_corrected_claim_under_way_sleeps_until_the_answer_is_overdue_or_a_remedy_ends():
    sent = attempt(2, "2026-03-20", frequency="7")
    item = only(denied_claim(denied("4"), payer="ACME", attempts=[sent]), "denial")
    assert item.snoozed_until == at("2026-04-20T00:00")
    late = attempt(2, "2026-08-20", frequency="7")
    assert only(denied_claim(denied("4"), payer="ACME", attempts=[late]), "denial").snoozed_until == at(
        "2026-08-29T00:00"
    )


def test_a_corrected_notice_that_pays_leaves_nothing():
    state = denied_claim(denied("50", undone=True), entry("2026-05-04", lines=[entry_line(paid="70.00")]))
    assert not items(state, "denial")


def test_what_is_written_off_in_part_is_at_risk_no_more():
    state = denied_claim(denied("50"), payer_balance=Decimal("70.00"), written_off=Decimal("30.00"))
    assert only(state, "denial").amount_at_risk == Decimal("70.00")


def test_a_denial_whose_codes_do_not_deny_shows_them():
    told = entry("2026-03-02", "denial", [entry_line(adjustments=[cas("CO", "256", "100.00")])])
    item = only(denied_claim(told, payer="ACME"), "denial")
    assert (item.category, item.reason) == (
        "review",
        "CO-256: Reported as denied, although none of its codes is a denial code",
    )
