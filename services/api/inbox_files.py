"""Files that arrived by themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.api.authorization import GuardedRoute
from services.api.claim_schemas import ClaimPart
from services.api.dependencies import AtLiveDesk, Cursor, Limit
from services.api.listing import open_cursor, page_answer
from services.reads.inbox_files import INBOX_STATES, inbox_files

router = APIRouter(route_class=GuardedRoute, tags=["files"])


class ArrivedFile(ClaimPart):
    """A file of an inbox. `seen`: it may still be written to."""

    inbox: str
    name: str
    size: int
    state: Literal["seen", "taken", "failed"]
    tries: int
    correlation_id: str | None
    events: int
    parked: int
    error: str | None
    seen_at: datetime
    changed_at: datetime


@router.get("/v1/inbox-files", response_model=None, responses={200: {"model": list[ArrivedFile]}})
def get_inbox_files(
    request: Request,
    context: AtLiveDesk,
    state: Annotated[str | None, Query(pattern=f"^({'|'.join(INBOX_STATES)})$")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """What arrived in directories and SFTP accounts, the newest first."""
    return page_answer(request, inbox_files(context, state, limit, open_cursor(request, cursor)))
