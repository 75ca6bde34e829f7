"""Uploads: files dropped on the page, and what came of each."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk
from services.reads.intakes import intake_page, recent_intakes
from services.web.pages import page

CorrelationId = Annotated[str, InPath(pattern=r"^[0-9A-Za-z-]{1,64}$")]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get("/upload")
def get_upload(request: Request, context: AtLiveDesk) -> HTMLResponse:
    """Where files are dropped, and what came in lately."""
    return page(request, context, "upload.html", section="/upload", recent=recent_intakes(context))


@router.get("/upload/{correlation_id}")
def get_intake(request: Request, context: AtLiveDesk, correlation_id: CorrelationId) -> HTMLResponse:
    """What came of one delivery."""
    request.state.detail = correlation_id
    return page(request, context, "intake.html", section="/upload", intake=intake_page(context, correlation_id))
