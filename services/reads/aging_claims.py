"""The claims behind a figure of the aging report."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select

from projections.tables.columns import NEVER
from projections.tables.tables import READ_TABLES
from services.core.errors import UsageError
from services.presentation.formatting import cents_text
from services.reads.aging import BASES, ORDER, UNDATED, ZERO, UnknownBasisError, open_balance, since_day
from services.reads.pagination import after, place
from services.reads.read_context import ReadContext

CLAIM = READ_TABLES["claim"]
COLUMNS = (
    CLAIM.c.ref,
    CLAIM.c.claim_id,
    CLAIM.c.patient_id,
    CLAIM.c.payer_id,
    CLAIM.c.status,
    CLAIM.c.charge,
    CLAIM.c.paid,
)
OWNERS = ("payer", "patient")


@dataclass(frozen=True)
class AgedPage:
    """Claims, the oldest first, and where the next page begins."""

    items: list[dict[str, Any]]
    next_cursor: str | None


def aged_claims(
    context: ReadContext,
    *,
    owner: str,
    basis: str = "dos",
    bucket: str | None = None,
    payer: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> AgedPage:
    """Open balances of one owner, of one bucket and payer or of all of them, the oldest first."""
    if basis not in BASES:
        raise UnknownBasisError(f"unknown basis {basis!r}; use one of {', '.join(BASES)}")
    if owner not in OWNERS or (bucket is not None and bucket not in ORDER):
        raise UsageError(f"the owner is payer or patient, the bucket one of {', '.join(ORDER)}")
    values: dict[str, Any] = {"practice": context.practice, "rows": limit + 1}
    if payer is not None:
        values["payer"] = payer
    if bucket is not None:
        values["first"], values["last"] = _days(bucket, context.today)
    if cursor is not None:
        day, claim_id = json.loads(cursor)
        values |= place((date.fromisoformat(day), claim_id))
    with context.rows() as connection:
        rows = connection.execute(_query(owner, basis, frozenset(values)), values).all()
    more = len(rows) > limit
    kept = rows[:limit]
    return AgedPage([_row(row) for row in kept], _cursor(kept[-1]) if more else None)


@cache
def _query(owner: str, basis: str, given: frozenset[str]) -> Select[Any]:
    """For the values that are `given`; made once, since making it takes longer than asking it."""
    amount, since = open_balance(owner), since_day(owner, basis)
    query = select(*COLUMNS, since.label("since"), amount.label("open")).where(
        CLAIM.c.practice == bindparam("practice"), amount != ZERO
    )
    if "payer" in given:
        query = query.where(CLAIM.c.payer_id == bindparam("payer"))
    if "first" in given:
        query = query.where(since.between(bindparam("first"), bindparam("last")))
    if "after_0" in given:
        query = query.where(after((since, CLAIM.c.claim_id)))
    return query.order_by(since, CLAIM.c.claim_id).limit(bindparam("rows"))


def _days(bucket: str, today: date) -> tuple[date, date]:
    """First and last day of a bucket, with the same cuts as the report's: 31-60 is from 60 to 31 days ago."""
    if bucket == UNDATED:
        return NEVER, NEVER
    newest, _, oldest = bucket.rstrip("+").partition("-")
    last = today - timedelta(days=int(newest)) if newest != "0" else NEVER - timedelta(days=1)
    return today - timedelta(days=int(oldest)) if oldest else date.min, last


def _cursor(row: Any) -> str:
    return json.dumps([row.since.isoformat(), row.claim_id])


def _row(row: Any) -> dict[str, Any]:
    return {
        "ref": row.ref,
        "claim_id": row.claim_id,
        "patient_id": row.patient_id,
        "payer_id": row.payer_id,
        "status": row.status,
        "since": None if row.since == NEVER else row.since.isoformat(),
        "amount": cents_text(row.open),
        "charge": cents_text(row.charge),
        "paid": cents_text(row.paid),
    }
