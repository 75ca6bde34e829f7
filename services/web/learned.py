"""What payers keep denying that no rule predicted, rules adopted from it, and payers that changed their behavior."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, AtLiveDesk, Here, InPractice
from services.api.edi import in_practice
from services.commands.learned_rules import adopt_learned, drop_learned
from services.core.errors import ClaimclockError
from services.reads.learning import adopted_rules, learned_offers
from services.reads.payer_changes import payer_changes
from services.reads.read_context import ReadContext
from services.web.pages import page, redirect

PAGE = "/rules/learned"
CLAIMS_SHOWN = 12  # links behind one row; the command line and the API give all
RuleName = Annotated[str, Form(max_length=300)]
Doing = Annotated[str, Form(pattern="^(adopt|drop)$")]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@router.get(PAGE)
def get_learned(request: Request, context: AtDesk) -> HTMLResponse:
    """The most frequent denials first, the newest changes first."""
    return _learned_page(request, context)


def _learned_page(request: Request, context: ReadContext, problem: str = "") -> HTMLResponse:
    offers, changes = _linked(learned_offers(context), context), _linked(payer_changes(context), context)
    request.state.detail = f"{len(offers)} offered rules, {len(changes)} changes"
    return page(
        request,
        context,
        "learned.html",
        422 if problem else 200,
        section="/rules",
        offers=offers,
        changes=changes,
        adopted=adopted_rules(context),
        problem=problem,
    )


def _linked(rows: Iterable[dict[str, Any]], context: ReadContext) -> list[dict[str, Any]]:
    """With the opaque names of the first claims behind each row, and the number of the rest."""
    with context.context() as (_, reference):
        return [
            row
            | {
                "links": [(reference.ref(context.practice, claim), claim) for claim in row["claims"][:CLAIMS_SHOWN]],
                "more": max(len(row["claims"]) - CLAIMS_SHOWN, 0),
            }
            for row in rows
        ]


@router.post(PAGE)
def post_learned(
    request: Request, app_state: Here, practice: InPractice, context: AtLiveDesk, rule: RuleName, do: Doing
) -> Response:
    """Adopts an offered rule, or takes an adopted one out of force."""
    change = adopt_learned if do == "adopt" else drop_learned
    try:
        pack = change(in_practice(app_state.app, practice), context, rule)
    except ClaimclockError as error:
        return _learned_page(request, context, error.message)
    request.state.detail = f"{do} {rule}: {pack}"
    return redirect(request, PAGE)
