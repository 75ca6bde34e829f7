"""A paper EOB typed by a person."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse

from services.api.authorization import GuardedRoute
from services.api.dependencies import Here, InPractice, Who
from services.api.schemas import Accepted
from services.api.waiting import waits
from services.commands.paper_eob import EXAMPLE, PaperEob, paper_events
from services.commands.publish_events import accept

router = APIRouter(route_class=GuardedRoute, tags=["events"])


@router.post("/v1/paper-eob", status_code=202, response_model=None, responses={202: {"model": Accepted}})
@waits
def post_paper_eob(
    request: Request,
    app_state: Here,
    who: Who,
    practice: InPractice,
    eob: Annotated[PaperEob, Body(examples=[EXAMPLE])],
) -> JSONResponse:
    """Enters one claim from a paper EOB. It must balance; a later 835 for the same payment replaces it."""
    app_state.pressure.check()
    correlation_id = request.state.request_id.replace("-", "")
    events = paper_events(eob, who.name, app_state.app.settings.zone)
    results = [result.as_json() for result in accept(app_state.app, who, events, practice, correlation_id)]
    return JSONResponse({"correlation_id": correlation_id, "results": results}, 202)
