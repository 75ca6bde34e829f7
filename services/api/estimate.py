"""What a session should be billed as, and what it should bring."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body
from fastapi.responses import JSONResponse

from projections.session_rules.estimate_request import EstimateRequest
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk
from services.api.estimate_schemas import Estimate
from services.api.examples import ESTIMATE
from services.reads.estimates import make_estimate

router = APIRouter(route_class=GuardedRoute, tags=["estimate"])


@router.post("/v1/estimate", response_model=None, responses={200: {"model": Estimate}})
def post_estimate(context: AtLiveDesk, session: Annotated[EstimateRequest, Body(examples=[ESTIMATE])]) -> JSONResponse:
    """Units, modifiers, warnings, KX and expected payment of a session, or of several of one day. Nothing is kept."""
    with context.context() as (_, reference):
        return JSONResponse(make_estimate(session, reference))
