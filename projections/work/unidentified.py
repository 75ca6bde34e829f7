"""The list of responses that a person must place: second copies of a remittance."""

from __future__ import annotations

from projections.claims.state import RepeatedEntry
from projections.deadlines.base import Case
from projections.work.item import ItemDraft, WorkItem
from projections.work.kinds import ListKind

SECOND_COPY = "second_copy"


def copy_items(case: Case) -> list[ItemDraft]:
    """One for each remittance that repeats another under a header that differs; it counts nothing meanwhile."""
    return [_copy(case, repeat) for repeat in case.state.copies]


def _copy(case: Case, repeat: RepeatedEntry) -> ItemDraft:
    state = case.state
    again, first = repeat.again_trace or "no trace", repeat.first_trace or "no trace"
    told = (
        f"Trace {again} repeats what trace {first} says of this claim: payer's claim number, lines, amounts and dates "
        f"are equal, the header is not. {repeat.paid:.2f} is not counted until somebody decides"
    )
    item = WorkItem(
        ListKind.UNIDENTIFIED, state.claim_id, state.accounts[0].payer_id if state.accounts else "", state.patient_id,
        repeat.again, None, None, abs(repeat.paid), SECOND_COPY, None,
        f"A second copy of a remittance, not counted: trace {again} repeats trace {first}",
        "Say whether it is the same remittance or another payment",
        explanation=(told,),
    )  # fmt: skip
    return ItemDraft(item, repeat.received_at)
