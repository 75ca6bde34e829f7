"""Accounts receivable by age."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, Cursor, Here, Limit, in_pages, part_of
from services.api.schemas import Aged
from services.reads.aging import aging

router = APIRouter(route_class=GuardedRoute, tags=["lists"])


@router.get("/v1/aging", response_model=None, responses={200: {"model": list[Aged]}})
def get_aging(
    request: Request,
    app_state: Here,
    context: AtDesk,
    by: Annotated[Literal["payer", "bucket"] | None, Query(description="Sum over the other.")] = None,
    basis: Annotated[
        Literal["dos", "submission", "responsibility"], Query(description="What age counts from.")
    ] = "dos",
    owner: Annotated[Literal["payer", "patient"] | None, Query(description="Only what they owe.")] = None,
    payer: Annotated[str | None, Query(description="Only this payer.", max_length=200)] = None,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> JSONResponse:
    """Open balances in buckets of age in days."""
    return in_pages(request, app_state, part_of(aging(context, by, basis, owner, payer)), limit, cursor)
