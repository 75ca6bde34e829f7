"""Requests for records, on the denial list: what is not sent in time becomes one (CARC 226, 252).

A denied claim keeps one item: the request is then one of its remedies.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from events.followup import RecordsRequested
from events.values import ZERO
from projections import calendar
from projections.deadlines.base import Case, Deadline
from projections.deadlines.kinds import DeadlineKind
from projections.deadlines.records import records_item
from projections.tables.vocabulary import ListKind
from projections.work.filing import as_day
from projections.work.item import ItemDraft, WorkItem, discipline_of

ACTION = "Send the requested records and keep the proof; then resolve as records sent. This is not an appeal"


def records_items(case: Case, found: Sequence[Deadline], denied: Sequence[ItemDraft]) -> list[ItemDraft]:
    """One item for each request whose records are not sent."""
    running = [d for d in found if d.kind == DeadlineKind.RECORDS and d.runs]
    return [] if denied else [_item(case, clock) for clock in running]


def _item(case: Case, clock: Deadline) -> ItemDraft:
    state, day = case.state, as_day(clock.due)
    account = next((a for a in state.accounts if a.payer_id == clock.payer_id), None)
    asked = next((a.data for a in case.acts if a.event == clock.started_by), None)
    wanted = asked.reason if isinstance(asked, RecordsRequested) and asked.reason else "no reason stated"
    # A request after the payment (a review) puts what was paid at risk.
    amount = state.answered_balance if state.answered_balance > ZERO else state.paid
    item = WorkItem(
        kind=ListKind.DENIAL,
        claim_id=state.claim_id,
        payer_id=clock.payer_id,
        patient_id=state.patient_id,
        item=records_item(clock.started_by) if clock.started_by else "records",
        due=day,
        lost_on=day,
        amount_at_risk=max(amount, ZERO),
        category="documentation",
        discipline=discipline_of(state, account),
        reason=f"Records requested: {wanted}",
        next_action=ACTION,
        explanation=clock.explanation,
        clocks=(clock.kind,),
    )
    started = clock.started_at
    return ItemDraft(item, started if isinstance(started, datetime) else calendar.LAST_INSTANT)
