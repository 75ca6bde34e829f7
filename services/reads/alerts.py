"""Alerts as the log has them: which clock came to which step, and whether it still runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from projections.calendar import add_days, overdue_at
from projections.keys import Key
from projections.tables.tables import READ_TABLES
from projections.tables.vocabulary import ListKind
from projections.terms.terms_in_force import Reference
from services.reads.keyset import ListCursorError, ListPage
from services.reads.read_context import ReadContext
from services.reads.rule_status import MissingRule, rule_status
from services.store.engine import chunks
from services.store.log import IDENTITY, LOG
from services.store.scheduler_tables import ALERT_RAISED, SOURCE

DEADLINE, ITEM = READ_TABLES["deadline"], READ_TABLES["work_item"]
PRICED = ("underpayment", "overpayment")  # lists whose items are clocks of their own
ALERT_ORDER = ("raised_at", "due", "about", "clock", "id")  # the newest first, then the next to end
PART = 500  # alerts read at once
AlertedClock = tuple[str, str, str, str]  # claim, visit or rules; payer, kind, due


def alerts(
    context: ReadContext, *, payer: str | None = None, everything: bool = False, limit: int | None = None
) -> list[dict[str, Any]]:
    """Alerts of clocks that still run toward the same date; `everything` gives ended ones too.

    The newest come first, and of those raised together the ones that are due first.
    """
    return alerts_page(context, payer=payer, everything=everything, limit=limit).items


def alerts_page(
    context: ReadContext,
    *,
    payer: str | None = None,
    everything: bool = False,
    limit: int | None = None,
    cursor: str | None = None,
) -> ListPage:
    """A page of `alerts`. Raises ListCursorError.

    Whether a clock runs is no column, so alerts are read in parts, from the instant of the cursor on, until the page is
    full. Those raised together are read together, for what they are ordered by is no column either.
    """
    last = _opened(cursor)
    found: list[dict[str, Any]] = []
    with context.context() as (fold_context, reference):
        place = None if last is None else datetime.fromisoformat(last[0])
        for part in _parts(fold_context.log, _raised(context), place):
            told = [(row, json.loads(row.data)) for row in part]
            running = _running_of(context, fold_context.rows, [data for _, data in told])
            rows = [_alert_json(row, data, context, reference, running) for row, data in told]
            found += [a for a in _ordered(rows) if (everything or a["running"]) and payer in (None, a["payer_id"])]
            if last is not None:
                found = [a for a in found if _is_behind(_place(a), last)]
            if limit is not None and len(found) > limit:
                return ListPage(found[:limit], json.dumps(_place(found[limit - 1])))
    return ListPage(found, None)


def _parts(log: Connection, query: Select[Any], newest: datetime | None) -> Iterator[Sequence[Row[Any]]]:
    """What was raised, the newest first, in parts that hold all or nothing of an instant."""
    query = query.order_by(LOG.c.time.desc(), LOG.c.position)
    wanted = query if newest is None else query.where(LOG.c.time <= newest)
    while part := log.execute(wanted.limit(PART)).all():
        oldest = part[-1].time
        if len(part) == PART:  # the last instant may go on behind it
            part = [row for row in part if row.time != oldest]
            part += log.execute(query.where(LOG.c.time == oldest)).all()
        yield part
        wanted = query.where(LOG.c.time < oldest)


def _ordered(alerts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    alerts.sort(key=lambda alert: _place(alert)[1:])
    return sorted(alerts, key=lambda alert: alert["raised_at"], reverse=True)


def _place(alert: dict[str, Any]) -> list[str]:
    return [alert[name] or "" for name in ALERT_ORDER]


def _is_behind(place: list[str], last: list[str]) -> bool:
    return place[0] < last[0] or (place[0] == last[0] and place[1:] > last[1:])


def _opened(cursor: str | None) -> list[str] | None:
    if cursor is None:
        return None
    try:
        instant, *rest = json.loads(cursor)
        return [datetime.fromisoformat(instant).astimezone(UTC).isoformat(), *map(str, rest)]
    except (ValueError, TypeError):
        raise ListCursorError("invalid cursor") from None


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


def _running_of(context: ReadContext, rows: Connection, told: Sequence[dict[str, Any]]) -> set[AlertedClock]:
    """Of what these alerts are about, the clocks that nothing has ended."""
    claims = sorted({data["claim_id"] for data in told if "claim_id" in data})
    visits = sorted({data["visit_id"] for data in told if "visit_id" in data})
    found = _running(rows, context.practice, claims) | _unbilled(rows, context.practice, visits)
    return found | _rules(context) if any("rule" in data for data in told) else found


def _running(rows: Connection, practice: str, claim_ids: Sequence[str]) -> set[AlertedClock]:
    """The clocks of these claims that nothing has ended."""
    found: set[AlertedClock] = set()
    for part in chunks([str(Key("claim", practice, claim_id)) for claim_id in claim_ids]):
        clocks = rows.execute(select(DEADLINE).where(DEADLINE.c.key.in_(part)))
        found |= {(row.claim_id, row.payer_id, row.kind, row.due) for row in clocks}
    priced = select(ITEM).where(ITEM.c.practice == practice, ITEM.c.kind.in_(PRICED), ITEM.c.due.is_not(None))
    for part in chunks(claim_ids):
        for row in rows.execute(priced.where(ITEM.c.claim_id.in_(part))):
            found |= {(row.claim_id, row.payer_id, clock, row.due) for clock in row.clocks.split()}
    return found


def _unbilled(rows: Connection, practice: str, visit_ids: Sequence[str]) -> set[AlertedClock]:
    """Those of these visits that no claim bills yet, by the last day to file."""
    query = select(ITEM.c.item, ITEM.c.payer_id, ITEM.c.lost_on).where(
        ITEM.c.practice == practice, ITEM.c.kind == ListKind.UNBILLED, ITEM.c.lost_on.is_not(None)
    )
    found = (rows.execute(query.where(ITEM.c.item.in_(part))) for part in chunks(visit_ids))
    return {(row.item, row.payer_id, "timely_filing", row.lost_on.isoformat()) for part in found for row in part}


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
