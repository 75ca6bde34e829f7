"""What a carried-over claim adds to the lists: the item that nothing else would show, and the words on every item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from events.values import ZERO
from projections.claims.carried_statement import Carried
from projections.deadlines.base import Case, Deadline, say_day
from projections.tables.vocabulary import ListKind
from projections.work.item import ItemDraft, WorkItem
from projections.work.leftovers import AWAITED


def carried_items(case: Case, found: Sequence[Deadline], drafts: Sequence[ItemDraft]) -> list[ItemDraft]:
    """The payer's open money of a claim whose answer only the previous system had, where nothing else asks for it."""
    state, carried = case.state, case.state.carried
    if carried is None or not carried.anchors or state.answered_balance <= ZERO:
        return []
    asked = any(draft.item.kind != ListKind.OVERPAYMENT for draft in drafts)
    if asked or any(d.runs and d.due is not None and d.kind in AWAITED for d in found):
        return []
    item = WorkItem(
        kind=ListKind.MISSING_ACK,
        claim_id=state.claim_id,
        payer_id=carried.payer_id,
        patient_id=state.patient_id,
        item=f"carried over {carried.payer_id}",
        due=None,
        lost_on=None,
        amount_at_risk=state.answered_balance,
        category="carried_over",
        discipline=None,
        reason="Open balance; the payer's response is not on file",
        next_action=(
            "Check claim status and get the payer's remittance: its date starts the windows to correct and appeal"
        ),
        explanation=tuple(step for d in found if d.runs for step in d.steps),
    )
    return [ItemDraft(item, carried.time)]


def with_statement(items: Sequence[WorkItem], carried: Carried | None) -> list[WorkItem]:
    """The items, each saying that its amounts come from the previous system's list."""
    if carried is None or not carried.anchors:
        return list(items)
    words = f"carried over from the previous system as of {say_day(carried.as_of)}"
    told = (statement_words(carried), *(f"Differs: {difference}" for difference in carried.differences))
    return [replace(item, reason=f"{item.reason}; {words}", explanation=(*item.explanation, *told)) for item in items]


def statement_words(carried: Carried) -> str:
    """The statement with its figures, in one sentence."""
    owner = "the patient" if carried.owned_by_patient else "the payer"
    adjusted = "adjusted by an amount not stated" if carried.adjusted is None else f"adjusted {carried.adjusted:.2f}"
    return (
        f"Carried over from the previous system as of {say_day(carried.as_of)}: charge {carried.charge:.2f}, "
        f"paid by payers {carried.paid:.2f}, {adjusted}, paid by the patient {carried.patient_paid:.2f}, "
        f"{carried.balance:.2f} open with {owner} ({carried.source_row})"
    )
