"""Every payer that was ever named, and what is not known of its terms."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk
from services.reads.payers import payers

router = APIRouter(route_class=GuardedRoute, tags=["payers"])


@router.get("/v1/payers")
def get_payers(context: AtDesk) -> JSONResponse:
    """Every payer with its names, identifiers, claims, open money and what is not known of it, most money first."""
    return JSONResponse([{name: row[name] for name in row if name != "open_cents"} for row in payers(context)])
