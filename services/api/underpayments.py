"""Lines that brought less than their contract says."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, Cursor, Limit
from services.api.listing import in_order, open_cursor, page_answer
from services.api.money_schemas import UnderpaidGroup, UnderpaidLine
from services.reads.underpayments import group_place, underpayments, underpayments_page

router = APIRouter(route_class=GuardedRoute, tags=["lists"])


@router.get("/v1/underpayments", response_model=None, responses={200: {"model": list[UnderpaidLine | UnderpaidGroup]}})
def get_underpayments(
    request: Request,
    context: AtDesk,
    payer: Annotated[str | None, Query(description="Only this payer.", max_length=200)] = None,
    everything: Annotated[bool, Query(alias="all", description="All classes, not only what needs a person.")] = False,  # noqa: FBT002
    groups: Annotated[bool, Query(description="One row per payer, code and rate paid.")] = False,  # noqa: FBT002
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The largest first, each with the steps of what was expected."""
    if groups:
        found = underpayments(context, payer=payer, everything=everything, groups=True)
        return in_order(request, found, group_place, limit=limit, cursor=cursor)
    opened = open_cursor(request, cursor)
    page = underpayments_page(context, payer=payer, everything=everything, limit=limit, cursor=opened)
    return page_answer(request, page)
