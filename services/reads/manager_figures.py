"""Money lost to deadlines by month, cash expected by week, and the week of a manager: counts and sums alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, select

from events.values import from_cents, to_cents
from projections.calendar import start_of_day
from projections.tables.tables import READ_TABLES
from projections.tables.vocabulary import FirstDecision, OutcomeKind
from services.reads.grouping import Slice
from services.reads.list_counts import lost_within
from services.reads.rates import losses
from services.reads.read_context import ReadContext
from services.reads.response_times import lags
from services.reads.team import DONE, SOON, acts_since, as_moment
from services.store.engine import chunks

ATTEMPT, OUTCOME, PRICE = READ_TABLES["claim_attempt"], READ_TABLES["claim_outcome"], READ_TABLES["line_price"]
REMITTANCE, PAYER = READ_TABLES["remittance"], READ_TABLES["claim_payer"]
WEEK = timedelta(days=7)
WEEKS, MONTHS = 8, 12


def lost_by_month(context: ReadContext, months: int = MONTHS) -> list[dict[str, Any]]:
    """[{month, claims, amount, reasons}] of money lost to deadlines, the newest month last; months without any too."""
    names = _months(context.today, months)
    begin = date.fromisoformat(f"{names[0]}-01")
    query = select(OUTCOME.c.first_on, OUTCOME.c.code, OUTCOME.c.amount).where(
        OUTCOME.c.practice == context.practice, OUTCOME.c.kind == OutcomeKind.LOST, OUTCOME.c.first_on >= begin
    )
    found: dict[str, list[Any]] = {name: [] for name in names}
    with context.rows() as rows:
        for row in rows.execute(query.where(OUTCOME.c.first_on <= context.today)):
            found[f"{row.first_on:%Y-%m}"].append(row)
    return [
        {
            "month": name,
            "claims": len(mine),
            "amount": f"{from_cents(sum(row.amount for row in mine)):.2f}",
            "reasons": dict(Counter(row.code for row in mine).most_common()),
        }
        for name, mine in found.items()
    ]


def _months(today: date, count: int) -> list[str]:
    first = today.year * 12 + today.month - count
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(first, first + count)]


def expected_cash(context: ReadContext, weeks: int = WEEKS) -> dict[str, Any]:
    """What payers are likely to pay and in which week: {weeks: [{week, claims, amount}], late, unknown}.

    Of each claim that waits for its decision: what its lines are priced at, in the week in which its payer usually has
    answered (the median from sending to answer of the last twelve months). `late`: that day has passed. `unknown`:
    claims without a price, or of a payer without answers; they are in no sum.
    """
    with context.rows() as rows:
        usual = {row["payer_id"]: row["to_answer"] for row in lags(rows, context, None) if row["to_answer"]}
        waiting = rows.execute(
            select(ATTEMPT.c.claim_id, ATTEMPT.c.payer_id, func.max(ATTEMPT.c.sent_at).label("sent"))
            .where(ATTEMPT.c.practice == context.practice, ATTEMPT.c.awaiting == 1)
            .group_by(ATTEMPT.c.claim_id, ATTEMPT.c.payer_id)
        ).all()
        worth = _worth(rows, context, [row.claim_id for row in waiting])
    monday = context.today - timedelta(days=context.today.weekday())
    sums: dict[date, list[int]] = {monday + n * WEEK: [] for n in range(weeks)}
    late: list[int] = []
    unknown = 0
    for row in waiting:
        cents, lag = worth.get((row.claim_id, row.payer_id)), usual.get(row.payer_id)
        if cents is None or lag is None:
            unknown += 1
            continue
        on = (
            (as_moment(row.sent) + timedelta(days=float(lag["median_days"]))).astimezone(context.references.zone).date()
        )
        if on < context.today:
            late.append(cents)
        elif (week := on - timedelta(days=on.weekday())) in sums:
            sums[week].append(cents)
    return {
        "weeks": [{"week": week.isoformat(), **_sum(found)} for week, found in sums.items()],
        "late": _sum(late),
        "unknown": unknown,
    }


def _sum(cents: list[int]) -> dict[str, Any]:
    return {"claims": len(cents), "amount": f"{from_cents(sum(cents)):.2f}"}


def _worth(rows: Connection, context: ReadContext, claims: list[str]) -> dict[tuple[str, str], int]:
    """Cents that a payer's contract gives for a claim, less the patient's share where it is known."""
    found: dict[tuple[str, str], int] = {}
    paid = func.coalesce(PRICE.c.expected_paid, PRICE.c.expected_allowed)
    for some in chunks(sorted(set(claims))):
        query = select(PRICE.c.claim_id, PRICE.c.payer_id, func.sum(paid).label("cents")).where(
            PRICE.c.practice == context.practice, PRICE.c.claim_id.in_(some), paid.is_not(None)
        )
        for row in rows.execute(query.group_by(PRICE.c.claim_id, PRICE.c.payer_id)):
            found[row.claim_id, row.payer_id] = int(row.cents)
    return found


def weekly(context: ReadContext) -> dict[str, Any]:
    """The seven days up to the read's day next to the seven before: counts and sums alone, no claim and no patient."""
    last = context.today
    this, before = (
        _week(context, last - WEEK + timedelta(days=1), last),
        _week(context, last - 2 * WEEK + timedelta(days=1), last - WEEK),
    )
    soon = lost_within(context, SOON)
    with context.rows() as rows:
        part = Slice(practice=context.practice, since=last - WEEK + timedelta(days=1), until=last)
        reasons = losses(rows, part, last)
    return {
        "from": (last - WEEK + timedelta(days=1)).isoformat(),
        "to": last.isoformat(),
        "this": this,
        "before": before,
        "at_risk": {"claims": soon.items, "amount": f"{soon.amount:.2f}", "capped": soon.capped},
        "lost_why": [
            {"reason": r["reason"], "claims": r["claims"], "amount": r["amount"]} for r in _by_reason(reasons)
        ],
    }


def _by_reason(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    claims: Counter[str] = Counter()
    cents: Counter[str] = Counter()
    for row in rows:
        claims[row["reason"]] += row["claims"]
        cents[row["reason"]] += to_cents(Decimal(row["amount"]))
    return [
        {"reason": name, "claims": claims[name], "amount": f"{from_cents(cents[name]):.2f}"} for name in sorted(claims)
    ]


def _week(context: ReadContext, since: date, until: date) -> dict[str, Any]:
    zone = context.references.zone
    start, end = start_of_day(since, zone), start_of_day(until + timedelta(days=1), zone)
    paid = select(func.coalesce(func.sum(REMITTANCE.c.total_paid), 0)).where(
        REMITTANCE.c.practice == context.practice, REMITTANCE.c.payment_date.between(since, until)
    )
    sent = select(func.count()).where(
        ATTEMPT.c.practice == context.practice, ATTEMPT.c.sent_at >= start, ATTEMPT.c.sent_at < end
    )
    rejected = select(func.count()).where(
        ATTEMPT.c.practice == context.practice, ATTEMPT.c.rejected_at >= start, ATTEMPT.c.rejected_at < end
    )
    denied = select(func.count()).where(
        PAYER.c.practice == context.practice,
        PAYER.c.notice_on.between(since, until),
        PAYER.c.verdict != FirstDecision.PAID,
    )
    lost = select(func.count(), func.coalesce(func.sum(OUTCOME.c.amount), 0)).where(
        OUTCOME.c.practice == context.practice,
        OUTCOME.c.kind == OutcomeKind.LOST,
        OUTCOME.c.first_on.between(since, until),
    )
    with context.rows() as rows:
        lost_claims, lost_cents = rows.execute(lost).one()
        figures = {
            name: int(rows.scalar(query) or 0)
            for name, query in (("sent", sent), ("rejected", rejected), ("denied", denied))
        }
        collected = int(rows.scalar(paid) or 0)
    acts = [act for act in acts_since(context, start) if act.at < end]
    return figures | {
        "collected": f"{from_cents(collected):.2f}",
        "lost": f"{from_cents(int(lost_cents)):.2f}",
        "claims_lost": int(lost_claims),
        "acts": len(acts),
        "done": sum(act.type == DONE for act in acts),
        "letters": sum(act.type == "letter.sent.v1" for act in acts),
    }
