"""Therapy thresholds. A patient is named by the ref of one of their claims, or in a body; never in an address."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, Cursor, Limit
from services.api.listing import open_cursor, page_answer
from services.api.money_schemas import Threshold
from services.core.errors import NotFoundError
from services.reads.search import patient_of
from services.reads.thresholds import thresholds, thresholds_page

FIRST_YEAR, LAST_YEAR = 1997, 2200

router = APIRouter(route_class=GuardedRoute, tags=["lists"])


class WantedThresholds(BaseModel):
    model_config = ConfigDict(extra="forbid")
    patient_id: str = Field(min_length=1, max_length=200)
    year: int | None = Field(None, ge=FIRST_YEAR, le=LAST_YEAR)


@router.get("/v1/thresholds", response_model=None, responses={200: {"model": list[Threshold]}})
def get_thresholds(
    request: Request,
    context: AtDesk,
    claim: Annotated[
        str | None, Query(description="Only the patient of this claim.", pattern=r"^[0-9a-f]{24}$")
    ] = None,
    year: Annotated[int | None, Query(ge=FIRST_YEAR, le=LAST_YEAR, description="Calendar year of service.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Dollars used per patient, year and bucket, closest to the threshold first."""
    patient_id = None
    if claim is not None:
        request.state.detail = f"the patient of {claim}"
        patient_id = patient_of(context, claim)
        if patient_id is None:
            raise NotFoundError("no such claim in this practice, or its patient is not known")
    page = thresholds_page(context, patient_id, year, limit, open_cursor(request, cursor))
    return page_answer(request, page)


@router.post("/v1/thresholds", response_model=None, responses={200: {"model": list[Threshold]}})
def post_thresholds(
    context: AtDesk, wanted: Annotated[WantedThresholds, Body(examples=[{"patient_id": "PAT-1", "year": 2026}])]
) -> JSONResponse:
    """Those of one patient, whose id is in the body."""
    return JSONResponse(thresholds(context, wanted.patient_id, wanted.year))
