"""The overpayment list: money that is not ours, with the day it has to be back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from projections import calendar
from projections.claims.state import RepeatedEntry
from projections.deadlines.base import Case, Deadline
from projections.deadlines.records_and_refunds import hold_until
from projections.work.filing import as_day
from projections.work.item import ItemDraft, WorkItem, discipline_of


def paid_again(repeat: RepeatedEntry) -> str:
    """Names both payments of an answer that came twice."""
    first = f"trace {repeat.first_trace or 'unknown'} of {repeat.first_date or 'an unknown day'}"
    again = f"trace {repeat.again_trace or 'unknown'} of {repeat.again_date or 'an unknown day'}"
    return f"the answer of {first} came again under {again}, probably a check issued again"


def overpayment_items(case: Case, found: Sequence[Deadline]) -> list[ItemDraft]:
    return [_item(case, d) for d in found if d.kind == "refund" and d.runs]


def _item(case: Case, clock: Deadline) -> ItemDraft:
    state = case.state
    account = next((a for a in state.accounts if a.payer_id == clock.payer_id), None)
    explanation, hold = clock.explanation, hold_until(case, account) if account else None
    if hold is not None:
        explanation = (*explanation, f"Two payments are posted: a reversal may still come; shown from {case.say(hold)}")
    if account is None:
        amount, category, reason = -state.patient_balance, "patient_credit", "Patient overpayment"
        action = "Refund the patient or apply it to an open balance"
    else:
        amount, category = -state.payer_balance, "overpayment"
        voided = state.status == "voided"
        reason = "Payment on a voided claim" if voided else "Payer overpayment"
        if state.reissued:
            reason = f"{reason}: {paid_again(state.reissued[-1])}"
        action = "Report and refund it, or let the payer recover it; do not apply it elsewhere unless the payer agrees"
    started = clock.started_at
    item = WorkItem(
        "overpayment", state.claim_id, clock.payer_id, state.patient_id, clock.payer_id or "patient", clock.due,
        as_day(clock.due), amount, category, discipline_of(state, account), reason, action, snoozed_until=hold,
        explanation=explanation, clocks=(clock.kind,),
    )  # fmt: skip
    return ItemDraft(item, started if isinstance(started, datetime) else calendar.LAST_INSTANT)
