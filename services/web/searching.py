"""The one search box: what was typed travels in a form and is kept here under an opaque name, never in an address."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Path as InPath
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, Here, Who
from services.api.shown import note_shown
from services.commands.desk_settings import DeskOwner, DeskSettings
from services.reads.find import find
from services.reads.list_counts import names_of
from services.web.pages import frame_of, page

SearchPath = Annotated[str, InPath(pattern="^[0-9a-f]{24}$")]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.post("/find")
async def post_find(request: Request, app_state: Here, context: AtDesk, who: Who) -> Response:
    """To the one claim that fits, else to what was found. What was typed travels in the form, never in an address."""
    form = await request.form()
    typed = str(form.get("text", "")).strip()[:200]
    found = await run_in_threadpool(find, context, typed)
    refs = {claim["ref"] for group in found for claim in group.claims}
    request.state.detail = f"search, {len(refs)} claims"
    note_shown(request, found)
    frame = frame_of(request, context.practice)
    if len(refs) == 1 and not any(group.checks or group.visits for group in found):
        return RedirectResponse(frame.url(f"/claims/{refs.pop()}"), 303)
    settings = DeskSettings(app_state.app.engine, app_state.app.settings)
    owner = DeskOwner(context.practice, who.id)
    kept = await run_in_threadpool(settings.keep_filter, owner, {"text": typed}, app_state.now())
    return RedirectResponse(frame.url(f"/find/{kept}"), 303)


@router.get("/find/{search}")
def get_found(request: Request, app_state: Here, context: AtDesk, search: SearchPath) -> Response:
    """What fits a search that is kept here under an opaque name."""
    kept = DeskSettings(app_state.app.engine, app_state.app.settings).kept_filter(context.practice, search)
    found = find(context, kept.get("text", ""))
    number = len({claim["ref"] for group in found for claim in group.claims})
    request.state.detail = f"search, {number} claims"
    patients = names_of(context, (each["patient_id"] for group in found for each in (*group.claims, *group.visits)))
    return page(request, context, "found.html", section="", groups=found, typed=kept.get("text", ""), names=patients)
