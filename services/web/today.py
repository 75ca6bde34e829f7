"""All open work and the worklists: narrowed by what the address says, sorted, saved as views, and as files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from projections.disciplines import DISCIPLINES
from projections.work.kinds import KINDS, ListKind
from services.api.app_state import AppState
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, AtLiveDesk, Cursor, Here, Who, open_cursor
from services.commands.desk_settings import DeskOwner, DeskSettings
from services.core.errors import UsageError
from services.presentation.csv_export import ITEM_COLUMNS, csv_lines
from services.presentation.labels import FILTERS, ITEMS, WORKLISTS
from services.presentation.xlsx_export import xlsx
from services.reads.export_rows import with_claims
from services.reads.list_counts import names_of
from services.reads.read_context import ReadContext
from services.reads.worklist_filters import EVERYTHING, NOBODY, SORTS, FilterError, Filters, read_filters
from services.reads.worklists import WorklistPage, worklist
from services.security.roles import Principal
from services.web.claim import people_of
from services.web.figures import HeadlineFigures
from services.web.pages import frame_of, page

PAGE_SIZE = 50
MOST_CELLS = 100_000  # rows of one workbook
DUE = {
    "overdue": "Past due",
    "1": "Within 24 hours",
    "3": "Within 3 days",
    "7": "Within 7 days",
    "30": "Within 30 days",
}
ME = "me"

ListKindPath = Annotated[str, InPath(pattern=f"^({'|'.join(KINDS)})$")]
TodayText = Annotated[str, Query(max_length=200)]
KeptId = Annotated[str, Query(pattern="^(|[0-9a-f]{24})$")]

ViewId = Annotated[str, InPath(pattern="^[0-9a-f]{24}$")]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@dataclass(frozen=True)
class Narrowed:
    """The filters as given in the address; an empty one narrows nothing. `f`: those kept on the server."""

    payer: Annotated[list[str] | None, Query()] = None
    assignee: TodayText = ""
    category: TodayText = ""
    discipline: TodayText = ""
    code: TodayText = ""
    provider: TodayText = ""
    clinic: TodayText = ""
    dos_from: TodayText = ""
    dos_to: TodayText = ""
    age_min: TodayText = ""
    days_left: TodayText = ""
    amount_min: TodayText = ""
    amount_max: TodayText = ""
    due: TodayText = ""
    sort: TodayText = ""
    lost: TodayText = ""
    f: KeptId = ""
    snoozed: Annotated[bool, Query()] = False

    def query(self) -> dict[str, Any]:
        """What the address says, to be said again in links."""
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        told["payer"] = [payer for payer in self.payer or () if payer]
        return {name: value for name, value in told.items() if value and name != "snoozed"} | (
            {"snoozed": "true"} if self.snoozed else {}
        )

    @property
    def narrows(self) -> bool:
        return bool(self.query().keys() - {"sort", "lost"})

    def given(self, context: ReadContext, who: Principal, kept: dict[str, str]) -> dict[str, Any]:
        """As the one reader of filters takes them."""
        told = self.query()
        for name in ("due", "f", "lost", "snoozed"):
            told.pop(name, None)
        told["assignee"] = who.name if self.assignee == ME else self.assignee
        told |= _window(self.due, context) | kept
        return told | {"lost": self.lost == "yes", "include_snoozed": self.snoozed}


def _window(due: str, context: ReadContext) -> dict[str, Any]:
    if not due:
        return {}
    if due not in DUE:
        raise FilterError("due", f"use one of {', '.join(DUE)}")
    if due == "overdue":
        return {"due_before": context.at}
    return {"due_from": context.at, "due_before": context.at + timedelta(days=int(due))}


Narrowing = Annotated[Narrowed, Depends()]


def filters_of(
    app_state: AppState, context: ReadContext, who: Principal, kind: str, narrowed: Narrowed
) -> tuple[Filters, dict[str, str]]:
    """The filters, and those of them that are kept on the server. Raises FilterError."""
    kept = settings_of(app_state).kept_filter(context.practice, narrowed.f) if narrowed.f else {}
    given = narrowed.given(context, who, kept)
    if kind != ListKind.TODAY:
        given.pop("lost")
    return read_filters(given, app_state.app.settings.zone), kept


def settings_of(app_state: AppState) -> DeskSettings:
    return DeskSettings(app_state.app.engine, app_state.app.settings)


@router.get("/")
def get_today(
    request: Request, app_state: Here, context: AtDesk, who: Who, narrowed: Narrowing, cursor: Cursor = None
) -> HTMLResponse:
    """All open work, what is lost first on top."""
    return _list(request, app_state, context, ListKind.TODAY, narrowed, who=who, cursor=cursor)


@router.get("/worklists/{kind}")
def get_list(
    request: Request,
    app_state: Here,
    context: AtDesk,
    who: Who,
    kind: ListKindPath,
    narrowed: Narrowing,
    cursor: Cursor = None,
) -> HTMLResponse:
    """One kind of work."""
    return _list(request, app_state, context, kind, narrowed, who=who, cursor=cursor)


def _list(
    request: Request,
    app_state: AppState,
    context: ReadContext,
    kind: str,
    narrowed: Narrowed,
    *,
    who: Principal,
    cursor: str | None,
) -> HTMLResponse:
    wrong: FilterError | None = None
    kept: dict[str, str] = {}
    try:
        filters, kept = filters_of(app_state, context, who, kind, narrowed)
    except FilterError as error:  # the page stays, with a word at the field
        filters, wrong = Filters(lost=False) if kind == ListKind.TODAY else EVERYTHING, error
    found = worklist(context, kind, filters, PAGE_SIZE, open_cursor(app_state, cursor))
    shown = " ".join(dict.fromkeys(item["ref"] for item in found.items if item["ref"]))
    request.state.detail = f"{ITEMS.get(kind, 'all lists')}, {len(found.items)} rows: {shown}"
    return page(
        request,
        context,
        "today.html",
        422 if wrong else 200,
        section="/",
        kind=kind,
        items=found.items,
        narrowed=narrowed,
        wrong=wrong,
        kept=kept,
        names=names_of(context, (i["patient_id"] for i in found.items)),
        query=narrowed.query(),
        people=_assignees(app_state, context, found.items),
        due=DUE,
        sorts=SORTS,
        disciplines=DISCIPLINES,
        categories=_categories(found.items, narrowed.category),
        chosen=set(narrowed.payer or ()),
        views=settings_of(app_state).views(DeskOwner(context.practice, who.id)),
        me=ME,
        nobody=NOBODY,
        following=app_state.signer.seal(found.next_cursor) if found.next_cursor else None,
        first=cursor is None,
        **figures_of(request).of(context, live="at" not in request.query_params),
    )


def _assignees(app_state: AppState, context: ReadContext, items: Sequence[dict[str, Any]]) -> list[str]:
    """Accounts, and anyone who holds a row of the page without having one."""
    holding = {item["assignee"] for item in items if item["assignee"]}
    return sorted({*people_of(app_state, context.practice), *holding})


def figures_of(request: Request) -> HeadlineFigures:
    """Kept by the application, for all requests."""
    found: HeadlineFigures = request.app.state.figures
    return found


def _categories(items: Sequence[dict[str, Any]], chosen: str) -> list[str]:
    """Those of the page: all there are would need a look at every row."""
    return sorted({item["category"] for item in items if item["category"]} | ({chosen} if chosen else set()))


@router.post("/worklists/{kind}/search")
async def post_text_filter(
    request: Request, app_state: Here, context: AtLiveDesk, who: Who, kind: ListKindPath, narrowed: Narrowing
) -> Response:
    """A filter by text is kept here under an opaque id: a name or a claim number is never in an address."""
    form = await request.form()
    text = str(form.get("text", "")).strip()[:200]
    query = {name: value for name, value in narrowed.query().items() if name != "f"}
    if text:
        owner = DeskOwner(context.practice, who.id)
        settings = settings_of(app_state)
        query["f"] = await run_in_threadpool(settings.keep_filter, owner, {"text": text}, app_state.now())
    frame = frame_of(request, context.practice)
    return RedirectResponse(frame.url("/" if kind == ListKind.TODAY else f"/worklists/{kind}", **query), 303)


@router.post("/views")
async def post_view(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    kind: Annotated[str, Query(max_length=40)],
    narrowed: Narrowing,
    name: Annotated[str, Form(max_length=60)],
    shared: Annotated[str, Form(max_length=5)] = "",
) -> Response:
    """Saves the list as it is narrowed under a name."""
    if kind not in KINDS:
        raise UsageError("no such list")
    owner, query = DeskOwner(context.practice, who.id), narrowed.query()
    await run_in_threadpool(
        lambda: settings_of(app_state).save_view(owner, name, kind, query, app_state.now(), shared=bool(shared))
    )
    frame = frame_of(request, context.practice)
    return RedirectResponse(frame.url("/" if kind == ListKind.TODAY else f"/worklists/{kind}", **query), 303)


@router.post("/views/{view}/remove")
async def remove_view(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    who: Who,
    view: Annotated[str, InPath(pattern="^[0-9a-f]{24}$")],
) -> Response:
    """Only one's own."""
    owner = DeskOwner(context.practice, who.id)
    await run_in_threadpool(settings_of(app_state).remove_view, owner, view)
    return RedirectResponse(frame_of(request, context.practice).url("/"), 303)


@router.get("/worklists/{kind}/file.{form}")
def get_file(
    request: Request,
    app_state: Here,
    context: AtDesk,
    who: Who,
    kind: ListKindPath,
    form: Literal["csv", "xlsx"],
    narrowed: Narrowing,
) -> Response:
    """The whole list, as narrowed, for a spreadsheet."""
    request.state.detail = f"{ITEMS.get(kind, 'all lists')}, whole list as {form}"
    filters, _ = filters_of(app_state, context, who, kind, narrowed)
    name = {"Content-Disposition": f'attachment; filename="claimclock-{kind}.{form}"'}
    if form == "csv":
        lines = csv_lines(_all_items(context, kind, filters), ITEM_COLUMNS)
        return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=name)
    found = worklist(context, kind, filters, MOST_CELLS)
    if found.next_cursor:
        raise UsageError(f"more than {MOST_CELLS:,} rows: narrow the list, or take the CSV")
    said = "; ".join(f"{FILTERS.get(key, key)} {value}" for key, value in narrowed.query().items() if key != "f")
    sheet = xlsx(with_claims(context, found.items), ITEM_COLUMNS, WORKLISTS[kind][0], said)
    return Response(sheet, media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", headers=name)


def _all_items(context: ReadContext, kind: str, filters: Filters) -> Iterator[dict[str, Any]]:
    """Page after page, so that a list of a million rows is never in memory."""
    cursor: str | None = None
    while True:
        found: WorklistPage = worklist(context, kind, filters, 1000, cursor)
        rows: Sequence[dict[str, Any]] = found.items
        yield from with_claims(context, rows)
        cursor = found.next_cursor
        if cursor is None:
            return
