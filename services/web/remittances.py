"""Remittances: the checks, whether they add up, and what is in them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, Cursor
from services.api.listing import open_cursor, seal_cursor
from services.reads.list_counts import names_of, tallies
from services.reads.remittances import remittance_page, remittances
from services.web.pages import page

PAGE_SIZE = 50
RemittancePath = Annotated[str, InPath(pattern="^[0-9a-f]{24}$")]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get("/remittances")
def get_remittances(
    request: Request,
    context: AtDesk,
    payer: Annotated[str, Query(max_length=200)] = "",
    unbalanced: Annotated[bool, Query()] = False,  # noqa: FBT002
    cursor: Cursor = None,
) -> HTMLResponse:
    """The newest first."""
    found = remittances(
        context,
        unbalanced=unbalanced,
        payer=payer.strip() or None,
        limit=PAGE_SIZE,
        cursor=open_cursor(request, cursor),
    )
    request.state.detail = f"{len(found.items)} remittances"
    return page(
        request,
        context,
        "remittances.html",
        section="/remittances",
        items=found.items,
        payer=payer,
        unbalanced=unbalanced,
        query={"payer": payer, "unbalanced": "true" if unbalanced else None},
        unmatched=tallies(context, ("unmatched",))["unmatched"],
        first=cursor is None,
        following=seal_cursor(request, found.next_cursor),
    )


@router.get("/remittances/{name}")
def get_remittance(request: Request, context: AtDesk, name: RemittancePath) -> HTMLResponse:
    """One check."""
    found = remittance_page(context, name)
    request.state.detail = f"remittance {name}, {len(found['entries'])} claims"
    return page(
        request,
        context,
        "remittance.html",
        section="/remittances",
        remit=found,
        names=names_of(context, (entry["patient_id"] for entry in found["entries"])),
    )
