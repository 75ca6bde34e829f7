"""Provider adjustments (PLB) that take money of a claim nobody can name: their reference fits no claim, or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from events.followup import WorkFact
from events.remittance import ProviderAdjustment, RemittanceReceived
from events.values import ZERO
from projections.claims.recoupments import OF_THE_CLAIM, adjustments_once
from projections.history import LoggedEvent
from projections.tables.vocabulary import ListKind
from projections.tables.work_acts import WorkDone
from projections.work.item import EVER, ItemDraft, WorkItem
from projections.work.people import with_people

UNRESOLVED = "plb_reference"


def reference_items(
    remit: str, history: Sequence[LoggedEvent], named: Mapping[str, int], zone: ZoneInfo
) -> list[WorkItem]:
    """One for each adjustment that takes money of a claim and names none. `named`: claims by reference.

    `remit`: the key of the remittance.
    """
    parts = [event.data for event in history if isinstance(event.data, RemittanceReceived)]
    acts = [WorkDone(event.time, event.data) for event in history if isinstance(event.data, WorkFact)]
    taking = [
        (place, adjustment)
        for place, adjustment in enumerate(adjustments_once(parts))
        if adjustment.reason in OF_THE_CLAIM and adjustment.amount > ZERO and named.get(adjustment.reference or "") != 1
    ]
    items = [_item(parts[-1], f"plb {place} {remit}", adjustment, named) for place, adjustment in taking]
    return with_people([ItemDraft(item, EVER) for item in items], acts, zone)


def _item(
    remittance: RemittanceReceived, name: str, adjustment: ProviderAdjustment, named: Mapping[str, int]
) -> WorkItem:
    payer = remittance.payer
    check = remittance.remit.trace_number or "without a number"
    count = named.get(adjustment.reference or "", 0)
    what = "is given" if not adjustment.reference else f"fits {count} claims" if count else "matches no claim"
    stated = f"reference {adjustment.reference}" if adjustment.reference else "no reference"
    return WorkItem(
        kind=ListKind.DEPOSIT,
        claim_id="",
        payer_id=(payer.name or payer.id or "") if payer else "",
        patient_id=None,
        item=name,
        due=None,
        lost_on=None,
        amount_at_risk=adjustment.amount,
        category=UNRESOLVED,
        discipline=None,
        reason=f"{adjustment.amount:.2f} taken on check {check}: {stated} {what}",
        next_action="Ask the payer which claim it was taken for; dispute it if it is not yours",
        explanation=(
            f"Provider adjustment {adjustment.reason} of {adjustment.amount:.2f} ({stated})",
            "It is applied to no claim: a reference that matches none, or more than one, is not guessed",
            "No due date: no rule sets one",
            "No last day: ask the payer for its own window",
        ),
    )
