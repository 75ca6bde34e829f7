"""The rule packs: what is missing, what is in force, and files to bring into force."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk
from services.reads.rule_status import rule_status
from services.reads.rules import packs_of
from services.web.pages import page

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get("/rules")
def get_rules(request: Request, context: AtLiveDesk) -> HTMLResponse:
    """Missing years and quarters first."""
    with context.context() as (_, reference):
        packs = packs_of(reference)
    return page(request, context, "rules.html", section="/rules", missing=rule_status(context), packs=packs)
