"""From what a person knows of a claim to its opaque ref."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from projections.tables.tables import READ_TABLES
from services.reads.read_context import ReadContext

CLAIM = READ_TABLES["claim"]
MOST = 200


def search(
    context: ReadContext,
    *,
    claim_id: str | None = None,
    patient_id: str | None = None,
    dos: date | None = None,
    payer_id: str | None = None,
    limit: int = MOST,
) -> list[dict[str, Any]]:
    """Claims that fit everything given, the newest service first."""
    with context.context() as (fold_context, reference):
        if claim_id is not None:
            claim_id = _as_sent(fold_context.rows, context.practice, claim_id)
        query = select(CLAIM).where(CLAIM.c.practice == context.practice)
        if claim_id is not None:
            query = query.where(CLAIM.c.claim_id == claim_id)
        if patient_id is not None:
            query = query.where(CLAIM.c.patient_id == reference.patient(patient_id))
        if dos is not None:
            query = query.where(CLAIM.c.dos == dos)
        if payer_id is not None:
            query = query.where(CLAIM.c.payer_id == payer_id)
        rows = fold_context.rows.execute(query.order_by(CLAIM.c.dos.desc(), CLAIM.c.claim_id).limit(limit)).all()
    return [
        {
            "ref": row.ref,
            "claim_id": row.claim_id,
            "patient_id": row.patient_id,
            "payer_id": row.payer_id,
            "status": row.status,
            "dos": row.dos.isoformat() if row.dos else None,
        }
        for row in rows
    ]


def as_sent(context: ReadContext, typed: str) -> str:
    """The claim number as it was sent, for one typed in the wrong case; what was typed where that leaves it open."""
    with context.engine.connect() as connection:
        return _as_sent(connection, context.practice, typed)


def _as_sent(rows: Connection, practice: str, typed: str) -> str:
    """Numbers that differ only in case are different claims, so a number that exists is never read as another."""
    ids = select(CLAIM.c.claim_id).where(CLAIM.c.practice == practice)
    if rows.scalar(ids.where(CLAIM.c.claim_id == typed)) is not None:
        return typed
    alike = rows.scalars(ids.where(func.lower(CLAIM.c.claim_id) == typed.lower()).limit(2)).all()
    return str(alike[0]) if len(alike) == 1 else typed


def patient_of(context: ReadContext, ref: str) -> str | None:
    """The patient of the claim a ref stands for; None where the claim or its patient is not known."""
    query = select(CLAIM.c.patient_id).where(CLAIM.c.practice == context.practice, CLAIM.c.ref == ref)
    with context.engine.connect() as connection:
        found = connection.scalar(query)
    return None if found is None else str(found)
