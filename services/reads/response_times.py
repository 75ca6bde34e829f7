"""How long payers take, and whose silence is unusual now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, select

from events.values import from_cents
from projections.tables.tables import READ_TABLES
from services.reads.grouping import DAY, micros, quantiles, tenths
from services.reads.read_context import ReadContext

ATTEMPT = READ_TABLES["claim_attempt"]
WINDOW = timedelta(days=365)  # how long ago a sending may be to show how a payer answers now
FEWEST = 10  # answers before anything is called unusual
UNUSUAL = 95  # per cent of a payer's answers that came sooner
TAIL = tuple(range(UNUSUAL, 101))
Measured = dict[str, dict[int, int]]  # by payer: per cent -> microseconds


def lags(rows: Connection, context: ReadContext, payer: str | None) -> list[dict[str, Any]]:
    """Days from sending to the payer's acknowledgment and to its answer, and between the two, payer by payer."""
    sent, acknowledged, answered = (
        micros(column) for column in (ATTEMPT.c.sent_at, ATTEMPT.c.acknowledged_at, ATTEMPT.c.answered_at)
    )
    measures = {
        "to_acknowledgment": acknowledged - sent,
        "acknowledgment_to_answer": answered - acknowledged,
        "to_answer": answered - sent,
    }
    found = {name: _measured(rows, context, took, payer, (90,)) for name, took in measures.items()}
    names = sorted({name for told in found.values() for name in told})
    return [{"payer_id": name} | {measure: _told(found[measure].get(name)) for measure in measures} for name in names]


def _measured(
    rows: Connection, context: ReadContext, took: Any, payer: str | None, percents: tuple[int, ...]
) -> Measured:
    values = _recent(context, payer, ATTEMPT.c.payer_id, took.label("value")).where(took >= 0)
    return {name[0]: told for name, told in quantiles(rows, values, 1, percents).items()}


def _recent(context: ReadContext, payer: str | None, *columns: Any) -> Select[Any]:
    query = select(*columns).where(
        ATTEMPT.c.practice == context.practice, ATTEMPT.c.sent_at > context.at - WINDOW, ATTEMPT.c.sent_at <= context.at
    )
    return query.where(ATTEMPT.c.payer_id == payer) if payer else query


def _told(value: dict[int, int] | None) -> dict[str, Any] | None:
    if value is None:
        return None
    return {"attempts": value[0], "median_days": tenths(value[50], DAY), "p90_days": tenths(value[90], DAY)}


def silences(rows: Connection, context: ReadContext, payer: str | None) -> list[dict[str, Any]]:
    """Claims that have waited longer than 95% of the payer's answers took, the most unusual and largest first."""
    took = micros(ATTEMPT.c.answered_at) - micros(ATTEMPT.c.sent_at)
    known = {name: told for name, told in _measured(rows, context, took, payer, TAIL).items() if told[0] >= FEWEST}
    found = []
    for name, told in sorted(known.items()):
        silent = select(ATTEMPT).where(
            ATTEMPT.c.practice == context.practice,
            ATTEMPT.c.payer_id == name,
            ATTEMPT.c.awaiting == 1,
            ATTEMPT.c.sent_at < context.at - timedelta(microseconds=told[UNUSUAL]),
        )
        found += [_silence(row, told, context.at) for row in rows.execute(silent)]
    return sorted(found, key=lambda one: (-one["percentile"], -float(one["waiting_days"]), one["claim_id"]))


def _silence(row: Any, told: dict[int, int], at: datetime) -> dict[str, Any]:
    waited = int((at - row.sent_at) / timedelta(microseconds=1))
    return {
        "claim_id": row.claim_id,
        "ref": row.ref,
        "payer_id": row.payer_id,
        "attempt": row.number,
        "sent_at": row.sent_at.isoformat(),
        "charge": f"{from_cents(row.charge):.2f}",
        "waiting_days": tenths(waited, DAY),
        "percentile": max(p for p in TAIL if told[p] < waited),
        "usual_days": tenths(told[50], DAY),
        "p95_days": tenths(told[UNUSUAL], DAY),
        "answers": told[0],
    }
