"""Figures beside the lists: how many wait, what is lost soon, whose initials, which payers. Each reads few rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from events.values import from_cents
from projections.tables.tables import READ_TABLES
from projections.work.kinds import KINDS, ListKind
from services.reads.read_context import ReadContext

ITEM, CLAIM, PATIENT = READ_TABLES["work_item"], READ_TABLES["claim"], READ_TABLES["patient"]
COUNTED = 1000  # a longer list is told as "1,000 or more": counting a million rows would cost more than the page
MOST_PAYERS = 200


@dataclass(frozen=True)
class Tally:
    """`capped`: there are at least so many, and the amount is only theirs.

    A claim that waits on two lists is two items, but its money is at risk once: what the list that holds most says.
    """

    items: int
    amount: Decimal
    capped: bool


def tallies(context: ReadContext, kinds: Iterable[str] = KINDS) -> dict[str, Tally]:
    """How many items each list holds now, at most COUNTED; `today` is all of them."""
    with context.rows() as rows:
        return {kind: _tally(rows, _waiting(context, kind)) for kind in kinds}


def lost_within(context: ReadContext, days: int) -> Tally:
    """What is lost for good between the desk's day and so many days later, both included; lost already is not."""
    soon = ITEM.c.lost_on.between(context.today, context.today + timedelta(days=days))
    with context.rows() as rows:
        return _tally(rows, _waiting(context, ListKind.TODAY).where(soon))


def lost_already(context: ReadContext) -> Tally:
    """What is past its last day and not written off yet."""
    with context.rows() as rows:
        return _tally(rows, _waiting(context, ListKind.TODAY).where(ITEM.c.lost_on < context.today))


def _waiting(context: ReadContext, kind: str) -> Select[Any]:
    query = select(ITEM.c.claim_id, ITEM.c.kind, ITEM.c.amount_at_risk).where(
        ITEM.c.practice == context.practice, _awake(context)
    )
    return query if kind == ListKind.TODAY else query.where(ITEM.c.kind == kind)


def _awake(context: ReadContext) -> ColumnElement[bool]:
    return or_(ITEM.c.snoozed_until.is_(None), ITEM.c.snoozed_until <= context.at)


def _tally(rows: Connection, query: Select[Any]) -> Tally:
    some = query.limit(COUNTED).subquery()
    listed = select(
        some.c.claim_id, func.count().label("many"), func.sum(some.c.amount_at_risk).label("amount")
    ).group_by(some.c.claim_id, some.c.kind).subquery()  # fmt: skip
    claims = select(
        func.sum(listed.c.many).label("many"), func.max(listed.c.amount).label("amount")
    ).group_by(listed.c.claim_id).subquery()  # fmt: skip
    items, cents = rows.execute(
        select(func.coalesce(func.sum(claims.c.many), 0), func.coalesce(func.sum(claims.c.amount), 0))
    ).one()
    items = int(items)
    return Tally(items, from_cents(int(cents)), items >= COUNTED)


def initials(context: ReadContext, patient_ids: Iterable[str | None]) -> dict[str, str]:
    """Initials of those patients who are registered."""
    wanted = sorted({patient_id for patient_id in patient_ids if patient_id})
    with context.rows() as connection:
        keys = {f"patient|{context.practice}|{patient_id}": patient_id for patient_id in wanted}
        rows = connection.execute(select(PATIENT.c.key, PATIENT.c.initials).where(PATIENT.c.key.in_(keys))).all()
    return {keys[row.key]: row.initials for row in rows if row.initials}


def payers(context: ReadContext) -> list[str]:
    """Every payer that has claims: from one to the next through the index, never over all rows."""
    found: list[str] = []
    with context.rows() as rows:
        following = select(func.min(CLAIM.c.payer_id)).where(CLAIM.c.practice == context.practice)
        payer = rows.scalar(following)
        while payer is not None and len(found) < MOST_PAYERS:
            found.append(payer)
            payer = rows.scalar(following.where(CLAIM.c.payer_id > payer))
    return [payer for payer in found if payer]
