"""The claims behind a figure of the aging report."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, true

from projections.tables import NEVER, READ_TABLES
from services.errors import UsageError
from services.reads.aging import BASES, ORDER, UnknownBasisError, since_day
from services.reads.claims import cents_text
from services.reads.desk import Desk

CLAIM = READ_TABLES["claim"]
OWNERS = ("payer", "patient")


@dataclass(frozen=True)
class AgedPage:
    """Claims, the oldest first, and where the next page begins."""

    items: list[dict[str, Any]]
    next_cursor: str | None


def aged_claims(
    desk: Desk, *, owner: str, basis: str = "dos", bucket: str | None = None, payer: str | None = None,
    limit: int = 50, cursor: str | None = None,
) -> AgedPage:  # fmt: skip
    """Open balances of one owner, of one bucket and payer or of all of them, the oldest first."""
    if basis not in BASES:
        raise UnknownBasisError(f"no basis {basis!r}; there are {', '.join(BASES)}")
    if owner not in OWNERS or (bucket is not None and bucket not in ORDER):
        raise UsageError(f"the owner is payer or patient, the bucket one of {', '.join(ORDER)}")
    amount = CLAIM.c.payer_balance if owner == "payer" else CLAIM.c.patient_balance
    since = func.coalesce(since_day(owner, basis), NEVER)
    query = select(CLAIM, since.label("since"), amount.label("open")).where(
        CLAIM.c.practice == desk.practice, amount != 0
    )
    if payer is not None:
        query = query.where(CLAIM.c.payer_id == payer)
    if bucket is not None:
        days = _days(bucket, desk.at.astimezone(desk.references.zone).date())
        query = query.where(since.between(*days), _by_index(basis, days))
    if cursor is not None:
        query = query.where(_after(since, cursor))
    with desk.ground() as (ground, _):
        rows = ground.rows.execute(query.order_by(since, CLAIM.c.claim_id).limit(limit + 1)).all()
    more = len(rows) > limit
    kept = rows[:limit]
    return AgedPage([_row(row) for row in kept], _cursor(kept[-1]) if more else None)


def _days(bucket: str, today: date) -> tuple[date, date]:
    """First and last day of a bucket, with the same cuts as the report's: 31-60 is from 60 to 31 days ago."""
    if bucket == "undated":
        return NEVER, NEVER
    newest, _, oldest = bucket.rstrip("+").partition("-")
    last = today - timedelta(days=int(newest)) if newest != "0" else NEVER - timedelta(days=1)
    return today - timedelta(days=int(oldest)) if oldest else date.min, last


def _by_index(basis: str, days: tuple[date, date]) -> ColumnElement[bool]:
    """Says nothing new, in words the index of payers and dates of service understands."""
    return or_(CLAIM.c.dos.between(*days), CLAIM.c.dos.is_(None)) if basis == "dos" else true()


def _after(since: ColumnElement[Any], cursor: str) -> ColumnElement[bool]:
    day, claim_id = json.loads(cursor)
    found = date.fromisoformat(day)
    return or_(since > found, and_(since == found, CLAIM.c.claim_id > claim_id))


def _cursor(row: Any) -> str:
    return json.dumps([row.since.isoformat(), row.claim_id])


def _row(row: Any) -> dict[str, Any]:
    return {
        "ref": row.ref, "claim_id": row.claim_id, "patient_id": row.patient_id, "payer_id": row.payer_id,
        "status": row.status, "since": None if row.since == NEVER else row.since.isoformat(),
        "amount": cents_text(row.open), "charge": cents_text(row.charge), "paid": cents_text(row.paid),
    }  # fmt: skip
