"""A whole worklist as narrowed: as a file, and as the targets of one action on all that match."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from services.api.authorization import GuardedRoute, record_more
from services.api.dependencies import AtDesk, AtLiveDesk, Here, Who
from services.api.shown import note_shown
from services.commands.patient_items import ITEM_LISTS, MONEY_LISTS
from services.core.errors import UsageError
from services.presentation.item_columns import FILE_COLUMNS
from services.presentation.labels import ITEMS, WORKLISTS, item_name
from services.presentation.table_head import TableHead
from services.presentation.xlsx_export import MOST_ROWS
from services.reads.export_rows import with_claims
from services.reads.patients import patient_ref
from services.reads.payer_names import payer_names
from services.reads.read_context import ReadContext
from services.reads.worklist_filters import Filters
from services.reads.worklists import WorklistPage, worklist
from services.security.shown_refs import refs_in
from services.web.exports import csv_file, workbook_file
from services.web.worklist_query import ListKindPath, Narrowing, filters_of

MOST_TARGETS = 2000  # claims of one action on all that match

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


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
    filters, kept = filters_of(app_state, context, who, kind, narrowed)
    head = TableHead(
        title=WORKLISTS[kind][0],
        practice=context.practice,
        at=context.at,
        zone=app_state.app.settings.zone,
        narrowed=narrowed.words(kept, payer_names(context).of),
    )
    if form == "csv":
        noted = partial(record_more, request, app_state, "GET /worklists/{kind}/file.{form}")
        return csv_file(_all_items(context, kind, filters, noted), FILE_COLUMNS, head, kind)
    found = worklist(context, kind, filters, MOST_ROWS)
    note_shown(request, found.items, partial(context.references.ref, context.practice))
    if found.next_cursor:
        raise UsageError(f"more than {MOST_ROWS:,} rows: narrow the list, or take the CSV")
    return workbook_file(with_claims(context, found.items), FILE_COLUMNS, head, kind)


def _all_items(
    context: ReadContext, kind: str, filters: Filters, noted: Callable[[Iterable[str]], None]
) -> Iterator[dict[str, Any]]:
    """Page after page, so that a list of a million rows is never in memory; each page is noted before it is sent."""
    cursor: str | None = None
    while True:
        found: WorklistPage = worklist(context, kind, filters, 1000, cursor)
        rows: Sequence[dict[str, Any]] = found.items
        noted(refs_in(rows, partial(context.references.ref, context.practice)))
        yield from with_claims(context, rows)
        cursor = found.next_cursor
        if cursor is None:
            return


def _target(context: ReadContext, item: Mapping[str, Any]) -> dict[str, str] | None:
    """What an action on the row names: its claim, else its patient (`patient`) where such items can be worked on."""
    name = item["claim_id"] or item_name(item["kind"], item["item"])
    about = {"kind": item["kind"], "item": item["item"], "payer": item["payer_id"], "claim": name}
    if item["ref"]:
        return {"ref": item["ref"], **about}
    if item["kind"] in MONEY_LISTS:
        return {"ref": item["kind"], "patient": "", **about}
    if item["kind"] not in ITEM_LISTS or not item["patient_id"]:
        return None
    return {"ref": patient_ref(context, item["patient_id"]), "patient": "", **about}


@router.get("/worklists/{kind}/matching")
def get_matching(
    request: Request, app_state: Here, context: AtLiveDesk, who: Who, kind: ListKindPath, narrowed: Narrowing
) -> JSONResponse:
    """What an action on all that match would act on, this very moment; an action then names each of them."""
    filters, _ = filters_of(app_state, context, who, kind, narrowed)
    found = worklist(context, kind, filters, MOST_TARGETS)
    rows = [row for item in found.items if (row := _target(context, item))]
    request.state.detail = f"{ITEMS.get(kind, 'all lists')}, all {len(rows)} that match"
    note_shown(request, found.items)
    return JSONResponse({"rows": rows, "more": found.next_cursor is not None, "most": MOST_TARGETS})
