"""The team's page: who holds what, what came of it, money lost, cash expected, the week."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk
from services.api.team import team_figures
from services.presentation.weekly_summary import LOST, lost_rows, risk_sentence, weekly_rows
from services.reads.manager_figures import weekly
from services.web.pages import page

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)
PERIODS = (7, 30, 90, 365)


@router.get("/team")
def get_team(request: Request, context: AtLiveDesk, days: Annotated[int, Query(ge=1, le=365)] = 30) -> HTMLResponse:
    """Everything a manager asks at the end of a week or month."""
    week = weekly(context)
    return page(
        request,
        context,
        "team.html",
        section="/team",
        periods=PERIODS,
        week=week,
        week_rows=weekly_rows(week),
        risk=risk_sentence(week),
        lost_rows=lost_rows(week),
        lost_words=LOST,
        **team_figures(context, days),
    )
