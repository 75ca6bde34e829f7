"""Worklists: what to work first, why, and what next."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse

from events.values import MAX_AMOUNT
from projections.work.kinds import KINDS
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, Cursor, Here, Limit, instant, listed, open_cursor
from services.api.schemas import WorkItem
from services.presentation.labels import ITEMS
from services.reads.worklists import Filters, worklist

WorklistKindPath = Annotated[str, Path(pattern=f"^({'|'.join(KINDS)})$", description=f"One of {', '.join(KINDS)}.",
                           json_schema_extra={"enum": list(KINDS)})]  # fmt: skip
TextParam = Annotated[str | None, Query(max_length=200)]
AmountBound = Annotated[Decimal | None, Query(ge=0, le=MAX_AMOUNT, decimal_places=2)]

router = APIRouter(route_class=GuardedRoute, tags=["lists"])


@router.get("/v1/worklists/{kind}", response_model=None, responses={200: {"model": list[WorkItem]}})
def get_worklist(
    request: Request,
    app_state: Here,
    context: AtDesk,
    kind: WorklistKindPath,
    payer: TextParam = None,
    assignee: TextParam = None,
    category: TextParam = None,
    discipline: TextParam = None,
    amount_min: AmountBound = None,
    amount_max: AmountBound = None,
    due_before: Annotated[str | None, Query(description="Only what is overdue before then.", max_length=40)] = None,
    include_snoozed: Annotated[bool, Query()] = False,  # noqa: FBT002
    done: Annotated[bool, Query(description="Items that somebody closed, instead of the open ones.")] = False,  # noqa: FBT002
    limit: Limit = 50,
    cursor: Cursor = None,
) -> JSONResponse:
    """Most urgent first: by the day the money is lost, then overdue, then the amount at risk."""
    narrowed = Filters(
        payer=payer, assignee=assignee, category=category, discipline=discipline, amount_min=amount_min,
        amount_max=amount_max, due_before=instant(due_before, "due_before", app_state),
        include_snoozed=include_snoozed, done=done,
    )  # fmt: skip
    page = worklist(context, kind, narrowed, limit, open_cursor(app_state, cursor))
    request.state.detail = f"{ITEMS.get(kind, 'all lists')}, {len(page.items)} rows"
    return listed(request, page.items, app_state.signer.seal(page.next_cursor) if page.next_cursor else None)
