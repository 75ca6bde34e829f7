"""Visits closed with a reason from the list; closed visits shown, and opened again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import ValidationError

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Here, InPractice, Who
from services.api.edi import in_practice
from services.commands.close_visits import VisitClosing, close_visit, reopen_visit
from services.core.errors import ClaimclockError, UsageError
from services.presentation.labels import VISIT_CLOSINGS
from services.reads.claim_list import visit_list
from services.reads.list_counts import names_of
from services.reads.read_context import ReadContext
from services.reads.visits import visit_page
from services.web.pages import page, redirect

CLOSED_VISITS, UNBILLED_LIST = "/visits/closed", "/worklists/unbilled"
SHOWN = 200
VisitField = Annotated[str, Form(max_length=200)]
NoteField = Annotated[str, Form(max_length=4000)]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get(CLOSED_VISITS)
def get_closed(request: Request, context: AtLiveDesk) -> HTMLResponse:
    """Every closed visit with its reason."""
    return _closed_page(request, context)


@router.post("/visits/close")
def post_close(
    request: Request,
    app_state: Here,
    who: Who,
    practice: InPractice,
    context: AtLiveDesk,
    visit_id: VisitField = "",
    reason: VisitField = "",
    note: NoteField = "",
) -> Response:
    """Closes one visit; back to the list it came from."""
    try:
        asked = VisitClosing.model_validate({"visit_id": visit_id, "reason": reason, "note": note})
        close_visit(in_practice(app_state.app, practice), context, asked, who.name)
    except ValidationError:
        return _closed_page(request, context, problem="Choose a reason: self-pay, not billable, other")
    except ClaimclockError as error:
        return _closed_page(request, context, problem=_sentence(error))
    return redirect(request, UNBILLED_LIST)


@router.post("/visits/reopen")
def post_reopen(
    request: Request, app_state: Here, who: Who, practice: InPractice, context: AtLiveDesk, visit_id: VisitField = ""
) -> Response:
    """Puts one visit back on the lists."""
    try:
        reopen_visit(in_practice(app_state.app, practice), context, visit_id, who.name)
    except ClaimclockError as error:
        return _closed_page(request, context, problem=_sentence(error))
    return redirect(request, CLOSED_VISITS)


def _sentence(error: ClaimclockError) -> str:
    if isinstance(error, UsageError):
        return "Enter why the visit will not be billed"
    return f"{error.message[:1].upper()}{error.message[1:]}"


def _closed_page(request: Request, context: ReadContext, problem: str = "") -> HTMLResponse:
    found = visit_list(context, state="closed", limit=SHOWN)
    rows = [row | {"closed": visit_page(context, row["visit_id"])["closed"] or {}} for row in found.items]
    request.state.detail = f"{len(rows)} closed visits"
    return page(
        request,
        context,
        "closed_visits.html",
        422 if problem else 200,
        section="/",
        rows=rows,
        more=found.next_cursor is not None,
        names=names_of(context, (row["patient_id"] for row in rows)),
        problem=problem,
        reasons=VISIT_CLOSINGS,
    )
