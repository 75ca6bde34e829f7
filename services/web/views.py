"""What a person keeps of the lists: saved views with their counts, and the columns of the tables."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi import Path as InPath
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from projections.work.kinds import KINDS
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Here, Who
from services.commands.desk_settings import DeskOwner
from services.core.errors import ClaimclockError, UsageError
from services.presentation.item_columns import DESK_COLUMNS
from services.reads.list_counts import tally
from services.web.pages import frame_of
from services.web.worklist_query import Narrowing, address_of, filters_of, narrowed_by, settings_of

COLUMNS_CHOICE = "columns"
MOST_COUNTED = 20  # views of the side bar
ViewKind = Annotated[str, Query(max_length=40)]
ViewId = Annotated[str, InPath(pattern="^[0-9a-f]{24}$")]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.post("/views")
async def post_view(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    kind: ViewKind,
    narrowed: Narrowing,
    name: Annotated[str, Form(max_length=60)],
    shared: Annotated[str, Form(max_length=5)] = "",
) -> Response:
    """Saves the list under a name: as it is narrowed, in its order, with the columns it shows."""
    if kind not in KINDS:
        raise UsageError("no such list")
    owner, settings = DeskOwner(context.practice, who.id), settings_of(app_state)
    usual = await run_in_threadpool(settings.choice, owner, COLUMNS_CHOICE)
    query = narrowed.query() | {"cols": ",".join(narrowed.columns(usual))}
    await run_in_threadpool(lambda: settings.save_view(owner, name, kind, query, app_state.now(), shared=bool(shared)))
    return RedirectResponse(frame_of(request, context.practice).url(address_of(kind), **narrowed.query()), 303)


@router.post("/views/{view}/remove")
async def remove_view(request: Request, app_state: Here, context: AtLiveDesk, who: Who, view: ViewId) -> Response:
    """Only one's own."""
    owner = DeskOwner(context.practice, who.id)
    await run_in_threadpool(settings_of(app_state).remove_view, owner, view)
    return RedirectResponse(frame_of(request, context.practice).url("/"), 303)


@router.get("/views/counts")
def get_counts(app_state: Here, context: AtLiveDesk, who: Who) -> JSONResponse:
    """How many rows each saved view has now; of one that cannot be read any more, none."""
    views = settings_of(app_state).views(DeskOwner(context.practice, who.id))[:MOST_COUNTED]
    found: dict[str, str | None] = {}
    for view in views:
        try:
            filters, _ = filters_of(app_state, context, who, view["kind"], narrowed_by(view["query"]))
            told = tally(context, view["kind"], filters)
        except ClaimclockError:
            found[view["id"]] = None
        else:
            found[view["id"]] = f"{told.items:,}{'+' if told.capped else ''}"
    return JSONResponse(found)


@router.post("/columns")
async def post_columns(
    request: Request, app_state: Here, context: AtLiveDesk, who: Who, kind: ViewKind, narrowed: Narrowing
) -> Response:
    """The columns this person wants to see in every worklist; none chosen gives the usual ones back."""
    if kind not in KINDS:
        raise UsageError("no such list")
    form = await request.form()
    chosen = [name for name in DESK_COLUMNS if name in form.getlist("cols")]
    owner = DeskOwner(context.practice, who.id)
    await run_in_threadpool(settings_of(app_state).choose, owner, COLUMNS_CHOICE, ",".join(chosen))
    query = {name: value for name, value in narrowed.query().items() if name != "cols"}
    return RedirectResponse(frame_of(request, context.practice).url(address_of(kind), **query), 303)
