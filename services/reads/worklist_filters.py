"""What a worklist can be narrowed to, read once for the command line, HTTP and the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, FromClause, String, and_, bindparam, exists, func, literal, or_

from events.values import MAX_AMOUNT, to_cents
from projections.calendar import TICK, add_days, start_of_day
from projections.tables.tables import READ_TABLES
from services.core.errors import UsageError
from services.reads.check_rows import UNSENT, first_of_its_check
from services.reads.item_claims import DAY_SERVED, billed_by, claim_is, rendered_by
from services.reads.read_context import ReadContext, read_instant
from services.reads.routing import awake, held_by, routing_values, rules_of, tagged, unassigned

PATIENT = READ_TABLES["patient"]
DAY_LENGTH = len("2026-03-02")
NOBODY = "nobody"  # as an assignee: what is assigned to nobody
SORTS = ("urgency", "due", "amount", "smallest", "claim", "payer", "assignee", "kind")


class FilterError(UsageError):
    """A filter that cannot be read; `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.reason = message


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a list is narrowed to; all of it has to fit. Amounts in dollars; days as the practice counts them.

    `payer`: any of them. `assignee`: who has it, a person or a queue, or `nobody`; `queue`: any of these queues.
    `tag`: one that a routing rule gives. `code`: a CARC, RARC or 277 status of the reason.
    `provider`: an NPI that renders; `clinic`: one that bills. `age_min`: days since the date of service. `days_left`:
    at most that many days until the money is lost. `lost`: True for what is lost already, False for what is not.
    `done`: the items that a person closed, instead of the open ones.
    `text`: words of the reason or next step, a claim number or a patient's name.
    """

    payer: tuple[str, ...] = ()
    assignee: str | None = None
    queue: tuple[str, ...] = ()
    tag: str | None = None
    category: str | None = None
    discipline: str | None = None
    code: str | None = None
    provider: str | None = None
    clinic: str | None = None
    dos_from: date | None = None
    dos_to: date | None = None
    age_min: int | None = None
    days_left: int | None = None
    amount_min: Decimal | None = None
    amount_max: Decimal | None = None
    due_from: datetime | None = None
    due_before: datetime | None = None
    text: str | None = None
    lost: bool | None = None
    sort: str = "urgency"
    include_snoozed: bool = False
    done: bool = False


EVERYTHING = Filters()


def read_filters(given: Mapping[str, Any], zone: ZoneInfo) -> Filters:
    """From texts as typed. `due_before` as a day means by the end of that day, `due_from` from its beginning.

    Raises FilterError, which names the field and not what it held.
    """
    names = {each.name for each in fields(Filters)}
    if unknown := sorted(given.keys() - names):
        raise FilterError(unknown[0], f"unknown filter; use one of {', '.join(sorted(names))}")
    told = {name: value for name, value in given.items() if value not in (None, "", (), [])}
    read: dict[str, Any] = {name: _read(name, value, zone) for name, value in told.items()}
    return Filters(**read)


def _read(name: str, value: Any, zone: ZoneInfo) -> Any:
    if name in ("due_from", "due_before"):
        return _moment(name, value, zone)
    reader = _READERS.get(name)
    return reader(name, value) if reader else str(value).strip()


def _several(_name: str, value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(filter(None, value))


def _sort(name: str, value: Any) -> str:
    if value not in SORTS:
        raise FilterError(name, f"use one of {', '.join(SORTS)}")
    return str(value)


def _flag(_name: str, value: Any) -> bool:
    return bool(value)


def read_amount(name: str, value: Any) -> Decimal:
    """Dollars as typed. Raises FilterError, which names the field."""
    digits = str(value).strip().lstrip("$").replace(",", "")
    try:
        found = Decimal(digits)
    except InvalidOperation:
        raise FilterError(name, "not an amount such as 100.00") from None
    if not found.is_finite() or found < 0:
        raise FilterError(name, "not an amount such as 100.00")
    return min(found, MAX_AMOUNT)


def _day(name: str, value: Any) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise FilterError(name, "not a date such as 2026-03-02") from None


def _whole(name: str, value: Any) -> int:
    text = str(value).strip()
    if not text.isdecimal() or len(text) > 5:
        raise FilterError(name, "not a number of days")
    return int(text)


def _moment(name: str, value: Any, zone: ZoneInfo) -> datetime:
    """What is due on a day is overdue from the next midnight, so a day's items lie just after it."""
    if isinstance(value, datetime):
        return value
    text = str(value)
    try:
        if len(text) == DAY_LENGTH:
            day = date.fromisoformat(text)
            return start_of_day(day if name == "due_from" else add_days(day, 1), zone) + TICK
        return read_instant(text, zone)
    except (ValueError, OverflowError):
        raise FilterError(name, "not a date (2026-03-02) or a time (2026-03-02T15:00:00Z)") from None


_READERS: Mapping[str, Callable[[str, Any], Any]] = {
    "payer": _several,
    "queue": _several,
    "amount_min": read_amount,
    "amount_max": read_amount,
    "dos_from": _day,
    "dos_to": _day,
    "age_min": _whole,
    "days_left": _whole,
    "sort": _sort,
    "lost": _flag,
    "include_snoozed": _flag,
    "done": _flag,
}
AS_GIVEN = ("category", "discipline", "provider", "clinic", "dos_from", "dos_to", "due_from", "due_before")


def values_of(filters: Filters, context: ReadContext) -> dict[str, Any]:
    """What the conditions are asked with; only of filters that are given."""
    today = context.today
    told: dict[str, Any] = {name: getattr(filters, name) for name in AS_GIVEN}
    told |= {
        "payer": list(filters.payer) or None,
        "amount_min": _cents(filters.amount_min),
        "amount_max": _cents(filters.amount_max),
        "unassigned": True if filters.assignee == NOBODY else None,
        "tagged": True if filters.tag else None,
        "served_by": None if filters.age_min is None else today - timedelta(days=filters.age_min),
        "lost_by": None if filters.days_left is None else today + timedelta(days=filters.days_left),
        "code_after_dash": like(filters.code, "-") if filters.code else None,
        "code_alone": like(filters.code, " ") if filters.code else None,
        "text": f"%{escaped(filters.text.lower())}%" if filters.text else None,
        "done": filters.done or None,
        "sleeping": filters.include_snoozed or None,
        "alive" if filters.lost is False else "lost": filters.lost if filters.lost is None else True,
    }
    holders = {"queue": list(filters.queue)} if filters.queue else {}
    holders |= {"assignee": [filters.assignee]} if filters.assignee and filters.assignee != NOBODY else {}
    given = {name: value for name, value in told.items() if value is not None} | holders
    given |= routing_values(context, rules_of(context), holders, filters.tag)
    return {"practice": context.practice, "at": context.at, "today": today} | given


def _cents(amount: Decimal | None) -> int | None:
    return None if amount is None else to_cents(amount)


def like(code: str, prefix: str) -> str:
    return f"%{prefix}{escaped(code.strip().upper().replace('/', ' '))}%"


def escaped(text: str) -> str:
    """For LIKE with a backslash as its escape."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def conditions(item: FromClause, given: frozenset[str]) -> list[ColumnElement[bool]]:
    """Of `item`, the table of items or an alias of it, for the values that are given."""
    c = item.c
    found: list[ColumnElement[bool]] = [c.practice == bindparam("practice")]
    simple: Sequence[tuple[str, ColumnElement[bool]]] = (
        ("kind", c.kind == bindparam("kind")),
        ("payer", c.payer_id.in_(bindparam("payer", expanding=True))),
        ("category", c.category == bindparam("category")),
        ("discipline", c.discipline == bindparam("discipline")),
        ("amount_min", c.amount_at_risk >= bindparam("amount_min")),
        ("amount_max", c.amount_at_risk <= bindparam("amount_max")),
        ("due_from", c.overdue_at >= bindparam("due_from")),
        ("due_before", c.overdue_at < bindparam("due_before")),
        ("lost", c.lost_on < bindparam("today")),
        ("alive", c.lost_on >= bindparam("today")),
        ("lost_by", c.lost_on <= bindparam("lost_by")),
    )
    found += [condition for name, condition in simple if name in given]
    found += [held_by(c, given, name) for name in ("assignee", "queue") if name in given]
    found += [made(c, given) for name, made in (("unassigned", unassigned), ("tagged", tagged)) if name in given]
    if "code_alone" in given:
        found.append(or_(*(c.reason.like(bindparam(name), escape="\\") for name in ("code_after_dash", "code_alone"))))
    if "text" in given:
        found.append(_text(c))
    found += _about_the_claim(c, given)
    return [*found, _shown(c, given)]


def listed(item: FromClause, given: frozenset[str]) -> list[ColumnElement[bool]]:
    """As `conditions`, with one row for each check of a payer to which no 837 was ever loaded."""
    fitting = conditions(item, given)
    if UNSENT not in given:
        return fitting
    return [*fitting, first_of_its_check(item, lambda other: and_(*conditions(other, given)))]


def _shown(c: Any, given: frozenset[str]) -> ColumnElement[bool]:
    """Awake items; with `sleeping` also snoozed ones, with `done` those that a person closed and that are not back."""
    if "done" in given:
        return and_(c.done.is_not(None), c.snoozed_until > bindparam("at"))
    shown = awake(c, given)
    return or_(c.done.is_(None), shown) if "sleeping" in given else shown


def _text(c: Any) -> ColumnElement[bool]:
    said = bindparam("text", type_=String)
    named = exists().where(
        PATIENT.c.key == literal("patient|") + bindparam("practice", type_=String) + "|" + c.patient_id,
        func.lower(PATIENT.c.full_name).like(said, escape="\\"),
    )
    words = [func.lower(column).like(said, escape="\\") for column in (c.reason, c.next_action, c.claim_id)]
    return or_(*words, named)


def _about_the_claim(c: Any, given: frozenset[str]) -> list[ColumnElement[bool]]:
    days: list[ColumnElement[bool]] = [
        bindparam("dos_from", type_=Date) <= DAY_SERVED
        if name == "dos_from"
        else bindparam(name, type_=Date) >= DAY_SERVED
        for name in ("dos_from", "dos_to", "served_by")
        if name in given
    ]
    found: list[ColumnElement[bool]] = [claim_is(c, *days)] if days else []
    if "clinic" in given:
        found.append(billed_by(c, lambda npi: npi == bindparam("clinic")))
    if "provider" in given:
        found.append(rendered_by(c, lambda npi: npi == bindparam("provider")))
    return found
