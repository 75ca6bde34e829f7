"""One remittance: what the payer said it paid, for which claims, and whether that adds up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from events.adjustment import Difference
from events.followup import WorkFact
from events.remittance import (
    PREDETERMINATION,
    ClaimRejected,
    RemittanceEntry,
    RemittanceReceived,
    RemittanceRef,
)
from events.values import ZERO, to_cents
from projections.claims.recoupments import adjustments_once
from projections.claims.repeated_entries import counted_once, is_entry
from projections.history import LoggedEvent, effective_events
from projections.tables.money import RemittanceRow
from projections.tables.work_acts import WorkDone, acts_column
from projections.terms.terms_in_force import Reference

WHOLE = "remittance"  # where a difference of the remittance as a whole is kept


def fold_remittance(
    key: str, practice: str, logged_events: Iterable[LoggedEvent], reference: Reference
) -> list[RemittanceRow]:
    """The remittance's row; empty while only claims of it are known that another event took away.

    One check may come in several files, and each file through several channels: every entry and every provider
    adjustment counts once, and whether the whole is balanced is asked of all of them together.
    """
    history = effective_events(logged_events, reference.zone)
    entries = counted_once(h for h in history if is_entry(h.data))
    received = [h for h in history if isinstance(h.data, RemittanceReceived)]
    if not entries and not received:
        return []
    parts = [h.data for h in received]
    remit = parts[-1].remit if parts else entries[0].data.remit
    payer = next((p.payer for p in reversed(parts) if p.payer), None)
    paid = sum((_paid(h.data) for h in entries), ZERO)
    adjustments = adjustments_once(parts)
    taken = sum((p.amount for p in adjustments), ZERO)
    differences = _differences(parts, remit, paid - taken)
    return [
        {
            "key": key,
            "practice": practice,
            "payer_identifier": remit.payer_identifier,
            "payer_name": (payer.name or payer.id) if payer else None,
            "trace_number": remit.trace_number,
            "payment_date": remit.payment_date,
            "total_paid": None if remit.total_paid is None else to_cents(remit.total_paid),
            "typed": bool(parts) and all(p.entered_by for p in parts),
            "claims": len(entries),
            "claims_paid": to_cents(paid),
            "provider_adjusted": to_cents(taken),
            "balanced": _is_balanced(parts, differences),
            "received_at": min(h.time for h in (*entries, *received)),
            "provider_adjustments": [p.model_dump(mode="json", exclude_none=True) for p in adjustments],
            "differences": [d.model_dump(mode="json", exclude_none=True) for d in differences],
            "work": acts_column(WorkDone(h.time, h.data) for h in history if isinstance(h.data, WorkFact)),
        }
    ]


def _differences(parts: Sequence[RemittanceReceived], remit: RemittanceRef, computed: Decimal) -> list[Difference]:
    if len(parts) < 2:
        return list(parts[0].differences) if parts else []
    inside = {d.model_dump_json(): d for part in parts for d in part.differences if d.where != WHOLE}
    found = [inside[text] for text in sorted(inside)]
    if remit.total_paid is not None and remit.total_paid != computed:
        off = remit.total_paid - computed
        found.append(Difference(where=WHOLE, stated=remit.total_paid, computed=computed, difference=off))
    return found


def _is_balanced(parts: Sequence[RemittanceReceived], differences: Sequence[Difference]) -> bool:
    """A single file says it itself. Of several, what was unreadable in one leaves it open."""
    if len(parts) < 2:
        return parts[0].balanced if parts else True
    unread = any(part.parked_claims for part in parts)
    stated = parts[-1].remit.total_paid is not None
    return stated and not unread and not any(d.where != "patient" for d in differences)


def _paid(data: RemittanceEntry | ClaimRejected) -> Decimal:
    if data.paid is None or data.status_code == PREDETERMINATION:
        return ZERO
    return data.paid
