"""The form for a paper EOB: empty, or begun with what is known of a claim."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Ref
from services.reads.claims import claim_id_of, claim_page
from services.web.pages import page

ADJUSTMENTS = 4  # of one line on the form
LINE: dict[str, Any] = dict.fromkeys(("number", "procedure", "modifiers", "units", "dos", "charge"))
EMPTY: dict[str, Any] = {"claim_id": "", "payer_id": "", "charge": "", "lines": [LINE], "ref": None}

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get("/paper-eob")
def get_paper_eob(request: Request, context: AtLiveDesk) -> HTMLResponse:
    """An empty form."""
    return page(request, context, "paper_eob.html", section="/remittances", claim=EMPTY, adjustments=ADJUSTMENTS)


@router.get("/claims/{ref}/paper-eob")
def get_paper_eob_of(request: Request, context: AtLiveDesk, ref: Ref) -> HTMLResponse:
    """The form with the claim's payer, charge and lines filled in."""
    told = claim_page(context, claim_id_of(context, ref))
    begun = {name: told[name] for name in ("claim_id", "ref", "charge")}
    begun |= {"payer_id": told["payer_id"] or "", "lines": told["lines"] or [LINE]}
    return page(request, context, "paper_eob.html", section="/remittances", claim=begun, adjustments=ADJUSTMENTS)
