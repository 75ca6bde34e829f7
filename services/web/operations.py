"""Operations: system status, what could not be read, the terms in force."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse

from services.api.app_state import AppState
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Here
from services.api.metrics import oldest_age
from services.core.errors import ClaimclockError
from services.messaging.publisher import StreamProgress
from services.reads.operations import terms_in_force, upkeep
from services.reads.parked import parked_one, parked_recent
from services.web.pages import fragment, page

ParkedPath = Annotated[str, InPath(pattern=r"^[0-9a-f]{16}$")]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get("/operations")
def get_operations(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    everything: Annotated[bool, Query(alias="all")] = False,  # noqa: FBT002
) -> HTMLResponse:
    """Parked entries for those who may see them; the rest for administrators."""
    found, age = _stream(app_state)
    return page(
        request,
        context,
        "operations.html",
        section="/operations",
        everything=everything,
        stream=found,
        age=age,
        parked=parked_recent(context, everything=everything),
        upkeep=upkeep(context),
        terms=terms_in_force(context, context.today),
    )


def _stream(app_state: AppState) -> tuple[StreamProgress | None, float]:
    """How far the projector is, and the age of the oldest entry it has not done; None where the stream is away."""
    try:
        return app_state.pressure.look(), oldest_age(app_state.app.client, app_state.app.settings)
    except ClaimclockError:
        return None, 0.0


@router.get("/operations/parked/{parked_id}")
def get_parked(request: Request, context: AtLiveDesk, parked_id: ParkedPath) -> HTMLResponse:
    """The raw text of one."""
    request.state.detail = parked_id
    raw = parked_one(context, parked_id)["raw"]
    pieces = raw.replace("\n", "").split("~") if raw.count("~") > 1 else raw.splitlines()
    return fragment("segments.html", segments=[{"text": piece, "hit": False} for piece in pieces if piece])
