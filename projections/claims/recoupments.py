"""Provider adjustments (PLB) that name a claim: what a payer recouped in addition to the claim's own entries.

A positive amount takes money, a negative one gives. A take-back not collected yet is a reversal with WO negative, the
collection later WO positive; a refund check acknowledged is 72 negative with WO positive (005010X221A1 §1.10.2.12):
each such pair cancels out. What is left above zero was taken of what the claim was paid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from events.normal_forms import number_form
from events.provider_references import claim_forms, reference_forms, trace_name
from events.remittance import ProviderAdjustment, RemittanceReceived, remit_key
from events.values import ZERO
from projections.claims.entries import effective_entries
from projections.claims.state import Account, Recoupment
from projections.history import LoggedEvent

# Recovery of an overpayment, its authorized return, and an adjustment that names a claim. Interest (L6), levies and
# balances carried from one check to the next (FB) are no money of the claim.
OF_THE_CLAIM = frozenset({"WO", "72", "CS"})


def adjustments_once(parts: Sequence[RemittanceReceived]) -> list[ProviderAdjustment]:
    """The adjustments of all files of a check; files that repeat them repeat the whole list."""
    most: Counter[ProviderAdjustment] = Counter()
    found: list[ProviderAdjustment] = []
    for part in parts:
        mine: Counter[ProviderAdjustment] = Counter()
        for adjustment in part.provider_adjustments:
            plain = ProviderAdjustment(
                reason=adjustment.reason, reference=number_form(adjustment.reference), amount=adjustment.amount
            )
            mine[plain] += 1
            if mine[plain] > most[plain]:
                most[plain] += 1
                found.append(adjustment)
    return found


def recoupments_of(
    history: Iterable[LoggedEvent], claim_id: str, accounts: Sequence[Account]
) -> tuple[Recoupment, ...]:
    """The adjustments whose reference names this claim, in business order.

    The history holds only what no other claim is named by as well.
    """
    numbers = [entry.payer_claim_number for account in accounts for entry in account.entries]
    traces = [trace_name(entry.trace_number) for account in accounts for entry in account.entries]
    mine = {*claim_forms([claim_id, *numbers]), *filter(None, traces)}
    checks: dict[str, list[LoggedEvent]] = {}
    for event in history:
        if isinstance(event.data, RemittanceReceived):
            checks.setdefault(remit_key(event.data.remit), []).append(event)
    return tuple(
        Recoupment(
            event=files[0].name,
            received_at=files[0].time,
            on=files[0].data.remit.payment_date,
            reason=adjustment.reason,
            reference=adjustment.reference or "",
            amount=adjustment.amount,
            counts=adjustment.reason in OF_THE_CLAIM,
        )
        for files in checks.values()
        for adjustment in adjustments_once([file.data for file in files])
        if not mine.isdisjoint((*reference_forms(adjustment.reference), trace_name(adjustment.reference)))
    )


def recouped(found: Iterable[Recoupment], accounts: Iterable[Account]) -> Decimal:
    """What the payer took of what it paid on the claim, beyond what announcements and acknowledgments offset.

    Never more than it paid: what is taken beyond that is of some other claim.
    """
    taken = sum((one.amount for one in found if one.counts), ZERO)
    entries = (entry for account in accounts for entry in effective_entries(account.entries))
    paid = sum((entry.paid - entry.unpaired for entry in entries), ZERO)
    return min(max(taken, ZERO), max(paid, ZERO))
