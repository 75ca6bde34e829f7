"""What there is to notify of: found in the log as it grows, in the rows of clocks, among what could not be read.

An occasion has a name of its own, which is written down with it: however often the log is read or the rows are made
again, it is told once. The log is read only as far as every row shows it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, and_, case, func, select

from events.values import from_cents, to_cents
from projections.tables.tables import READ_TABLES
from projections.tables.vocabulary import ListKind
from services.presentation.notifications import NotificationKind
from services.projector.parking import PARKED
from services.reads.holders import routing_of
from services.reads.read_context import ReadContext
from services.store.log import LOG
from services.store.reference import References
from services.store.scheduler_tables import ALERT_RAISED
from services.store.tables import ParkedState

DEADLINE, ITEM = READ_TABLES["deadline"], READ_TABLES["work_item"]
AWAITED = ("ack_syntax", "ack_clearinghouse", "ack_payer", "payer_response")  # clocks of what others have to do
LATE = timedelta(hours=2)  # after the hour of the daily summary
LOOK_BACK = timedelta(days=1)  # rows may come later than the hour their clock ran out
_K = NotificationKind
_OF_TYPE: Mapping[str, NotificationKind] = {
    "payment.posted.v1": _K.CLAIM_PAID,
    "claim.denied.v1": _K.CLAIM_DENIED,
    "claim.rejected.v1": _K.CLAIM_REJECTED,
    "payment.reversed.v1": _K.PAYMENT_REVERSED,
    ALERT_RAISED: _K.DEADLINE_APPROACHING,
    "remittance.received.v1": _K.REMITTANCE_UNBALANCED,
}
LOGGED_TYPES = tuple(_OF_TYPE)


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """Something to notify of. `data` names nobody; `more` does, for endpoints with full content.

    `cents` and `payer_id` are what endpoints narrow by.
    """

    practice: str
    kind: NotificationKind
    name: str
    at: datetime
    ref: str | None = None
    cents: int | None = None
    payer_id: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)


def logged_occasions(
    connection: Connection, references: References, after: int, until: int, limit: int
) -> tuple[list[Occasion], int]:
    """Those of the log's next events, and the position they reach to."""
    query = select(LOG).where(LOG.c.position > after, LOG.c.position <= until, LOG.c.type.in_(LOGGED_TYPES))
    rows = connection.execute(query.order_by(LOG.c.position).limit(limit)).all()
    found = [one for row in rows if (one := _of_event(row, references)) is not None]
    posted = {(row.practice, row.subject): row for row in rows if row.type == "payment.posted.v1"}
    found += _underpaid(connection, posted)
    return found, rows[-1].position if len(rows) == limit else until


def _of_event(row: Any, references: References) -> Occasion | None:
    data = json.loads(row.data)
    kind = _OF_TYPE[row.type]
    if kind is _K.REMITTANCE_UNBALANCED and data.get("balanced", True):
        return None
    claim_id = data.get("claim_id")
    amount = _amount(kind, data)
    told = {"clock": data.get("clock"), "step": data.get("step"), "due": data.get("due"), "status": data.get("status")}
    told |= {"received_at": row.time.isoformat(), "notice_date": (data.get("remit") or {}).get("payment_date")}
    return Occasion(
        practice=row.practice,
        kind=kind,
        name=str(row.position),
        at=row.recorded_at,
        ref=references.ref(row.practice, claim_id) if claim_id else None,
        cents=amount,
        payer_id=data.get("payer_id"),
        data={name: value for name, value in told.items() if value is not None},
        more={"subject": row.subject, "event": data},
    )


def _amount(kind: NotificationKind, data: Mapping[str, Any]) -> int | None:
    """Paid, or for what was not paid the charge; of an alert what is at risk."""
    names = {_K.CLAIM_PAID: "paid", _K.PAYMENT_REVERSED: "paid", _K.DEADLINE_APPROACHING: "amount"}
    text = (
        (data.get("remit") or {}).get("total_paid") if "claim_id" not in data else data.get(names.get(kind, "charge"))
    )
    return None if text is None else to_cents(Decimal(text))


def _underpaid(connection: Connection, posted: Mapping[tuple[str, str], Any]) -> Iterator[Occasion]:
    """Lines that these payments left below contract."""
    for (practice, claim_id), event in posted.items():
        mine = and_(ITEM.c.practice == practice, ITEM.c.claim_id == claim_id, ITEM.c.kind == ListKind.UNDERPAYMENT)
        for row in connection.execute(select(ITEM).where(mine)):
            yield _of_item(row, _K.CLAIM_UNDERPAID, f"{event.position} {row.item}", event.recorded_at)


def _of_item(row: Any, kind: NotificationKind, name: str, at: datetime) -> Occasion:
    return Occasion(
        practice=row.practice,
        kind=kind,
        name=name,
        at=at,
        ref=row.ref,
        cents=row.amount_at_risk,
        payer_id=row.payer_id,
        data={} if row.due is None else {"due": row.due},
        more={"subject": row.claim_id, "reason": row.reason},
    )


def missed_clocks(connection: Connection, since: datetime, now: datetime) -> list[Occasion]:
    """Clocks of items on a list that ran out meanwhile: ours are missed, those of others are past due."""
    same = and_(ITEM.c.key == DEADLINE.c.key, ITEM.c.payer_id == DEADLINE.c.payer_id)
    columns = (DEADLINE, ITEM.c.clocks, ITEM.c.amount_at_risk, ITEM.c.reason)
    ended = and_(DEADLINE.c.overdue_at > since - LOOK_BACK, DEADLINE.c.overdue_at <= now)
    rows = connection.execute(select(*columns).join_from(DEADLINE, ITEM, same).where(ended)).all()
    return [_of_clock(row) for row in rows if row.kind in row.clocks.split()]


def _of_clock(row: Any) -> Occasion:
    named = json.dumps([row.key, row.payer_id, row.kind, row.due, row.attempt])
    return Occasion(
        practice=row.practice,
        kind=_K.PAYER_SILENT if row.kind in AWAITED else _K.DEADLINE_MISSED,
        name=hashlib.sha256(named.encode()).hexdigest()[:32],
        at=row.overdue_at,
        ref=row.ref,
        cents=row.amount_at_risk,
        payer_id=row.payer_id,
        data={"clock": row.kind, "due": row.due, "attempt": row.attempt},
        more={"subject": row.claim_id, "reason": row.reason},
    )


def unreadable(connection: Connection, since: datetime) -> list[Occasion]:
    """What was parked meanwhile: an event, or a part of a file."""
    columns = (PARKED.c.parked_id, PARKED.c.practice, PARKED.c.recorded_at, PARKED.c.transaction, PARKED.c.origin)
    query = select(*columns).where(PARKED.c.recorded_at > since - LOOK_BACK, PARKED.c.state == ParkedState.OPEN)
    return [
        Occasion(
            practice=row.practice,
            kind=_K.FILE_UNREADABLE,
            name=row.parked_id,
            at=row.recorded_at,
            data={"parked_id": row.parked_id, "transaction": row.transaction, "origin": row.origin},
        )
        for row in connection.execute(query)
    ]


def digests(
    connection: Connection, references: References, practices: Iterable[str], hour: datetime, now: datetime
) -> list[Occasion]:
    """A practice's lists in numbers and who has how much of them, once for each day, that of `hour`.

    Where nothing ran at that hour it is sent later, the newest day alone, with the figures of now (`late`).
    """
    day = hour.date().isoformat()
    told = {"day": day} | ({"late": True} if now - hour > LATE else {})
    return [
        Occasion(practice=practice, kind=_K.DIGEST, name=day, at=now, data=told | _open_work(connection, context))
        for practice in practices
        for context in [ReadContext(engine=connection.engine, references=references, practice=practice, at=now)]
    ]


def _open_work(connection: Connection, context: ReadContext) -> dict[str, Any]:
    """Items as the worklists show them: {lists: {list: sums}, holders: [{holder, sums}]}; holder null: nobody."""
    routing = routing_of(context)
    overdue = case((ITEM.c.overdue_at <= context.at, 1), else_=0).label("overdue")
    each = select(ITEM.c.kind, routing.holder().label("holder"), overdue, ITEM.c.amount_at_risk).where(
        ITEM.c.practice == context.practice, routing.awake()
    )
    part = each.subquery()
    sums = (func.count().label("items"), func.sum(part.c.overdue), func.sum(part.c.amount_at_risk))
    query = select(part.c.kind, part.c.holder, *sums).group_by(part.c.kind, part.c.holder)
    rows = connection.execute(routing.bind(query)).all()
    lists: dict[str, list[int]] = {}
    holders: dict[str | None, list[int]] = {}
    for kind, who, *counted in rows:
        for found, name in ((lists, kind), (holders, who)):
            found[name] = [old + int(new or 0) for old, new in zip(found.get(name, (0, 0, 0)), counted, strict=True)]
    ordered = sorted(holders, key=lambda name: (name is None, name or ""))
    return {
        "lists": {kind: _sums(lists[kind]) for kind in sorted(lists)},
        "holders": [{"holder": name} | _sums(holders[name]) for name in ordered],
    }


def _sums(counted: Sequence[int]) -> dict[str, Any]:
    items, overdue, cents = counted
    return {"items": items, "overdue": overdue, "amount": f"{from_cents(cents):.2f}"}
