"""Accounts receivable by age: who owes what, and for how long."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, case, func, literal, literal_column, select, union_all

from events.values import from_cents
from projections.tables.columns import NEVER
from projections.tables.tables import READ_TABLES
from services.core.errors import UsageError
from services.reads.read_context import ReadContext

CLAIM = READ_TABLES["claim"]
BUCKETS = ((30, "0-30"), (60, "31-60"), (90, "61-90"), (120, "91-120"))
OLDEST = "121+"
UNDATED = "undated"
ORDER = [*(name for _, name in BUCKETS), OLDEST, UNDATED]
ZERO: ColumnElement[int] = literal_column("0")  # as the index of open balances says it
BASES = ("dos", "submission", "responsibility")


class UnknownBasisError(UsageError):
    """Age is counted from dos, submission or responsibility."""


def aging(
    context: ReadContext, by: str | None = None, basis: str = "dos", owner: str | None = None, payer: str | None = None
) -> list[dict[str, Any]]:
    """Open balances in buckets of age in days, at the instant of the read. `by`: payer or bucket sums over the other.

    Buckets hold whole days: 0-30 means at most 30 days old. Every open cent is in exactly one bucket.
    """
    if basis not in BASES:
        raise UnknownBasisError(f"unknown basis {basis!r}; use one of {', '.join(BASES)}")
    shares = [_share(context, name, basis, payer) for name in ("payer", "patient") if owner in (None, name)]
    with context.rows() as connection:
        rows = connection.execute(union_all(*shares)).all()
    return _summed(rows, by, basis)


def _share(context: ReadContext, owner: str, basis: str, payer: str | None) -> Select[Any]:
    amount = open_balance(owner)
    bucket = _bucket(since_day(owner, basis), context.today)
    query = (
        select(
            CLAIM.c.payer_id,
            literal(owner).label("owner"),
            bucket.label("bucket"),
            func.count().label("claims"),
            func.sum(amount).label("cents"),
        )
        .where(CLAIM.c.practice == context.practice, amount != ZERO)
        .group_by(CLAIM.c.payer_id, bucket)
    )
    return query.where(CLAIM.c.payer_id == payer) if payer else query


def open_balance(owner: str) -> ColumnElement[int]:
    return CLAIM.c.payer_balance if owner == "payer" else CLAIM.c.patient_balance


def since_day(owner: str, basis: str) -> ColumnElement[date]:
    """The day from which an open balance is counted; NEVER where none is known. From `dos` there is an index."""
    known = {
        "dos": (CLAIM.c.dos, CLAIM.c.sent_on),
        "submission": (CLAIM.c.sent_on, CLAIM.c.dos),
        "responsibility": (CLAIM.c.sent_on if owner == "payer" else CLAIM.c.patient_since, CLAIM.c.dos),
    }
    return func.coalesce(*known[basis], literal_column(f"'{NEVER}'", Date))


def _bucket(since: ColumnElement[date], today: date) -> ColumnElement[int]:
    """Its place in ORDER: a database groups a million rows by numbers in half the time."""
    steps = [(since >= today - timedelta(days=days), place) for place, (days, _) in enumerate(BUCKETS)]
    return case((since == NEVER, ORDER.index(UNDATED)), *steps, else_=ORDER.index(OLDEST))


def _summed(rows: Any, by: str | None, basis: str) -> list[dict[str, Any]]:
    sums: dict[tuple[str | None, str | None, str | None], list[int]] = {}
    for row in rows:
        name = (
            None if by == "bucket" else row.payer_id,
            None if by in ("payer", "bucket") else row.owner,
            None if by == "payer" else ORDER[row.bucket],
        )
        entry = sums.setdefault(name, [0, 0])
        entry[0] += row.claims
        entry[1] += int(row.cents)
    ordered = sorted(sums.items(), key=lambda item: (item[0][0] or "", item[0][1] or "", _place(item[0][2])))
    return [
        {
            "payer_id": payer,
            "owner": owner,
            "basis": basis,
            "bucket": bucket,
            "claims": claims,
            "amount": f"{from_cents(cents):.2f}",
        }
        for (payer, owner, bucket), (claims, cents) in ordered
    ]


def aged_place(row: dict[str, Any]) -> tuple[str, str, int]:
    """What the list is ordered by."""
    return row["payer_id"] or "", row["owner"] or "", _place(row["bucket"])


def _place(bucket: str | None) -> int:
    return ORDER.index(bucket) if bucket in ORDER else -1
