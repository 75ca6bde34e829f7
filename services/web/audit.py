"""The audit, for the auditor: who saw or changed what, in words, narrowed to a person, claim, patient or time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Here
from services.presentation.audit_words import action_words, answer_words
from services.presentation.csv_export import csv_lines
from services.reads.audit_entries import AuditQuery, audit_entries
from services.reads.patients import patient_id_of
from services.reads.read_context import ReadContext
from services.security.audit import check_audit
from services.web.pages import page

PAGE_SIZE = 100
COLUMNS = ("seq", "at", "who", "role", "what", "ref", "detail", "result")
OpaqueRef = Annotated[str, Query(pattern="^(|[0-9a-f]{24})$")]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@dataclass(frozen=True)
class AuditFilter:
    """As in the address: people by name, claims and patients by their opaque refs."""

    who: Annotated[str, Query(max_length=200)] = ""
    ref: OpaqueRef = ""
    patient: OpaqueRef = ""
    first: Annotated[str, Query(pattern=r"^(|\d{4}-\d\d-\d\d)$")] = ""
    last: Annotated[str, Query(pattern=r"^(|\d{4}-\d\d-\d\d)$")] = ""
    refused: Annotated[bool, Query()] = False

    def query(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value} | (
            {"refused": "true"} if self.refused else {}
        )

    def asked(self, context: ReadContext, before: int | None) -> AuditQuery:
        return AuditQuery(
            who=self.who or None,
            ref=self.ref or None,
            patient_id=patient_id_of(context, self.patient) if self.patient else None,
            first=date.fromisoformat(self.first) if self.first else None,
            last=date.fromisoformat(self.last) if self.last else None,
            refused=self.refused,
            before=before,
        )


AuditNarrowing = Annotated[AuditFilter, Depends()]


@router.get("/audit")
def get_audit(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    narrowed: AuditNarrowing,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    check: Annotated[bool, Query()] = False,  # noqa: FBT002
) -> HTMLResponse:
    """The newest first."""
    rows = audit_entries(context, narrowed.asked(context, before), PAGE_SIZE)
    return page(
        request,
        context,
        "audit.html",
        section="/audit",
        rows=rows,
        first=before is None,
        narrowed=narrowed,
        query=narrowed.query(),
        following=rows[-1]["seq"] if len(rows) == PAGE_SIZE else None,
        checked=check_audit(app_state.app.engine) if check else None,
    )


@router.get("/audit/file.csv")
def get_audit_file(request: Request, context: AtLiveDesk, narrowed: AuditNarrowing) -> Response:
    """All entries that fit, newest first."""
    request.state.detail = "audit log as csv"
    name = {"Content-Disposition": 'attachment; filename="claimclock-audit.csv"'}
    lines = csv_lines(_all(context, narrowed), COLUMNS)
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=name)


def _all(context: ReadContext, narrowed: AuditFilter) -> Iterator[dict[str, Any]]:
    before: int | None = None
    while rows := audit_entries(context, narrowed.asked(context, before), 1000):
        for row in rows:
            yield row | {"what": action_words(row["action"]), "result": answer_words(row["status"])}
        before = rows[-1]["seq"]
