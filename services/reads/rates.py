"""Rates and sums over many claims; every formula with its numerator and denominator is in docs/metrics.md."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from events.values import from_cents, round_cents, to_cents
from projections.rules.adjustment_codes import DenialTable
from projections.rules.claim_status_words import StatusTable
from projections.tables.tables import READ_TABLES
from projections.tables.vocabulary import DeadlineState, FirstDecision, OutcomeKind
from services.reads.grouping import HOUR, Slice, micros, quantiles, rate, tenths
from services.reads.read_context import ReadContext

PAYER, ATTEMPT, OUTCOME = READ_TABLES["claim_payer"], READ_TABLES["claim_attempt"], READ_TABLES["claim_outcome"]
REVENUE_DAYS = 90
REMARK = re.compile(r"MA?\d{1,3}|N\d{1,4}")  # a RARC
RateFigures = dict[str | None, dict[str, Any]]
MEASURES = (  # every row names all of them; a figure with nothing to calculate from is null
    "submitted",
    "attempts",
    "rejected",
    "rejection_rate",
    "attempts_rejected",
    "attempt_rejection_rate",
    "clean",
    "clean_claim_rate",
    "first_pass",
    "first_pass_rate",
    "adjudicated",
    "denied",
    "denial_rate",
    "denied_in_part",
    "denial_rate_any_line",
    "denied_amount",
    "denial_rate_dollars",
    "still_denied",
    "net_denial_rate",
    "appeals_decided",
    "overturned",
    "overturned_in_part",
    "overturn_rate",
    "collected",
    "collectible",
    "outstanding",
    "net_collection_rate",
    "rejections",
    "worked_in_time",
    "worked_in_time_rate",
    "resubmitted",
    "hours_to_resubmit",
    "lost",
    "claims_lost",
    "net_receivable",
    f"net_revenue_{REVENUE_DAYS}_days",
    "days_in_ar",
)


def metrics(rows: Connection, context: ReadContext, part: Slice, today: date) -> list[dict[str, Any]]:
    """One row of figures for each group, in the order of their names."""
    sources = (
        _sending(rows, part),
        _answers(rows, part),
        _appeals(rows, part),
        _money(rows, part),
        _rejections(rows, context, part),
        _losses(rows, part, today),
        _receivable(rows, part, today) if part.by != "month" else {},
    )
    names = sorted({name for source in sources for name in source}, key=lambda name: name or "")
    label = {"payer": "payer_id", "month": "month"}.get(part.by or "", "payer_id")
    return [{label: name} | dict.fromkeys(MEASURES) | _merged(sources, name) for name in names]


def _merged(sources: tuple[RateFigures, ...], name: str | None) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for source in sources:
        figures |= source.get(name, {})
    return figures


def _sum(condition: ColumnElement[bool], label: str) -> ColumnElement[Any]:
    return func.sum(case((condition, 1), else_=0)).label(label)


def _sending(rows: Connection, part: Slice) -> RateFigures:
    columns = [
        func.count().label("claims"),
        func.sum(PAYER.c.attempts).label("attempts"),
        _sum(PAYER.c.rejected > 0, "rejected"),
        func.sum(PAYER.c.rejected).label("attempts_rejected"),
        func.sum(PAYER.c.clean).label("clean"),
        func.sum(PAYER.c.first_pass).label("first_pass"),
    ]
    return {
        part.name(r): {
            "submitted": r.claims,
            "attempts": int(r.attempts),
            "rejected": int(r.rejected),
            "rejection_rate": rate(r.rejected, r.claims),
            "attempts_rejected": int(r.attempts_rejected),
            "attempt_rejection_rate": rate(r.attempts_rejected, r.attempts),
            "clean": int(r.clean),
            "clean_claim_rate": rate(r.clean, r.claims),
            "first_pass": int(r.first_pass),
            "first_pass_rate": rate(r.first_pass, r.claims),
        }
        for r in rows.execute(part.counted(PAYER, PAYER.c.sent_on, columns))
        if r.claims
    }


def _answers(rows: Connection, part: Slice) -> RateFigures:
    columns = [
        func.count().label("claims"),
        _sum(PAYER.c.verdict == FirstDecision.DENIED, "denied"),
        _sum(PAYER.c.verdict == FirstDecision.PARTLY, "partly"),
        func.sum(PAYER.c.noticed).label("charged"),
        func.sum(PAYER.c.first_denied).label("cents"),
        func.sum(PAYER.c.denied_now).label("now"),
    ]
    return {
        part.name(r): {
            "adjudicated": r.claims,
            "denied": int(r.denied),
            "denial_rate": rate(r.denied, r.claims),
            "denied_in_part": int(r.partly),
            "denial_rate_any_line": rate(r.denied + r.partly, r.claims),
            "denied_amount": _money_text(r.cents),
            "denial_rate_dollars": rate(r.cents, r.charged),
            "still_denied": int(r.now),
            "net_denial_rate": rate(r.now, r.claims),
        }
        for r in rows.execute(part.counted(PAYER, PAYER.c.notice_on, columns))
        if r.claims
    }


def _appeals(rows: Connection, part: Slice) -> RateFigures:
    columns = [
        func.count().label("decided"),
        _sum(OUTCOME.c.code == "overturned", "won"),
        _sum(OUTCOME.c.code == "partial", "partly"),
    ]
    query = part.counted(OUTCOME, OUTCOME.c.first_on, columns).where(OUTCOME.c.kind == OutcomeKind.DECISION)
    return {
        part.name(r): {
            "appeals_decided": r.decided,
            "overturned": int(r.won),
            "overturned_in_part": int(r.partly),
            "overturn_rate": rate(r.won, r.decided),
        }
        for r in rows.execute(query)
        if r.decided
    }


def _money(rows: Connection, part: Slice) -> RateFigures:
    columns = [
        func.sum(PAYER.c.collected).label("collected"),
        func.sum(PAYER.c.net).label("net"),
        func.sum(PAYER.c.open).label("open"),
        func.count().label("claims"),
    ]
    query = part.counted(PAYER, PAYER.c.dos, columns).where(PAYER.c.charge != 0)
    return {
        part.name(r): {
            "collected": _money_text(r.collected),
            "collectible": _money_text(r.net),
            "outstanding": _money_text(r.open),
            "net_collection_rate": rate(r.collected, r.net),
        }
        for r in rows.execute(query)
        if r.claims
    }


def _rejections(rows: Connection, context: ReadContext, part: Slice) -> RateFigures:
    """An open rejection counts from the instant it is late: until then nobody knows yet."""
    known = or_(
        ATTEMPT.c.verdict.in_((DeadlineState.MET, DeadlineState.MISSED)),
        and_(ATTEMPT.c.verdict == DeadlineState.OPEN, ATTEMPT.c.late_at <= context.at),
    )
    columns = [func.count().label("many"), _sum(ATTEMPT.c.verdict == DeadlineState.MET, "met")]
    found: RateFigures = {
        part.name(r): {
            "rejections": r.many,
            "worked_in_time": int(r.met),
            "worked_in_time_rate": rate(r.met, r.many),
        }
        for r in rows.execute(part.counted(ATTEMPT, ATTEMPT.c.rejected_on, columns).where(known))
        if r.many
    }
    names = part.names(ATTEMPT, ATTEMPT.c.rejected_on)
    took = (micros(ATTEMPT.c.resent_at) - micros(ATTEMPT.c.rejected_at)).label("value")
    times = part.narrowed(select(*names, took), ATTEMPT, ATTEMPT.c.rejected_on).where(ATTEMPT.c.resent_at.is_not(None))
    for name, value in quantiles(rows, times, len(names), ()).items():
        told = found.setdefault(part.name(name), {})
        told |= {"resubmitted": value[0], "hours_to_resubmit": tenths(value[50], HOUR)}
    return found


def _losses(rows: Connection, part: Slice, today: date) -> RateFigures:
    columns = [func.sum(OUTCOME.c.amount).label("cents"), func.count().label("claims")]
    query = part.counted(OUTCOME, OUTCOME.c.first_on, columns).where(*_is_lost(today))
    return {
        part.name(r): {"lost": _money_text(r.cents), "claims_lost": r.claims} for r in rows.execute(query) if r.claims
    }


def _is_lost(today: date) -> tuple[ColumnElement[bool], ...]:
    """What a running clock will cost counts from the day after its last."""
    return (OUTCOME.c.kind == OutcomeKind.LOST, OUTCOME.c.first_on <= today)


def losses(rows: Connection, part: Slice, today: date) -> list[dict[str, Any]]:
    """Dollars lost to missed deadlines, by payer and reason, the most first."""
    cents = func.sum(OUTCOME.c.amount)
    query = select(OUTCOME.c.payer_id, OUTCOME.c.code, cents.label("cents"), func.count().label("claims"))
    query = part.narrowed(query, OUTCOME, OUTCOME.c.first_on).where(*_is_lost(today))
    names = (OUTCOME.c.payer_id, OUTCOME.c.code)
    query = query.group_by(*names).order_by(cents.desc(), *names)
    return [
        {"payer_id": r.payer_id, "reason": r.code, "claims": r.claims, "amount": _money_text(r.cents)}
        for r in rows.execute(query)
    ]


def denials(rows: Connection, part: Slice, table: DenialTable) -> list[dict[str, Any]]:
    """By payer, CARC and RARC: how many claims and lines, how many dollars, what of it is in effect, since when."""
    cents = func.sum(OUTCOME.c.amount)
    names = (OUTCOME.c.payer_id, OUTCOME.c.code, OUTCOME.c.remark)
    query = select(
        *names,
        func.count().label("claims"),
        func.sum(OUTCOME.c.lines).label("lines"),
        cents.label("cents"),
        func.sum(OUTCOME.c.standing).label("standing"),
        func.min(OUTCOME.c.first_on).label("first"),
        func.max(OUTCOME.c.last_on).label("last"),
    )
    query = part.narrowed(query, OUTCOME, OUTCOME.c.first_on).where(OUTCOME.c.kind == OutcomeKind.DENIAL)
    return [
        {
            "payer_id": r.payer_id,
            "carc": r.code or None,
            "rarc": r.remark or None,
            "meaning": _meaning(table, r.code, r.remark),
            "claims": r.claims,
            "lines": int(r.lines),
            "amount": _money_text(r.cents),
            "still_denied": _money_text(r.standing),
            "first": r.first.isoformat(),
            "last": r.last.isoformat(),
        }
        for r in rows.execute(query.group_by(*names).order_by(cents.desc(), *names))
    ]


def _meaning(table: DenialTable, code: str, remark: str) -> str:
    """Of the first of the codes, in our own words."""
    group, _, reason = (code.split() or [""])[0].partition("-")
    return table.judge(group, reason, remark.split()).meaning


def rejections(rows: Connection, part: Slice, statuses: StatusTable, table: DenialTable) -> list[dict[str, Any]]:
    """By payer, stage and codes, with the codes in `words`: how many, and when first and last."""
    many = func.count()
    names = (ATTEMPT.c.payer_id, ATTEMPT.c.stage, ATTEMPT.c.codes)
    query = select(
        *names,
        many.label("many"),
        func.min(ATTEMPT.c.rejected_on).label("first"),
        func.max(ATTEMPT.c.rejected_on).label("last"),
    )
    query = part.narrowed(query, ATTEMPT, ATTEMPT.c.rejected_on)
    return [
        {
            "payer_id": r.payer_id,
            "stage": r.stage,
            "codes": r.codes or None,
            "words": _rejection_words((r.codes or "").split(), statuses, table) or None,
            "rejections": r.many,
            "first": r.first.isoformat(),
            "last": r.last.isoformat(),
        }
        for r in rows.execute(query.group_by(*names).order_by(many.desc(), *names))
    ]


def _receivable(rows: Connection, part: Slice, today: date) -> RateFigures:
    """Net days in AR. What is not answered yet counts with the share of its charges that this payer usually allows."""
    recent = and_(PAYER.c.dos > today - timedelta(days=REVENUE_DAYS), PAYER.c.dos <= today)
    answered = PAYER.c.answered == 1

    def total(column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.coalesce(func.sum(case((and_(*conditions), column), else_=0)), 0)

    query = (
        select(
            PAYER.c.payer_id,
            total(PAYER.c.net, answered).label("net"),
            total(PAYER.c.charge, answered).label("charge"),
            total(PAYER.c.open, answered).label("open"),
            total(PAYER.c.open, ~answered).label("waiting"),
            total(PAYER.c.net, answered, recent).label("earned"),
            total(PAYER.c.charge, ~answered, recent).label("expected"),
        )
        .where(PAYER.c.practice == part.practice, PAYER.c.charge != 0)
        .group_by(PAYER.c.payer_id)
    )
    found = rows.execute(query).all()
    whole = _share(sum(r.net for r in found), sum(r.charge for r in found), Decimal(1))
    kept = [r for r in found if part.payer in (None, r.payer_id)]
    sums: dict[str | None, list[int]] = {}
    for r in kept:
        share = _share(r.net, r.charge, whole)
        entry = sums.setdefault(r.payer_id if part.by == "payer" else None, [0, 0])
        entry[0] += int(r.open) + to_cents(round_cents(from_cents(int(r.waiting)) * share))
        entry[1] += int(r.earned) + to_cents(round_cents(from_cents(int(r.expected)) * share))
    return {name: _days_in_ar(*entry) for name, entry in sums.items()}


def _share(net: int, charge: int, otherwise: Decimal) -> Decimal:
    return Decimal(int(net)) / int(charge) if charge else otherwise


def _days_in_ar(receivable: int, revenue: int) -> dict[str, Any]:
    days = tenths(receivable * REVENUE_DAYS, revenue) if revenue > 0 else None
    return {
        "net_receivable": _money_text(receivable),
        f"net_revenue_{REVENUE_DAYS}_days": _money_text(revenue),
        "days_in_ar": days,
    }


def _money_text(cents: int) -> str:
    return f"{from_cents(int(cents)):.2f}"


def _rejection_words(codes: Sequence[str], statuses: StatusTable, table: DenialTable) -> str:
    """Of a 277 or 999 by its codes; of an 835 that says "unprocessable" by its adjustment and remark codes together."""
    remarks = [code for code in codes if REMARK.fullmatch(code)]
    if not remarks:
        return "; ".join(statuses.stored_words(code) for code in codes)
    reason = next((code for code in codes if code not in remarks), "16")
    return f"{table.judge('CO', reason, remarks).meaning} ({' '.join(codes)})"
