"""Every payer that was ever named, what is not known of its terms, and terms tried and put into force."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from events.values import Day
from projections.rules.payer_library import Network
from services.api.app_state import AppState
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, AtLiveDesk, Cursor, Here, InPractice, Limit
from services.api.edi import in_practice
from services.api.listing import in_order
from services.api.term_schemas import (
    MergeDone,
    PayerJson,
    PayerWithTerms,
    PolicyDone,
    TemplateJson,
    TemplateWithFigures,
)
from services.commands.payer_terms import (
    MergePlan,
    TermsPlan,
    plan_adoption,
    plan_edit,
    plan_merge,
    plan_policy,
    put_into_force,
)
from services.reads.payer_terms import payer_with_terms, template_row, template_with_figures
from services.reads.payers import payer_place, payers
from services.store.payer_library import payer_library, template_named

PAYER_EXAMPLE, TEMPLATE_EXAMPLE = "AETNA", "aetna-commercial"
AskedPayer = Annotated[str, Query(description="A payer id, an identifier or a name.", min_length=1, max_length=200)]
TemplateId = Annotated[str, Path(description="A template of the library.", max_length=100, examples=[TEMPLATE_EXAMPLE])]
TermsTrialOnly = Annotated[bool, Query(description="Show what would change, publish nothing.")]
GivenName = Annotated[str, Field(description="A payer id, an identifier or a name.", min_length=1, max_length=200)]
InForceFrom = Annotated[Day | None, Field(description="First date they cover (default: all).")]

router = APIRouter(route_class=GuardedRoute, tags=["payers"])


class Adoption(BaseModel):
    """A template's terms for one of your payers."""

    model_config = ConfigDict(extra="forbid")

    template: str = Field(max_length=100, examples=[TEMPLATE_EXAMPLE])
    payer: GivenName
    in_network: bool = Field(description="Are you in network with the payer? The figures differ.")
    effective_from: InForceFrom = None


class TermEdits(BaseModel):
    """Single terms of a payer, each as TERM=LENGTH UNIT [from ANCHOR] [by receipt or mailing]; see docs/payers.md."""

    model_config = ConfigDict(extra="forbid")

    payer: GivenName
    changes: list[str] = Field(min_length=1, max_length=50, examples=[["filing=120 days"]])
    effective_from: InForceFrom = None


class Merge(BaseModel):
    """Two payers that are one: what names the first means the second."""

    model_config = ConfigDict(extra="forbid")

    gone: GivenName = Field(alias="from", description="The payer to remove.")
    kept: GivenName = Field(alias="into", description="The payer it is merged into.")


AdoptionBody = Annotated[
    Adoption, Body(examples=[{"template": TEMPLATE_EXAMPLE, "payer": PAYER_EXAMPLE, "in_network": True}])
]
ChangesBody = Annotated[TermEdits, Body(examples=[{"payer": PAYER_EXAMPLE, "changes": ["filing=120 days"]}])]
PolicyBody = Annotated[
    dict[str, JsonValue],
    Body(
        description="The data of a `policy.published.v1`.",
        examples=[{"payer_id": PAYER_EXAMPLE, "filing": {"anchor": "date of service", "length": 120}}],
    ),
]
MergeBody = Annotated[Merge, Body(examples=[{"from": "60054", "into": PAYER_EXAMPLE}])]


@router.get("/v1/payers", response_model=None, responses={200: {"model": list[PayerJson]}})
def get_payers(request: Request, context: AtDesk, limit: Limit = 500, cursor: Cursor = None) -> Response:
    """Every payer with its names, identifiers, claims, open money and what is not known of it, most money first."""
    return in_order(request, payers(context), payer_place, limit=limit, cursor=cursor, shown=_public)


@router.get("/v1/payers/terms", response_model=None, responses={200: {"model": PayerWithTerms}})
def get_terms(context: AtDesk, payer: AskedPayer) -> Response:
    """One payer with its terms in force for all plans: as published (`terms`), and in words (`windows`)."""
    return JSONResponse(payer_with_terms(context, payer))


@router.get("/v1/payers/library", response_model=None, responses={200: {"model": list[TemplateJson]}})
def get_library(_practice: InPractice) -> Response:
    """Templates of terms that public sources give. None is in force until it is adopted."""
    return JSONResponse([template_row(template) for template in payer_library()])


@router.get("/v1/payers/library/{template}", response_model=None, responses={200: {"model": TemplateWithFigures}})
def get_template(_practice: InPractice, template: TemplateId) -> Response:
    """One template with its figures, each with its source, the day it was read and the confidence (H, M, L)."""
    return JSONResponse(template_with_figures(template_named(template)))


@router.post("/v1/payers/adopt", response_model=None, responses={200: {"model": PolicyDone}})
def post_adoption(
    app_state: Here, practice: InPractice, context: AtLiveDesk, asked: AdoptionBody, *, dry_run: TermsTrialOnly = False
) -> JSONResponse:
    """Puts a template's terms into force for a payer. The answer says how many claims get a date."""
    network = Network.IN if asked.in_network else Network.OUT
    plan = plan_adoption(context, template_named(asked.template), asked.payer, network, asked.effective_from)
    return _answer(app_state, practice, plan, dry_run=dry_run)


@router.post("/v1/payers/edit", response_model=None, responses={200: {"model": PolicyDone}})
def post_edit(
    app_state: Here, practice: InPractice, context: AtLiveDesk, asked: ChangesBody, *, dry_run: TermsTrialOnly = False
) -> JSONResponse:
    """Changes single terms of a payer; the rest stays as it is."""
    plan = plan_edit(context, asked.payer, asked.changes, asked.effective_from)
    return _answer(app_state, practice, plan, dry_run=dry_run)


@router.post("/v1/payers/publish", response_model=None, responses={200: {"model": PolicyDone}})
def post_policy(
    app_state: Here, practice: InPractice, context: AtLiveDesk, policy: PolicyBody, *, dry_run: TermsTrialOnly = False
) -> JSONResponse:
    """Puts a payer's terms into force as stated."""
    return _answer(app_state, practice, plan_policy(context, policy), dry_run=dry_run)


@router.post("/v1/payers/merge", response_model=None, responses={200: {"model": MergeDone}})
def post_merge(
    app_state: Here, practice: InPractice, context: AtLiveDesk, asked: MergeBody, *, dry_run: TermsTrialOnly = False
) -> JSONResponse:
    """Makes two payers one, in everything logged before too."""
    return _answer(app_state, practice, plan_merge(context, asked.gone, asked.kept), dry_run=dry_run)


def _answer(app_state: AppState, practice: str, plan: TermsPlan | MergePlan, *, dry_run: bool) -> JSONResponse:
    if not dry_run:
        put_into_force(in_practice(app_state.app, practice), plan)
    told: dict[str, Any] = plan.as_json(published=not dry_run)
    return JSONResponse(told)


def _public(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Payers without what only orders the list."""
    return [{name: row[name] for name in row if name != "open_cents"} for row in rows]
