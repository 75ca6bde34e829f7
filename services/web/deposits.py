"""Deposits: what reached the bank, next to what payers say they sent."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from projections.rows.deposits import DepositState
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk
from services.reads.deposits import deposit_counts, deposits
from services.web.pages import page

SHOWN = 100
Start = Annotated[int, Query(ge=0, le=10_000_000)]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get("/deposits")
def get_deposits(
    request: Request, context: AtDesk, state: DepositState | None = None, start: Start = 0
) -> HTMLResponse:
    """What is not settled first."""
    rows = deposits(context, state, count=start + SHOWN + 1)[start:]
    request.state.detail = f"{len(rows[:SHOWN])} deposits"
    return page(
        request,
        context,
        "deposits.html",
        section="/remittances",
        rows=rows[:SHOWN],
        counts=deposit_counts(context),
        first=start == 0,
        following=start + SHOWN if len(rows) > SHOWN else None,
        shown=SHOWN,
        state=state.value if state else "",
    )
