"""Responses that match nothing by themselves: listed, with candidates; joined by a person, and taken apart again."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Body, Path, Request
from fastapi.responses import JSONResponse, Response

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, AtLiveDesk, Cursor, Here, Limit, Who
from services.api.edi import in_practice
from services.api.listing import by_fields, in_order
from services.api.match_schemas import AnyCandidate
from services.api.schemas import DecisionDone, DecisionJson, UnidentifiedJson, UnidentifiedPage
from services.api.waiting import waits
from services.commands.match_claims import JoinRequest, SeparateRequest, UndoRequest, join, separate, undo
from services.reads.unidentified import (
    ResponseKind,
    decisions,
    listed_responses,
    open_responses,
    response_page,
    response_place,
)

ResponseName = Annotated[str, Path(pattern=r"^[0-9a-f]{24}$")]
DecisionId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
PLACE = "/v1/unidentified"
NO_REASON, NOTHING_ELSE = UndoRequest(), SeparateRequest()
JOIN = {"candidate": "0f4c2a9be17d5c6680aa31e2"}

router = APIRouter(route_class=GuardedRoute, tags=["unidentified"])


@router.get(PLACE, response_model=None, responses={200: {"model": list[UnidentifiedJson]}})
def get_unidentified(
    request: Request,
    context: AtDesk,
    kind: ResponseKind | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """All responses waiting to be identified, largest amount first."""
    rows = open_responses(context, kind)
    request.state.detail = f"{len(rows)} unidentified responses"
    return in_order(request, rows, response_place, limit=limit, cursor=cursor, shown=partial(listed_responses, context))


@router.get(f"{PLACE}/decisions", response_model=None, responses={200: {"model": list[DecisionJson]}})
def get_decisions(request: Request, context: AtDesk, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Decisions by users, newest first, including undone ones."""
    found, newest = decisions(context, None), by_fields("time", "source", "event_id")
    return in_order(request, found, newest, limit=limit, cursor=cursor, descending=range(3))


@router.post(
    f"{PLACE}/decisions/{{event_id}}/undo",
    status_code=202,
    response_model=None,
    responses={202: {"model": DecisionDone}},
)
@waits
def post_undo(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    event_id: DecisionId,
    wanted: Annotated[UndoRequest, Body(examples=[{"why": "another patient"}])] = NO_REASON,
) -> JSONResponse:
    """Undoes a decision: what it matched is separate again."""
    request.state.detail = event_id
    app_state.pressure.check()
    told = undo(in_practice(app_state.app, context.practice), context, event_id, who.name, wanted.why)
    return JSONResponse(told, 202)


@router.get(f"{PLACE}/{{name}}", response_model=None, responses={200: {"model": UnidentifiedPage}})
def get_one(request: Request, context: AtDesk, name: ResponseName) -> JSONResponse:
    """One response: what it states, and its candidates with score and reasons."""
    request.state.detail = name
    return JSONResponse(response_page(context, name))


@router.get(f"{PLACE}/{{name}}/candidates", response_model=None, responses={200: {"model": list[AnyCandidate]}})
def get_candidates(request: Request, context: AtDesk, name: ResponseName) -> JSONResponse:
    """Its candidates alone, the best first."""
    request.state.detail = name
    return JSONResponse(response_page(context, name)["candidates"])


@router.post(f"{PLACE}/{{name}}/join", status_code=202, response_model=None, responses={202: {"model": DecisionDone}})
@waits
def post_join(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    name: ResponseName,
    wanted: Annotated[JoinRequest, Body(examples=[JOIN])],
) -> JSONResponse:
    """Joins it to a candidate. 409 with codes where that is refused, or needs `confirm`."""
    request.state.detail = f"{name} {wanted.candidate}"
    app_state.pressure.check()
    return JSONResponse(join(in_practice(app_state.app, context.practice), context, name, wanted, who.name), 202)


@router.post(
    f"{PLACE}/{{name}}/separate", status_code=202, response_model=None, responses={202: {"model": DecisionDone}}
)
@waits
def post_separate(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    name: ResponseName,
    wanted: Annotated[SeparateRequest, Body(examples=[{}])] = NOTHING_ELSE,
) -> JSONResponse:
    """Says that a second copy is another payment, so that it is posted."""
    request.state.detail = name
    app_state.pressure.check()
    return JSONResponse(separate(in_practice(app_state.app, context.practice), context, name, wanted, who.name), 202)
