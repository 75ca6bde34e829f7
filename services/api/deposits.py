"""Bank deposits next to the remittances they belong to."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from projections.rows.deposits import DepositState
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, Cursor, Here, Limit, in_pages, part_of
from services.api.list_schemas import Deposit
from services.reads.deposits import deposits

router = APIRouter(route_class=GuardedRoute, tags=["lists"])


@router.get("/v1/deposits", response_model=None, responses={200: {"model": list[Deposit]}})
def get_deposits(
    request: Request,
    app_state: Here,
    context: AtDesk,
    state: DepositState | None = None,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> JSONResponse:
    """What is not settled first: money without advice, advice without money, amounts that differ."""
    return in_pages(request, app_state, part_of(deposits(context, state)), limit, cursor)
