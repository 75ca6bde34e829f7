"""What could not be read: seen, tried again, dismissed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Cursor, Here, Limit, Who
from services.api.edi import in_practice
from services.api.listing import open_cursor, page_answer
from services.api.schemas import ParkedDone, ParkedEntry, ParkedWhole
from services.api.waiting import waits
from services.commands.parked import discard, retry
from services.reads.parked import parked_one, parked_page

ParkedId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]

router = APIRouter(route_class=GuardedRoute, tags=["parked"])


@router.get("/v1/parked", response_model=None, responses={200: {"model": list[ParkedEntry]}})
def get_parked(
    request: Request,
    context: AtLiveDesk,
    everything: Annotated[bool, Query(alias="all", description="Also those retried or discarded.")] = False,  # noqa: FBT002
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The newest last, each with its reason."""
    page = parked_page(context, everything=everything, limit=limit, cursor=open_cursor(request, cursor))
    return page_answer(request, page)


@router.get("/v1/parked/{parked_id}", response_model=None, responses={200: {"model": ParkedWhole}})
def get_parked_one(request: Request, context: AtLiveDesk, parked_id: ParkedId) -> JSONResponse:
    """One with its raw text."""
    request.state.detail = parked_id
    return JSONResponse(parked_one(context, parked_id))


@router.post(
    "/v1/parked/{parked_id}/retry",
    response_model=None,
    responses={200: {"model": ParkedDone}, 202: {"model": ParkedDone}},
)
@waits
def post_retry(request: Request, app_state: Here, who: Who, context: AtLiveDesk, parked_id: ParkedId) -> JSONResponse:
    """Retries it; a newer reader may understand it. 202: it is on its way, and not yet read."""
    request.state.detail = parked_id
    app_state.pressure.check()
    done = retry(in_practice(app_state.app, context.practice), parked_id, who)
    return JSONResponse(done, 200 if done["projected"] else 202)


@router.post("/v1/parked/{parked_id}/discard", response_model=None, responses={200: {"model": ParkedDone}})
def post_discard(request: Request, app_state: Here, context: AtLiveDesk, parked_id: ParkedId) -> JSONResponse:
    """Dismisses it; it stays stored with its raw bytes."""
    request.state.detail = parked_id
    return JSONResponse(discard(in_practice(app_state.app, context.practice), parked_id))
