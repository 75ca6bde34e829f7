"""Who holds which work, what each person did and what came of it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, select

from events.values import from_cents
from projections.calendar import start_of_day
from projections.keys import Key
from projections.tables.tables import READ_TABLES
from services.reads.holders import routing_of
from services.reads.read_context import ReadContext
from services.reads.routing import settings_of
from services.store.engine import chunks
from services.store.log import KEYS, LOG
from services.store.tables import BY_PEOPLE, PEOPLES_ACTS, WITHDRAWN

ITEM, ATTEMPT, PRICE = READ_TABLES["work_item"], READ_TABLES["claim_attempt"], READ_TABLES["line_price"]
SOON = 7  # days
DONE, FILED, DECIDED, DISPUTED = "work.resolved.v1", "appeal.filed.v1", "appeal.decided.v1", "dispute.opened.v1"
_COLUMNS = (LOG.c.type, LOG.c.time, LOG.c.position, LOG.c.source, LOG.c.id, LOG.c.data)
WON = ("overturned", "partial")


@dataclass(frozen=True, kw_only=True)
class PersonsAct:
    """One act of a person that nobody took back."""

    type: str
    at: datetime
    by: str
    claim_id: str
    data: Mapping[str, Any]


def workload(context: ReadContext, days: int = 30) -> dict[str, list[dict[str, Any]]]:
    """Work by person and by queue: {people: [{person, …}], queues: [{queue, members, …}]}.

    Each with open, claims, overdue, due_soon, amount, acts, done, appeals_decided, overturned, recovered. Open work is
    that of who holds it, by a person's act or by a rule, None for what nobody holds; done, decided and recovered:
    within the last `days`. An appeal's decision belongs to who filed the appeal, a recovery to who opened the dispute;
    a queue's are those of its members, so that a person of two queues is in both.
    """
    acts = acts_since(context, context.at - timedelta(days=days))
    with context.rows() as rows:
        held: dict[str | None, Any] = {row.assignee or None: row for row in _held(rows, context)}
        recovered = _recovered(rows, context, acts)
    ended = _appeals(context, acts)
    queues = settings_of(context).queues
    names = {*held, *(act.by for act in acts), *recovered, *ended} - queues.keys()
    people = {
        name: _person(name, held.get(name), acts, ended.get(name or "", Counter()), recovered.get(name or "", 0))
        for name in sorted(names, key=lambda name: (name is None, name or ""))
    }
    members = {name: [people[each] for each in mine if each in people] for name, mine in queues.items()}
    return {
        "people": list(people.values()),
        "queues": [_queue(name, queues[name], held.get(name), members[name]) for name in sorted(queues)],
    }


def _queue(name: str, members: Sequence[str], held: Any, theirs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    open_work = {key: value for key, value in _person(name, held, (), Counter(), 0).items() if key != "person"}
    counted = {key: sum(row[key] for row in theirs) for key in ("acts", "done", "appeals_decided", "overturned")}
    recovered = sum((Decimal(row["recovered"]) for row in theirs), Decimal(0))
    return {"queue": name, "members": list(members)} | open_work | counted | {"recovered": f"{recovered:.2f}"}


def _held(rows: Connection, context: ReadContext) -> Iterable[Any]:
    """Counted as all open work counts: what can still be saved, a claim's money once, what has no claim by itself."""
    routing = routing_of(context)
    until = start_of_day(context.today + timedelta(days=SOON + 1), context.references.zone)
    unit = case((ITEM.c.claim_id != "", ITEM.c.claim_id), else_=ITEM.c.key + ITEM.c.item)
    each = (
        select(
            routing.holder().label("assignee"),
            unit.label("unit"),
            ITEM.c.kind,
            case((ITEM.c.overdue_at <= context.at, 1), else_=0).label("overdue"),
            case((and_(ITEM.c.overdue_at > context.at, ITEM.c.overdue_at <= until), 1), else_=0).label("soon"),
            ITEM.c.amount_at_risk.label("cents"),
        )
        .where(ITEM.c.practice == context.practice, ITEM.c.lost_on >= context.today, routing.awake())
        .subquery()
    )
    lists = (
        select(
            each.c.assignee,
            each.c.unit,
            func.count().label("many"),
            func.sum(each.c.overdue).label("overdue"),
            func.sum(each.c.soon).label("soon"),
            func.sum(each.c.cents).label("cents"),
        )
        .group_by(each.c.assignee, each.c.unit, each.c.kind)
        .subquery()
    )
    claims = (
        select(
            lists.c.assignee,
            func.sum(lists.c.many).label("many"),
            func.sum(lists.c.overdue).label("overdue"),
            func.sum(lists.c.soon).label("soon"),
            func.max(lists.c.cents).label("cents"),
        )
        .group_by(lists.c.assignee, lists.c.unit)
        .subquery()
    )
    sums = select(
        claims.c.assignee,
        func.sum(claims.c.many).label("many"),
        func.count().label("claims"),
        func.sum(claims.c.overdue).label("overdue"),
        func.sum(claims.c.soon).label("soon"),
        func.sum(claims.c.cents).label("cents"),
    )
    return rows.execute(routing.bind(sums.group_by(claims.c.assignee))).all()


def _person(
    name: str | None, held: Any, acts: Iterable[PersonsAct], ended: Counter[str], recovered: int
) -> dict[str, Any]:
    mine = [act for act in acts if act.by == name]
    return {
        "person": name,
        "open": int(held.many) if held else 0,
        "claims": int(held.claims) if held else 0,
        "overdue": int(held.overdue) if held else 0,
        "due_soon": int(held.soon) if held else 0,
        "amount": f"{from_cents(int(held.cents)) if held else 0:.2f}",
        "acts": len(mine),
        "done": sum(act.type == DONE for act in mine),
        "appeals_decided": sum(ended.values()),
        "overturned": sum(ended[outcome] for outcome in WON),
        "recovered": f"{from_cents(recovered):.2f}",
    }


def acts_since(context: ReadContext, since: datetime, types: Sequence[str] = PEOPLES_ACTS) -> list[PersonsAct]:
    """What people did in a period, without what was taken back; in the order in which it became true."""
    query = select(*_COLUMNS).where(
        BY_PEOPLE,  # word for word the condition of the index
        LOG.c.practice == context.practice,
        LOG.c.type.in_([*types, WITHDRAWN]),
        LOG.c.time > since,
        LOG.c.time <= context.at,
    )
    return _standing(context, [query], types)


def _standing(context: ReadContext, queries: Iterable[Select[Any]], types: Sequence[str]) -> list[PersonsAct]:
    """The acts of these types among what the queries find, without what was taken back."""
    with context.engine.connect() as connection:
        found = [row for query in queries for row in connection.execute(query)]
    rows = [(row, json.loads(row.data)) for row in sorted(found, key=lambda row: (row.time, row.position))]
    gone = {(data.get("source"), data.get("id")) for row, data in rows if row.type == WITHDRAWN}
    return [
        PersonsAct(type=row.type, at=row.time, by=str(data["by"]), claim_id=str(data.get("claim_id") or ""), data=data)
        for row, data in rows
        if row.type in types and row.type != WITHDRAWN and data.get("by") and (row.source, row.id) not in gone
    ]


def _appeals(context: ReadContext, acts: Iterable[PersonsAct]) -> dict[str, Counter[str]]:
    """Decisions of the period, by who filed the newest appeal of that level before."""
    decided = [act for act in acts if act.type == DECIDED]
    filed = _filed(context, {act.claim_id for act in decided})
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for act in decided:
        level = act.data.get("level", 1)
        mine = [one for one in filed if one.claim_id == act.claim_id and one.data.get("level", 1) == level]
        by = next((one.by for one in reversed(mine) if one.at <= act.at), act.by)
        found[by][str(act.data.get("outcome"))] += 1
    return found


def _filed(context: ReadContext, claims: Collection[str]) -> list[PersonsAct]:
    """Every appeal of these claims, however long ago it was filed."""
    asked = select(*_COLUMNS).join(KEYS, KEYS.c.position == LOG.c.position)
    keys = sorted(str(Key("claim", context.practice, claim_id)) for claim_id in claims)
    wanted = LOG.c.type.in_((FILED, WITHDRAWN))
    return _standing(context, [asked.where(KEYS.c.key.in_(some), wanted) for some in chunks(keys)], (FILED,))


def _recovered(rows: Connection, context: ReadContext, acts: Iterable[PersonsAct]) -> dict[str, int]:
    """Cents that disputes brought home, by who opened them in the period."""
    opened = {act.claim_id: act.by for act in acts if act.type == DISPUTED}
    found: Counter[str] = Counter()
    for some in chunks(sorted(opened)):
        query = select(PRICE.c.claim_id, func.sum(PRICE.c.recovered).label("cents")).where(
            PRICE.c.practice == context.practice, PRICE.c.claim_id.in_(some), PRICE.c.recovered > 0
        )
        for row in rows.execute(query.group_by(PRICE.c.claim_id)):
            found[opened[row.claim_id]] += int(row.cents)
    return dict(found)


def first_touch(context: ReadContext, days: int = 30) -> dict[str, Any]:
    """Median hours from a rejection to the first act of a person on its claim, and how many were touched at all."""
    since = context.at - timedelta(days=days)
    query = select(ATTEMPT.c.claim_id, func.max(ATTEMPT.c.rejected_at).label("at")).where(
        ATTEMPT.c.practice == context.practice, ATTEMPT.c.rejected_at > since, ATTEMPT.c.rejected_at <= context.at
    )
    with context.rows() as rows:
        rejected = {row.claim_id: row.at for row in rows.execute(query.group_by(ATTEMPT.c.claim_id))}
    first: dict[str, datetime] = {}
    for act in acts_since(context, since):
        begun = rejected.get(act.claim_id)
        if begun is not None and act.at >= as_moment(begun):
            first.setdefault(act.claim_id, act.at)
    hours = [(at - as_moment(rejected[claim_id])) / timedelta(hours=1) for claim_id, at in first.items()]
    return {
        "rejected": len(rejected),
        "touched": len(first),
        "median_hours": f"{median(hours):.1f}" if hours else None,
    }


def as_moment(value: Any) -> datetime:
    """A function over a column loses the column's type: then it is microseconds since 1970."""
    return value if isinstance(value, datetime) else datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(value))
