"""Remittances: each check, what it adds up to, the claims in it, what was taken or added besides."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Select, func, or_, select

from events.adjustment import Difference
from events.remittance import ClaimRejected, ProviderAdjustment, RemittanceEntry
from events.values import Fact
from projections.claims.entries import kind_alone
from projections.history import LoggedEvent, business_order
from projections.keys import Key, parse_key
from projections.rules.adjustment_codes import DenialTable
from projections.tables.columns import NEVER
from projections.tables.tables import READ_TABLES
from projections.terms.terms_in_force import Reference
from services.core.errors import NotFoundError
from services.presentation.formatting import cents_text
from services.projector.provider_references import claims_named
from services.reads.keyset import ListPage, OrderedBy, page_rows
from services.reads.read_context import ReadContext
from services.reads.repeats import repeats_of_claims
from services.store.engine import chunks
from services.store.log import histories

REMITTANCE, CLAIM = READ_TABLES["remittance"], READ_TABLES["claim"]
PAYER = (REMITTANCE.c.payer_name, REMITTANCE.c.payer_identifier)
KINDS = {"payment": "paid", "denial": "denied", "reversal": "reversed", "rejection": "rejected"}


def remittances(
    context: ReadContext,
    *,
    unbalanced: bool = False,
    payer: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> ListPage:
    """The newest payment date first. `payer`: a part of its name or identifier. Raises ListCursorError."""
    on = func.coalesce(REMITTANCE.c.payment_date, NEVER)
    query: Select[Any] = select(REMITTANCE).where(REMITTANCE.c.practice == context.practice)
    if unbalanced:
        query = query.where(REMITTANCE.c.balanced.is_(False))
    if payer:
        wanted = payer.lower()
        query = query.where(or_(*(func.lower(column).contains(wanted, autoescape=True) for column in PAYER)))
    order = [OrderedBy(on, descending=True), OrderedBy(REMITTANCE.c.key)]
    with context.rows() as connection:
        rows, following = page_rows(connection, query, order, limit, cursor)
    return ListPage([remittance_json(context, row) for row in rows], following)


def remittance_ref(context: ReadContext, key: str) -> str:
    """The opaque name of a remittance, for addresses."""
    return context.references.ref(context.practice, f"remittance\0{parse_key(key).name}")


def remittance_json(context: ReadContext, row: Any) -> dict[str, Any]:
    """`computed`: what the claims paid less what was taken besides; the check should be just that."""
    computed = row.claims_paid - row.provider_adjusted
    return {
        "ref": remittance_ref(context, row.key),
        "payer": row.payer_name or row.payer_identifier,
        "payer_identifier": row.payer_identifier,
        "trace_number": row.trace_number,
        "payment_date": row.payment_date.isoformat() if row.payment_date else None,
        "received_at": row.received_at.isoformat(),
        "total_paid": cents_text(row.total_paid),
        "claims": row.claims,
        "claims_paid": cents_text(row.claims_paid),
        "provider_adjusted": cents_text(row.provider_adjusted),
        "computed": cents_text(computed),
        "balanced": row.balanced,
        "typed": row.typed,
        "difference": None if row.total_paid is None else cents_text(row.total_paid - computed),
        "provider_adjustments": row.provider_adjustments or [],
        "differences": row.differences or [],
    }


def remittance_page(context: ReadContext, ref: str) -> dict[str, Any]:
    """One remittance with its claims in the order of the check. Raises NotFoundError."""
    with context.context() as (fold_context, reference):
        keys = fold_context.rows.scalars(select(REMITTANCE.c.key).where(REMITTANCE.c.practice == context.practice))
        key = next((key for key in keys if remittance_ref(context, key) == ref), None)
        if key is None:
            raise NotFoundError("no such remittance in this practice")
        row = fold_context.rows.execute(select(REMITTANCE).where(REMITTANCE.c.key == key)).one()
        history = histories(fold_context.log, [key], fold_context.cut)[key]
        entries = _entries(history, reference)
        known = _claims(fold_context.rows, context.practice, [entry.data.claim_id for entry in entries])
        adjustments = [ProviderAdjustment.model_validate(told) for told in row.provider_adjustments or ()]
        named = _named(context, fold_context.log, adjustments)
        repeats = repeats_of_claims(fold_context, reference, context.practice, known)
    told = remittance_json(context, row)
    told["provider_adjustments"] = named
    ref_of = partial(context.references.ref, context.practice)
    differences = [Difference.model_validate(told) for told in row.differences or ()]
    told["differences"] = [
        _stored(one) | {"ref": ref_of(one.claim_id) if one.claim_id else None} for one in differences
    ]
    table = DenialTable.from_rulebook(reference.rules, row.payment_date or context.today)
    shown = [_entry(context, entry, kind_alone(entry, reference), known, table) for entry in entries]
    for entry in shown:
        mine = repeats.get(entry["claim_id"], ())
        entry["repeats"] = [one for one in mine if told["ref"] in (one["first"]["ref"], one["again"]["ref"])]
    return told | {"entries": shown}


def _named(context: ReadContext, log: Any, adjustments: Sequence[ProviderAdjustment]) -> list[dict[str, Any]]:
    """Each provider adjustment with the claims its reference may mean; it counts on a claim only where it is one."""
    owners: dict[str, set[str]] = {}
    told = []
    for adjustment in adjustments:
        keys = sorted(claims_named(log, context.practice, adjustment.reference, owners, context.cut))
        claim_ids = [parse_key(key).name for key in keys]
        refs = [context.references.ref(context.practice, claim_id) for claim_id in claim_ids]
        claims = [{"claim_id": c, "ref": r} for c, r in zip(claim_ids, refs, strict=True)]
        told.append(_stored(adjustment) | {"claims": claims})
    return told


def _stored(part: Fact) -> dict[str, Any]:
    """As the row keeps it."""
    return part.model_dump(mode="json", exclude_none=True)


def _entries(history: Sequence[LoggedEvent], reference: Reference) -> list[LoggedEvent]:
    found = [h for h in history if isinstance(h.data, RemittanceEntry | ClaimRejected) and h.data.remit is not None]
    return sorted(found, key=lambda h: (h.data.ordinal or 0, business_order(h, reference.zone)))


def _claims(rows: Any, practice: str, claim_ids: Sequence[str]) -> dict[str, Any]:
    keys = [str(Key("claim", practice, claim_id)) for claim_id in dict.fromkeys(claim_ids)]
    found = (rows.execute(select(CLAIM).where(CLAIM.c.key.in_(part))) for part in chunks(keys))
    return {row.claim_id: row for part in found for row in part}


def _entry(
    context: ReadContext, entry: LoggedEvent, kind: str, known: dict[str, Any], table: DenialTable
) -> dict[str, Any]:
    data = entry.data
    claim = known.get(data.claim_id)
    adjustments = [*data.adjustments, *(a for line in data.lines for a in line.adjustments)]
    return {
        "ordinal": data.ordinal,
        "claim_id": data.claim_id,
        "ref": context.references.ref(context.practice, data.claim_id),
        "patient_id": claim.patient_id if claim else None,
        "status": claim.status if claim else None,
        "kind": KINDS.get(kind, kind),
        "status_code": data.status_code,
        "payer_claim_number": data.payer_claim_number,
        "charge": None if data.charge is None else f"{data.charge:.2f}",
        "paid": None if data.paid is None else f"{data.paid:.2f}",
        "patient_responsibility": None if data.patient_responsibility is None else f"{data.patient_responsibility:.2f}",
        "codes": list(dict.fromkeys(f"{a.group}-{a.reason}" for a in adjustments)),
        "reasons": _reasons(data, table),
    }


def _reasons(data: RemittanceEntry | ClaimRejected, table: DenialTable) -> list[dict[str, str]]:
    """Each adjustment code once, with the remark codes next to it, and what they mean."""
    found: dict[str, str] = {}
    for part in (data, *data.lines):
        for a in part.adjustments:
            code = " ".join((f"{a.group}-{a.reason}", *part.remark_codes))
            found.setdefault(code, table.judge(a.group, a.reason, part.remark_codes).meaning)
    return [{"code": code, "meaning": meaning} for code, meaning in found.items()]
