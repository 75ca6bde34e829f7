"""Bank deposits next to the remittances they belong to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse, Response

from projections.tables.vocabulary import DepositState
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, Cursor, Here, InPractice, Limit, Who
from services.api.list_schemas import Deposit
from services.api.listing import open_cursor, page_answer
from services.api.schemas import Accepted
from services.api.waiting import waits
from services.commands.enter_deposit import EXAMPLE, TypedDeposit, deposit_event
from services.commands.publish_events import accept
from services.reads.deposits import deposits_page

router = APIRouter(route_class=GuardedRoute, tags=["lists"])


@router.get("/v1/deposits", response_model=None, responses={200: {"model": list[Deposit]}})
def get_deposits(
    request: Request,
    context: AtDesk,
    state: DepositState | None = None,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> Response:
    """Unsettled ones first: deposits without remittance, remittances without deposit, amounts that differ."""
    return page_answer(request, deposits_page(context, state, limit, open_cursor(request, cursor)))


@router.post("/v1/deposits", status_code=202, response_model=None, responses={202: {"model": Accepted}})
@waits
def post_deposit(
    request: Request,
    app_state: Here,
    who: Who,
    practice: InPractice,
    deposit: Annotated[TypedDeposit, Body(examples=[EXAMPLE])],
) -> JSONResponse:
    """Enters a deposit manually. The bank's own record, imported later, replaces it."""
    app_state.pressure.check()
    correlation_id = request.state.request_id.replace("-", "")
    event = deposit_event(deposit, who.name, app_state.app.settings.zone)
    results = [result.as_json() for result in accept(app_state.app, who, [event], practice, correlation_id)]
    return JSONResponse({"correlation_id": correlation_id, "results": results}, 202)
