"""Demand letters, on the denial list: money a payer wants back, what can be said against it and until when."""

from __future__ import annotations

from collections.abc import Sequence

from events.coverage import NoticeReceived
from events.values import ZERO
from projections.claims.state import PersonAct
from projections.deadlines.base import Case, Deadline
from projections.deadlines.letters import REBUTTAL, RECOUPMENT
from projections.tables.vocabulary import ListKind
from projections.work.filing import as_day
from projections.work.item import ItemDraft, WorkItem, discipline_of, earliest

ACTION = (
    "If the payment was correct, appeal in time to stop recoupment and send the rebuttal; "
    "otherwise refund it or let the payer recoup it"
)


def letter_items(case: Case, found: Sequence[Deadline]) -> list[ItemDraft]:
    """One item for each demand letter with a clock that still runs."""
    letters = [act for act in case.acts if isinstance(act.data, NoticeReceived) and act.data.kind == RECOUPMENT]
    items = []
    for act in letters:
        mine = [d for d in found if d.started_by == act.event and d.runs]
        if mine:
            items.append(_item(case, act, mine))
    return items


def _item(case: Case, act: PersonAct, clocks: Sequence[Deadline]) -> ItemDraft:
    state, payer_id = case.state, clocks[0].payer_id
    account = next((a for a in state.accounts if a.payer_id == payer_id), None)
    dated = act.data.dated if isinstance(act.data, NoticeReceived) else None
    limits = [day for d in clocks if d.kind != REBUTTAL and (day := as_day(d.limit)) is not None]
    item = WorkItem(
        kind=ListKind.DENIAL,
        claim_id=state.claim_id,
        payer_id=payer_id,
        patient_id=state.patient_id,
        item=f"letter {act.event[1]}",
        due=earliest([d.due for d in clocks if d.due is not None], case.zone),
        lost_on=max(limits, default=None),
        amount_at_risk=max(state.paid, ZERO),
        category=RECOUPMENT,
        discipline=discipline_of(state, account),
        reason=f"The payer demands money back by its letter of {dated}",
        next_action=ACTION,
        explanation=tuple(f"{d.kind}: {step}" for d in clocks for step in d.explanation),
        clocks=tuple(d.kind for d in clocks),
    )
    return ItemDraft(item, act.time)
