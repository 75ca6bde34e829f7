"""From what a person knows to the opaque refs that addresses use."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from events.values import Day
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk
from services.api.examples import SEARCH
from services.api.schemas import SearchAnswer
from services.api.shown import note_shown
from services.reads.search import search

router = APIRouter(route_class=GuardedRoute, tags=["claims"])


class Wanted(BaseModel):
    """What is known of the claims looked for; all of it has to fit."""

    model_config = ConfigDict(extra="forbid")
    claim_id: str | None = Field(None, min_length=1, max_length=200)
    patient_id: str | None = Field(None, min_length=1, max_length=200)
    payer_id: str | None = Field(None, min_length=1, max_length=200)
    dos: Day | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set or all(getattr(self, name) is None for name in self.model_fields_set):
            raise ValueError("say what to look for: claim_id, patient_id, payer_id or dos")
        return self


@router.post("/v1/search", response_model=None, responses={200: {"model": SearchAnswer}})
def post_search(request: Request, context: AtDesk, wanted: Annotated[Wanted, Body(examples=[SEARCH])]) -> JSONResponse:
    """From claim number, patient or date of service to opaque refs. These are asked for in a body, never an address."""
    found = search(context, **wanted.model_dump())
    request.state.detail = " ".join(sorted(wanted.model_fields_set))
    note_shown(request, found)
    return JSONResponse({"refs": [each["ref"] for each in found], "claims": found})
