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
from services.api.app_state import Office
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, Cursor, Here, open_cursor
from services.core.errors import UsageError
from services.presentation.csv_export import ITEM_COLUMNS, csv_lines
from services.presentation.labels import WORKLISTS
from services.presentation.xlsx_export import xlsx
from services.reads.list_counts import initials
from services.reads.read_context import Desk
from services.reads.worklists import KINDS, Filters, Page, worklist
from services.web.claim import people_of
from services.web.figures import Figures
from services.web.pages import page

PAGE_SIZE = 50
MOST_CELLS = 100_000  # rows of one workbook
DUE = {"overdue": "Overdue", "1": "Within 24 hours", "3": "Within 3 days", "7": "Within 7 days", "30": "Within 30 days"}
NOBODY = "nobody"

Kind = Annotated[str, InPath(pattern=f"^({'|'.join(KINDS)})$")]
Word = Annotated[str, Query(max_length=200)]
Bound = Annotated[str, Query(max_length=20, pattern=r"^\s*\$?[0-9,]*(\.[0-9]{0,2})?\s*$")]
Due = Annotated[str, Query(pattern="^(|overdue|1|3|7|30)$")]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@dataclass(frozen=True)
class Narrowed:
    """The filters as they stand in the address; an empty one narrows nothing."""

    payer: Word = ""
    assignee: Word = ""
    category: Word = ""
    discipline: Word = ""
    amount_min: Bound = ""
    amount_max: Bound = ""
    due: Due = ""
    snoozed: Annotated[bool, Query()] = False

    def query(self) -> dict[str, Any]:
        told = {name: value for name, value in vars(self).items() if value}
        return told | ({"snoozed": "true"} if self.snoozed else {})

    def filters(self, desk: Desk) -> Filters:
        return Filters(
            payer=self.payer or None, assignee=self.assignee or None, category=self.category or None,
            discipline=self.discipline or None, amount_min=_money(self.amount_min), amount_max=_money(self.amount_max),
            include_snoozed=self.snoozed, **_window(self.due, desk),
        )  # fmt: skip


def _money(text: str) -> Decimal | None:
    digits = text.strip().lstrip("$").replace(",", "")
    return min(Decimal(digits), MAX_AMOUNT) if digits not in ("", ".") else None


def _window(due: str, desk: Desk) -> dict[str, Any]:
    if not due:
        return {}
    if due == "overdue":
        return {"due_before": desk.at}
    return {"due_from": desk.at, "due_before": desk.at + timedelta(days=int(due))}


Narrowing = Annotated[Narrowed, Depends()]


@router.get("/")
def get_today(request: Request, office: Here, desk: AtDesk, narrowed: Narrowing, cursor: Cursor = None) -> HTMLResponse:
    """All work, what is lost first on top."""
    return _list(request, office, desk, "today", narrowed, cursor=cursor)


@router.get("/worklists/{kind}")
def get_list(
    request: Request, office: Here, desk: AtDesk, kind: Kind, narrowed: Narrowing, cursor: Cursor = None
) -> HTMLResponse:
    """One kind of work."""
    return _list(request, office, desk, kind, narrowed, cursor=cursor)


def _list(
    request: Request, office: Office, desk: Desk, kind: str, narrowed: Narrowed, *, cursor: str | None
) -> HTMLResponse:
    found = worklist(desk, kind, narrowed.filters(desk), PAGE_SIZE, open_cursor(office, cursor))
    request.state.detail = f"{kind}, {len(found.items)} rows"
    return page(
        request, desk, "today.html", section="/", kind=kind, items=found.items, narrowed=narrowed,
        initials=initials(desk, (item["patient_id"] for item in found.items)),
        query=narrowed.query(), people=people_of(office, desk.practice), due=DUE,
        disciplines=DISCIPLINES, categories=_categories(found.items, narrowed.category),
        following=office.signer.seal(found.next_cursor) if found.next_cursor else None, first=cursor is None,
        **figures_of(request).of(desk, live="at" not in request.query_params),
    )  # fmt: skip


def figures_of(request: Request) -> Figures:
    """Kept by the application, for all requests."""
    found: Figures = request.app.state.figures
    return found


def _categories(items: Sequence[dict[str, Any]], chosen: str) -> list[str]:
    """Those of the page: all there are would need a look at every row."""
    return sorted({item["category"] for item in items if item["category"]} | ({chosen} if chosen else set()))


@router.get("/worklists/{kind}/file.{form}")
def get_file(request: Request, desk: AtDesk, kind: Kind, form: Literal["csv", "xlsx"], narrowed: Narrowing) -> Response:
    """The whole list, as narrowed, for a spreadsheet."""
    request.state.detail = f"{kind}, whole list as {form}"
    filters = narrowed.filters(desk)
    name = {"Content-Disposition": f'attachment; filename="claimclock-{kind}.{form}"'}
    if form == "csv":
        lines = csv_lines(_all_items(desk, kind, filters), ITEM_COLUMNS)
        return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=name)
    found = worklist(desk, kind, filters, MOST_CELLS)
    if found.next_cursor:
        raise UsageError(f"more than {MOST_CELLS:,} rows: narrow the list, or take the CSV")
    sheet = xlsx(found.items, ITEM_COLUMNS, WORKLISTS[kind][0])
    return Response(sheet, media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", headers=name)


def _all_items(desk: Desk, kind: str, filters: Filters) -> Iterator[dict[str, Any]]:
    """Page after page, so that a list of a million rows never stands in memory."""
    cursor: str | None = None
    while True:
        found: Page = worklist(desk, kind, filters, 1000, cursor)
        rows: Sequence[dict[str, Any]] = found.items
        yield from rows
        cursor = found.next_cursor
        if cursor is None:
            return
