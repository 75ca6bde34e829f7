"""Accounts receivable by age: who owes what, and for how long."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, select, union_all

from events.values import from_cents
from projections.tables import READ_TABLES
from services.errors import UsageError
from services.reads.desk import Desk

CLAIM = READ_TABLES["claim"]
BUCKETS = ((30, "0-30"), (60, "31-60"), (90, "61-90"), (120, "91-120"))
OLDEST = "121+"
ORDER = [name for _, name in BUCKETS] + [OLDEST, "undated"]
BASES = ("dos", "submission", "responsibility")


class UnknownBasisError(UsageError):
    """Age is counted from dos, submission or responsibility."""


def aging(
    desk: Desk, by: str | None = None, basis: str = "dos", owner: str | None = None, payer: str | None = None
) -> list[dict[str, Any]]:
    """Open balances in buckets of age in days, at the desk's instant. `by`: payer or bucket sums over the other.

    Buckets hold whole days: 0-30 means at most 30 days old. Every open cent is in exactly one bucket.
    """
    if basis not in BASES:
        raise UnknownBasisError(f"no basis {basis!r}; there are {', '.join(BASES)}")
    with desk.ground() as (ground, reference):
        today = desk.at.astimezone(reference.zone).date()
        shares = [_share(desk, name, basis, today, payer) for name in ("payer", "patient") if owner in (None, name)]
        rows = ground.rows.execute(union_all(*shares)).all()
    return _summed(rows, by, basis)


def _share(desk: Desk, owner: str, basis: str, today: date, payer: str | None) -> Select[Any]:
    amount = CLAIM.c.payer_balance if owner == "payer" else CLAIM.c.patient_balance
    bucket = _bucket(since_day(owner, basis), today)
    query = (
        select(CLAIM.c.payer_id, literal(owner).label("owner"), bucket.label("bucket"), func.count().label("claims"),
               func.sum(amount).label("cents"))
        .where(CLAIM.c.practice == desk.practice, amount != 0)
        .group_by(CLAIM.c.payer_id, bucket)
    )  # fmt: skip
    return query.where(CLAIM.c.payer_id == payer) if payer else query


def since_day(owner: str, basis: str) -> ColumnElement[Any]:
    """The day from which an open balance is counted."""
    if basis == "submission":
        return func.coalesce(CLAIM.c.sent_on, CLAIM.c.dos)
    if basis == "responsibility" and owner == "patient":
        return func.coalesce(CLAIM.c.patient_since, CLAIM.c.dos)
    if basis == "responsibility":
        return func.coalesce(CLAIM.c.sent_on, CLAIM.c.dos)
    return func.coalesce(CLAIM.c.dos, CLAIM.c.sent_on)


def _bucket(since: ColumnElement[Any], today: date) -> ColumnElement[str]:
    steps = [(since >= date.fromordinal(today.toordinal() - days), name) for days, name in BUCKETS]
    return case((since.is_(None), "undated"), *steps, else_=OLDEST)


def _summed(rows: Any, by: str | None, basis: str) -> list[dict[str, Any]]:
    sums: dict[tuple[str | None, str | None, str | None], list[int]] = {}
    for row in rows:
        name = (
            None if by == "bucket" else row.payer_id,
            None if by in ("payer", "bucket") else row.owner,
            None if by == "payer" else row.bucket,
        )
        entry = sums.setdefault(name, [0, 0])
        entry[0] += row.claims
        entry[1] += int(row.cents)
    ordered = sorted(sums.items(), key=lambda item: (item[0][0] or "", item[0][1] or "", _place(item[0][2])))
    return [
        {"payer_id": payer, "owner": owner, "basis": basis, "bucket": bucket, "claims": claims,
         "amount": f"{from_cents(cents):.2f}"}
        for (payer, owner, bucket), (claims, cents) in ordered
    ]  # fmt: skip


def _place(bucket: str | None) -> int:
    return ORDER.index(bucket) if bucket in ORDER else -1
