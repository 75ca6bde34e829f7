"""The audit asked: who saw this patient or claim, what did this person do, what was refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from projections.calendar import add_days, start_of_day
from projections.tables.tables import READ_TABLES
from services.reads.patients import patient_ref
from services.reads.read_context import ReadContext
from services.store.security_tables import AUDIT

CLAIM = READ_TABLES["claim"]
MOST_CLAIMS = 200  # of one patient


@dataclass(frozen=True, kw_only=True)
class AuditQuery:
    """What is asked; all of it has to fit. Days as the practice counts them."""

    who: str | None = None
    ref: str | None = None
    patient_id: str | None = None
    first: date | None = None
    last: date | None = None
    action: str | None = None
    refused: bool = False
    before: int | None = None


def audit_entries(context: ReadContext, asked: AuditQuery, limit: int) -> list[dict[str, Any]]:
    """Entries of the practice, newest first."""
    query = _narrowed(context, select(AUDIT), asked).order_by(AUDIT.c.seq.desc()).limit(limit)
    with context.engine.connect() as connection:
        rows = connection.execute(query).all()
    return [
        {
            "seq": row.seq,
            "at": row.at.isoformat(),
            "who": row.who,
            "role": row.role,
            "action": row.action,
            "ref": row.ref,
            "status": row.status,
            "detail": row.detail,
            "hash": row.hash,
        }
        for row in rows
    ]


def _narrowed(context: ReadContext, query: Select[Any], asked: AuditQuery) -> Select[Any]:
    zone = context.references.zone
    wanted: Sequence[tuple[bool, Any]] = (
        (asked.who is not None, AUDIT.c.who == asked.who),
        (asked.ref is not None, _names([asked.ref or ""])),
        (asked.patient_id is not None, _names(_refs(context, asked.patient_id or ""))),
        (asked.first is not None, AUDIT.c.at >= start_of_day(asked.first or date.min.replace(year=2), zone)),
        (asked.last is not None, AUDIT.c.at < start_of_day(add_days(asked.last or date.min.replace(year=2), 1), zone)),
        (asked.action is not None, AUDIT.c.action == asked.action),
        (asked.refused, AUDIT.c.status >= HTTPStatus.BAD_REQUEST),
        (asked.before is not None, AUDIT.c.seq < (asked.before or 0)),
    )
    return query.where(AUDIT.c.practice == context.practice, *(fits for given, fits in wanted if given))


def _names(refs: Sequence[str]) -> ColumnElement[bool]:
    """The entry is about one of these, or shows it in a list."""
    return or_(AUDIT.c.ref.in_(refs), *(AUDIT.c.detail.like(f"%{ref}%") for ref in refs))


def _refs(context: ReadContext, patient_id: str) -> list[str]:
    query = select(CLAIM.c.ref).where(CLAIM.c.practice == context.practice, CLAIM.c.patient_id == patient_id)
    with context.engine.connect() as connection:
        claims = connection.scalars(query.limit(MOST_CLAIMS)).all()
    return [patient_ref(context, patient_id), *claims]
