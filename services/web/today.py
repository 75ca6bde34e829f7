"""Today: the worklists, narrowed by what the address says, and as files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from events.values import MAX_AMOUNT
from projections.disciplines import DISCIPLINES
from projections.work.kinds import KINDS
from services.api.app_state import AppState
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, Cursor, Here, open_cursor
from services.core.errors import UsageError
from services.presentation.csv_export import ITEM_COLUMNS, csv_lines
from services.presentation.labels import ITEMS, WORKLISTS
from services.presentation.xlsx_export import xlsx
from services.reads.list_counts import initials
from services.reads.read_context import ReadContext
from services.reads.worklists import Filters, WorklistPage, worklist
from services.web.claim import people_of
from services.web.figures import HeadlineFigures
from services.web.pages import page

PAGE_SIZE = 50
MOST_CELLS = 100_000  # rows of one workbook
DUE = {"overdue": "Overdue", "1": "Within 24 hours", "3": "Within 3 days", "7": "Within 7 days", "30": "Within 30 days"}
NOBODY = "nobody"

ListKindPath = Annotated[str, InPath(pattern=f"^({'|'.join(KINDS)})$")]
TodayText = Annotated[str, Query(max_length=200)]
TodayBound = Annotated[str, Query(max_length=20, pattern=r"^\s*\$?[0-9,]*(\.[0-9]{0,2})?\s*$")]
DueFilter = Annotated[str, Query(pattern="^(|overdue|1|3|7|30)$")]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@dataclass(frozen=True)
class Narrowed:
    """The filters as they stand in the address; an empty one narrows nothing."""

    payer: TodayText = ""
    assignee: TodayText = ""
    category: TodayText = ""
    discipline: TodayText = ""
    amount_min: TodayBound = ""
    amount_max: TodayBound = ""
    due: DueFilter = ""
    snoozed: Annotated[bool, Query()] = False

    def query(self) -> dict[str, Any]:
        told = {name: value for name, value in vars(self).items() if value}
        return told | ({"snoozed": "true"} if self.snoozed else {})

    def filters(self, context: ReadContext) -> Filters:
        return Filters(
            payer=self.payer or None, assignee=self.assignee or None, category=self.category or None,
            discipline=self.discipline or None, amount_min=_money(self.amount_min), amount_max=_money(self.amount_max),
            include_snoozed=self.snoozed, **_window(self.due, context),
        )  # fmt: skip


def _money(text: str) -> Decimal | None:
    digits = text.strip().lstrip("$").replace(",", "")
    return min(Decimal(digits), MAX_AMOUNT) if digits not in ("", ".") else None


def _window(due: str, context: ReadContext) -> dict[str, Any]:
    if not due:
        return {}
    if due == "overdue":
        return {"due_before": context.at}
    return {"due_from": context.at, "due_before": context.at + timedelta(days=int(due))}


Narrowing = Annotated[Narrowed, Depends()]


@router.get("/")
def get_today(
    request: Request, app_state: Here, context: AtDesk, narrowed: Narrowing, cursor: Cursor = None
) -> HTMLResponse:
    """All work, what is lost first on top."""
    return _list(request, app_state, context, "today", narrowed, cursor=cursor)


@router.get("/worklists/{kind}")
def get_list(
    request: Request, app_state: Here, context: AtDesk, kind: ListKindPath, narrowed: Narrowing, cursor: Cursor = None
) -> HTMLResponse:
    """One kind of work."""
    return _list(request, app_state, context, kind, narrowed, cursor=cursor)


def _list(
    request: Request, app_state: AppState, context: ReadContext, kind: str, narrowed: Narrowed, *, cursor: str | None
) -> HTMLResponse:
    found = worklist(context, kind, narrowed.filters(context), PAGE_SIZE, open_cursor(app_state, cursor))
    request.state.detail = f"{ITEMS.get(kind, 'all lists')}, {len(found.items)} rows"
    return page(
        request, context, "today.html", section="/", kind=kind, items=found.items, narrowed=narrowed,
        initials=initials(context, (item["patient_id"] for item in found.items)),
        query=narrowed.query(), people=people_of(app_state, context.practice), due=DUE,
        disciplines=DISCIPLINES, categories=_categories(found.items, narrowed.category),
        following=app_state.signer.seal(found.next_cursor) if found.next_cursor else None, first=cursor is None,
        **figures_of(request).of(context, live="at" not in request.query_params),
    )  # fmt: skip


def figures_of(request: Request) -> HeadlineFigures:
    """Kept by the application, for all requests."""
    found: HeadlineFigures = request.app.state.figures
    return found


def _categories(items: Sequence[dict[str, Any]], chosen: str) -> list[str]:
    """Those of the page: all there are would need a look at every row."""
    return sorted({item["category"] for item in items if item["category"]} | ({chosen} if chosen else set()))


@router.get("/worklists/{kind}/file.{form}")
def get_file(
    request: Request, context: AtDesk, kind: ListKindPath, form: Literal["csv", "xlsx"], narrowed: Narrowing
) -> Response:
    """The whole list, as narrowed, for a spreadsheet."""
    request.state.detail = f"{ITEMS.get(kind, 'all lists')}, whole list as {form}"
    filters = narrowed.filters(context)
    name = {"Content-Disposition": f'attachment; filename="claimclock-{kind}.{form}"'}
    if form == "csv":
        lines = csv_lines(_all_items(context, kind, filters), ITEM_COLUMNS)
        return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=name)
    found = worklist(context, kind, filters, MOST_CELLS)
    if found.next_cursor:
        raise UsageError(f"more than {MOST_CELLS:,} rows: narrow the list, or take the CSV")
    sheet = xlsx(found.items, ITEM_COLUMNS, WORKLISTS[kind][0])
    return Response(sheet, media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", headers=name)


def _all_items(context: ReadContext, kind: str, filters: Filters) -> Iterator[dict[str, Any]]:
    """Page after page, so that a list of a million rows never stands in memory."""
    cursor: str | None = None
    while True:
        found: WorklistPage = worklist(context, kind, filters, 1000, cursor)
        rows: Sequence[dict[str, Any]] = found.items
        yield from rows
        cursor = found.next_cursor
        if cursor is None:
            return
