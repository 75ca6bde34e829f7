"""The audit, for the auditor: who saw or changed what, in words, narrowed to a person, claim, patient or time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from services.api.audit import AuditFilter, AuditNarrowing
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Here
from services.presentation.audit_words import ACTIONS, action_words, answer_words, detail_words
from services.presentation.csv_export import csv_lines
from services.reads.audit_entries import audit_entries
from services.reads.read_context import ReadContext
from services.security.audit import check_audit
from services.web.pages import page

PAGE_SIZE = 100
COLUMNS = ("seq", "at", "who", "role", "what", "ref", "detail", "result")
router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


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
    shown = page(
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
        actions=sorted(ACTIONS.items(), key=lambda each: each[1]),
    )
    request.state.shown = {}  # opaque names in old entries, and nothing of whom they mean
    return shown


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
            words = {"what": action_words(row["action"]), "result": answer_words(row["status"])}
            yield row | words | {"detail": detail_words(row["detail"])}
        before = rows[-1]["seq"]
