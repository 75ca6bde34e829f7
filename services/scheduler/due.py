"""Which alerts are due: clocks that have reached one of their alert steps, found by due date in the read tables."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, String, and_, case, cast, select

from events.values import from_cents
from projections.calendar import add_days, start_of_day
from projections.deadlines.alert_steps import OWNER, AlertStep, days_left_rungs, latest, rejection_rungs
from projections.deadlines.kinds import DeadlineKind
from projections.tables.tables import READ_TABLES
from projections.tables.vocabulary import ListKind
from projections.terms.terms_in_force import Reference
from services.reads.holders import Routing, routing_of
from services.reads.read_context import ReadContext
from services.store.reference import References
from services.store.scheduler_tables import ALERT_RAISED, SOURCE

DEADLINE, ITEM = READ_TABLES["deadline"], READ_TABLES["work_item"]
CLAIM, PRICE = READ_TABLES["claim"], READ_TABLES["line_price"]
_UNTOLD = ("timely_filing",)  # one clock a claim and payer, whichever attempt started it: only its due date counts


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A step a clock has reached. `occasion`: what started the clock, so that a new notice is a new alert."""

    practice: str
    claim_id: str
    ref: str
    payer_id: str
    clock: str
    occasion: str
    due: str
    rung: AlertStep
    attempt: int | None
    worklist: str | None
    assignee: str | None
    amount: int
    visit_id: str | None = None
    rule: str | None = None
    covers: str | None = None

    @property
    def about(self) -> str:
        """What it is about: a claim, else a visit, else rules of a year or quarter."""
        return self.claim_id or (f"visit {self.visit_id}" if self.visit_id else f"rules {self.rule} {self.covers}")

    @property
    def id(self) -> str:
        """The same for the same step of the same clock, no matter who raises it and how often."""
        told = (self.about, self.payer_id, self.clock, self.occasion, self.due, self.rung.name)
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]

    def event(self, now: datetime) -> dict[str, Any]:
        """Its CloudEvent. The identity alone is its content: figures may differ from one report to the next."""
        data = {
            "claim_id": self.claim_id or None,
            "visit_id": self.visit_id,
            "rule": self.rule,
            "covers": self.covers,
            "clock": self.clock,
            "step": self.rung.name,
            "due": self.due,
            "attempt": self.attempt,
            "payer_id": self.payer_id or None,
            "worklist": self.worklist,
            "to": self.rung.to,
            "assignee": self.assignee or None if self.rung.to == OWNER else None,
            "amount": None if self.rule else f"{from_cents(self.amount):.2f}",
        }
        return {
            "specversion": "1.0",
            "id": self.id,
            "source": SOURCE,
            "type": ALERT_RAISED,
            "subject": self.claim_id or self.visit_id or self.about,
            "time": now.isoformat(),
            "practice": self.practice,
            "contenthash": self.id,
            "data": {name: value for name, value in data.items() if value is not None},
        }

    def body(self, now: datetime) -> dict[str, Any]:
        """What a webhook receives: nothing that says whose claim it is, or its number."""
        named = {"rule": self.rule, "covers": self.covers} if self.rule else {"ref": self.ref}
        return {
            "type": ALERT_RAISED,
            **named,
            "clock": self.clock,
            "step": self.rung.name,
            "due": self.due,
            "attempt": self.attempt,
            "to": self.rung.to,
            "amount": f"{from_cents(self.amount):.2f}",
            "raised_at": now.isoformat(),
        }


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """Whose alerts are looked for, under which terms and routing rules, and the instant they are due at."""

    practice: str
    reference: Reference
    routing: Routing
    now: datetime


def due_alerts(connection: Connection, references: References, now: datetime) -> list[Alert]:
    """For every running clock the last step it has reached, in the order of what is due first."""
    found: dict[tuple[str, str], Alert] = {}
    for practice in connection.scalars(select(ITEM.c.practice).union(select(DEADLINE.c.practice))).all():
        reference = references.get(connection, practice)
        context = ReadContext(engine=connection.engine, references=references, practice=practice, at=now)
        ruling = reference.terms.pack("sla", now.astimezone(reference.zone).date())
        if ruling is None:
            continue
        asked = _Asked(practice=practice, reference=reference, routing=routing_of(context), now=now)
        for alert in _of_practice(connection, asked, ruling.values):
            found.setdefault((practice, alert.id), alert)
    return sorted(found.values(), key=lambda alert: (alert.due, alert.claim_id, alert.clock))


def _of_practice(connection: Connection, asked: _Asked, values: Mapping[str, Any]) -> Iterator[Alert]:
    now, zone = asked.now, asked.reference.zone
    yield from _rejections(connection, asked, values)
    told = values.get("alerts", {})
    days, clocks = told.get("days_left", []), told.get("clocks", [])
    if not days or not clocks:
        return
    until = now + timedelta(days=max(days) + 2)
    listed = _listed_clocks(asked.routing).where(DEADLINE.c.kind.in_([clock for clock in clocks if clock != "records"]))
    queries = [listed.where(DEADLINE.c.practice == asked.practice, *_within(DEADLINE, now, until))]
    if "records" in clocks:
        queries.append(
            _records(asked.routing).where(DEADLINE.c.practice == asked.practice, *_within(DEADLINE, now, until))
        )
    yield from _unbilled(connection, asked, days) if "timely_filing" in clocks else ()
    queries.append(_priced_items(asked.routing).where(ITEM.c.practice == asked.practice, *_within(ITEM, now, until)))
    for query in queries:
        for row in connection.execute(asked.routing.bind(query)):
            if row.clock in row.clocks.split() and row.clock in clocks:
                started = row.started_at
                if isinstance(started, date) and not isinstance(started, datetime):
                    started = start_of_day(started, zone)
                due = date.fromisoformat(row.due[:10])
                rung = latest(days_left_rungs(due, started, days, zone), now)
                if rung is not None:
                    yield _alert(row, rung)


def _within(table: Any, now: datetime, until: datetime) -> tuple[Any, Any]:
    return (table.c.overdue_at > now, table.c.overdue_at <= until)


def _listed_clocks(routing: Routing) -> Select[Any]:
    """Clocks of claims that decide about an item of a worklist: what is on no list is nobody's loss."""
    same = and_(ITEM.c.key == DEADLINE.c.key, ITEM.c.payer_id == DEADLINE.c.payer_id)
    return _columns(ITEM.c.clocks, ITEM.c.amount_at_risk, ITEM.c.kind, routing.holder()).join_from(DEADLINE, ITEM, same)


def _records(routing: Routing) -> Select[Any]:
    """Papers that a payer asked for, on a list or not: the alert is for who has the claim's most urgent item."""
    amount = CLAIM.c.payer_balance + CLAIM.c.patient_balance
    first = ITEM.alias("first_item")
    mine = select(routing.holder(first.c)).where(first.c.key == DEADLINE.c.key, first.c.done.is_(None))
    who = mine.order_by(first.c.lost_on, first.c.overdue_at, first.c.kind, first.c.item).limit(1).scalar_subquery()
    return (
        _columns(DEADLINE.c.kind, amount, cast(None, String), who)
        .join_from(DEADLINE, CLAIM, CLAIM.c.key == DEADLINE.c.key)
        .where(DEADLINE.c.kind == DeadlineKind.RECORDS)
    )


def _priced_items(routing: Routing) -> Select[Any]:
    """Underpaid and overpaid lines: the item itself says until when, the line's notice since when."""
    line = and_(
        PRICE.c.key == ITEM.c.key,
        PRICE.c.claim_id == ITEM.c.claim_id,
        ("line " + cast(PRICE.c.line, String) + " " + PRICE.c.sequence) == ITEM.c.item,
    )
    clock = case((ITEM.c.kind == ListKind.UNDERPAYMENT, ITEM.c.clocks), else_="refund")
    query = select(
        ITEM.c.practice,
        ITEM.c.claim_id,
        ITEM.c.ref,
        ITEM.c.payer_id,
        clock.label("clock"),
        ITEM.c.clocks,
        ITEM.c.due,
        ITEM.c.overdue_at,
        PRICE.c.notice_date.label("started_at"),
        ITEM.c.item.label("started_by"),
        cast(None, String).label("attempt"),
        ITEM.c.amount_at_risk.label("amount"),
        ITEM.c.kind.label("worklist"),
        routing.holder().label("assignee"),
    )
    kinds = ITEM.c.kind.in_((ListKind.UNDERPAYMENT, ListKind.OVERPAYMENT))
    return query.join_from(ITEM, PRICE, line).where(kinds, ITEM.c.due.is_not(None))


def _unbilled(connection: Connection, asked: _Asked, days: Sequence[int]) -> Iterator[Alert]:
    """Visits that no claim bills yet: the filing clock runs for them too."""
    zone = asked.reference.zone
    today = asked.now.astimezone(zone).date()
    query = asked.routing.items().where(ITEM.c.practice == asked.practice, ITEM.c.kind == ListKind.UNBILLED)
    soon = query.where(ITEM.c.lost_on >= today, ITEM.c.lost_on <= add_days(today, max(days)))
    for row in connection.execute(asked.routing.bind(soon)):
        rung = latest(days_left_rungs(row.lost_on, None, days, zone), asked.now)
        if rung is not None:
            yield Alert(
                practice=asked.practice,
                claim_id=row.claim_id,
                ref=row.ref,
                payer_id=row.payer_id,
                clock="timely_filing",
                occasion="",
                due=row.lost_on.isoformat(),
                rung=rung,
                attempt=None,
                worklist=row.kind,
                assignee=row.assignee,
                amount=int(row.amount_at_risk),
                visit_id=row.item,
            )


def _columns(clocks: Any, amount: Any, worklist: Any, who: Any) -> Select[Any]:
    """A clock with what an alert says of it."""
    return select(
        DEADLINE.c.practice,
        DEADLINE.c.claim_id,
        DEADLINE.c.ref,
        DEADLINE.c.payer_id,
        DEADLINE.c.kind.label("clock"),
        clocks.label("clocks"),
        DEADLINE.c.due,
        DEADLINE.c.overdue_at,
        DEADLINE.c.started_at,
        DEADLINE.c.started_by,
        DEADLINE.c.attempt,
        amount.label("amount"),
        worklist.label("worklist"),
        who.label("assignee"),
    )


def _rejections(connection: Connection, asked: _Asked, values: Mapping[str, Any]) -> Iterator[Alert]:
    """Rejections on the list that nobody sent again; the clock of the reason ends no later, so this one covers both."""
    item = DEADLINE.c.payer_id + "#" + cast(DEADLINE.c.attempt, String)
    mine = and_(ITEM.c.key == DEADLINE.c.key, ITEM.c.kind == ListKind.REJECTION, ITEM.c.item == item)
    query = (
        _columns(ITEM.c.clocks, ITEM.c.amount_at_risk, ITEM.c.kind, asked.routing.holder())
        .join_from(DEADLINE, ITEM, mine)
        .where(DEADLINE.c.practice == asked.practice, DEADLINE.c.kind == DeadlineKind.REJECTION_RESUBMIT)
    )
    zone, days_off = asked.reference.zone, asked.reference.terms.days_off
    for row in connection.execute(asked.routing.bind(query)):
        if row.started_at is not None:
            rung = latest(rejection_rungs(row.started_at, row.overdue_at, values, zone, days_off), asked.now)
            if rung is not None:
                yield _alert(row, rung)


def _alert(row: Row[Any], rung: AlertStep) -> Alert:
    occasion = "" if row.clock in _UNTOLD else row.started_by
    return Alert(
        practice=row.practice,
        claim_id=row.claim_id,
        ref=row.ref,
        payer_id=row.payer_id,
        clock=row.clock,
        occasion=occasion,
        due=row.due,
        rung=rung,
        attempt=row.attempt,
        worklist=row.worklist,
        assignee=row.assignee,
        amount=int(row.amount),
    )
