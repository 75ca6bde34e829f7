"""Deposits: what reached the bank, next to what payers say they sent."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from projections.rows.deposits import DepositState
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk
from services.reads.deposits import deposits
from services.web.pages import page

SHOWN = 200

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get("/deposits")
def get_deposits(request: Request, context: AtDesk, state: DepositState | None = None) -> HTMLResponse:
    """What is not settled first."""
    rows = deposits(context, state)
    request.state.detail = f"{len(rows)} deposits"
    return page(
        request,
        context,
        "deposits.html",
        section="/remittances",
        rows=rows[:SHOWN],
        more=max(len(rows) - SHOWN, 0),
        state=state.value if state else "",
    )
