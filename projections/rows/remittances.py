"""One remittance: what the payer said it paid, for which claims, and whether that adds up."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from events.remittance import PREDETERMINATION, ClaimRejected, RemittanceEntry, RemittanceReceived
from events.values import ZERO, to_cents
from projections.history import LoggedEvent, effective_events
from projections.tables.columns import Row
from projections.terms.terms_in_force import Reference


def fold_remittance(key: str, practice: str, logged_events: Iterable[LoggedEvent], reference: Reference) -> list[Row]:
    """The remittance's row; empty while only claims of it are known that another event took away."""
    history = effective_events(logged_events, reference.zone)
    entries = [h for h in history if isinstance(h.data, RemittanceEntry | ClaimRejected) and h.data.remit is not None]
    received = [h for h in history if isinstance(h.data, RemittanceReceived)]
    if not entries and not received:
        return []
    head = received[-1].data if received else None
    remit = head.remit if head else entries[0].data.remit
    payer = head.payer if head else None
    paid = sum((_paid(h.data) for h in entries), ZERO)
    taken = sum((p.amount for p in head.provider_adjustments), ZERO) if head else ZERO
    differences = [d.model_dump(mode="json", exclude_none=True) for d in head.differences] if head else []
    return [
        {
            "key": key, "practice": practice, "payer_identifier": remit.payer_identifier,
            "payer_name": (payer.name or payer.id) if payer else None, "trace_number": remit.trace_number,
            "payment_date": remit.payment_date,
            "total_paid": None if remit.total_paid is None else to_cents(remit.total_paid),
            "claims": len(entries), "claims_paid": to_cents(paid), "provider_adjusted": to_cents(taken),
            "balanced": head.balanced if head else True,
            "received_at": min(h.time for h in history),
            "provider_adjustments": [p.model_dump(mode="json", exclude_none=True) for p in head.provider_adjustments]
            if head
            else [],
            "differences": differences,
        }
    ]  # fmt: skip


def _paid(data: RemittanceEntry | ClaimRejected) -> Decimal:
    if data.paid is None or data.status_code == PREDETERMINATION:
        return ZERO
    return data.paid
