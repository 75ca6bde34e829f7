# packs: appeal-follow-up

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.claim import RejectionCode
from events.followup import (
    AppealDecided,
    AppealFiled,
    RecordsRequested,
    WorkAssigned,
    WorkNoted,
    WorkResolved,
    WorkSnoozed,
)
from events.terms import PolicyPublished
from projections.calendar import LAST_INSTANT, overdue_at, start_of_day
from projections.deadlines import deadlines
from projections.work.claim_items import work_items
from projections.work.item import EVER, ItemDraft, explained
from projections.work.people import WorkDone, with_people
from tests.projections.claim_states import (
    NEW_YORK,
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
    reference,
    rejection,
)
from tests.properties import property_run

ACME = PolicyPublished.model_validate(
    {
        "payer_id": "ACME",
        "filing": {"anchor": "dos", "length": 90},
        "corrected": {"anchor": "remit", "length": 180},
        "appeals": [{"anchor": "remit", "length": 60}],
    }
)


def items(state, kind=None):
    ref = reference(ACME)
    found = work_items(state, deadlines(state, ref), ref)
    return [item for item in found if kind in (None, item.kind)]


def only(state, kind):
    (item,) = items(state, kind)
    return item


def denied_claim(*entries, payer="MEDICARE", acts=(), attempts=(), **more):
    told = account(attempt(acks=[ack()]), *attempts, payer=payer, entries=entries)
    return claim(told, status="denied", acts=acts, **more)


def work(fact, on, worklist="denial", **fields):
    kind = f"work.{fact.__name__[4:].lower()}.v1"
    return act(kind, fact(claim_id="C1", worklist=worklist, by="kim", **fields), on)


# filing


def test_filing_lists_a_running_clock_with_what_is_lost():
    item = only(claim(account(attempt())), "filing")
    assert (item.due, item.lost_on, item.amount_at_risk) == (date(2027, 1, 15), date(2027, 1, 15), Decimal("100.00"))
    assert (item.discipline, item.category) == ("PT", "timely_filing")


def test_filing_without_a_policy_is_listed_without_a_date():
    item = only(claim(account(attempt(), payer="OTHER")), "filing")
    assert (item.due, item.lost_on) == (None, None)
    assert "no policy of payer OTHER" in item.explanation[0]


def test_an_accepted_claim_is_not_on_the_filing_list():
    assert not items(claim(account(attempt(acks=[ack()])), status="accepted"), "filing")


@pytest.mark.parametrize("status", ["closed", "voided", "written_off"])
def test_a_finished_claim_has_nothing_to_do(status):
    assert items(claim(account(attempt(rejections=[rejection()])), status=status)) == []


# rejection


def test_rejection_has_its_milestone_and_the_filing_limit():
    item = only(claim(account(attempt(rejections=[rejection("2026-01-16T12:00")])), status="rejected"), "rejection")
    assert (item.due, item.lost_on) == (datetime(2026, 1, 17, 17, tzinfo=UTC), date(2027, 1, 15))
    assert item.item == "MEDICARE#1"
    assert "A7 562" in item.reason
    assert "frequency 1" in item.next_action


def test_rejection_in_a_remittance_is_judged_by_its_codes():
    codes = (RejectionCode(list="carc", category="CO", status="4"),)
    refused = rejection("2026-02-20", from_remittance=True, codes=codes)
    item = only(claim(account(attempt(acks=[ack()], rejections=[refused])), status="rejected"), "rejection")
    assert item.category == "modifier"
    assert "new claim" in item.next_action


@pytest.mark.parametrize(("payer", "lost_on"), [("ACME", date(2026, 8, 29)), ("MEDICARE", date(2027, 3, 2))])
def test_a_rejected_replacement_is_lost_when_the_decided_claim_can_be_corrected_no_more(payer, lost_on):
    refused = attempt(2, "2026-05-01", frequency="7", rejections=[rejection("2026-05-02")])
    state = claim(account(attempt(acks=[ack()]), refused, payer=payer, entries=[denied("4")]), status="rejected")
    assert only(state, "rejection").lost_on == lost_on


def test_a_rejected_void_loses_nothing_by_a_day():
    refused = attempt(2, "2026-05-01", frequency="8", rejections=[rejection("2026-05-02")])
    state = claim(account(attempt(acks=[ack()]), refused, payer="ACME", entries=[denied("4")]), status="rejected")
    assert only(state, "rejection").lost_on is None


def test_two_rejected_attempts_leave_one_item():
    attempts = attempt(rejections=[rejection()]), attempt(2, "2026-01-18", rejections=[rejection("2026-01-19")])
    assert only(claim(account(*attempts), status="rejected"), "rejection").item == "MEDICARE#2"


def test_a_decided_claim_is_not_on_the_rejection_list():
    state = claim(account(attempt(rejections=[rejection()]), entries=[denied()]), status="denied")
    assert not items(state, "rejection")


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
    assert "Ask for the decision" in item.next_action


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


# silence and strangers


def test_missing_acknowledgement_shows_once_overdue():
    item = only(claim(account(attempt(sent="2026-01-16T09:00"))), "missing_ack")
    assert (item.category, item.due) == ("ack_syntax", at("2026-01-17T09:00"))
    assert item.snoozed_until > item.due
    assert item.lost_on == date(2027, 1, 15)


def test_an_accepted_claim_waits_for_its_remittance():
    item = only(claim(account(attempt(acks=[ack(on="2026-01-17")])), status="accepted"), "missing_ack")
    assert (item.category, item.due, item.lost_on) == ("payer_response", date(2026, 2, 16), None)


def test_a_payment_for_an_unknown_claim():
    paid = entry(lines=[entry_line(paid="70.00")])
    item = only(claim(account(entries=[paid]), status="unmatched"), "unmatched")
    assert (item.category, item.amount_at_risk, item.lost_on) == ("unmatched_payment", Decimal("70.00"), None)


def test_an_acknowledgement_for_an_unknown_claim():
    state = claim(account(attempt(lines=[], acks=[ack()])), status="unmatched")
    assert [(i.kind, i.category) for i in items(state)] == [("unmatched", "unmatched_ack")]


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


def test_what_is_written_off_in_part_is_at_risk_no_more():
    state = denied_claim(denied("50"), payer_balance=Decimal("70.00"), written_off=Decimal("30.00"))
    assert only(state, "denial").amount_at_risk == Decimal("70.00")


def test_a_denial_whose_codes_do_not_deny_shows_them():
    told = entry("2026-03-02", "denial", [entry_line(adjustments=[cas("CO", "256", "100.00")])])
    item = only(denied_claim(told, payer="ACME"), "denial")
    assert (item.category, item.reason) == ("review", "CO-256: Called denied, though no code given denies")
