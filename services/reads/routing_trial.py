"""What a routing rule would do to the open work, before it does: counted in one query, the most urgent items named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, or_, select

from events.values import from_cents
from projections.tables.tables import READ_TABLES
from services.reads.read_context import ReadContext
from services.reads.routing import fits, flag, may_be_held, routing_values, rules_of, settings_of, still_holds
from services.reads.worklists import item_json, urgency
from services.store.routing_rules import RoutingRule, RuleTerms, ordered

ITEM = READ_TABLES["work_item"]
SHOWN = 50  # items named
NAMED = ("kind", "claim_id", "ref", "payer_id", "due", "lost_on", "amount_at_risk")
LOOKED_AT = 500  # the most urgent ones among which they are
Rules = Sequence[tuple[int, RoutingRule]]


def try_rule(context: ReadContext, terms: RuleTerms) -> dict[str, Any]:
    """What differs with the rule, were it in force now.

    {rule, fits, moves: [{from, to, items, amount}], held, released, tagged, kept: items that a person assigned and that
    stay, items: [the most urgent that move or are held]}. `from` and `to` null: nobody.
    """
    now = rules_of(context)
    saved = settings_of(context).rules.get(terms.name, ())
    begins = terms.model_copy(update={"effective_from": context.today, "effective_to": None})
    tried = RoutingRule(terms=begins, version=saved[0].version + 1 if saved else 1, saved_by="", saved_at=None)
    union = (*now, tried)
    place = {id(rule): number for number, rule in enumerate(union)}
    rest = [rule for rule in now if rule.terms.name != terms.name]
    before: Rules = list(enumerate(now))
    after: Rules = [(place[id(rule)], rule) for rule in ordered([*rest, tried])]
    values = {"practice": context.practice, "at": context.at, "today": context.today} | routing_values(context, union)
    touched = [place[id(rule)] for rule in union if rule.terms.name == terms.name]
    with context.rows() as rows:
        groups = rows.execute(_groups(union, touched, frozenset(values)), values).all()
        first = rows.execute(_first(union, touched, frozenset(values)), values).all()
    return {"rule": terms.name, **_sums(groups, before, after), "items": _named(context, first, before, after)}


def _columns(union: Sequence[RoutingRule], given: frozenset[str]) -> list[ColumnElement[Any]]:
    c = ITEM.c
    free, holdable = flag(c.assignee.is_(None)).label("free"), flag(may_be_held(c)).label("holdable")
    each = [
        column
        for number in range(len(union))
        for column in (
            flag(fits(c, number, given)).label(f"fits_{number}"),
            flag(still_holds(c, number, given)).label(f"holds_{number}"),
        )
    ]
    return [free, holdable, *each]


def _touched(touched: Sequence[int], given: frozenset[str]) -> list[ColumnElement[bool]]:
    """Open items that the rule, or the version of it before, is about."""
    c = ITEM.c
    rested = or_(c.snoozed_until.is_(None), c.snoozed_until <= bindparam("at"))
    return [c.practice == bindparam("practice"), rested, or_(*(fits(c, number, given) for number in touched))]


def _groups(union: Sequence[RoutingRule], touched: Sequence[int], given: frozenset[str]) -> Any:
    """Items counted by which rules fit them: few rows, however many items."""
    each = select(ITEM.c.amount_at_risk, *_columns(union, given)).where(*_touched(touched, given)).subquery()
    names = [column for column in each.c if column.name != "amount_at_risk"]
    return select(*names, func.count().label("many"), func.sum(each.c.amount_at_risk).label("cents")).group_by(*names)


def _first(union: Sequence[RoutingRule], touched: Sequence[int], given: frozenset[str]) -> Any:
    query = select(ITEM, *_columns(union, given)).where(*_touched(touched, given))
    return query.order_by(*urgency(ITEM)).limit(LOOKED_AT)


def _holder(row: Any, rules: Rules) -> str | None:
    return next((rule.terms.to for number, rule in rules if rule.terms.to and getattr(row, f"fits_{number}")), None)


def _is_held(row: Any, rules: Rules) -> bool:
    mine = (number for number, _ in rules if getattr(row, f"fits_{number}") and getattr(row, f"holds_{number}"))
    return bool(row.holdable) and next(mine, None) is not None


def _tags(row: Any, rules: Rules) -> set[str]:
    return {tag for number, rule in rules if getattr(row, f"fits_{number}") for tag in rule.terms.tags}


def _sums(groups: Iterable[Any], before: Rules, after: Rules) -> dict[str, Any]:
    tried, rule = max(after, key=lambda each: each[0])
    assigns = rule.terms.to is not None
    counts: Counter[str] = Counter()
    moved: dict[tuple[str | None, str | None], list[int]] = {}
    for row in groups:
        mine = bool(getattr(row, f"fits_{tried}"))
        was, will = _holder(row, before), _holder(row, after)
        if row.free and was != will:
            sums = moved.setdefault((was, will), [0, 0])
            sums[0], sums[1] = sums[0] + row.many, sums[1] + int(row.cents)
        held = (_is_held(row, before), _is_held(row, after))
        counts["fits"] += row.many if mine else 0
        counts["kept"] += row.many if assigns and mine and not row.free else 0
        counts["held"] += row.many if held == (False, True) else 0
        counts["released"] += row.many if held == (True, False) else 0
        counts["tagged"] += row.many if _tags(row, after) - _tags(row, before) else 0
    moves = [
        {"from": was, "to": will, "items": many, "amount": f"{from_cents(cents):.2f}"}
        for (was, will), (many, cents) in sorted(moved.items(), key=lambda each: -each[1][0])
    ]
    names = ("fits", "kept", "held", "released", "tagged")
    return {name: counts[name] for name in names} | {"moves": moves}


def _named(context: ReadContext, rows: Iterable[Any], before: Rules, after: Rules) -> list[dict[str, Any]]:
    told = []
    for row in rows:
        was, will = (_holder(row, rules) if row.free else row.assignee or None for rules in (before, after))
        held = _is_held(row, after)
        if was == will and held == _is_held(row, before) and not _tags(row, after) - _tags(row, before):
            continue
        item = item_json(row, context.at)
        told.append({name: item[name] for name in NAMED} | {"from": was, "to": will, "held": held})
    return told[:SHOWN]
