"""Texts being typed, kept on the server until they are sent: idle sign-out or a closed tab loses nothing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Request
from fastapi import Path as InPath
from fastapi.responses import JSONResponse

from services.api.app_state import AppState
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Here, Who
from services.commands.desk_settings import DeskOwner, DeskSettings
from services.core.errors import UsageError
from services.security.shown_refs import REF

MOST_FIELDS = 20
BULK = "bulk"  # the place of a text about several claims
DraftPlace = Annotated[str, InPath(description="A claim, or `bulk`.", pattern=f"^({REF.pattern}|{BULK})$")]
DraftText = Annotated[dict[str, str], Body()]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


def _settings(app_state: AppState) -> DeskSettings:
    return DeskSettings(app_state.app.engine, app_state.app.settings)


@router.get("/drafts")
def get_drafts(app_state: Here, context: AtLiveDesk, who: Who) -> JSONResponse:
    """The claims, or `bulk`, about which this person has a text that was not sent."""
    return JSONResponse(
        {"refs": _settings(app_state).draft_places(DeskOwner(context.practice, who.id), app_state.now())}
    )


@router.get("/drafts/{place}")
def get_draft(request: Request, app_state: Here, context: AtLiveDesk, who: Who, place: DraftPlace) -> JSONResponse:
    """What was typed; empty where nothing was."""
    request.state.detail = f"draft about {place}"
    return JSONResponse(_settings(app_state).draft(DeskOwner(context.practice, who.id), place, app_state.now()))


@router.post("/drafts/{place}")
def post_draft(app_state: Here, context: AtLiveDesk, who: Who, place: DraftPlace, fields: DraftText) -> JSONResponse:
    """Keeps it, encrypted where a key is set; nothing typed removes it."""
    if len(fields) > MOST_FIELDS:
        raise UsageError("too many fields for a draft")
    _settings(app_state).save_draft(DeskOwner(context.practice, who.id), place, fields, app_state.now())
    return JSONResponse({"kept": bool(fields)})
