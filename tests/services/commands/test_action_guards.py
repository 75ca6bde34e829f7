"""Every row of the table of guards, both ways: where it speaks, and next to it where it must not."""

from datetime import date
from decimal import Decimal

import pytest

from events.followup import AppealDecided, AppealFiled, DisputeOpened
from projections.deadlines.base import Deadline
from services.commands.action_guards import (
    TABLE,
    ConfirmationNeededError,
    Facts,
    RefusedActionError,
    Verdict,
    check,
    judge,
)
from services.commands.action_models import (
    Assign,
    CloseDispute,
    DecideAppeal,
    FileAppeal,
    Milestone,
    OpenDispute,
    RequestRecords,
    ReviewCredit,
    SendRefund,
    Snooze,
    TakePayment,
    WriteOff,
)
from tests.projections.claim_states import account, act, attempt, claim, denied, rejection

TODAY = date(2026, 3, 10)
SENT = claim(account(attempt()))
DENIED = claim(account(attempt(), entries=[denied()]), status="denied")
REJECTED = claim(account(attempt(rejections=[rejection()])), status="rejected")
PAID_UP = claim(account(attempt(), entries=[denied()]), status="closed", payer_balance=Decimal(0))
CREDIT = claim(account(attempt(), entries=[denied()]), status="paid", payer_balance=Decimal(-30))
OWING = claim(
    account(attempt(), entries=[denied()]),
    status="patient_due",
    payer_balance=Decimal(0),
    patient_balance=Decimal("29.00"),
)
FILED = AppealFiled(claim_id="C1", level=1, filed_on=date(2026, 3, 5))
APPEALED = claim(
    account(attempt(), entries=[denied()]), status="in_appeal", acts=[act("appeal.filed.v1", FILED, "2026-03-05")]
)
DECIDED = claim(
    account(attempt(), entries=[denied()]),
    status="denied",
    acts=[
        act("appeal.filed.v1", FILED, "2026-03-05"),
        act(
            "appeal.decided.v1", AppealDecided(claim_id="C1", level=1, decided_on=TODAY, outcome="upheld"), "2026-03-09"
        ),
    ],
)
REPLACED = claim(account(attempt(sent="2026-01-16"), attempt(2, sent="2026-03-05", frequency="7"), entries=[denied()]))
AGAIN = claim(account(attempt(rejections=[rejection()]), attempt(2, sent="2026-01-20")), status="in_flight")
TWO_PAYERS = claim(
    account(attempt(), entries=[denied()]), account(attempt(sent="2026-03-04"), payer="CEDAR", sequence="S")
)
DISPUTED = claim(
    account(attempt(), entries=[denied()]),
    acts=[act("dispute.opened.v1", DisputeOpened(claim_id="C1", lines=(1,)), "2026-03-05")],
)
APPEAL = {"action": "appeal_filed", "level": 1, "filed_on": TODAY}


def running(kind, last):
    return Deadline(kind, "MEDICARE", last, None, "open", None, None, None, None, "rule", ())


def facts(state, *deadlines, **more):
    return Facts(state=state, deadlines=deadlines, today=TODAY, people=frozenset({"kim"}), **more)


# code -> (the action and facts where the row speaks), (the nearest where it does not)
REVIEW = {"action": "credit_reviewed", "finding": "identified", "on": TODAY}
CELLS = {
    "not_adjudicated": ((FileAppeal(**APPEAL), facts(REJECTED)), (FileAppeal(**APPEAL), facts(DENIED))),
    "future_date": (
        (FileAppeal(**APPEAL | {"filed_on": date(2026, 3, 11)}), facts(DENIED)),
        (FileAppeal(**APPEAL), facts(DENIED)),
    ),
    "snooze_in_past": (
        (Snooze(action="snooze", until=TODAY), facts(SENT)),
        (Snooze(action="snooze", until=date(2026, 3, 11)), facts(SENT)),
    ),
    "unknown_assignee": (
        (Assign(action="assign", assignee="nobody.exists"), facts(SENT)),
        (Assign(action="assign", assignee="kim"), facts(SENT)),
    ),
    "nothing_open": (
        (WriteOff(action="write_off", reason="x"), facts(PAID_UP)),
        (WriteOff(action="write_off", reason="x"), facts(DENIED)),
    ),
    "above_balance": (
        (WriteOff(action="write_off", amount="100.01", reason="x"), facts(DENIED)),
        (WriteOff(action="write_off", amount="100.00", reason="x"), facts(DENIED)),
    ),
    "no_payer_credit": ((ReviewCredit(**REVIEW), facts(DENIED)), (ReviewCredit(**REVIEW), facts(CREDIT))),
    "no_investigation": (
        (ReviewCredit(**REVIEW | {"finding": "investigation_ended"}), facts(CREDIT)),
        (ReviewCredit(**REVIEW), facts(CREDIT)),
    ),
    "no_dispute": (
        (CloseDispute(action="dispute_close", outcome="invalid"), facts(DENIED)),
        (CloseDispute(action="dispute_close", outcome="invalid"), facts(DISPUTED)),
    ),
    "not_rejected": (
        (Milestone(action="resubmitted"), facts(DENIED)),
        (Milestone(action="resubmitted"), facts(REJECTED)),
    ),
    "decided_before_filing": (
        (DecideAppeal(action="appeal_decided", decided_on=date(2026, 3, 4), outcome="upheld"), facts(APPEALED)),
        (DecideAppeal(action="appeal_decided", decided_on=date(2026, 3, 5), outcome="upheld"), facts(APPEALED)),
    ),
    "sent_again": (
        (Milestone(action="reason_identified"), facts(AGAIN)),
        (Milestone(action="reason_identified"), facts(REJECTED)),
    ),
    "newer_submission": ((FileAppeal(**APPEAL), facts(REPLACED)), (FileAppeal(**APPEAL), facts(DENIED))),
    "before_notice": (
        (FileAppeal(**APPEAL | {"filed_on": date(2026, 3, 1)}), facts(DENIED)),
        (FileAppeal(**APPEAL | {"filed_on": date(2026, 3, 2)}), facts(DENIED)),
    ),
    "level_skipped": (
        (FileAppeal(**APPEAL | {"level": 2}), facts(DENIED)),
        (FileAppeal(**APPEAL | {"level": 2}), facts(DECIDED)),
    ),
    "decided_again": (
        (DecideAppeal(action="appeal_decided", decided_on=TODAY, outcome="partial"), facts(DECIDED)),
        (DecideAppeal(action="appeal_decided", decided_on=TODAY, outcome="partial"), facts(APPEALED)),
    ),
    "dispute_again": (
        (OpenDispute(action="dispute_open", lines=(1, 2)), facts(DISPUTED)),
        (OpenDispute(action="dispute_open", lines=(2,)), facts(DISPUTED)),
    ),
    "appeal_again": ((FileAppeal(**APPEAL), facts(APPEALED)), (FileAppeal(**APPEAL), facts(DECIDED))),
    "appeal_late": (
        (FileAppeal(**APPEAL), facts(DENIED, running("appeal_1", date(2026, 3, 9)))),
        (FileAppeal(**APPEAL), facts(DENIED, running("appeal_1", TODAY))),
    ),
    "no_filing": (
        (DecideAppeal(action="appeal_decided", decided_on=TODAY, outcome="upheld"), facts(DENIED)),
        (DecideAppeal(action="appeal_decided", decided_on=TODAY, outcome="upheld"), facts(APPEALED)),
    ),
    "claim_closed": (
        (TakePayment(action="patient_paid", amount="1.00"), facts(PAID_UP)),
        (TakePayment(action="patient_paid", amount="1.00"), facts(OWING)),
    ),
    "above_patient_balance": (
        (TakePayment(action="patient_paid", amount="29.01"), facts(OWING)),
        (TakePayment(action="patient_paid", amount="29.00"), facts(OWING)),
    ),
    "above_credit": (
        (SendRefund(action="refund_sent", amount="30.01"), facts(CREDIT)),
        (SendRefund(action="refund_sent", amount="30.00"), facts(CREDIT)),
    ),
    "above_shortfall": (
        (OpenDispute(action="dispute_open", amount="7.01"), facts(DENIED, shortfall=Decimal(7))),
        (OpenDispute(action="dispute_open", amount="7.00"), facts(DENIED, shortfall=Decimal(7))),
    ),
    "days_left": (
        (WriteOff(action="write_off", reason="x"), facts(DENIED, running("appeal_1", TODAY))),
        (WriteOff(action="write_off", reason="x"), facts(DENIED, running("appeal_1", date(2026, 3, 9)))),
    ),
    "due_in_past": (
        (RequestRecords(action="records_requested", due_on=date(2026, 3, 9)), facts(DENIED)),
        (RequestRecords(action="records_requested", due_on=TODAY), facts(DENIED)),
    ),
}


def test_every_row_has_its_cell():
    assert {guard.code for guard in TABLE} == CELLS.keys()


@pytest.mark.parametrize("guard", TABLE, ids=lambda guard: guard.code)
def test_a_row_speaks_where_it_should_and_nowhere_else(guard):
    (wanted, where), (other, elsewhere) = CELLS[guard.code]
    refused, unlikely = judge(wanted, where)
    said = dict(refused if guard.verdict == Verdict.REFUSED else unlikely)
    assert said[guard.code].endswith(".")
    assert guard.code not in {code for found in judge(other, elsewhere) for code, _ in found}


@pytest.mark.parametrize("guard", [g for g in TABLE if g.verdict == Verdict.REFUSED], ids=lambda guard: guard.code)
def test_what_has_no_meaning_is_refused_and_no_confirmation_helps(guard):
    (wanted, where), _ = CELLS[guard.code]
    with pytest.raises(RefusedActionError) as error:
        check(wanted.model_copy(update={"confirm": (guard.code,)}), where)
    assert guard.code in error.value.codes


@pytest.mark.parametrize("guard", [g for g in TABLE if g.verdict == Verdict.CONFIRM], ids=lambda guard: guard.code)
def test_what_is_unlikely_is_asked_about_and_passes_once_confirmed(guard):
    (wanted, where), _ = CELLS[guard.code]
    with pytest.raises(ConfirmationNeededError) as error:
        check(wanted, where)
    assert guard.code in error.value.codes
    confirmed = wanted.model_copy(update={"confirm": error.value.codes})
    check(confirmed, where)
    assert confirmed.data("kim")["confirmed"] == list(error.value.codes)


@pytest.mark.parametrize(("payer", "refused"), [("MEDICARE", False), ("CEDAR", True), (None, False), ("NOBODY", True)])
@pytest.mark.parametrize(
    "wanted",
    [
        FileAppeal(**APPEAL),
        DecideAppeal(action="appeal_decided", decided_on=TODAY, outcome="upheld"),
        OpenDispute(action="dispute_open"),
    ],
    ids=lambda wanted: wanted.action,
)
def test_a_payer_that_decided_nothing_is_not_covered_by_another_one_s_decision(wanted, payer, refused):
    found, _ = judge(wanted.model_copy(update={"payer_id": payer}), facts(TWO_PAYERS))
    assert [code for code, _ in found] == (["not_adjudicated"] if refused else [])


def test_a_sentence_calls_the_payer_by_name():
    shown = facts(TWO_PAYERS, naming={"CEDAR": "Cedar Health"}.get)
    ((_, sentence),), _ = judge(FileAppeal(**APPEAL | {"payer_id": "CEDAR"}), shown)
    assert sentence.startswith("Cedar Health has not decided this claim")
