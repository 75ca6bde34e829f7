"""Every action in every state of a claim, at its limit and past it: accepted, refused or asked about, cell by cell.

`!code` refuses, `?code` asks, nothing accepts. The cells are written out, so that a change of the table of guards
shows here as the cells it changes.
"""

from datetime import date
from decimal import Decimal

import pytest

from services.commands.action_guards import judge
from services.commands.action_models import (
    AddNote,
    Assign,
    CloseDispute,
    DecideAppeal,
    FileAppeal,
    Milestone,
    OpenDispute,
    RequestRecords,
    Resolve,
    ReviewCredit,
    SendRefund,
    Snooze,
    TakePayment,
    WriteOff,
)
from tests.projections.claim_states import account, attempt, claim, denied
from tests.services.commands.test_action_guards import (
    AGAIN,
    APPEALED,
    CREDIT,
    DECIDED,
    DENIED,
    DISPUTED,
    OWING,
    PAID_UP,
    REJECTED,
    REPLACED,
    SENT,
    TODAY,
    TWO_PAYERS,
    facts,
    running,
)

CENT = Decimal("0.01")
STATES = {
    "sent": SENT,
    "rejected": REJECTED,
    "sent again": AGAIN,
    "denied": DENIED,
    "replaced": REPLACED,
    "appealed": APPEALED,
    "decided": DECIDED,
    "disputed": DISPUTED,
    "paid up": PAID_UP,
    "credit": CREDIT,
    "patient owes": OWING,
    "voided": claim(account(attempt(), entries=[denied()]), status="voided", payer_balance=Decimal(0)),
    "written off": claim(account(attempt(), entries=[denied()]), status="written_off", payer_balance=Decimal(0)),
    "unmatched": claim(account(entries=[denied()]), status="unmatched"),
    "two payers": TWO_PAYERS,
}
BEFORE, AFTER = date(2026, 3, 9), date(2026, 3, 11)


def balance(state):
    return max(state.balance, Decimal(0))


def owed(state):
    return max(state.patient_balance, Decimal(0))


def credit(state):
    return max(-state.payer_balance, Decimal(0)) + max(-state.patient_balance, Decimal(0))


def positive(amount):
    """The least that a form takes."""
    return max(amount, CENT)


ACTIONS = {
    "assign": lambda _: Assign(action="assign", assignee="kim"),
    "assign to nobody": lambda _: Assign(action="assign"),
    "assign to a stranger": lambda _: Assign(action="assign", assignee="stranger"),
    "snooze until today": lambda _: Snooze(action="snooze", until=TODAY),
    "snooze until tomorrow": lambda _: Snooze(action="snooze", until=AFTER),
    "note": lambda _: AddNote(action="note", note="x"),
    "resolve": lambda _: Resolve(action="resolve", note="x"),
    "reason identified": lambda _: Milestone(action="reason_identified"),
    "resubmitted": lambda _: Milestone(action="resubmitted"),
    "appeal": lambda _: FileAppeal(action="appeal_filed", filed_on=TODAY),
    "appeal tomorrow": lambda _: FileAppeal(action="appeal_filed", filed_on=AFTER),
    "appeal received tomorrow": lambda _: FileAppeal(action="appeal_filed", filed_on=TODAY, received_on=AFTER),
    "appeal before the notice": lambda _: FileAppeal(action="appeal_filed", filed_on=date(2026, 3, 1)),
    "second level": lambda _: FileAppeal(action="appeal_filed", level=2, filed_on=TODAY),
    "appeal to the other payer": lambda _: FileAppeal(action="appeal_filed", filed_on=TODAY, payer_id="CEDAR"),
    "decision": lambda _: DecideAppeal(action="appeal_decided", decided_on=TODAY, outcome="upheld"),
    "decision tomorrow": lambda _: DecideAppeal(action="appeal_decided", decided_on=AFTER, outcome="upheld"),
    "decision before filing": lambda _: DecideAppeal(
        action="appeal_decided", decided_on=date(2026, 3, 4), outcome="upheld"
    ),
    "records": lambda _: RequestRecords(action="records_requested"),
    "records due today": lambda _: RequestRecords(action="records_requested", due_on=TODAY),
    "records due before": lambda _: RequestRecords(action="records_requested", due_on=BEFORE),
    "dispute": lambda _: OpenDispute(action="dispute_open", amount="7.00"),
    "dispute too much": lambda _: OpenDispute(action="dispute_open", amount="7.01"),
    "close dispute": lambda _: CloseDispute(action="dispute_close", outcome="recovered"),
    "write off all": lambda _: WriteOff(action="write_off", reason="x"),
    "write off the balance": lambda s: WriteOff(action="write_off", amount=positive(balance(s)), reason="x"),
    "write off too much": lambda s: WriteOff(action="write_off", amount=balance(s) + CENT, reason="x"),
    "patient paid what is owed": lambda s: TakePayment(action="patient_paid", amount=positive(owed(s))),
    "patient paid too much": lambda s: TakePayment(action="patient_paid", amount=owed(s) + CENT),
    "refund of the credit": lambda s: SendRefund(action="refund_sent", amount=positive(credit(s))),
    "refund of too much": lambda s: SendRefund(action="refund_sent", amount=credit(s) + CENT),
    "credit identified": lambda _: ReviewCredit(action="credit_reviewed", finding="identified", on=TODAY),
    "credit identified tomorrow": lambda _: ReviewCredit(action="credit_reviewed", finding="identified", on=AFTER),
    "credit of too much": lambda s: ReviewCredit(
        action="credit_reviewed", finding="identified", on=TODAY, amount=credit(s) + CENT
    ),
    "investigation ended": lambda _: ReviewCredit(action="credit_reviewed", finding="investigation_ended", on=TODAY),
}


def cell(action, state, *deadlines):
    shown = facts(STATES[state], *deadlines, shortfall=Decimal(7))
    refused, asked = judge(ACTIONS[action](STATES[state]), shown)
    return " ".join([*(f"!{code}" for code, _ in refused), *(f"?{code}" for code, _ in asked)])


def written():
    for action, cells in CELLS.items():
        for state in STATES:
            yield action, state, cells.get(state, cells.get("any", ""))


CELLS = {
    "credit identified": {"any": "!no_payer_credit", "credit": ""},
    "credit identified tomorrow": {"any": "!future_date !no_payer_credit", "credit": "!future_date"},
    "credit of too much": {"any": "!no_payer_credit ?above_credit", "credit": "?above_credit"},
    "investigation ended": {"any": "!no_payer_credit ?no_investigation", "credit": "?no_investigation"},
    "assign": {},
    "assign to nobody": {},
    "assign to a stranger": {"any": "!unknown_assignee"},
    "snooze until today": {"any": "!snooze_in_past"},
    "snooze until tomorrow": {},
    "note": {},
    "resolve": {},
    "reason identified": {"any": "!not_rejected", "rejected": "", "sent again": "?sent_again"},
    "resubmitted": {"any": "!not_rejected", "rejected": "", "sent again": "?sent_again"},
    "appeal": {
        "sent": "!not_adjudicated",
        "rejected": "!not_adjudicated",
        "sent again": "!not_adjudicated",
        "replaced": "?newer_submission",
        "appealed": "?appeal_again",
        "paid up": "?claim_closed",
        "voided": "?claim_closed",
        "written off": "?claim_closed",
    },
    "appeal tomorrow": {
        "any": "!future_date",
        "sent": "!not_adjudicated !future_date",
        "rejected": "!not_adjudicated !future_date",
        "sent again": "!not_adjudicated !future_date",
        "replaced": "!future_date ?newer_submission",
        "appealed": "!future_date ?appeal_again",
        "paid up": "!future_date ?claim_closed",
        "voided": "!future_date ?claim_closed",
        "written off": "!future_date ?claim_closed",
    },
    "appeal received tomorrow": {
        "any": "!future_date",
        "sent": "!not_adjudicated !future_date",
        "rejected": "!not_adjudicated !future_date",
        "sent again": "!not_adjudicated !future_date",
        "replaced": "!future_date ?newer_submission",
        "appealed": "!future_date ?appeal_again",
        "paid up": "!future_date ?claim_closed",
        "voided": "!future_date ?claim_closed",
        "written off": "!future_date ?claim_closed",
    },
    "appeal before the notice": {
        "any": "?before_notice",
        "sent": "!not_adjudicated",
        "rejected": "!not_adjudicated",
        "sent again": "!not_adjudicated",
        "replaced": "?newer_submission ?before_notice",
        "appealed": "?before_notice ?appeal_again",
        "paid up": "?before_notice ?claim_closed",
        "voided": "?before_notice ?claim_closed",
        "written off": "?before_notice ?claim_closed",
    },
    "second level": {
        "any": "?level_skipped",
        "sent": "!not_adjudicated ?level_skipped",
        "rejected": "!not_adjudicated ?level_skipped",
        "sent again": "!not_adjudicated ?level_skipped",
        "replaced": "?newer_submission ?level_skipped",
        "decided": "",
        "paid up": "?level_skipped ?claim_closed",
        "voided": "?level_skipped ?claim_closed",
        "written off": "?level_skipped ?claim_closed",
    },
    "appeal to the other payer": {
        "any": "!not_adjudicated",
        "appealed": "!not_adjudicated ?appeal_again",
        "paid up": "!not_adjudicated ?claim_closed",
        "voided": "!not_adjudicated ?claim_closed",
        "written off": "!not_adjudicated ?claim_closed",
    },
    "decision": {
        "any": "?no_filing",
        "sent": "!not_adjudicated ?no_filing",
        "rejected": "!not_adjudicated ?no_filing",
        "sent again": "!not_adjudicated ?no_filing",
        "appealed": "",
        "decided": "?decided_again",
    },
    "decision tomorrow": {
        "any": "!future_date ?no_filing",
        "sent": "!not_adjudicated !future_date ?no_filing",
        "rejected": "!not_adjudicated !future_date ?no_filing",
        "sent again": "!not_adjudicated !future_date ?no_filing",
        "appealed": "!future_date",
        "decided": "!future_date ?decided_again",
    },
    "decision before filing": {
        "any": "?no_filing",
        "sent": "!not_adjudicated ?no_filing",
        "rejected": "!not_adjudicated ?no_filing",
        "sent again": "!not_adjudicated ?no_filing",
        "appealed": "!decided_before_filing",
        "decided": "!decided_before_filing ?decided_again",
    },
    "records": {},
    "records due today": {},
    "records due before": {"any": "?due_in_past"},
    "dispute": {
        "sent": "!not_adjudicated",
        "rejected": "!not_adjudicated",
        "sent again": "!not_adjudicated",
        "replaced": "?newer_submission",
        "disputed": "?dispute_again",
        "paid up": "?claim_closed",
        "voided": "?claim_closed",
        "written off": "?claim_closed",
    },
    "dispute too much": {
        "any": "?above_shortfall",
        "sent": "!not_adjudicated ?above_shortfall",
        "rejected": "!not_adjudicated ?above_shortfall",
        "sent again": "!not_adjudicated ?above_shortfall",
        "replaced": "?newer_submission ?above_shortfall",
        "disputed": "?dispute_again ?above_shortfall",
        "paid up": "?claim_closed ?above_shortfall",
        "voided": "?claim_closed ?above_shortfall",
        "written off": "?claim_closed ?above_shortfall",
    },
    "close dispute": {"any": "!no_dispute", "disputed": ""},
    "write off all": {
        "paid up": "!nothing_open ?claim_closed",
        "credit": "!nothing_open",
        "voided": "!nothing_open ?claim_closed",
        "written off": "!nothing_open ?claim_closed",
    },
    "write off the balance": {
        "paid up": "!nothing_open ?claim_closed",
        "credit": "!nothing_open",
        "voided": "!nothing_open ?claim_closed",
        "written off": "!nothing_open ?claim_closed",
    },
    "write off too much": {
        "any": "!above_balance",
        "paid up": "!nothing_open ?claim_closed",
        "credit": "!nothing_open",
        "voided": "!nothing_open ?claim_closed",
        "written off": "!nothing_open ?claim_closed",
        "unmatched": "",
    },
    "patient paid what is owed": {
        "any": "?above_patient_balance",
        "paid up": "?claim_closed ?above_patient_balance",
        "patient owes": "",
        "voided": "?claim_closed ?above_patient_balance",
        "written off": "?claim_closed ?above_patient_balance",
    },
    "patient paid too much": {
        "any": "?above_patient_balance",
        "paid up": "?claim_closed ?above_patient_balance",
        "voided": "?claim_closed ?above_patient_balance",
        "written off": "?claim_closed ?above_patient_balance",
    },
    "refund of the credit": {
        "any": "?above_credit",
        "paid up": "?claim_closed ?above_credit",
        "credit": "",
        "voided": "?claim_closed ?above_credit",
        "written off": "?claim_closed ?above_credit",
    },
    "refund of too much": {
        "any": "?above_credit",
        "paid up": "?claim_closed ?above_credit",
        "voided": "?claim_closed ?above_credit",
        "written off": "?claim_closed ?above_credit",
    },
}


def test_every_action_has_its_cells():
    assert CELLS.keys() == ACTIONS.keys()
    assert all(set(cells) <= {*STATES, "any"} for cells in CELLS.values())


@pytest.mark.parametrize("action", ACTIONS)
def test_the_table_says_what_is_written_here(action):
    wanted = {state: told for each, state, told in written() if each == action}
    assert {state: cell(action, state) for state in STATES} == wanted


@pytest.mark.parametrize("action", ACTIONS)
def test_days_left_ask_before_a_write_off_and_nothing_else(action):
    more = " ?days_left" if action.startswith("write off") else ""
    for state in STATES:
        assert cell(action, state, running("appeal_1", AFTER)) == (cell(action, state) + more).strip(), state


@pytest.mark.parametrize("action", ACTIONS)
def test_a_last_day_that_is_over_asks_before_an_appeal_of_that_level_and_nothing_else(action):
    late = action in ("appeal", "appeal tomorrow", "appeal received tomorrow", "appeal to the other payer")
    for state in STATES:
        found, plain = cell(action, state, running("appeal_1", BEFORE)), cell(action, state)
        assert set(found.split()) == set(plain.split()) | ({"?appeal_late"} if late else set()), state
