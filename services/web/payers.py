"""Every payer that was ever named, what hangs on it and what is not known of its terms; the library of terms."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from projections.rules.payer_library import TERM_NAMES, filled
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk
from services.reads.payers import payers
from services.store.payer_library import payer_library
from services.web.pages import page

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get("/payers")
def get_payers(request: Request, context: AtLiveDesk) -> HTMLResponse:
    """Most open money first."""
    library = payer_library()
    return page(
        request,
        context,
        "payers.html",
        section="/payers",
        payers=payers(context),
        library=library,
        filled=filled(library),
        term_names=TERM_NAMES,
    )
