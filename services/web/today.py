"""All open work and the worklists: narrowed by what the address says, sorted, with the columns a person chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from projections.disciplines import DISCIPLINES
from projections.tables.vocabulary import ListKind
from services.api.app_state import AppState
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, AtLiveDesk, Cursor, Here, Who
from services.api.listing import open_cursor, seal_cursor
from services.commands.desk_settings import DeskOwner
from services.commands.patient_items import ITEM_LISTS
from services.presentation.item_columns import DESK_COLUMNS, OF_CLAIMS
from services.presentation.labels import ITEMS
from services.reads.export_rows import with_claims
from services.reads.list_counts import names_of, tally
from services.reads.lost_money import LostState, lost_money
from services.reads.patients import patient_ref
from services.reads.payer_names import payer_names
from services.reads.read_context import ReadContext
from services.reads.routing import settings_of as settings_of_routing
from services.reads.routing import tags_of
from services.reads.setup_guide import SetupStep, is_finished, setup_steps
from services.reads.worklist_filters import EVERYTHING, NOBODY, SORTS, FilterError, Filters
from services.reads.worklists import worklist
from services.security.roles import Permission, Principal
from services.web.claim import holders_of
from services.web.figures import HeadlineFigures
from services.web.pages import frame_of, page
from services.web.views import COLUMNS_CHOICE
from services.web.worklist_query import (
    DUE,
    ME,
    MINE,
    ListKindPath,
    Narrowed,
    Narrowing,
    address_of,
    filters_of,
    settings_of,
)

PAGE_SIZE = 50

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


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
    found = worklist(context, kind, filters, PAGE_SIZE, open_cursor(request, cursor))
    owner = DeskOwner(context.practice, who.id)
    columns = narrowed.columns(settings_of(app_state).choice(owner, COLUMNS_CHOICE))
    about = _about(context, found.items) if OF_CLAIMS & set(columns) else {}
    lost_rows = _lost_rows(context, narrowed, kind) if cursor is None else []
    request.state.detail = f"{ITEMS.get(kind, 'all lists')}, {len(found.items)} rows"
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
        patients={i["patient_id"]: patient_ref(context, i["patient_id"]) for i in found.items if i["patient_id"]},
        query=narrowed.query(),
        item_lists=ITEM_LISTS,
        people=_assignees(app_state, context, found.items),
        due=DUE,
        sorts=SORTS,
        disciplines=DISCIPLINES,
        categories=_categories(found.items, narrowed.category),
        chosen=set(narrowed.payer or ()),
        columns=columns,
        desk_columns=DESK_COLUMNS,
        about_claims=about,
        filter_words=narrowed.words(kept, payer_names(context).of),
        total=tally(context, kind, filters) if narrowed.narrows or filters.lost else None,
        lost_rows=lost_rows,
        lost_states=_states_of(lost_rows),
        me=ME,
        mine=MINE,
        queues=sorted(settings_of_routing(context).queues),
        tags=tags_of(context),
        nobody=NOBODY,
        following=seal_cursor(request, found.next_cursor),
        first=cursor is None,
        guide=_guide(app_state, context, who) if kind == ListKind.TODAY and cursor is None else None,
        **figures_of(request).of(context, live="at" not in request.query_params),
    )


def _guide(app_state: AppState, context: ReadContext, who: Principal) -> list[SetupStep] | None:
    """The steps of the setup for who can take them, until it is finished."""
    if not who.may(Permission.TERMS_WRITE) or is_finished(app_state.app.engine, context.practice):
        return None
    return setup_steps(context, app_state.app.engine, app_state.app.settings)


def _lost_rows(context: ReadContext, narrowed: Narrowed, kind: str) -> list[dict[str, Any]]:
    """On the tab of what is lost already: sums by payer and month, as long as nothing but payers narrows the list."""
    if kind != ListKind.TODAY or narrowed.lost != "yes" or narrowed.query().keys() - {"lost", "payer", "sort", "cols"}:
        return []
    return lost_money(context, narrowed.payer or ())


def _states_of(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Those that any row has: the others would be empty columns."""
    return [state for state in LostState if any(row[f"{state}_claims"] for row in rows)]


def _about(context: ReadContext, items: Sequence[dict[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Claim -> its day of service, codes, charge and expected amount."""
    return {row["claim_id"]: row for row in with_claims(context, items) if row["claim_id"]}


def _assignees(app_state: AppState, context: ReadContext, items: Sequence[dict[str, Any]]) -> list[str]:
    """Accounts and queues, and anyone who holds a row of the page without having one."""
    holding = {item["assignee"] for item in items if item["assignee"]}
    return sorted({*holders_of(app_state, context), *holding})


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
    return RedirectResponse(frame.url(address_of(kind), **query), 303)
