"""Accounts receivable by age."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, Cursor, Limit
from services.api.listing import in_order
from services.api.money_schemas import Aged
from services.reads.aging import aged_place, aging

router = APIRouter(route_class=GuardedRoute, tags=["lists"])


@router.get("/v1/aging", response_model=None, responses={200: {"model": list[Aged]}})
def get_aging(
    request: Request,
    context: AtDesk,
    by: Annotated[Literal["payer", "bucket"] | None, Query(description="Group by payer or by bucket.")] = None,
    basis: Annotated[
        Literal["dos", "submission", "responsibility"], Query(description="Where age is counted from.")
    ] = "dos",
    owner: Annotated[Literal["payer", "patient"] | None, Query(description="Only what they owe.")] = None,
    payer: Annotated[str | None, Query(description="Only this payer.", max_length=200)] = None,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> Response:
    """Open balances in buckets of age in days."""
    return in_order(request, aging(context, by, basis, owner, payer), aged_place, limit=limit, cursor=cursor)
