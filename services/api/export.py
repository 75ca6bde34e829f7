"""Everything as files for analysis, over HTTP: the same tables and columns as `claimclock export` writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from services.api.app_state import AppState
from services.api.authorization import GuardedRoute, record_more
from services.api.dependencies import AtDesk, Here, InPractice
from services.api.listing import ref_of
from services.api.schemas import ExportTable
from services.core.errors import NotFoundError
from services.reads.export_files import MEDIA, ExportFormat, encoder
from services.reads.export_tables import EVENT_COLUMNS, EVENTS, ExportRow, event_rows, export_start, report_rows
from services.security.shown_refs import refs_in
from services.store.report_views import REPORTS, ReportColumn

CURSOR = "Export-Cursor"
PLACE = "/v1/export"
_BINARY = {"schema": {"type": "string", "format": "binary"}}
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The table as a file.",
        "content": {media.partition(";")[0]: _BINARY for media in MEDIA.values()},
        "headers": {
            CURSOR: {"schema": {"type": "integer"}, "description": "Send it back as `after` for what changed since."}
        },
    }
}
Form = Annotated[ExportFormat, Query(alias="format", description="parquet needs claimclock[analysis] on the server.")]
After = Annotated[int, Query(ge=0, le=2**62, description="`Export-Cursor` of the previous export; only what changed.")]
TableName = Annotated[str, Path(pattern=r"^[a-z_]{1,40}$", examples=["claims"])]

router = APIRouter(route_class=GuardedRoute, tags=["analysis"])


@router.get(PLACE, response_model=None, responses={200: {"model": list[ExportTable]}})
def get_export_tables(_practice: InPractice) -> Response:
    """The tables and their columns. `incremental`: with `after` it holds only what changed; the others are whole."""
    tables = [{"table": EVENTS, "meaning": "Every event as logged", "incremental": True, **_columns(EVENT_COLUMNS)}]
    tables += [
        {"table": each.name, "meaning": each.meaning, "incremental": each.by_claim, **_columns(each.all_columns)}
        for each in REPORTS
    ]
    return JSONResponse(tables)


def _columns(columns: Sequence[ReportColumn]) -> dict[str, Any]:
    return {"columns": [{"name": c.name, "type": str(c.type), "meaning": c.meaning} for c in columns]}


@router.get(f"{PLACE}/events", response_model=None, response_class=Response, responses=FILE)
def get_export_events(
    request: Request, app_state: Here, context: AtDesk, form: Form = ExportFormat.jsonl, after: After = 0
) -> Response:
    """Events in the order of the log. The file holds patient data."""
    end = export_start(context)
    parts = (rows for rows, _ in event_rows(context, after, end))
    return _file(request, app_state, form, parts, columns=EVENT_COLUMNS, told=(EVENTS, max(after, end)))


@router.get(f"{PLACE}/{{table}}", response_model=None, response_class=Response, responses=FILE)
def get_export_table(
    request: Request,
    app_state: Here,
    context: AtDesk,
    table: TableName,
    form: Form = ExportFormat.jsonl,
    after: After = 0,
) -> Response:
    """One table of the data dictionary, as of any instant. The file holds patient data."""
    report = next((each for each in REPORTS if each.name == table), None)
    if report is None:
        raise NotFoundError("no such table; GET /v1/export lists them")
    end, parts = max(after, export_start(context)), report_rows(context, report, after)
    return _file(request, app_state, form, parts, columns=report.all_columns, told=(table, end))


def _file(
    request: Request,
    app_state: AppState,
    form: ExportFormat,
    parts: Iterable[list[ExportRow]],
    *,
    columns: Sequence[ReportColumn],
    told: tuple[str, int],
) -> Response:
    """The answer, sent while it is read; whom a part shows is written down before the part is sent."""
    table, cursor = told
    request.state.detail = f"export of {table} as {form}"
    noted = partial(record_more, request, app_state, f"GET {PLACE}/{{table}}")
    seen = _noted(parts, lambda rows: noted(refs_in(rows, ref_of(request))))
    headers = {CURSOR: str(cursor), "Content-Disposition": f'attachment; filename="{table}.{form}"'}
    return StreamingResponse(encoder(form)(columns, seen), media_type=MEDIA[form], headers=headers)


def _noted(parts: Iterable[list[ExportRow]], note: Any) -> Iterator[list[ExportRow]]:
    for rows in parts:
        if rows:
            note(rows)
        yield rows
