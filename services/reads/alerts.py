"""Alerts as the log has them: which clock came to which step, and whether it still runs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from projections.calendar import add_days, overdue_at
from projections.keys import Key
from projections.tables.tables import READ_TABLES
from projections.terms.terms_in_force import Reference
from projections.work.kinds import ListKind
from services.reads.read_context import ReadContext
from services.reads.rule_status import MissingRule, rule_status
from services.store.engine import chunks
from services.store.log import IDENTITY, LOG
from services.store.scheduler_tables import ALERT_RAISED, SOURCE

DEADLINE, ITEM = READ_TABLES["deadline"], READ_TABLES["work_item"]
PRICED = ("underpayment", "overpayment")  # lists whose items are clocks of their own
ALERT_ORDER = ("raised_at", "due", "about", "clock", "id")  # the newest first, then the next to end
AlertedClock = tuple[str, str, str, str]  # claim, visit or rules; payer, kind, due


def alerts(
    context: ReadContext, *, payer: str | None = None, everything: bool = False, limit: int | None = None
) -> list[dict[str, Any]]:
    """Alerts of clocks that still run toward the same date; `everything` gives ended ones too.

    The newest come first, and of those raised together the ones that are due first.
    """
    with context.context() as (fold_context, reference):
        told = [(row, json.loads(row.data)) for row in fold_context.log.execute(_raised(context))]
        claims = {data["claim_id"] for _, data in told if "claim_id" in data}
        running = _running(fold_context.rows, context.practice, claims)
        running |= _unbilled(fold_context.rows, context.practice)
        running |= _rules(context) if any("rule" in data for _, data in told) else set()
        found = [_alert_json(row, data, context, reference, running) for row, data in told]
    found.sort(key=lambda alert: tuple(alert[name] or "" for name in ALERT_ORDER[1:]))
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


def _unbilled(rows: Connection, practice: str) -> set[AlertedClock]:
    """Visits that no claim bills yet, by the last day to file."""
    query = select(ITEM.c.item, ITEM.c.payer_id, ITEM.c.lost_on).where(
        ITEM.c.practice == practice, ITEM.c.kind == ListKind.UNBILLED, ITEM.c.lost_on.is_not(None)
    )
    return {(row.item, row.payer_id, "timely_filing", row.lost_on.isoformat()) for row in rows.execute(query)}


def _rules(context: ReadContext) -> set[AlertedClock]:
    """Years and quarters that still lack their rules."""
    return {(f"{told['kind']} {told['covers']}", "", "rules_end", _ends(told)) for told in rule_status(context)}


def _ends(told: MissingRule) -> str:
    return add_days(date.fromisoformat(told["from"]), -1).isoformat()


def _about(data: dict[str, Any]) -> str:
    """What an alert is about: a claim, a visit without one, or rules of a year."""
    return data.get("claim_id") or data.get("visit_id") or f"{data.get('rule')} {data.get('covers')}"


def _alert_json(
    row: Row[Any], data: dict[str, Any], context: ReadContext, reference: Reference, running: set[AlertedClock]
) -> dict[str, Any]:
    claim_id, due, payer_id = data.get("claim_id"), data.get("due"), data.get("payer_id", "")
    return {
        "raised_at": row.time.isoformat(),
        "about": _about(data),
        "claim_id": claim_id,
        "visit_id": data.get("visit_id"),
        "rule": data.get("rule"),
        "covers": data.get("covers"),
        "ref": reference.ref(context.practice, claim_id) if claim_id else None,
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
        "running": (_about(data), payer_id, data["clock"], due) in running,
        "id": row.id,
    }


def _is_overdue(due: str | None, at: datetime, reference: Reference) -> bool:
    if due is None:
        return False
    end = date.fromisoformat(due) if len(due) == 10 else datetime.fromisoformat(due)
    return at >= overdue_at(end, reference.zone)
