"""Server-sent events: open pages learn that rows have changed, and fetch what they show."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from services.api.app_state import AppState
from services.api.authorization import GuardedRoute, identify
from services.api.dependencies import Here, InPractice
from services.api.live_updates import LiveChange

HEARTBEAT = 15.0  # seconds

router = APIRouter(route_class=GuardedRoute, tags=["stream"])


@router.get(
    "/v1/stream",
    response_model=None,
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def get_stream(
    request: Request,
    app_state: Here,
    practice: InPractice,
    last_event_id: Annotated[str | None, Header(description="Where a page left off.", pattern=r"^[0-9]{1,18}$")] = None,
) -> EventSourceResponse:
    """A message whenever rows of the practice change.

    `worklist`: lists may look otherwise now. `claim`: data is `{"refs": [...]}`, the claims that changed, or null where
    they are too many to name. `heartbeat` every 15 seconds. Ends with the session. Resumes after `Last-Event-ID`.
    """
    start = int(last_event_id) if last_event_id else None
    return EventSourceResponse(_messages(request, app_state, practice, start), ping=3600, sep="\n")


async def _messages(
    request: Request, app_state: AppState, practice: str, start: int | None
) -> AsyncIterator[ServerSentEvent]:
    async with app_state.changes.listen() as queue:
        yield ServerSentEvent(event="hello", data="{}", retry=2000, sep="\n")
        seen = start or 0
        if start is not None:
            for change in await run_in_threadpool(app_state.changes.since, start):
                seen = change.position
                for message in _told(change, practice):
                    yield message
        while True:
            try:
                change = await asyncio.wait_for(queue.get(), HEARTBEAT)
            except TimeoutError:
                if await run_in_threadpool(identify, request, app_state, passive=True) is None:
                    return
                yield ServerSentEvent(event="heartbeat", data="{}", sep="\n")
                continue
            if change.position > seen or change.refs is None:
                for message in _told(change, practice):
                    yield message


def _told(change: LiveChange, practice: str) -> list[ServerSentEvent]:
    if change.practice not in (None, practice):
        return []
    place = str(change.position)
    messages = [ServerSentEvent(event="worklist", data="{}", id=place, sep="\n")]
    if change.refs is None or change.refs:
        refs = None if change.refs is None else list(change.refs)
        messages.append(ServerSentEvent(event="claim", data=json.dumps({"refs": refs}), id=place, sep="\n"))
    return messages
