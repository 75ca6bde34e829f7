"""The audit, for the auditor: who saw or changed what, and whether the chain is whole."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Here
from services.security.audit import check_audit, read_audit
from services.web.pages import page

PAGE_SIZE = 100

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get("/audit")
def get_audit(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    check: Annotated[bool, Query()] = False,  # noqa: FBT002
) -> HTMLResponse:
    """The newest first."""
    rows = read_audit(app_state.app.engine, context.practice, PAGE_SIZE, before)
    return page(
        request, context, "audit.html", section="/audit", rows=rows, first=before is None,
        following=rows[-1]["seq"] if len(rows) == PAGE_SIZE else None,
        checked=check_audit(app_state.app.engine) if check else None,
    )  # fmt: skip
