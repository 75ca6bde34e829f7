"""Claims, visits and findings as lists. A visit's number travels in a body, as a claim's does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from events.values import Day
from projections.session_rules.findings import GRADES
from services.api.authorization import GuardedRoute
from services.api.claim_schemas import ClaimListItem, FindingListItem
from services.api.dependencies import AtDesk, AtLiveDesk, Cursor, Here, InPractice, Limit, Who
from services.api.edi import in_practice
from services.api.list_schemas import ItemActDone, RuleScores, VisitListItem, VisitStateJson, VisitWithPlan
from services.api.listing import open_cursor, page_answer
from services.commands.close_visits import VisitClosing, close_visit, reopen_visit
from services.commands.patient_items import PatientItemAct, act_on_item
from services.presentation.labels import STATUSES
from services.reads.claim_list import CLAIM_ORDERS, VISIT_STATES, ClaimFilter, claim_list, visit_list
from services.reads.findings import findings_page, score
from services.reads.visits import visit_page

ITEM_ACT = {
    "patient_id": "PAT-1",
    "act": {"action": "resolve", "worklist": "eligibility", "item": "ACME never checked", "note": "checked by phone"},
}
router = APIRouter(route_class=GuardedRoute, tags=["claims"])
OfPayers = Annotated[list[str] | None, Query(max_length=20, description="Any of these payers.")]
DayQuery = Annotated[Day | None, Query(examples=["2026-03-02"])]
FindingRuleName = Annotated[str | None, Query(max_length=100, description="Only this rule.", examples=["kx.missing"])]


@dataclass(frozen=True, kw_only=True)
class ClaimListQuery:
    """The filters of the list of claims as parameters."""

    status: Annotated[
        list[Annotated[str, Query(json_schema_extra={"enum": sorted(STATUSES)})]] | None,
        Query(max_length=20, description="Any of these states."),
    ] = None
    payer: OfPayers = None
    flag: Annotated[str | None, Query(max_length=40, description="Only with this flag.")] = None
    dos_from: DayQuery = None
    dos_to: DayQuery = None
    sent_from: DayQuery = None
    sent_to: DayQuery = None
    open: Annotated[bool, Query(description="Only claims with an open balance.")] = False
    sort: Annotated[str, Query(pattern=f"^({'|'.join(CLAIM_ORDERS)})$")] = "claim"

    def filter(self) -> ClaimFilter:
        return ClaimFilter(
            status=self.status or (),
            payer=self.payer or (),
            flag=self.flag,
            dos_from=self.dos_from,
            dos_to=self.dos_to,
            sent_from=self.sent_from,
            sent_to=self.sent_to,
            only_open=self.open,
        )


@router.get("/v1/claims", response_model=None, responses={200: {"model": list[ClaimListItem]}})
def get_claims(
    request: Request,
    context: AtDesk,
    wanted: Annotated[ClaimListQuery, Depends()],
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Every claim, by number or the newest day of service first."""
    page = claim_list(context, wanted.filter(), sort=wanted.sort, limit=limit, cursor=open_cursor(request, cursor))
    request.state.detail = f"{len(page.items)} claims"
    return page_answer(request, page)


@router.get("/v1/visits", response_model=None, responses={200: {"model": list[VisitListItem]}})
def get_visits(
    request: Request,
    context: AtDesk,
    state: Annotated[str | None, Query(pattern=f"^({'|'.join(VISIT_STATES)})$")] = None,
    payer: Annotated[str | None, Query(max_length=200, description="Only this payer.")] = None,
    dos_from: DayQuery = None,
    dos_to: DayQuery = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Documented visits by day of service, each with the claim that bills it."""
    page = visit_list(
        context,
        state=state,
        payer=payer,
        dos_from=dos_from,
        dos_to=dos_to,
        limit=limit,
        cursor=open_cursor(request, cursor),
    )
    request.state.detail = f"{len(page.items)} visits"
    return page_answer(request, page)


class WantedVisit(BaseModel):
    model_config = ConfigDict(extra="forbid")
    visit_id: str = Field(min_length=1, max_length=200)


@router.post("/v1/visits", response_model=None, responses={200: {"model": VisitWithPlan}})
def post_visit(
    context: AtDesk, wanted: Annotated[WantedVisit, Body(examples=[{"visit_id": "VISIT-1"}])]
) -> JSONResponse:
    """One visit, whose number is in the body: the claim it should become, and what is wrong with it."""
    return JSONResponse(visit_page(context, wanted.visit_id))


@router.post("/v1/visits/close", response_model=None, responses={200: {"model": VisitStateJson}})
def post_close(
    app_state: Here,
    who: Who,
    practice: InPractice,
    context: AtLiveDesk,
    asked: Annotated[VisitClosing, Body(examples=[{"visit_id": "VISIT-1", "reason": "self_pay"}])],
) -> JSONResponse:
    """Closes a visit that will not be billed, with a reason. Reopening undoes that."""
    return JSONResponse(close_visit(in_practice(app_state.app, practice), context, asked, who.name))


@router.post("/v1/visits/reopen", response_model=None, responses={200: {"model": VisitStateJson}})
def post_reopen(
    app_state: Here,
    who: Who,
    practice: InPractice,
    context: AtLiveDesk,
    asked: Annotated[WantedVisit, Body(examples=[{"visit_id": "VISIT-1"}])],
) -> JSONResponse:
    """Puts a closed visit back on the lists."""
    return JSONResponse(reopen_visit(in_practice(app_state.app, practice), context, asked.visit_id, who.name))


@router.post("/v1/items/actions", response_model=None, responses={200: {"model": ItemActDone}})
def post_item_action(
    app_state: Here,
    who: Who,
    practice: InPractice,
    context: AtLiveDesk,
    asked: Annotated[PatientItemAct, Body(examples=[ITEM_ACT])],
) -> JSONResponse:
    """Assign, snooze, note or close an item that has no claim, or undo such an action.

    Of the lists authorization, eligibility, unbilled, readiness and plan_of_care, and of deposit, where no patient is
    named. An unbilled visit is closed with `POST /v1/visits/close`.
    """
    return JSONResponse(act_on_item(in_practice(app_state.app, practice), context, asked, who.name))


@router.get("/v1/findings", response_model=None, responses={200: {"model": list[FindingListItem]}})
def get_findings(
    request: Request,
    context: AtDesk,
    rule: FindingRuleName = None,
    grade: Annotated[str | None, Query(pattern=f"^({'|'.join(GRADES)})$")] = None,
    everything: Annotated[bool, Query(alias="all", description="Of earlier submissions too.")] = False,  # noqa: FBT002
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """What will be rejected or denied, and why; most serious first."""
    opened = open_cursor(request, cursor)
    page = findings_page(context, rule=rule, grade=grade, everything=everything, limit=limit, cursor=opened)
    return page_answer(request, page)


@router.get("/v1/findings/score", response_model=None, responses={200: {"model": RuleScores}})
def get_finding_score(context: AtDesk, rule: FindingRuleName = None) -> JSONResponse:
    """How often each rule was right, and how much of what payers refused was predicted."""
    return JSONResponse(score(context, rule))
