# packs: refund refund-hold refund-medicaid

from datetime import date
from decimal import Decimal

import pytest

from events.followup import PatientPaid, RecordsRequested, RefundSent, WorkResolved
from events.review import CreditReviewed
from events.terms import PolicyPublished
from projections.deadlines import deadlines
from projections.work.claim_items import work_items
from tests.projections.claim_states import (
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
)

REF = reference()
PAID = Decimal("70.00")


def worked(state):
    found = deadlines(state, REF)
    return found, work_items(state, found, REF)


def test_a_payment_on_a_voided_claim_goes_back_within_60_days():
    paid = entry("2026-03-02", lines=[entry_line(paid="70.00")])
    void = attempt(2, "2026-02-01", frequency="8")
    state = claim(account(attempt(), void, entries=[paid]), status="voided", payer_balance=-PAID)
    found, items = worked(state)
    refund = pick(found, "refund")
    assert (refund.due, refund.started_by, refund.state) == (date(2026, 5, 1), paid.event, "open")
    assert [(i.kind, i.amount_at_risk, i.lost_on, i.snoozed_until) for i in items] == [
        ("overpayment", PAID, date(2026, 5, 1), None)
    ]
    assert items[0].reason == "Payment on a voided claim"


def test_a_paid_claim_voided_later_owes_from_the_void():
    paid = entry("2026-03-02", lines=[entry_line(paid="70.00")])
    void = attempt(2, "2026-04-01", frequency="8")
    state = claim(account(attempt(), void, entries=[paid]), status="voided", payer_balance=-PAID)
    assert pick(worked(state)[0], "refund").due == date(2026, 5, 31)


def test_a_double_payment_waits_a_few_days_for_its_reversal():
    twice = [
        entry("2026-03-02", lines=[entry_line(paid="70.00")]),
        entry("2026-03-09", lines=[entry_line(paid="70.00")]),
    ]
    state = claim(account(attempt(), entries=twice), status="paid", payer_balance=-PAID)
    (item,) = [i for i in worked(state)[1] if i.kind == "overpayment"]
    assert item.snoozed_until == at("2026-03-16T09:00")  # a week after the second payment
    assert item.due == date(2026, 5, 8)


def test_a_refund_ends_the_clock():
    paid = entry("2026-03-02", lines=[entry_line(paid="70.00")])
    sent = act("refund.sent.v1", RefundSent(claim_id="C1", amount=PAID), "2026-04-01")
    state = claim(account(attempt(), entries=[paid]), status="paid", payer_balance=Decimal("0.00"), acts=[sent])
    found, items = worked(state)
    assert (pick(found, "refund").state, pick(found, "refund").ended_by) == ("met", sent.event)
    assert not [i for i in items if i.kind == "overpayment"]


def test_a_patients_credit():
    paid = act("patient.paid.v1", PatientPaid(claim_id="C1", amount=PAID), "2026-03-02")
    waiting = claim(account(attempt(acks=[ack()])), status="in_flight", patient_balance=-PAID, acts=[paid])
    assert not [i for i in worked(waiting)[1] if i.kind == "overpayment"]  # nobody knows yet what the patient owes
    answered = account(attempt(acks=[ack()]), entries=[entry("2026-03-09", lines=[entry_line(paid="100.00")])])
    state = claim(answered, status="paid", payer_balance=Decimal(0), patient_balance=-PAID, acts=[paid])
    found, items = worked(state)
    assert (pick(found, "refund").payer_id, pick(found, "refund").due) == ("", None)
    assert [(i.category, i.amount_at_risk) for i in items if i.kind == "overpayment"] == [("patient_credit", PAID)]


def reviewed(finding, on, payer="MEDICARE"):
    told = CreditReviewed(claim_id="C1", payer_id=payer, finding=finding, on=on, by="kim")
    return act("credit.reviewed.v1", told, on)


def overpaid(*acts, payer="MEDICARE", **more):
    paid = entry("2026-03-02", lines=[entry_line(paid="170.00")])
    return claim(account(attempt(), payer=payer, entries=[paid]), status="paid", payer_balance=-PAID, acts=acts, **more)


@pytest.mark.parametrize(
    ("acts", "due"),
    [
        ((), date(2026, 5, 1)),  # from the day the credit appeared here
        ((reviewed("identified", "2026-03-20"),), date(2026, 5, 19)),
        # Suspended while related overpayments are investigated, for at most 180 days: 42 CFR 401.305(b)(3)
        ((reviewed("investigation_begun", "2026-03-12"),), date(2026, 10, 28)),
        (
            (reviewed("investigation_begun", "2026-03-12"), reviewed("investigation_ended", "2026-04-01")),
            date(2026, 5, 21),
        ),
        (
            (reviewed("investigation_begun", "2026-03-12"), reviewed("investigation_ended", "2026-12-01")),
            date(2026, 10, 28),
        ),
        ((reviewed("investigation_begun", "2026-06-12"),), date(2026, 5, 1)),  # begun after the limit
    ],
)
def test_medicares_sixty_days_count_from_identification(acts, due):
    assert pick(worked(overpaid(*acts))[0], "refund").due == due


def test_a_credit_that_is_not_owed_is_no_work():
    found, items = worked(overpaid(reviewed("not_owed", "2026-03-20")))
    assert pick(found, "refund").state == "void"
    assert not [i for i in items if i.kind == "overpayment"]


def test_other_payers_credits_have_the_date_their_terms_name_and_else_none():
    refund = pick(worked(overpaid(payer="ACME"))[0], "refund")
    assert (refund.due, refund.rule) == (None, "")
    assert "state law" in refund.steps[-1]
    policy = PolicyPublished.model_validate({"payer_id": "ACME", "refund": {"anchor": "receipt", "length": 30}})
    found = deadlines(overpaid(payer="ACME"), reference(policy))
    assert pick(found, "refund").due == date(2026, 4, 1)


def test_a_medicaid_plan_has_sixty_days_too():
    """42 U.S.C. 1320a-7k(d): Medicaid as Medicare, from identification."""
    medicaid = PolicyPublished.model_validate({"payer_id": "ACME", "program": "medicaid"})
    found = deadlines(overpaid(payer="ACME"), reference(medicaid))
    assert (pick(found, "refund").due, pick(found, "refund").rule) == (date(2026, 5, 1), "refund-medicaid@2026.1")


def test_a_credit_on_a_number_that_stands_for_several_visits_is_no_overpayment():
    found, items = worked(overpaid(flags=("duplicate_suspect",)))
    assert not pick(found, "refund")
    assert [(i.kind, i.category, i.due, i.amount_at_risk) for i in items] == [
        ("unidentified", "number_shared", None, Decimal("170.00"))
    ]


def test_no_credit_no_refund():
    state = claim(account(attempt(), entries=[entry(lines=[entry_line(paid="70.00")])]), status="paid")
    assert not pick(worked(state)[0], "refund")


def records(*acts):
    return pick(worked(claim(account(attempt()), acts=acts))[0], "records")


def test_records_by_the_date_the_request_names():
    asked = act("records.requested.v1", RecordsRequested(claim_id="C1", due_on="2026-04-30"), "2026-03-02")
    assert records(asked).due == date(2026, 4, 30)
    assert records(asked).rule == "the request"


def test_records_within_45_days_without_a_date():
    asked = act("records.requested.v1", RecordsRequested(claim_id="C1"), "2026-03-02")
    sent = WorkResolved(claim_id="C1", worklist="records", by="kim", resolution="records_sent")
    assert (records(asked).due, records(asked).state) == (date(2026, 4, 16), "open")
    assert records(asked, act("work.resolved.v1", sent, "2026-04-16T23:00")).state == "met"
    assert records(asked, act("work.resolved.v1", sent, "2026-04-17T01:00")).state == "missed"


def test_records_sent_for_one_request_leave_the_other_running():
    first = act("records.requested.v1", RecordsRequested(claim_id="C1", due_on="2026-04-30"), "2026-03-02")
    second = act("records.requested.v1", RecordsRequested(claim_id="C1", due_on="2026-05-30"), "2026-03-03")
    item = f"records {first.event[1]}"
    sent = WorkResolved(claim_id="C1", worklist="denial", item=item, by="kim", resolution="records_sent")
    state = claim(account(attempt()), acts=[first, second, act("work.resolved.v1", sent, "2026-03-05")])
    assert [d.state for d in worked(state)[0] if d.kind == "records"] == ["met", "open"]


def test_a_request_for_records_is_somebodys_work():
    asked = act(
        "records.requested.v1", RecordsRequested(claim_id="C1", due_on="2026-04-30", reason="notes"), "2026-03-02"
    )
    state = claim(account(attempt(acks=[ack()])), acts=[asked], payer_balance=PAID)
    (item,) = [i for i in worked(state)[1] if i.category == "documentation"]
    assert (item.kind, item.due, item.lost_on, item.amount_at_risk) == (
        "denial",
        date(2026, 4, 30),
        date(2026, 4, 30),
        PAID,
    )
    assert item.reason == "Records requested: notes"
    sent = WorkResolved(claim_id="C1", worklist="denial", by="kim", resolution="records_sent")
    done = claim(account(attempt(acks=[ack()])), acts=[asked, act("work.resolved.v1", sent, "2026-03-05")])
    assert not [i for i in worked(done)[1] if i.category == "documentation"]


def test_records_asked_for_after_the_payment_are_worth_what_was_paid():
    asked = act("records.requested.v1", RecordsRequested(claim_id="C1", due_on="2026-04-30"), "2026-03-09")
    paid = entry("2026-03-02", lines=[entry_line(paid="70.00")])
    state = claim(
        account(attempt(), entries=[paid]), status="closed", payer_balance=Decimal(0), paid=PAID, acts=[asked]
    )
    assert [(i.kind, i.amount_at_risk) for i in worked(state)[1]] == [("denial", PAID)]


def test_a_denied_claim_has_one_item_and_the_request_is_its_remedy():
    asked = act("records.requested.v1", RecordsRequested(claim_id="C1", due_on="2026-04-30"), "2026-03-09")
    state = claim(account(attempt(), entries=[denied("252")]), status="denied", acts=[asked])
    (item,) = [i for i in worked(state)[1] if i.kind == "denial"]
    assert item.due == date(2026, 4, 30)
