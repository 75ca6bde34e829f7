"""Alerts as the log has them: which clock came to which step, and whether it still runs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from projections.calendar import overdue_at
from projections.keys import Key
from projections.tables.tables import READ_TABLES
from projections.terms.terms_in_force import Reference
from services.reads.read_context import ReadContext
from services.store.engine import chunks
from services.store.log import IDENTITY, LOG
from services.store.scheduler_tables import ALERT_RAISED, SOURCE

DEADLINE, ITEM = READ_TABLES["deadline"], READ_TABLES["work_item"]
PRICED = ("underpayment", "overpayment")  # lists whose items are clocks of their own
AlertedClock = tuple[str, str, str, str]  # claim, payer, kind, due


def alerts(
    context: ReadContext, *, payer: str | None = None, everything: bool = False, limit: int | None = None
) -> list[dict[str, Any]]:
    """Alerts of clocks that still run toward the same date; `everything` gives ended ones too.

    The newest come first, and of those raised together the ones that are due first.
    """
    with context.context() as (fold_context, reference):
        told = [(row, json.loads(row.data)) for row in fold_context.log.execute(_raised(context))]
        running = _running(fold_context.rows, context.practice, {data["claim_id"] for _, data in told})
        found = [_alert_json(row, data, context, reference, running) for row, data in told]
    found.sort(key=lambda alert: (alert["due"] or "", alert["claim_id"], alert["clock"]))
    found.sort(key=lambda alert: alert["raised_at"], reverse=True)
    kept = [a for a in found if (everything or a["running"]) and payer in (None, a["payer_id"])]
    return kept if limit is None else kept[:limit]


def _raised(context: ReadContext) -> Select[Any]:
    query = (
        select(LOG.c.position, LOG.c.id, LOG.c.time, LOG.c.data)
        .join(IDENTITY, IDENTITY.c.position == LOG.c.position)
        .where(IDENTITY.c.practice == context.practice, IDENTITY.c.source == SOURCE, LOG.c.type == ALERT_RAISED)
    )
    if context.cut.as_of is not None:
        query = query.where(LOG.c.time <= context.cut.as_of)
    if context.cut.known_at is not None:
        query = query.where(LOG.c.recorded_at <= context.cut.known_at)
    return query


def _running(rows: Connection, practice: str, claim_ids: Iterable[str]) -> set[AlertedClock]:
    """The clocks of these claims that nothing has ended."""
    found: set[AlertedClock] = set()
    keys = [str(Key("claim", practice, claim_id)) for claim_id in sorted(claim_ids)]
    for part in chunks(keys):
        clocks = rows.execute(select(DEADLINE).where(DEADLINE.c.key.in_(part)))
        found |= {(row.claim_id, row.payer_id, row.kind, row.due) for row in clocks}
    priced = select(ITEM).where(ITEM.c.practice == practice, ITEM.c.kind.in_(PRICED), ITEM.c.due.is_not(None))
    for row in rows.execute(priced) if keys else ():
        found |= {(row.claim_id, row.payer_id, clock, row.due) for clock in row.clocks.split()}
    return found


def _alert_json(
    row: Row[Any], data: dict[str, Any], context: ReadContext, reference: Reference, running: set[AlertedClock]
) -> dict[str, Any]:
    claim_id, due, payer_id = data["claim_id"], data.get("due"), data.get("payer_id", "")
    return {
        "raised_at": row.time.isoformat(),
        "claim_id": claim_id,
        "ref": reference.ref(context.practice, claim_id),
        "payer_id": payer_id,
        "clock": data["clock"],
        "step": data["step"],
        "due": due,
        "overdue": _is_overdue(due, context.at, reference),
        "to": data.get("to"),
        "assignee": data.get("assignee"),
        "attempt": data.get("attempt"),
        "amount": data.get("amount"),
        "worklist": data.get("worklist"),
        "running": (claim_id, payer_id, data["clock"], due) in running,
        "id": row.id,
    }


def _is_overdue(due: str | None, at: datetime, reference: Reference) -> bool:
    if due is None:
        return False
    end = date.fromisoformat(due) if len(due) == 10 else datetime.fromisoformat(due)
    return at >= overdue_at(end, reference.zone)
