"""Unmatched payments of a payer to which no 837 was ever loaded: one row for each check.

Such a payer's payments are not unmatched one by one: the practice has not loaded its claims yet. From the first 837 to
the payer on, each unmatched payment is a row of its own again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    tuple_,
)

from events.values import from_cents
from projections.keys import Key
from projections.tables.tables import READ_TABLES
from projections.tables.vocabulary import ListKind
from services.presentation.formatting import day, dollars, plural
from services.reads.read_context import ReadContext

ITEM, REMITTANCE, ATTEMPT = READ_TABLES["work_item"], READ_TABLES["remittance"], READ_TABLES["claim_attempt"]
Shown = Callable[[FromClause], ColumnElement[bool]]
LISTS = (ListKind.UNMATCHED, ListKind.TODAY)
PAID, SENT = frozenset({"payment.posted.v1", "claim.denied.v1", "payment.reversed.v1"}), "claim.submitted.v1"
LOOKED_UP = 1_000  # unmatched payments: with more, reading the terms is no dearer
UNSENT = "unsent"  # the name of the value that a query of such rows is given


def unsent_payers(context: ReadContext, kind: str) -> dict[str, list[str]]:
    """{UNSENT: payers that answered and to which no 837 was ever loaded}; nothing where there are none.

    Only lists with unmatched payments ask: all others stay as they are.
    """
    if kind not in LISTS or not _may_be_unsent(context):
        return {}
    from services.reads.payer_names import payers_meant  # noqa: PLC0415  both are slow to import
    from services.store.named_payers import stated_payers  # noqa: PLC0415

    with context.terms() as (log, reference):
        told = stated_payers(log, context.practice, context.cut)
        by_type = [(one.event_type, payer) for payer, one in payers_meant(reference, told)]
    sent = {payer for event_type, payer in by_type if event_type == SENT}
    unsent = sorted({payer for event_type, payer in by_type if event_type in PAID} - sent)
    return {UNSENT: unsent} if unsent else {}


def _may_be_unsent(context: ReadContext) -> bool:
    """Whether the terms must be asked: not where each unmatched payment is of a payer that a claim was sent to.

    Names and aliases are in the terms; a claim that was sent is a row. Of very many payments that is not looked up.
    """
    some = _some_unmatched(context).subquery()
    payer = select(some.c.payer_id, func.count().label("payments")).group_by(some.c.payer_id).subquery()
    mine = ATTEMPT.c.practice == context.practice, ATTEMPT.c.payer_id == payer.c.payer_id
    # In the order of the index: for a mere EXISTS PostgreSQL may read the table, to its end if nothing was sent.
    first = select(ATTEMPT.c.sent_at).where(*mine).order_by(ATTEMPT.c.sent_at).limit(1).scalar_subquery()
    unsent = func.sum(case((first.is_(None), 1), else_=0))
    query = select(func.coalesce(func.sum(payer.c.payments), 0), func.coalesce(unsent, 0)).select_from(payer)
    with context.rows() as connection:
        many, unproven = connection.execute(query).one()
    return bool(unproven) or many == LOOKED_UP


def _some_unmatched(context: ReadContext) -> Select[Any]:
    mine = ITEM.c.practice == context.practice, ITEM.c.kind == ListKind.UNMATCHED, ITEM.c.remit.is_not(None)
    return select(ITEM.c.payer_id).where(*mine).limit(LOOKED_UP)


def _is_own_row(item: FromClause) -> ColumnElement[bool]:
    payers = item.c.payer_id.not_in(bindparam(UNSENT, expanding=True))
    return or_(item.c.kind != ListKind.UNMATCHED, item.c.remit.is_(None), payers)


def _of_one_check(item: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(
        other.c.practice == item.c.practice,
        other.c.remit == item.c.remit,
        other.c.kind == item.c.kind,
        other.c.payer_id == item.c.payer_id,
    )


def first_of_its_check(item: FromClause, shown: Shown) -> ColumnElement[bool]:
    """Leaves of each such check the one row with the first claim number. `shown`: which other rows are in the list."""
    other = ITEM.alias("of_the_check")
    earlier = tuple_(other.c.claim_id, other.c.item) < tuple_(item.c.claim_id, item.c.item)
    before = exists(select(other.c.key).where(_of_one_check(item, other), earlier, shown(other)))
    return or_(_is_own_row(item), ~before)


def amount_of_check(item: FromClause, shown: Shown) -> ColumnElement[int]:
    """Cents at risk of a row as it is listed: of such a check the sum of its payments."""
    other = ITEM.alias("payments_of_check")
    whole = select(func.sum(other.c.amount_at_risk)).where(_of_one_check(item, other), shown(other)).scalar_subquery()
    return case((_is_own_row(item), item.c.amount_at_risk), else_=whole)


def tell_checks(
    context: ReadContext,
    connection: Connection,
    items: Sequence[tuple[dict[str, Any], str | None]],
    unsent: Collection[str],
) -> None:
    """Says of each such row what the whole check holds: how many payments, their sum, its trace and date."""
    wanted = {
        remit: item
        for item, remit in items
        if remit and item["kind"] == ListKind.UNMATCHED and item["payer_id"] in unsent
    }
    if not wanted:
        return
    sums = (
        select(ITEM.c.remit, func.count().label("many"), func.sum(ITEM.c.amount_at_risk).label("cents"))
        .where(ITEM.c.practice == context.practice, ITEM.c.kind == ListKind.UNMATCHED, ITEM.c.remit.in_(wanted))
        .where(or_(ITEM.c.snoozed_until.is_(None), ITEM.c.snoozed_until <= context.at))
        .group_by(ITEM.c.remit)
    )
    keys = {str(Key("remittance", context.practice, remit)): remit for remit in wanted}
    checks = {
        keys[row.key]: row for row in connection.execute(select(REMITTANCE).where(REMITTANCE.c.key.in_(keys))).all()
    }
    for row in connection.execute(sums):
        _tell(wanted[row.remit], int(row.many), int(row.cents), checks.get(row.remit))


def _tell(item: dict[str, Any], many: int, cents: int, check: Any) -> None:
    total = from_cents(cents)
    trace = f"Check {check.trace_number} " if check is not None and check.trace_number else "A check "
    dated = f"of {day(check.payment_date)}" if check is not None and check.payment_date else "without a date"
    item["reason"] = f"{trace}{dated}: {plural(many, 'payment')} over {dollars(total)}; no 837 to this payer is on file"
    item["amount_at_risk"] = f"{total:.2f}"
    item["payments"] = many
