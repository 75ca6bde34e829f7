"""Deposits: what reached the bank, next to what payers say they sent."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from projections.tables.vocabulary import DepositState
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, Cursor
from services.api.listing import open_cursor, seal_cursor
from services.reads.deposits import deposit_counts, deposits_page
from services.web.pages import page

SHOWN = 100

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get("/deposits")
def get_deposits(
    request: Request, context: AtDesk, state: DepositState | None = None, cursor: Cursor = None
) -> HTMLResponse:
    """What is not settled first."""
    found = deposits_page(context, state, SHOWN, open_cursor(request, cursor))
    request.state.detail = f"{len(found.items)} deposits"
    return page(
        request,
        context,
        "deposits.html",
        section="/remittances",
        rows=found.items,
        counts=deposit_counts(context),
        first=cursor is None,
        following=seal_cursor(request, found.next_cursor),
        shown=SHOWN,
        state=state.value if state else "",
    )
