"""The team's work and the manager's figures."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Here
from services.api.letters import letter_response
from services.api.report_schemas import TeamJson, WeekJson
from services.letters.pdf import pdf
from services.presentation.weekly_summary import mail_body, summary_document
from services.reads.manager_figures import expected_cash, lost_by_month, weekly
from services.reads.read_context import ReadContext
from services.reads.team import first_touch, workload

router = APIRouter(route_class=GuardedRoute, tags=["team"])
DaysBack = Annotated[int, Query(ge=1, le=365, description="How many days back to count finished work.")]
_TEXT: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}
_PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("/v1/team", response_model=None, responses={200: {"model": TeamJson}})
def get_team(context: AtLiveDesk, days: DaysBack = 30) -> JSONResponse:
    """Open, overdue and done work by person and queue, time to first touch, money lost by month, cash expected."""
    return JSONResponse(team_figures(context, days))


def team_figures(context: ReadContext, days: int) -> dict[str, Any]:
    return {
        "days": days,
        **workload(context, days),
        "first_touch": first_touch(context, days),
        "lost": lost_by_month(context),
        "cash": expected_cash(context),
    }


@router.get("/v1/team/weekly", response_model=None, responses={200: {"model": WeekJson}})
def get_weekly(context: AtLiveDesk) -> JSONResponse:
    """The last seven days next to the seven before: counts and sums alone."""
    return JSONResponse(weekly(context))


@router.get("/v1/team/weekly.txt", response_model=None, response_class=PlainTextResponse, responses=_TEXT)
def get_weekly_mail(app_state: Here, context: AtLiveDesk) -> Response:
    """The same as the body of a mail."""
    link = f"{app_state.app.settings.public_url or ''}/team"
    return PlainTextResponse(mail_body(weekly(context), context.practice, link))


@router.get("/v1/team/weekly.pdf", response_model=None, response_class=Response, responses=_PDF)
def get_weekly_pdf(context: AtLiveDesk) -> Response:
    """The same to print."""
    document = summary_document(weekly(context), context.practice, context.today.isoformat())
    return letter_response(pdf(document), "weekly_summary", "pdf")
