"""Which rule routes an item of work: computed when a list is read, from the settings in force on the day of the read.

Each rule in force is a condition on the table of items, with values named `rule_0_…`, `rule_1_…` in the order in which
they decide; a query depends on the names alone, so that it is made once (see `worklist_filters`). What a person did
wins: a rule neither assigns what a person assigned, or took from everybody, nor holds what one assigned or snoozed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Date, String, and_, bindparam, case, false, func, literal_column, null, or_, true

from events.values import to_cents
from projections.calendar import start_of_day
from services.presentation.formatting import day as say_day
from services.presentation.formatting import plural
from services.reads.item_claims import DAY_SERVED, billed_by, claim_is, rendered_by
from services.reads.read_context import ReadContext
from services.store.routing_rules import RoutingRule, RoutingSettings, routing_settings

ON = re.compile(r"rule_(\d+)_on$")
MEMO = "routing"
_LISTS = {"payers": "payer_id", "lists": "kind", "categories": "category", "disciplines": "discipline"}
Condition = Callable[[Any, str], ColumnElement[bool]]


def settings_of(context: ReadContext) -> RoutingSettings:
    """The practice's rules and queues, read once for a context."""
    if MEMO not in context.memo:
        context.memo[MEMO] = routing_settings(context.engine, context.practice)
    found: RoutingSettings = context.memo[MEMO]
    return found


def queues_of(context: ReadContext, person: str) -> tuple[str, ...]:
    """The queues that a person is a member of; where there are none, a name that no queue has."""
    return tuple(name for name, members in settings_of(context).queues.items() if person in members) or ("\x1f",)


def tags_of(context: ReadContext) -> list[str]:
    """Every tag that a rule in force gives."""
    return sorted({tag for rule in rules_of(context) for tag in rule.terms.tags})


def rules_of(context: ReadContext) -> tuple[RoutingRule, ...]:
    """The rules in force on the day of the read, in the order in which they decide."""
    return settings_of(context).in_force(context.today)


def routing_json(context: ReadContext) -> dict[str, Any]:
    """{rules: [{name, in_force, to_come, versions}], queues: [{name, members}]}, as HTTP and the command line say it.

    `in_force`: the version that decides today, null where none does; `to_come`: one that begins later.
    """
    kept = routing_settings(context.engine, context.practice)
    context.memo[MEMO] = kept
    deciding = kept.in_force(context.today)
    names = [*(rule.terms.name for rule in deciding), *sorted(kept.rules.keys() - {r.terms.name for r in deciding})]
    told = []
    for name in names:
        versions = kept.rules[name]
        newest = versions[0]
        told.append(
            {
                "name": name,
                "in_force": next((_version(rule) for rule in deciding if rule.terms.name == name), None),
                "to_come": _version(newest) if newest.begins > context.today and not newest.ended else None,
                "versions": [_version(rule) for rule in versions],
            }
        )
    queues = [{"name": name, "members": list(members)} for name, members in sorted(kept.queues.items())]
    return {"rules": told, "queues": queues}


def _version(rule: RoutingRule) -> dict[str, Any]:
    saved = rule.saved_at.isoformat() if rule.saved_at else None
    told: dict[str, Any] = rule.terms.model_dump(mode="json")
    return told | {"version": rule.version, "saved_by": rule.saved_by, "saved_at": saved}


def routing_values(
    context: ReadContext,
    rules: Sequence[RoutingRule],
    holders: Mapping[str, Sequence[str]] | None = None,
    tag: str | None = None,
) -> dict[str, Any]:
    """What the conditions of the rules are asked with.

    `holders`: the name of a filter -> the people or queues it wants; `tag`: the tag that is wanted.
    """
    told: dict[str, Any] = {"tomorrow": start_of_day(context.today + timedelta(days=1), context.references.zone)}
    for number, rule in enumerate(rules):
        values = _values(rule, context.today) | {"on": True}
        values |= {name: True for name, wanted in (holders or {}).items() if rule.terms.to in wanted}
        values |= {"tagged": True} if tag in rule.terms.tags else {}
        told |= {f"rule_{number}_{name}": value for name, value in values.items()}
    return told


def _values(rule: RoutingRule, today: date) -> dict[str, Any]:
    terms = rule.terms
    told: dict[str, Any] = {name: list(getattr(terms, name)) or None for name in (*_LISTS, "clinics", "providers")} | {
        "amount_min": None if terms.amount_min is None else to_cents(terms.amount_min),
        "amount_max": None if terms.amount_max is None else to_cents(terms.amount_max),
        "served_by": None if terms.age_min is None else today - timedelta(days=terms.age_min),
        "served_since": None if terms.age_max is None else today - timedelta(days=terms.age_max),
        "to": terms.to,
        "holds": True if terms.hold_until is not None and today < terms.hold_until else None,
        "holds_since": None if terms.hold_days is None else today - timedelta(days=terms.hold_days),
    }
    return {name: value for name, value in told.items() if value is not None}


def _one_of(column: str, item: Any, name: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = item[column].in_(bindparam(name, expanding=True))
    return found


def _known(item: Any) -> ColumnElement[bool]:
    """An amount that nobody knows fits no bound."""
    return or_(item.amount_unknown.is_(None), item.amount_unknown.is_(False))


_CONDITIONS: Mapping[str, Condition] = {
    **{name: partial(_one_of, column) for name, column in _LISTS.items()},
    "amount_min": lambda c, name: and_(_known(c), c.amount_at_risk >= bindparam(name)),
    "amount_max": lambda c, name: and_(_known(c), c.amount_at_risk <= bindparam(name)),
    "served_by": lambda c, name: claim_is(c, bindparam(name, type_=Date) >= DAY_SERVED),
    "served_since": lambda c, name: claim_is(c, bindparam(name, type_=Date) <= DAY_SERVED),
    "clinics": lambda c, name: billed_by(c, lambda npi: npi.in_(bindparam(name, expanding=True))),
    "providers": lambda c, name: rendered_by(c, lambda npi: npi.in_(bindparam(name, expanding=True))),
}


def _numbers(given: frozenset[str]) -> list[int]:
    return sorted(int(found[1]) for name in given if (found := ON.match(name)))


def _assigning(given: frozenset[str]) -> list[int]:
    return [number for number in _numbers(given) if f"rule_{number}_to" in given]


def fits(item: Any, number: int, given: frozenset[str]) -> ColumnElement[bool]:
    """Whether an item is one that the rule is about. `item`: columns of the table of items or an alias of it."""
    names = {field: f"rule_{number}_{field}" for field in _CONDITIONS}
    return and_(true(), *(made(item, names[field]) for field, made in _CONDITIONS.items() if names[field] in given))


def not_(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Also true where a part of the condition is unknown, as a category that an item lacks."""
    return flag(condition) == 0


def flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def holder(item: Any, given: frozenset[str]) -> ColumnElement[Any]:
    """Who has an item: whom a person gave it to, else where the first rule that fits sends it; null for nobody."""
    routes: list[tuple[ColumnElement[bool], Any]] = [
        (fits(item, number, given), bindparam(f"rule_{number}_to", type_=String)) for number in _assigning(given)
    ]
    return case((item.assignee.is_not(None), func.nullif(item.assignee, literal_column("''"))), *routes, else_=null())


def held_by(item: Any, given: frozenset[str], name: str) -> ColumnElement[bool]:
    """Whether one of those named by the filter `name` has the item."""
    assigning = _assigning(given)
    routes = [
        and_(fits(item, number, given), *(not_(fits(item, before, given)) for before in assigning if before < number))
        for number in assigning
        if f"rule_{number}_{name}" in given
    ]
    by_person: ColumnElement[bool] = item.assignee.in_(bindparam(name, expanding=True))
    return or_(by_person, and_(item.assignee.is_(None), or_(*routes))) if routes else by_person


def unassigned(item: Any, given: frozenset[str]) -> ColumnElement[bool]:
    """What nobody has: no person gave it to anybody and no rule does; or a person took it from everybody."""
    routed = [not_(fits(item, number, given)) for number in _assigning(given)]
    return or_(item.assignee == "", and_(item.assignee.is_(None), *routed))


def tagged(item: Any, given: frozenset[str]) -> ColumnElement[bool]:
    """Whether a rule gives the item the wanted tag."""
    return or_(
        literal_column("1") == 0,
        *(fits(item, number, given) for number in _numbers(given) if f"rule_{number}_tagged" in given),
    )


def on_hold(item: Any, given: frozenset[str]) -> ColumnElement[bool] | None:
    """Whether a rule holds the item back; None where no rule holds anything.

    Never on the day on which it is due or lost, and never what a person assigned or snoozed.
    """
    numbers = [number for number in _numbers(given) if _holds(number, given)]
    holds = [and_(fits(item, number, given), still_holds(item, number, given)) for number in numbers]
    if not holds:
        return None
    return and_(may_be_held(item), or_(*holds))


def may_be_held(item: Any) -> ColumnElement[bool]:
    """Whether any rule may hold an item back."""
    later = or_(item.overdue_at.is_(None), item.overdue_at > bindparam("tomorrow"))
    free = and_(item.assignee.is_(None), item.snoozed_until.is_(None))
    return and_(free, item.lost_on > bindparam("today"), later)


def _holds(number: int, given: frozenset[str]) -> bool:
    return f"rule_{number}_holds" in given or f"rule_{number}_holds_since" in given


def still_holds(item: Any, number: int, given: frozenset[str]) -> ColumnElement[bool]:
    """Whether the hold of a rule, for an item that fits it, has not ended."""
    if not _holds(number, given):
        return false()
    if f"rule_{number}_holds" in given:
        return true()
    return claim_is(item, bindparam(f"rule_{number}_holds_since", type_=Date) < DAY_SERVED)


def awake(item: Any, given: frozenset[str]) -> ColumnElement[bool]:
    """Neither snoozed nor held back by a rule."""
    rested = or_(item.snoozed_until.is_(None), item.snoozed_until <= bindparam("at"))
    hold = on_hold(item, given)
    return rested if hold is None else and_(rested, not_(hold))


def flags(item: Any, given: frozenset[str]) -> list[ColumnElement[Any]]:
    """Columns that say which rules fit a row, and whether it is held back."""
    told: list[ColumnElement[Any]] = [
        flag(fits(item, number, given)).label(f"fits_{number}") for number in _numbers(given)
    ]
    holds = [n for n in _numbers(given) if _holds(n, given)]
    told += [flag(still_holds(item, number, given)).label(f"holds_{number}") for number in holds]
    hold = on_hold(item, given)
    return told if hold is None else [*told, flag(hold).label("on_hold")]


def tell(items: Iterable[dict[str, Any]], rows: Iterable[Any], rules: Sequence[RoutingRule]) -> None:
    """Says on each item which rule gives it to whom, holds it, and which tags it bears."""
    for item, row in zip(items, rows, strict=True):
        numbers = [number for number in range(len(rules)) if getattr(row, f"fits_{number}")]
        fitting = [rules[number] for number in numbers]
        item["tags"] = sorted({tag for rule in fitting for tag in rule.terms.tags})
        by = next((rule for rule in fitting if rule.terms.to), None)
        if by is not None and row.assignee is None:
            item["assignee"], item["routed_by"] = by.terms.to, _named(by)
            item["explanation"] = [*(item["explanation"] or ()), f"Assigned to {by.terms.to} by {rule_words(by)}"]
        if getattr(row, "on_hold", 0):
            holding = next(rules[number] for number in numbers if getattr(row, f"holds_{number}", 0))
            item["held_by"] = _named(holding)
            item["explanation"] = [*(item["explanation"] or ()), f"Held {hold_words(holding)} by {rule_words(holding)}"]


def _named(rule: RoutingRule) -> dict[str, Any]:
    return {"rule": rule.terms.name, "version": rule.version, "since": rule.begins.isoformat()}


def rule_words(rule: RoutingRule) -> str:
    """A rule as an explanation names it."""
    return f"rule “{rule.terms.name}”, version {rule.version}, in force since {say_day(rule.begins)}"


def hold_words(rule: RoutingRule) -> str:
    """Until when a rule holds."""
    until, days = rule.terms.hold_until, rule.terms.hold_days
    said = [f"until {say_day(until)}"] if until else []
    return " and ".join([*said, *([f"for {plural(days, 'day')} after the date of service"] if days else [])])
