"""Worklists of one claim: what is to be done, until when, what it is worth and why. Order: what is lost first.

Each list has its own module in this package; here they are combined with what people did about them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from projections.claims.state import ClaimState
from projections.deadlines import Case, Deadline
from projections.tables.vocabulary import ClaimStatus
from projections.terms.terms_in_force import Reference
from projections.work.carried_over import carried_items, with_statement
from projections.work.credits import overpayment_items
from projections.work.denial import denial_items
from projections.work.filing import filing_items
from projections.work.item import WorkItem, single
from projections.work.leftovers import open_balance_items, unpaired_reversal_items
from projections.work.letters import letter_items
from projections.work.people import done, with_people
from projections.work.records import records_items
from projections.work.rejection import rejection_items
from projections.work.secondary import secondary_items
from projections.work.silence import letter_answer_items, missing_ack_items, unmatched_items
from projections.work.unidentified import copy_items, shared_number_items

__all__ = ["WorkItem", "work_items"]

FINISHED = (ClaimStatus.CLOSED, ClaimStatus.VOIDED, ClaimStatus.WRITTEN_OFF, ClaimStatus.REPLACED)


def work_items(state: ClaimState, found: Sequence[Deadline], reference: Reference) -> tuple[WorkItem, ...]:
    """Everything to do about one claim. A finished claim has nothing left but money to return and records to send."""
    case = Case(state, reference)
    denied = denial_items(case, found) if state.status not in FINISHED else []
    drafts = [*overpayment_items(case, found), *denied, *records_items(case, found, denied)]
    drafts += unpaired_reversal_items(case)
    drafts += letter_items(case, found)
    if state.status not in FINISHED:
        drafts += rejection_items(case, found)
        drafts += filing_items(case, found)
        drafts += unmatched_items(case)
        drafts += missing_ack_items(case, found)
        drafts += letter_answer_items(case, found)
        drafts += secondary_items(case, found)
        drafts += open_balance_items(case, found, drafts)
        drafts += carried_items(case, found, drafts)
    drafts += copy_items(case)
    drafts += shared_number_items(case)
    items = _with_places(with_statement(with_people(drafts, done(case.acts), case.zone), state.carried), state)
    # An item's name is its key in the read table: should two accounts claim one name, the first keeps it.
    return tuple({(item.kind, item.item): item for item in reversed(items)}.values())[::-1]


def _with_places(items: Iterable[WorkItem], state: ClaimState) -> list[WorkItem]:
    """The items, each with its payer's place on the claim."""
    places: dict[str, set[str]] = {}
    for account in state.accounts:
        places.setdefault(account.payer_id, set()).add(account.sequence)
    return [replace(item, payer_sequence=single(places.get(item.payer_id, ()))) for item in items]
