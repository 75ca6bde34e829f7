"""Remittances and contracts: what payers sent, and what they agreed to pay."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, Cursor, Limit
from services.api.list_schemas import ContractListItem, Remittance, RemittanceListItem
from services.api.listing import in_order, open_cursor, page_answer
from services.api.term_schemas import ContractTerms
from services.core.errors import NotFoundError
from services.reads.contracts import contract_list, contract_place, contract_versions
from services.reads.remittances import remittance_page, remittances

router = APIRouter(route_class=GuardedRoute, tags=["lists"])
RemittanceName = Annotated[str, Path(description="The opaque name of a remittance.", pattern=r"^[0-9a-f]{24}$")]


@router.get("/v1/remittances", response_model=None, responses={200: {"model": list[RemittanceListItem]}})
def get_remittances(
    request: Request,
    context: AtDesk,
    payer: Annotated[str | None, Query(max_length=200, description="A part of its name or identifier.")] = None,
    unbalanced: Annotated[bool, Query(description="Only those that do not balance.")] = False,  # noqa: FBT002
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Every remittance (835), the newest payment date first."""
    page = remittances(context, unbalanced=unbalanced, payer=payer, limit=limit, cursor=open_cursor(request, cursor))
    return page_answer(request, page)


@router.get("/v1/remittances/{name}", response_model=None, responses={200: {"model": Remittance}})
def get_remittance(request: Request, context: AtDesk, name: RemittanceName) -> JSONResponse:
    """One remittance with its claims in the order of the check."""
    found = remittance_page(context, name)
    request.state.detail = " ".join(entry["ref"] for entry in found["entries"])
    return JSONResponse(found)


@router.get("/v1/contracts", response_model=None, responses={200: {"model": list[ContractListItem]}})
def get_contracts(request: Request, context: AtDesk, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Every published version of every contract."""
    with context.terms() as (_, reference):
        found = contract_list(reference)
    return in_order(request, found, contract_place, limit=limit, cursor=cursor)


@router.get("/v1/contracts/{contract_id}", response_model=None, responses={200: {"model": list[ContractTerms]}})
def get_contract(context: AtDesk, contract_id: Annotated[str, Path(max_length=200)]) -> Response:
    """All versions of one contract with their terms, as they were published."""
    with context.terms() as (_, reference):
        found = contract_versions(reference.contracts, contract_id)
    if not found:
        raise NotFoundError("no such contract in this practice")
    return JSONResponse(found)
