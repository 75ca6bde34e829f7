"""What a session should be billed as, and what it should bring."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from events.values import ZERO, Money
from projections.pricing.pricer import PricingSettings
from projections.session_rules.estimate_request import EstimateRequest, request_from_json
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk
from services.api.examples import ESTIMATE
from services.api.schemas import Estimate
from services.reads.estimates import make_day_estimate, make_estimate

router = APIRouter(route_class=GuardedRoute, tags=["estimate"])


class SessionBody(BaseModel):
    """A session in the words of the visit event; money as text."""

    model_config = ConfigDict(extra="forbid")
    payer: str = Field(min_length=1, max_length=200)
    dos: str = Field(examples=["2026-03-02"], max_length=10)
    discipline: str = Field(examples=["PT"], max_length=10)
    timed: list[Any] = Field([], max_length=100)
    untimed: list[Any] = Field([], max_length=100)
    assistant: dict[str, Any] = {}
    charges: dict[str, Any] = {}
    running: str | None = Field(None, max_length=20)
    diagnoses: list[str] = Field([], max_length=100)
    program: str | None = Field(None, max_length=200)
    deductible_left: Annotated[Money, Field(ge=0)] = ZERO
    locality: str | None = Field(None, max_length=20)
    edition: str | None = Field(None, max_length=20)
    modifiers: dict[str, list[str]] = {}
    also: list[SessionBody] = Field([], max_length=10, description="Further sessions of the same patient and day.")


@router.post("/v1/estimate", response_model=None, responses={200: {"model": Estimate}})
def post_estimate(context: AtLiveDesk, session: Annotated[SessionBody, Body(examples=[ESTIMATE])]) -> JSONResponse:
    """Units, modifiers, warnings, KX and expected payment of a session. Nothing is kept."""
    requests = [_request(each) for each in (session, *session.also)]
    settings = PricingSettings(locality=session.locality, edition=session.edition)
    with context.context() as (_, reference):
        return JSONResponse(
            make_day_estimate(requests, reference, deductible_left=session.deductible_left, settings=settings)
            if session.also
            else make_estimate(requests[0], reference, deductible_left=session.deductible_left, settings=settings)
        )


def _request(session: SessionBody) -> EstimateRequest:
    left_out = {"deductible_left", "locality", "edition", "also"}
    return request_from_json(session.model_dump(exclude=left_out, exclude_none=True))
