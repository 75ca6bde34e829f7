"""Events in, one or many; and out again, from any past position."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from services.api.app_state import AppState
from services.api.authorization import GuardedRoute
from services.api.dependencies import INSTANT, AtLiveDesk, Here, InPractice, Limit, Who, first_instant
from services.api.event_bodies import events_of
from services.api.event_documents import with_dataschema
from services.api.examples import BATCH_BODY, EVENT_BODY, EVENT_LIST
from services.api.listing import listed
from services.api.problems import TooManyRequestsError, problem
from services.api.schemas import Accepted
from services.api.waiting import in_waiting_thread
from services.commands.publish_events import INVALID, accept, wait_until_projected
from services.reads.claims import claim_id_of
from services.reads.feed import FeedFilter, feed
from services.reads.read_context import ReadContext
from services.security.roles import Principal

MOST_SECONDS = 30  # that an answer waits for an event
router = APIRouter(route_class=GuardedRoute, tags=["events"])


class WaitFor(StrEnum):
    """What an answer waits for."""

    PROJECTED = "projected"


_WAIT = Annotated[
    WaitFor | None,
    Query(description="`projected`: answer when every list shows what was sent; `projected` in the answer says so."),
]
_RESULTS: dict[int | str, dict[str, Any]] = {202: {"model": Accepted}, 207: {"model": Accepted}}


@router.post(
    "/v1/events",
    status_code=202,
    response_model=None,
    responses=_RESULTS,
    openapi_extra={"requestBody": EVENT_BODY},
)
async def post_events(
    request: Request, app_state: Here, who: Who, practice: InPractice, wait: _WAIT = None
) -> JSONResponse:
    """Takes one CloudEvent, structured or in binary mode; a batch too, as `/v1/events/batch` does.

    Each is judged on its own: `accepted` (it survives a crash from now on), `duplicate` (the log holds the same
    already), `conflict` (the log holds another content under this source and id; this one is parked) or `invalid`
    with pointers to the fields; what is invalid is parked too. 202 where none is invalid, 207 where some are, 422 where
    all are. Sending again is harmless.
    """
    return await _take(request, app_state, who, practice, wait)


@router.post(
    "/v1/events/batch",
    status_code=202,
    response_model=None,
    responses=_RESULTS,
    openapi_extra={"requestBody": BATCH_BODY},
)
async def post_event_batch(
    request: Request, app_state: Here, who: Who, practice: InPractice, wait: _WAIT = None
) -> JSONResponse:
    """Takes a batch of CloudEvents, 10,000 at most; each is judged on its own, as `POST /v1/events` says."""
    return await _take(request, app_state, who, practice, wait)


async def _take(
    request: Request, app_state: AppState, who: Principal, practice: str, wait: WaitFor | None
) -> JSONResponse:
    events = events_of(request.headers, await request.body())
    correlation_id = request.state.request_id.replace("-", "")

    def admit(refused: int) -> None:
        wait = app_state.refusals.take(who.id, app_state.now(), refused) if refused else 0
        if wait:
            raise TooManyRequestsError("too many invalid events; nothing was accepted: correct them first", wait)

    def work() -> list[dict[str, Any]]:
        app_state.pressure.check()
        return [
            result.as_json() for result in accept(app_state.app, who, events, practice, correlation_id, admit=admit)
        ]

    results = await in_waiting_thread(work)
    app_state.metrics.count_events(result["result"] for result in results)
    answer: dict[str, Any] = {"correlation_id": correlation_id, "results": results}
    invalid = sum(result["result"] == INVALID for result in results)
    if wait is WaitFor.PROJECTED and invalid < len(results):
        answer["projected"] = await in_waiting_thread(lambda: wait_until_projected(app_state.app))
    if invalid and invalid == len(results):
        return problem(422, "no event is valid; each is parked with its errors", more=answer)
    return JSONResponse(answer, 207 if invalid else 202)


@dataclass(frozen=True, kw_only=True)
class FeedQuery:
    """What of the log is asked for. A claim is named by its ref, never by its number."""

    after: Annotated[
        int,
        Query(
            ge=0,
            le=2**62,
            description="`Next-Cursor` of the previous page, or an event's `sequence`; 0 is the beginning.",
            examples=[0],
        ),
    ] = 0
    type: Annotated[list[str] | None, Query(max_length=20, description="Only events of these types.")] = None
    claim: Annotated[
        str | None, Query(description="Only events that name this claim, by its ref.", pattern=r"^[0-9a-f]{24}$")
    ] = None
    since: Annotated[
        str | None,
        Query(description=f"Only events recorded at this time or later. {INSTANT}", max_length=40),
    ] = None
    wait_seconds: Annotated[
        int, Query(ge=0, le=MOST_SECONDS, description="How long to wait for an event if there is none yet.")
    ] = 0


@router.get("/v1/events", response_model=None, responses={200: EVENT_LIST})
async def get_events(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    wanted: Annotated[FeedQuery, Depends()],
    limit: Limit = 50,
) -> Response:
    """The log from any past position, in its order, as CloudEvents. None is ever left out or comes twice.

    The answer ends where transactions are still under way; ask again with `Next-Cursor`, which is always there.
    """

    def look() -> tuple[list[dict[str, Any]], int]:
        return feed(context, wanted.after, limit, narrowed)

    narrowed = await run_in_threadpool(_feed_filter, app_state, context, wanted)
    events, position = await run_in_threadpool(look)
    if not events and wanted.wait_seconds:
        events, position = await _awaited(app_state, look, wanted.wait_seconds)
    request.state.detail = f"after {wanted.after}"
    answer = listed(request, with_dataschema(request, events), None)
    answer.headers["Next-Cursor"] = str(position)
    return answer


def _feed_filter(app_state: AppState, context: ReadContext, wanted: FeedQuery) -> FeedFilter:
    return FeedFilter(
        types=wanted.type or (),
        claim_id=claim_id_of(context, wanted.claim) if wanted.claim else None,
        since=first_instant(wanted.since, "since", app_state),
    )


async def _awaited(
    app_state: AppState, look: Callable[[], tuple[list[dict[str, Any]], int]], seconds: int
) -> tuple[list[dict[str, Any]], int]:
    """Looks again whenever rows change, until there is something or the time is up."""
    async with app_state.changes.listen() as changes:
        found = await run_in_threadpool(look)  # what came before we listened
        try:
            async with asyncio.timeout(seconds):
                while not found[0]:
                    await changes.get()
                    found = await run_in_threadpool(look)
        except TimeoutError:
            pass
    return found
