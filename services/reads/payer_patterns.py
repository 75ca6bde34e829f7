"""How payers behave: what they decided month by month, what waits for them, what of theirs waits for us."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import case, extract, func, select

from events.values import from_cents
from projections.tables.tables import READ_TABLES
from projections.tables.vocabulary import PriceVerdict
from services.reads.holders import routing_of
from services.reads.read_context import ReadContext

PRICE, DEADLINE, ITEM = READ_TABLES["line_price"], READ_TABLES["deadline"], READ_TABLES["work_item"]
ANSWERS = ("ack_syntax", "ack_clearinghouse", "ack_payer", "payer_response")  # clocks that run for others
LISTS = ("rejection", "denial")


def decisions(context: ReadContext, months: int = 12, payer: str | None = None) -> list[dict[str, Any]]:
    """Lines decided, by payer and month of the notice: how many, how many denied, and what the denied were worth."""
    start = _months_before(context.today, months - 1)
    denied = PRICE.c.verdict == PriceVerdict.DENIED
    year, month = extract("year", PRICE.c.notice_date), extract("month", PRICE.c.notice_date)
    query = (
        select(
            PRICE.c.payer_id,
            year.label("year"),
            month.label("month"),
            func.count().label("lines"),
            func.sum(case((denied, 1), else_=0)).label("denied"),
            func.sum(case((denied, func.coalesce(PRICE.c.expected_allowed, 0)), else_=0)).label("worth"),
        )
        .where(
            PRICE.c.practice == context.practice,
            PRICE.c.notice_date >= start,
            PRICE.c.verdict != PriceVerdict.NOT_ANSWERED,
        )
        .group_by(PRICE.c.payer_id, year, month)
        .order_by(year, month, PRICE.c.payer_id)
    )
    if payer:
        query = query.where(PRICE.c.payer_id == payer)
    with context.rows() as connection:
        rows = connection.execute(query).all()
    return [
        {
            "payer_id": row.payer_id,
            "month": f"{int(row.year):04d}-{int(row.month):02d}",
            "lines": row.lines,
            "denied": int(row.denied),
            "worth": f"{from_cents(int(row.worth)):.2f}",
        }
        for row in rows
    ]


def _months_before(day: date, months: int) -> date:
    total = day.year * 12 + day.month - 1 - months
    return date(total // 12, total % 12 + 1, 1)


def month_names(context: ReadContext, months: int = 12) -> list[str]:
    """The months a list of decisions covers, the oldest first."""
    today = context.today
    return [f"{_months_before(today, back):%Y-%m}" for back in range(months - 1, -1, -1)]


def response_clocks(context: ReadContext) -> list[dict[str, Any]]:
    """Answers that are awaited, by payer and clock: how many run, how many are overdue, and the first that was due."""
    overdue = DEADLINE.c.overdue_at <= context.at
    query = (
        select(
            DEADLINE.c.payer_id,
            DEADLINE.c.kind,
            func.count().label("running"),
            func.sum(case((overdue, 1), else_=0)).label("overdue"),
            func.min(DEADLINE.c.due).label("first"),
        )
        .where(DEADLINE.c.practice == context.practice, DEADLINE.c.kind.in_(ANSWERS))
        .group_by(DEADLINE.c.payer_id, DEADLINE.c.kind)
        .order_by(DEADLINE.c.payer_id, DEADLINE.c.kind)
    )
    with context.rows() as connection:
        rows = connection.execute(query).all()
    return [
        {
            "payer_id": row.payer_id,
            "kind": row.kind,
            "running": row.running,
            "overdue": int(row.overdue),
            "first_due": row.first,
        }
        for row in rows
    ]


def open_work(context: ReadContext) -> list[dict[str, Any]]:
    """Rejections and denials that wait for us, by payer and category, the most money first."""
    routing = routing_of(context)
    money = func.sum(ITEM.c.amount_at_risk)
    query = (
        select(ITEM.c.kind, ITEM.c.payer_id, ITEM.c.category, func.count().label("items"), money.label("cents"))
        .where(ITEM.c.practice == context.practice, ITEM.c.kind.in_(LISTS), routing.awake())
        .group_by(ITEM.c.kind, ITEM.c.payer_id, ITEM.c.category)
        .order_by(money.desc(), ITEM.c.payer_id, ITEM.c.category)
    )
    with context.rows() as connection:
        rows = connection.execute(routing.bind(query)).all()
    return [
        {
            "kind": row.kind,
            "payer_id": row.payer_id,
            "category": row.category,
            "items": row.items,
            "amount": f"{from_cents(int(row.cents)):.2f}",
        }
        for row in rows
    ]
