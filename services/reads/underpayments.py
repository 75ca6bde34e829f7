"""What lines were paid next to what they should have been: the list, and the groups behind it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from events.values import from_cents, round_cents, to_cents
from projections.tables.price_facts import PriceExplanation
from projections.tables.tables import READ_TABLES
from projections.tables.vocabulary import SHORT, DisputeState
from services.core.errors import NotFoundError
from services.presentation.formatting import cents_text
from services.reads.keyset import ListPage, OrderedBy, page_rows
from services.reads.read_context import ReadContext

PRICE = READ_TABLES["line_price"]
LESS = -func.coalesce(PRICE.c.variance, 0)  # a line without a price is where nothing is missing
LARGEST_FIRST = (LESS, PRICE.c.claim_id, PRICE.c.line, PRICE.c.sequence)
SHORTFALL: ColumnElement[bool] = and_(PRICE.c.verdict.in_(SHORT), PRICE.c.variance > 0)
LISTED: ColumnElement[bool] = or_(SHORTFALL, PRICE.c.state == DisputeState.RECOVERED)


def underpayments(
    context: ReadContext,
    *,
    payer: str | None = None,
    everything: bool = False,
    groups: bool = False,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Lines that brought too little, recoded ones among them, and those a dispute brought home; the largest first.

    `everything` gives every priced line with its class; `groups` one row for each payer, code and rate paid.
    """
    if not groups:
        return underpayments_page(context, payer=payer, everything=everything, limit=limit).items
    with context.rows() as connection:
        rows = connection.execute(_priced(context, payer, SHORTFALL, everything=everything)).all()
    return grouped(rows)[:limit]


def underpayments_page(
    context: ReadContext,
    *,
    payer: str | None = None,
    everything: bool = False,
    limit: int | None = None,
    cursor: str | None = None,
) -> ListPage:
    """A page of the lines that `underpayments` lists. Raises ListCursorError."""
    query = _priced(context, payer, LISTED, everything=everything)
    with context.rows() as connection:
        rows, following = page_rows(connection, query, [OrderedBy(one) for one in LARGEST_FIRST], limit, cursor)
    return ListPage([price_json(row) for row in rows], following)


def _priced(context: ReadContext, payer: str | None, listed: ColumnElement[bool], *, everything: bool) -> Select[Any]:
    query = select(PRICE).where(PRICE.c.practice == context.practice)
    if not everything:
        query = query.where(listed)
    return query.where(PRICE.c.payer_id == payer) if payer else query


def group_lines(context: ReadContext, payer: str, procedure: str, rate_paid: str | None) -> list[dict[str, Any]]:
    """The lines of one group, as the list shows them. Raises NotFoundError where there is no such group."""
    query = select(PRICE).where(
        PRICE.c.practice == context.practice, SHORTFALL, PRICE.c.payer_id == payer, PRICE.c.procedure == procedure
    )
    with context.rows() as connection:
        rows = connection.execute(query.order_by(PRICE.c.dos, PRICE.c.claim_id, PRICE.c.line)).all()
    found = [price_json(row) for row in rows if rate_paid is None or _rate_paid(row) == rate_paid]
    if not found:
        raise NotFoundError("no underpaid lines of this payer, code and rate")
    return found


def price_json(row: Any) -> dict[str, Any]:
    told = PriceExplanation.from_json(row.explanation).to_json()
    return {
        "claim_id": row.claim_id,
        "ref": row.ref,
        "line": row.line,
        "payer_id": row.payer_id,
        "patient_id": row.patient_id,
        "dos": row.dos.isoformat(),
        "procedure": row.procedure,
        "units": row.units,
        "expected_allowed": cents_text(row.expected_allowed),
        "expected_patient": cents_text(row.expected_patient),
        "expected_paid": cents_text(row.expected_paid),
        "allowed": cents_text(row.allowed),
        "variance": cents_text(row.variance),
        "class": row.verdict,
        "cause": row.cause,
        "evidence": told["evidence"],
        "contract": row.contract,
        "state": row.state,
        "recovered": cents_text(row.recovered),
        "dispute_due": row.dispute_due.isoformat() if row.dispute_due else None,
        "explanation": told["steps"],
    }


def grouped(rows: Any) -> list[dict[str, Any]]:
    """One row per payer, code and rate paid: one contract error is one row, however many lines it touched."""
    groups: dict[tuple[str, str, str | None], dict[str, Any]] = {}
    for row in rows:
        rate = _rate_paid(row)
        group = groups.setdefault(
            (row.payer_id, row.procedure, rate),
            {
                "payer_id": row.payer_id,
                "procedure": row.procedure,
                "rate_paid": rate,
                "lines": 0,
                "cents": 0,
                "first": row.dos,
                "last": row.dos,
                "causes": {},
                "claims": set(),
            },
        )
        group["lines"] += 1
        group["cents"] += row.variance or 0
        group["first"], group["last"] = min(group["first"], row.dos), max(group["last"], row.dos)
        group["causes"][row.cause] = group["causes"].get(row.cause, 0) + 1
        group["claims"].add(row.claim_id)
    ordered = sorted(groups.values(), key=lambda g: (-g["cents"], g["payer_id"], g["procedure"], g["rate_paid"] or ""))
    return [_group_json(group) for group in ordered]


def group_place(group: dict[str, Any]) -> tuple[int, str, str, str]:
    """What groups are ordered by: the most money first."""
    return -to_cents(Decimal(group["variance"])), group["payer_id"], group["procedure"], group["rate_paid"] or ""


def _rate_paid(row: Any) -> str | None:
    units = Decimal(row.units or 0)
    if row.allowed is None or not units:
        return None
    return f"{round_cents(from_cents(row.allowed) / units):.2f}"


def _group_json(group: dict[str, Any]) -> dict[str, Any]:
    cause = max(group["causes"].items(), key=lambda item: (item[1], item[0] or ""))[0]
    return {
        "payer_id": group["payer_id"],
        "procedure": group["procedure"],
        "rate_paid": group["rate_paid"],
        "lines": group["lines"],
        "claims": len(group["claims"]),
        "variance": f"{from_cents(group['cents']):.2f}",
        "first": group["first"].isoformat(),
        "last": group["last"].isoformat(),
        "cause": cause,
        "evidence": f"{group['causes'][cause]} of {group['lines']} lines point to it",
    }
