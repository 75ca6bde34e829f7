"""Events in, one or many; and out again, from any past position."""

from __future__ import annotations

import json
from typing import Annotated, Any, NoReturn

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Here, InPractice, Limit, Who, listed
from services.api.examples import EVENT_BODY
from services.api.problems import UnsupportedTypeError
from services.api.schemas import Accepted, CloudEvent
from services.api.waiting import in_waiting_thread
from services.commands.publish_events import accept
from services.core.errors import UsageError
from services.reads.feed import feed

SINGLE, BATCH, PLAIN = "application/cloudevents+json", "application/cloudevents-batch+json", "application/json"
MOST = 10_000

router = APIRouter(route_class=GuardedRoute, tags=["events"])


class NotJsonError(UsageError):
    """The body is no JSON, or none of the kind its content type says."""

    http_status = 400


@router.post("/v1/events", status_code=202, response_model=None, responses={202: {"model": Accepted}},
             openapi_extra={"requestBody": EVENT_BODY})  # fmt: skip
async def post_events(request: Request, app_state: Here, who: Who, practice: InPractice) -> JSONResponse:
    """Takes one CloudEvent, or a batch of them.

    Each is judged on its own: `accepted` (it survives a crash from now on), `duplicate` (the log holds the same
    already), `conflict` (the log holds another content under this source and id; this one is parked) or `invalid`
    with pointers to the fields. Sending again is harmless.
    """
    events = _events(request.headers.get("content-type", ""), await request.body())

    def work() -> list[dict[str, Any]]:
        app_state.pressure.check()
        correlation_id = request.state.request_id.replace("-", "")
        return [result.as_json() for result in accept(app_state.app, who, events, practice, correlation_id)]

    results = await in_waiting_thread(work)
    return JSONResponse({"correlation_id": request.state.request_id.replace("-", ""), "results": results}, 202)


def _events(content_type: str, body: bytes) -> list[Any]:
    """Raises UnsupportedTypeError and NotJsonError."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in (SINGLE, BATCH, PLAIN):
        raise UnsupportedTypeError(f"the body is {SINGLE}, {BATCH} or {PLAIN}")
    try:
        value = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise NotJsonError("the body is not JSON") from None
    if isinstance(value, list) and kind != SINGLE:
        if len(value) > MOST:
            raise NotJsonError(f"a batch has at most {MOST} events")
        return value
    if not isinstance(value, dict) or kind == BATCH:
        raise NotJsonError("one event is a JSON object, a batch an array")
    return [value]


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


@router.get("/v1/events", response_model=None, responses={200: {"model": list[CloudEvent]}})
def get_events(
    request: Request,
    context: AtLiveDesk,
    after: Annotated[
        int,
        Query(
            ge=0,
            le=2**62,
            description="`Next-Cursor` of the answer before, or an event's `sequence`; 0 is the beginning.",
            examples=[0],
        ),
    ] = 0,
    limit: Limit = 50,
) -> JSONResponse:
    """The log from any past position, in its order, as CloudEvents. None is ever left out or comes twice.

    The answer ends where transactions are still under way; ask again with `Next-Cursor`, which is always there.
    """
    events, position = feed(context, after, limit)
    request.state.detail = f"after {after}"
    answer = listed(request, events, None)
    answer.headers["Next-Cursor"] = str(position)
    return answer
