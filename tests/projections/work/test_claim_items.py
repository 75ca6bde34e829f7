"""What is open on the lists of filing, rejections, acknowledgments and unmatched responses."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from events.claim import RejectionCode
from tests.projections.claim_states import (
    account,
    ack,
    at,
    attempt,
    claim,
    denied,
    entry,
    entry_line,
    rejection,
)
from tests.projections.work.claim_work import items, only


# filing
def test_filing_lists_a_running_clock_with_what_is_lost():
    item = only(claim(account(attempt())), "filing")
    assert (item.due, item.lost_on, item.amount_at_risk) == (date(2027, 1, 15), date(2027, 1, 15), Decimal("100.00"))
    assert (item.discipline, item.category) == ("PT", "timely_filing")


def test_filing_without_a_policy_is_listed_without_a_date():
    item = only(claim(account(attempt(), payer="OTHER")), "filing")
    assert (item.due, item.lost_on) == (None, None)
    assert "no policy for payer OTHER" in item.explanation[0]


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


# silence and strangers
def test_missing_acknowledgement_shows_once_overdue():
    item = only(claim(account(attempt(sent="2026-01-16T09:00"))), "missing_ack")
    assert (item.category, item.due) == ("ack_syntax", at("2026-01-17T09:00"))
    assert item.snoozed_until > item.due
    assert item.lost_on == date(2027, 1, 15)


def test_an_accepted_claim_waits_for_its_remittance():
    item = only(claim(account(attempt(acks=[ack(on="2026-01-17")])), status="accepted"), "missing_ack")
    assert (item.category, item.due, item.lost_on) == ("payer_response", date(2026, 2, 16), None)


@pytest.mark.parametrize(
    ("paid", "said"), [("70.00", "The payer took back 70.00"), ("0.00", "The payer withdrew its decision")]
)
def test_a_payer_that_took_back_what_it_answered_is_not_called_silent(paid, said):
    first = entry("2026-02-02", lines=[entry_line(paid=paid)], undone=True)
    back = entry("2026-04-10", kind="reversal", lines=[entry_line(paid=f"-{paid}")], undone=True)
    item = only(claim(account(attempt(acks=[ack(on="2026-01-17")]), entries=[first, back])), "missing_ack")
    assert item.reason == f"{said} on Fri 2026-04-10; no corrected remittance since"
    assert item.due == date(2026, 5, 10)


def test_a_payment_for_an_unknown_claim():
    paid = entry(lines=[entry_line(paid="70.00")])
    item = only(claim(account(entries=[paid]), status="unmatched"), "unmatched")
    assert (item.category, item.amount_at_risk, item.lost_on) == ("unmatched_payment", Decimal("70.00"), None)


def test_an_acknowledgement_for_an_unknown_claim():
    state = claim(account(attempt(lines=[], acks=[ack()])), status="unmatched")
    assert [(i.kind, i.category) for i in items(state)] == [("unmatched", "unmatched_ack")]


@pytest.mark.parametrize(("places", "shown"), [("P", "P"), ("S", "S"), ("PS", None)])
def test_an_item_says_its_payers_place_on_the_claim_where_it_has_one(places, shown):
    state = claim(*(account(attempt(sent="2026-01-16T09:00"), sequence=place) for place in places))
    assert {item.payer_sequence for item in items(state)} == {shown}
