"""Claims and visits as lists, narrowed by what their rows say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select

from events.values import from_cents
from projections.tables.columns import NEVER
from projections.tables.tables import READ_TABLES
from services.presentation.formatting import cents_text
from services.reads.keyset import ListPage, OrderedBy, page_rows
from services.reads.read_context import ReadContext

CLAIM, READINESS = READ_TABLES["claim"], READ_TABLES["readiness"]
BY_NUMBER = (OrderedBy(CLAIM.c.claim_id),)
NEWEST = (OrderedBy(func.coalesce(CLAIM.c.dos, NEVER, type_=CLAIM.c.dos.type), descending=True), *BY_NUMBER)
CLAIM_ORDERS = {"claim": BY_NUMBER, "newest": NEWEST}
VISIT_ORDER = (OrderedBy(READINESS.c.dos), OrderedBy(READINESS.c.visit_id), OrderedBy(READINESS.c.key))
VISIT_STATES = ("unbilled", "correctable", "billed", "closed")


@dataclass(frozen=True, kw_only=True)
class ClaimFilter:
    """What is asked for; all of it has to fit. Days are inclusive."""

    status: Sequence[str] = ()
    payer: Sequence[str] = ()
    flag: str | None = None
    dos_from: date | None = None
    dos_to: date | None = None
    sent_from: date | None = None
    sent_to: date | None = None
    only_open: bool = False

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = [
            *_within(CLAIM.c.dos, self.dos_from, self.dos_to),
            *_within(CLAIM.c.sent_on, self.sent_from, self.sent_to),
        ]
        found += [CLAIM.c.status.in_(self.status)] if self.status else []
        found += [CLAIM.c.payer_id.in_(self.payer)] if self.payer else []
        found += [or_(CLAIM.c.payer_balance != 0, CLAIM.c.patient_balance != 0)] if self.only_open else []
        if self.flag is not None:
            words = literal(" ").concat(CLAIM.c.flags).concat(" ")
            found.append(words.contains(f" {self.flag} ", autoescape=True))
        return found


ALL_CLAIMS = ClaimFilter()


def claim_list(
    context: ReadContext,
    wanted: ClaimFilter = ALL_CLAIMS,
    *,
    sort: str = "claim",
    limit: int | None = None,
    cursor: str | None = None,
) -> ListPage:
    """Claims by number, or the newest day of service first. Raises ListCursorError."""
    query: Select[Any] = select(CLAIM).where(CLAIM.c.practice == context.practice, *wanted.conditions())
    with context.rows() as connection:
        rows, following = page_rows(connection, query, CLAIM_ORDERS[sort], limit, cursor)
    return ListPage([_claim_json(row) for row in rows], following)


def visit_list(
    context: ReadContext,
    *,
    state: str | None = None,
    payer: str | None = None,
    dos_from: date | None = None,
    dos_to: date | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> ListPage:
    """Visits by day of service, with the claim that bills each. Raises ListCursorError."""
    same = (CLAIM.c.practice == READINESS.c.practice) & (CLAIM.c.claim_id == READINESS.c.claim_id)
    query = select(READINESS, CLAIM.c.ref).outerjoin(CLAIM, same).where(READINESS.c.practice == context.practice)
    query = query.where(*_within(READINESS.c.dos, dos_from, dos_to))
    if state is not None:
        query = query.where(READINESS.c.state == state)
    if payer is not None:
        query = query.where(READINESS.c.payer_id == payer)
    with context.rows() as connection:
        rows, following = page_rows(connection, query, VISIT_ORDER, limit, cursor)
    return ListPage([_visit_json(row) for row in rows], following)


def _within(column: Any, first: date | None, last: date | None) -> list[ColumnElement[bool]]:
    return ([column >= first] if first else []) + ([column <= last] if last else [])


def _claim_json(row: Any) -> dict[str, Any]:
    return {
        "claim_id": row.claim_id,
        "ref": row.ref,
        "patient_id": row.patient_id,
        "payer_id": row.payer_id,
        "status": row.status,
        "dos": row.dos.isoformat() if row.dos else None,
        "sent_on": row.sent_on.isoformat() if row.sent_on else None,
        **{name: cents_text(getattr(row, name)) for name in ("charge", "allowed", "paid")},
        "balance": f"{from_cents(row.payer_balance + row.patient_balance):.2f}",
        **{name: cents_text(getattr(row, name)) for name in ("payer_balance", "patient_balance", "written_off")},
        "flags": row.flags.split(),
    }


def _visit_json(row: Any) -> dict[str, Any]:
    return {
        "visit_id": row.visit_id,
        "patient_id": row.patient_id,
        "payer_id": row.payer_id,
        "discipline": row.discipline,
        "dos": row.dos.isoformat(),
        "state": row.state,
        "claim_id": row.claim_id,
        "ref": row.ref,
        "expected_allowed": cents_text(row.expected_allowed),
    }
