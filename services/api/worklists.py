"""Worklists: what to work first, why, and what next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from projections.work.kinds import KINDS
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, Cursor, Here, Limit
from services.api.listing import listed, open_cursor, seal_cursor
from services.api.schemas import WorkItem
from services.presentation.labels import ITEMS
from services.reads.worklist_filters import SORTS, read_filters
from services.reads.worklists import worklist

WorklistKindPath = Annotated[
    str,
    Path(
        pattern=f"^({'|'.join(KINDS)})$",
        description=f"One of {', '.join(KINDS)}.",
        json_schema_extra={"enum": list(KINDS)},
    ),
]
TextParam = Annotated[str | None, Query(max_length=200)]
AmountBound = Annotated[str | None, Query(max_length=20, pattern=r"^[0-9]+([.][0-9]{1,2})?$", examples=["100.00"])]
DayParam = Annotated[str | None, Query(max_length=40, examples=["2026-03-02"])]
DaysParam = Annotated[int | None, Query(ge=0, le=36500)]

router = APIRouter(route_class=GuardedRoute, tags=["lists"])


@dataclass(frozen=True, kw_only=True)
class WorklistQuery:
    """The filters of a list as parameters. A patient's name or a claim number is asked for in `POST /v1/search`."""

    payer: Annotated[list[str] | None, Query(max_length=20, description="Any of these payers.")] = None
    assignee: Annotated[str | None, Query(max_length=200, description="A person, a queue, or `nobody`.")] = None
    queue: Annotated[list[str] | None, Query(max_length=20, description="Any of these queues.")] = None
    tag: Annotated[str | None, Query(max_length=30, description="One that a routing rule gives.")] = None
    category: TextParam = None
    discipline: TextParam = None
    code: Annotated[str | None, Query(max_length=40, description="A CARC, RARC or 277 status of the reason.")] = None
    provider: TextParam = None
    clinic: TextParam = None
    dos_from: DayParam = None
    dos_to: DayParam = None
    age_min: DaysParam = None
    days_left: DaysParam = None
    amount_min: AmountBound = None
    amount_max: AmountBound = None
    due_from: DayParam = None
    due_before: Annotated[str | None, Query(description="Due by the end of this date.", max_length=40)] = None
    lost: Annotated[bool | None, Query(description="Only what is lost already, or only what is not.")] = None
    sort: Annotated[str, Query(pattern=f"^({'|'.join(SORTS)})$")] = "urgency"
    include_snoozed: Annotated[bool, Query()] = False
    done: Annotated[bool, Query(description="Closed items instead of open ones.")] = False

    def given(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value is not None}


@router.get("/v1/worklists/{kind}", response_model=None, responses={200: {"model": list[WorkItem]}})
def get_worklist(
    request: Request,
    app_state: Here,
    context: AtDesk,
    kind: WorklistKindPath,
    wanted: Annotated[WorklistQuery, Depends()],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Most urgent first: by the day the money is lost, then overdue, then the amount at risk.

    `today` has one row for each claim: its most urgent item that fits, the others in `also`.
    """
    filters = read_filters(wanted.given(), app_state.app.settings.zone)
    page = worklist(context, kind, filters, limit, open_cursor(request, cursor))
    request.state.detail = f"{ITEMS.get(kind, 'all lists')}, {len(page.items)} rows"
    return listed(request, page.items, seal_cursor(request, page.next_cursor))
