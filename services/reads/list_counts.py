"""Figures next to the lists: how many rows, what is lost soon, patients' names, payers. Each reads few rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, select

from events.values import from_cents
from projections.tables.tables import READ_TABLES
from projections.tables.vocabulary import ListKind
from projections.work.kinds import KINDS
from services.presentation.formatting import name_case
from services.reads.check_rows import UNSENT, amount_of_check, unsent_payers
from services.reads.read_context import ReadContext
from services.reads.worklist_filters import EVERYTHING, Filters, conditions, listed, values_of
from services.store.engine import chunks

ITEM, CLAIM, PATIENT = READ_TABLES["work_item"], READ_TABLES["claim"], READ_TABLES["patient"]
COUNTED = 1000  # a longer list is shown as "1,000 or more": counting a million rows would cost more than the page
MOST_PAYERS = 200
ALIVE = Filters(lost=False)  # what can still be saved


@dataclass(frozen=True)
class Tally:
    """`items` are rows of the list. `capped`: there are at least this many, and the amount is only theirs.

    A claim on two lists is one row of all open work, and its money is at risk once: what the list with most says.
    """

    items: int
    amount: Decimal
    capped: bool


def tally(context: ReadContext, kind: str, filters: Filters = EVERYTHING) -> Tally:
    """Rows and money of a list as it is narrowed: what `worklist` gives for the same filters, counted."""
    values = values_of(filters, context) | ({} if kind == ListKind.TODAY else {"kind": kind})
    values |= unsent_payers(context, kind)
    with context.rows() as rows:
        return _tally(rows, kind, values)


def tallies(context: ReadContext, kinds: Iterable[str] = KINDS) -> dict[str, Tally]:
    """How many rows each list holds now, at most COUNTED: items, in `today` claims; what is lost already apart."""
    return {kind: tally(context, kind, ALIVE if kind == ListKind.TODAY else EVERYTHING) for kind in kinds}


def lost_within(context: ReadContext, days: int) -> Tally:
    """What is lost for good from the day of the read to this many days later, both included; lost already is not."""
    return tally(context, ListKind.TODAY, Filters(lost=False, days_left=days))


def lost_already(context: ReadContext) -> Tally:
    """What is past its last day and not written off yet."""
    return tally(context, ListKind.TODAY, Filters(lost=True))


def _tally(rows: Connection, kind: str, values: dict[str, Any]) -> Tally:
    items, units, cents = rows.execute(_counted(frozenset(values)), values).one()
    many = int(units) if kind == ListKind.TODAY else int(items)
    return Tally(many, from_cents(int(cents)), int(items) >= COUNTED)


@cache
def _counted(given: frozenset[str]) -> Select[Any]:
    """For the values that are `given`; made once, since making it takes longer than asking it."""
    unit = case((ITEM.c.claim_id != "", ITEM.c.claim_id), else_=ITEM.c.key + ITEM.c.item)
    checks = UNSENT in given
    amount = amount_of_check(ITEM, lambda other: and_(*conditions(other, given))) if checks else ITEM.c.amount_at_risk
    query = select(unit.label("unit"), ITEM.c.kind, amount.label("amount_at_risk")).where(*listed(ITEM, given))
    some = query.limit(COUNTED).subquery()
    units = (
        select(some.c.unit, func.count().label("many"), func.sum(some.c.amount_at_risk).label("amount"))
        .group_by(some.c.unit, some.c.kind)
        .subquery()
    )
    claims = (
        select(func.sum(units.c.many).label("many"), func.max(units.c.amount).label("amount"))
        .group_by(units.c.unit)
        .subquery()
    )
    return select(
        func.coalesce(func.sum(claims.c.many), 0), func.count(), func.coalesce(func.sum(claims.c.amount), 0)
    ).select_from(claims)


def names_of(context: ReadContext, patient_ids: Iterable[str | None]) -> dict[str, str]:
    """Last name, first name of those patients who are registered, or whom a file of their claims names."""
    wanted = sorted({patient_id for patient_id in patient_ids if patient_id})
    found: dict[str, str] = {}
    with context.rows() as connection:
        for some in chunks(wanted):
            keys = {f"patient|{context.practice}|{patient_id}": patient_id for patient_id in some}
            rows = connection.execute(select(PATIENT.c.key, PATIENT.c.full_name).where(PATIENT.c.key.in_(keys))).all()
            found |= {keys[row.key]: name_case(row.full_name) for row in rows if row.full_name}
            if rest := [patient_id for patient_id in some if patient_id not in found]:
                found |= _named_by_claims(connection, context.practice, rest)
    return found


def _named_by_claims(connection: Connection, practice: str, patient_ids: list[str]) -> dict[str, str]:
    query = select(CLAIM.c.patient_id, func.max(CLAIM.c.patient_name)).where(
        CLAIM.c.practice == practice, CLAIM.c.patient_id.in_(patient_ids), CLAIM.c.patient_name.is_not(None)
    )
    return {row[0]: name_case(row[1]) for row in connection.execute(query.group_by(CLAIM.c.patient_id))}


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
