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
from projections.terms.terms_in_force import Reference
from projections.work.kinds import ListKind
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


def due_alerts(connection: Connection, references: References, now: datetime) -> list[Alert]:
    """For every running clock the last step it has reached, in the order of what is due first."""
    found: dict[tuple[str, str], Alert] = {}
    for practice in connection.scalars(select(ITEM.c.practice).union(select(DEADLINE.c.practice))).all():
        reference = references.get(connection, practice)
        ruling = reference.terms.pack("sla", now.astimezone(reference.zone).date())
        if ruling is None:
            continue
        for alert in _of_practice(connection, practice, reference, ruling.values, now):
            found.setdefault((practice, alert.id), alert)
    return sorted(found.values(), key=lambda alert: (alert.due, alert.claim_id, alert.clock))


def _of_practice(
    connection: Connection, practice: str, reference: Reference, values: Mapping[str, Any], now: datetime
) -> Iterator[Alert]:
    yield from _rejections(connection, practice, reference, values, now)
    told = values.get("alerts", {})
    days, clocks = told.get("days_left", []), told.get("clocks", [])
    if not days or not clocks:
        return
    until = now + timedelta(days=max(days) + 2)
    listed = _listed_clocks().where(DEADLINE.c.kind.in_([clock for clock in clocks if clock != "records"]))
    queries = [listed.where(DEADLINE.c.practice == practice, *_within(DEADLINE, now, until))]
    if "records" in clocks:
        queries.append(_records().where(DEADLINE.c.practice == practice, *_within(DEADLINE, now, until)))
    yield from _unbilled(connection, practice, reference, days, now) if "timely_filing" in clocks else ()
    queries.append(_priced_items().where(ITEM.c.practice == practice, *_within(ITEM, now, until)))
    for query in queries:
        for row in connection.execute(query):
            if row.clock in row.clocks.split() and row.clock in clocks:
                started = row.started_at
                if isinstance(started, date) and not isinstance(started, datetime):
                    started = start_of_day(started, reference.zone)
                due = date.fromisoformat(row.due[:10])
                rung = latest(days_left_rungs(due, started, days, reference.zone), now)
                if rung is not None:
                    yield _alert(row, rung)


def _within(table: Any, now: datetime, until: datetime) -> tuple[Any, Any]:
    return (table.c.overdue_at > now, table.c.overdue_at <= until)


def _listed_clocks() -> Select[Any]:
    """Clocks of claims that decide about an item of a worklist: what is on no list is nobody's loss."""
    same = and_(ITEM.c.key == DEADLINE.c.key, ITEM.c.payer_id == DEADLINE.c.payer_id)
    return _columns(DEADLINE, DEADLINE.c.kind, ITEM.c.clocks, ITEM.c.amount_at_risk, ITEM).join_from(
        DEADLINE, ITEM, same
    )


def _records() -> Select[Any]:
    """Papers that a payer asked for, on a list or not."""
    amount = CLAIM.c.payer_balance + CLAIM.c.patient_balance
    return (
        _columns(DEADLINE, DEADLINE.c.kind, DEADLINE.c.kind, amount, None)
        .join_from(DEADLINE, CLAIM, CLAIM.c.key == DEADLINE.c.key)
        .where(DEADLINE.c.kind == DeadlineKind.RECORDS)
    )


def _priced_items() -> Select[Any]:
    """Underpaid and overpaid lines: the item itself says until when, the line's notice since when."""
    line = and_(
        PRICE.c.key == ITEM.c.key,
        PRICE.c.claim_id == ITEM.c.claim_id,
        ("line " + cast(PRICE.c.line, String) + " " + PRICE.c.sequence) == ITEM.c.item,
    )
    clock = case((ITEM.c.kind == "underpayment", ITEM.c.clocks), else_="refund")
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
        ITEM.c.assignee,
    )
    kinds = ITEM.c.kind.in_(("underpayment", "overpayment"))
    return query.join_from(ITEM, PRICE, line).where(kinds, ITEM.c.due.is_not(None))


def _unbilled(
    connection: Connection, practice: str, reference: Reference, days: Sequence[int], now: datetime
) -> Iterator[Alert]:
    """Visits that no claim bills yet: the filing clock runs for them too."""
    today = now.astimezone(reference.zone).date()
    query = select(ITEM).where(ITEM.c.practice == practice, ITEM.c.kind == ListKind.UNBILLED)
    for row in connection.execute(query.where(ITEM.c.lost_on >= today, ITEM.c.lost_on <= add_days(today, max(days)))):
        rung = latest(days_left_rungs(row.lost_on, None, days, reference.zone), now)
        if rung is not None:
            yield Alert(
                practice=practice,
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


def _columns(clock: Any, kind: Any, clocks: Any, amount: Any, item: Any) -> Select[Any]:
    return select(
        clock.c.practice,
        clock.c.claim_id,
        clock.c.ref,
        clock.c.payer_id,
        kind.label("clock"),
        clocks.label("clocks"),
        clock.c.due,
        clock.c.overdue_at,
        clock.c.started_at,
        clock.c.started_by,
        clock.c.attempt,
        amount.label("amount"),
        (cast(None, String) if item is None else item.c.kind).label("worklist"),
        (cast(None, String) if item is None else item.c.assignee).label("assignee"),
    )


def _rejections(
    connection: Connection, practice: str, reference: Reference, values: Mapping[str, Any], now: datetime
) -> Iterator[Alert]:
    """Rejections on the list that nobody sent again; the clock of the reason ends no later, so this one covers both."""
    item = DEADLINE.c.payer_id + "#" + cast(DEADLINE.c.attempt, String)
    mine = and_(ITEM.c.key == DEADLINE.c.key, ITEM.c.kind == "rejection", ITEM.c.item == item)
    query = (
        _columns(DEADLINE, DEADLINE.c.kind, ITEM.c.clocks, ITEM.c.amount_at_risk, ITEM)
        .join_from(DEADLINE, ITEM, mine)
        .where(DEADLINE.c.practice == practice, DEADLINE.c.kind == DeadlineKind.REJECTION_RESUBMIT)
    )
    for row in connection.execute(query):
        if row.started_at is not None:
            rung = latest(
                rejection_rungs(row.started_at, row.overdue_at, values, reference.zone, reference.terms.days_off), now
            )
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
