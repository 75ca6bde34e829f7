"""One search box for anything a person has at hand: numbers, names, days, amounts; each looked up through an index."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Connection, Table, select, union

from events.values import MAX_AMOUNT, to_cents
from projections.tables.columns import has_prefix
from projections.tables.tables import READ_TABLES
from services.presentation.formatting import name_case
from services.reads.read_context import ReadContext
from services.reads.remittances import remittance_ref

CLAIM, PATIENT, REMITTANCE = READ_TABLES["claim"], READ_TABLES["patient"], READ_TABLES["remittance"]
READINESS, ITEM = READ_TABLES["readiness"], READ_TABLES["work_item"]
VISIT_LISTS = ("unbilled", "readiness")
VISIT_COLUMNS = tuple(
    READINESS.c[name] for name in ("key", "visit_id", "claim_id", "patient_id", "payer_id", "dos", "state")
)
MOST = 25  # of each kind
ENOUGH = 1000  # claims among which the newest are looked for
FIRST_YEAR = 1990  # of service
SHORTEST_PART = 4  # of a claim number that is looked for inside others
WHOLE = 8  # characters from which a number that was found is no part of another one
DAY_FORMS = (
    "%Y-%m-%d",
    "%m/%d/%Y",
    "%m/%d/%y",
    "%m-%d-%Y",
    "%Y%m%d",
    "%b %d, %Y",
    "%B %d, %Y",
    "%b %d %Y",
    "%B %d %Y",
    "%m.%d.%Y",
)
COLUMNS = (
    CLAIM.c.ref,
    CLAIM.c.claim_id,
    CLAIM.c.patient_id,
    CLAIM.c.patient_name,
    CLAIM.c.payer_id,
    CLAIM.c.status,
    CLAIM.c.dos,
    CLAIM.c.charge,
)


@dataclass(frozen=True, kw_only=True)
class FoundGroup:
    """What was found in one way: claims, checks, or visits that no claim bills. `more`: there are others."""

    title: str
    claims: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    more: bool
    visits: list[dict[str, Any]] = field(default_factory=list)


def find(context: ReadContext, typed: str) -> list[FoundGroup]:
    """Groups of what fits, those found by number first. Nothing typed finds nothing."""
    text = " ".join(typed.split())
    if not text:
        return []
    found: list[FoundGroup] = []
    with context.rows() as rows:
        for search in SEARCHES:
            group = search(rows, context, text)
            if group is not None and (group.claims or group.checks or group.visits):
                found.append(group)
        if not (found and len(text) >= WHOLE) and (group := _by_part(rows, context, text)) is not None:
            found.append(group)
    return found


def typed_day(text: str) -> date | None:
    """A date of service in any usual form; None where it is none."""
    if text.isdecimal() and len(text) != len("20260302"):
        return None
    for form in DAY_FORMS:
        try:
            found = datetime.strptime(text, form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
        if found.year >= FIRST_YEAR:
            return found
    return None


def typed_amount(text: str) -> int | None:
    """Cents of an amount such as 286.00 or $1,286; a bare whole number without a dollar sign is no amount."""
    if not re.fullmatch(r"\$\s?[\d,]+(\.\d{1,2})?|[\d,]+\.\d{2}", text):
        return None
    try:
        amount = Decimal(text.lstrip("$ ").replace(",", ""))
    except InvalidOperation:
        return None
    return to_cents(amount) if amount <= MAX_AMOUNT else None


def name_forms(text: str) -> list[str]:
    """As names are kept, last name first: 'Bram Hollister' may be HOLLISTER, BRAM, or a last name of two words."""
    parts = [part for part in re.split(r"[\s,]+", text) if part]
    if not parts or not all(part.replace("-", "").replace("'", "").replace(".", "").isalpha() for part in parts):
        return []
    orders = (
        [", ".join((parts[0], " ".join(parts[1:]))), ", ".join((parts[-1], " ".join(parts[:-1])))]
        if parts[1:]
        else parts
    )
    told = [*orders, " ".join(parts)]
    return list(dict.fromkeys(form for one in told for form in (one.upper(), name_case(one.upper()), one)))


def _by_number(rows: Connection, context: ReadContext, text: str) -> FoundGroup | None:
    forms = {text, text.upper()}
    return _claims(rows, context, "Claim number", *(has_prefix(CLAIM.c.claim_id, form) for form in sorted(forms)))


def _by_part(rows: Connection, context: ReadContext, text: str) -> FoundGroup | None:
    """Inside a number: the index of numbers is walked from end to end, so only for what could be one."""
    a_number = len(text) >= SHORTEST_PART and " " not in text and any(c.isdigit() for c in text)
    if not a_number or typed_day(text) or typed_amount(text):
        return None
    part = text.upper().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    inside = CLAIM.c.claim_id.like(f"_%{part}%", escape="\\")
    numbers = select(CLAIM.c.claim_id).where(CLAIM.c.practice == context.practice, inside)  # the index alone is read
    found = rows.scalars(numbers.order_by(CLAIM.c.claim_id).limit(MOST + 1)).all()
    return _claims(rows, context, "Part of a claim number", CLAIM.c.claim_id.in_(found)) if found else None


def _by_payer_number(rows: Connection, context: ReadContext, text: str) -> FoundGroup | None:
    return (
        _claims(rows, context, "Payer claim number", has_prefix(CLAIM.c.payer_number, text)) if len(text) > 3 else None
    )


def _by_name(rows: Connection, context: ReadContext, text: str) -> FoundGroup | None:
    forms = name_forms(text)
    if not forms:
        return None

    def named(column: ColumnElement[str]) -> list[ColumnElement[bool]]:
        return [has_prefix(column, form) for form in forms]

    known = sorted(rows.scalars(_each(PATIENT, [PATIENT.c.patient_id], context, MOST, *named(PATIENT.c.full_name))))
    of_known = [CLAIM.c.patient_id.in_(known[:MOST])] if known else []
    return _claims(rows, context, "Patient", *of_known, *named(CLAIM.c.patient_name))


def _by_member(rows: Connection, context: ReadContext, text: str) -> FoundGroup | None:
    forms = list({text, text.upper()})
    known = rows.scalars(
        select(PATIENT.c.patient_id)
        .where(PATIENT.c.practice == context.practice, PATIENT.c.member_id.in_(forms))
        .limit(MOST)
    ).all()
    by_patient, by_member = CLAIM.c.patient_id.in_([*forms, *known]), CLAIM.c.member_id.in_(forms)
    return _claims(rows, context, "Member ID", by_patient, by_member)


def _by_day(rows: Connection, context: ReadContext, text: str) -> FoundGroup | None:
    day = typed_day(text)
    return _claims(rows, context, "Date of service", CLAIM.c.dos == day) if day else None


def _by_visit(rows: Connection, context: ReadContext, text: str) -> FoundGroup | None:
    """The claim that bills it; of a visit that none bills, the list on which it waits."""
    fits = (READINESS.c.practice == context.practice, READINESS.c.visit_id.in_({text, text.upper()}))
    visits = rows.execute(select(*VISIT_COLUMNS).where(*fits).limit(MOST)).all()
    billed = [visit.claim_id for visit in visits if visit.claim_id]
    if billed:
        return _claims(rows, context, "Visit", CLAIM.c.claim_id.in_(billed))
    return _unbilled(rows, visits) if visits else None


def _unbilled(rows: Connection, visits: Sequence[Any]) -> FoundGroup:
    waiting = select(ITEM.c.item, ITEM.c.kind).where(
        ITEM.c.key.in_([visit.key for visit in visits]),
        ITEM.c.kind.in_(VISIT_LISTS),
        ITEM.c.item.in_([visit.visit_id for visit in visits]),
    )
    kinds = {row.item: row.kind for row in rows.execute(waiting)}
    told = [
        {
            "visit_id": visit.visit_id,
            "patient_id": visit.patient_id,
            "payer_id": visit.payer_id,
            "dos": visit.dos,
            "state": visit.state,
            "kind": kinds.get(visit.visit_id),
        }
        for visit in visits
    ]
    return FoundGroup(title="Visit", claims=[], checks=[], visits=told, more=False)


def _by_amount(rows: Connection, context: ReadContext, text: str) -> FoundGroup | None:
    cents = typed_amount(text)
    return _claims(rows, context, "Charge", CLAIM.c.charge == cents) if cents else None


def _checks(rows: Connection, context: ReadContext, text: str) -> FoundGroup | None:
    cents = typed_amount(text)
    fits = REMITTANCE.c.total_paid == cents if cents else has_prefix(REMITTANCE.c.trace_number, text)
    query = select(REMITTANCE).where(REMITTANCE.c.practice == context.practice, fits).limit(MOST + 1)
    found = rows.execute(query).all()
    checks = [
        {
            "ref": remittance_ref(context, row.key),
            "trace_number": row.trace_number,
            "payer": row.payer_name or row.payer_identifier,
            "payment_date": row.payment_date,
            "total_paid": None if row.total_paid is None else Decimal(row.total_paid) / 100,
        }
        for row in found[:MOST]
    ]
    return FoundGroup(title="Check or EFT", claims=[], checks=checks, more=len(found) > MOST)


def _each(
    table: Table, columns: Sequence[Any], context: ReadContext, most: int, *fits: ColumnElement[bool]
) -> CompoundSelect[Any]:
    """What fits any of these conditions, up to that many (`most`) of each.

    Each is a query with an index of its own: joined by OR they may be read as all rows of the practice.
    """
    parts = [select(*columns).where(table.c.practice == context.practice, one).limit(most).subquery() for one in fits]
    return union(*(select(part) for part in parts))


def _claims(rows: Connection, context: ReadContext, title: str, *fits: ColumnElement[bool]) -> FoundGroup:
    """The newest of the first ENOUGH that fit: what fits half of all claims is no reason to sort them."""
    some = _each(CLAIM, COLUMNS, context, ENOUGH, *fits).subquery()
    found = rows.execute(select(some).order_by(some.c.dos.desc(), some.c.claim_id).limit(MOST + 1)).all()
    return FoundGroup(title=title, claims=list(_told(found[:MOST])), checks=[], more=len(found) > MOST)


def _told(found: Any) -> Iterator[dict[str, Any]]:
    for row in found:
        yield {
            "ref": row.ref,
            "claim_id": row.claim_id,
            "patient_id": row.patient_id,
            "patient_name": row.patient_name,
            "payer_id": row.payer_id,
            "status": row.status,
            "dos": row.dos,
            "charge": Decimal(row.charge) / 100,
        }


SEARCHES: tuple[Callable[[Connection, ReadContext, str], FoundGroup | None], ...] = (
    _by_number,
    _by_payer_number,
    _by_member,
    _by_name,
    _by_day,
    _by_visit,
    _checks,
    _by_amount,
)
