"""Every table of the web app as a file, CSV or workbook, with its filters in words on top."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as InPath
from fastapi.responses import Response, StreamingResponse

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, Here
from services.api.shown import note_shown
from services.core.errors import UsageError
from services.presentation.csv_export import csv_lines
from services.presentation.filter_words import filter_words
from services.presentation.table_head import TableHead
from services.presentation.xlsx_export import MOST_ROWS, xlsx
from services.reads.aging import BASES, aging
from services.reads.aging_claims import aged_claims
from services.reads.export_rows import with_claims
from services.reads.list_counts import names_of
from services.reads.lost_money import LostState, lost_money
from services.reads.patterns import patterns
from services.reads.payer_names import payer_names
from services.reads.payer_patterns import month_names
from services.reads.read_context import ReadContext
from services.reads.remittances import remittances
from services.reads.thresholds import thresholds
from services.reads.underpayments import underpayments

ExportRows = Sequence[Mapping[str, Any]]
GivenFilters = Mapping[str, Any]  # as in the address; `payer` is a list


def _fitting(rows: Sequence[dict[str, Any]], given: GivenFilters, names: Sequence[str]) -> list[dict[str, Any]]:
    return [row for row in rows if all(given.get(name, "") in ("", row[name]) for name in names)]


def _payer(given: GivenFilters) -> str | None:
    """Raises UsageError: most tables are of one payer, or of all."""
    found = given.get("payer", ())
    if len(found) > 1:
        raise UsageError("this table is narrowed to one payer, or to none")
    return found[0] if found else None


def _aging(context: ReadContext, given: GivenFilters) -> ExportRows:
    basis = given.get("basis") or "dos"
    rows = aging(context, basis=basis if basis in BASES else "dos", owner=given.get("owner") or None)
    return payer_names(context).named(rows)


def _underpayments(context: ReadContext, given: GivenFilters) -> ExportRows:
    rows = underpayments(context, payer=_payer(given), limit=MOST_ROWS)
    kept = _fitting(rows, given, ("procedure", "cause", "state"))
    return list(with_claims(context, kept))


def _remittances(context: ReadContext, given: GivenFilters) -> ExportRows:
    unbalanced = given.get("unbalanced") == "true"
    return remittances(context, unbalanced=unbalanced, payer=_payer(given), limit=MOST_ROWS).items


def _thresholds(context: ReadContext, given: GivenFilters) -> ExportRows:
    year = given.get("year", "")
    rows = thresholds(context, year=int(year) if year.isdecimal() else context.today.year)
    kept = _fitting(rows, given, ("band", "bucket"))
    names = names_of(context, (row["patient_id"] for row in kept))
    return [row | {"patient_name": names.get(row["patient_id"], "")} for row in kept]


def _denials(context: ReadContext, given: GivenFilters) -> ExportRows:
    months = given.get("months", "")
    since = month_names(context, min(int(months), MOST_MONTHS) if months.isdecimal() else USUAL_MONTHS)[0]
    told = patterns(context, by="payer", payer=_payer(given), since=date.fromisoformat(f"{since}-01"))
    return payer_names(context).named(told["denials"])


def _aged(context: ReadContext, given: GivenFilters) -> ExportRows:
    found = aged_claims(
        context,
        owner=given.get("owner") or "payer",
        basis=given.get("basis") or "dos",
        bucket=given.get("bucket") or None,
        payer=_payer(given),
        limit=MOST_ROWS,
    )
    return list(with_claims(context, found.items))


def _lost(context: ReadContext, given: GivenFilters) -> ExportRows:
    return payer_names(context).named(lost_money(context, given.get("payer", ())))


USUAL_MONTHS, MOST_MONTHS = 12, 36  # of patterns


@dataclass(frozen=True, kw_only=True)
class TableExport:
    """A table of the web app: its rows as narrowed by `filters`, and its columns."""

    title: str
    rows: Callable[[ReadContext, GivenFilters], ExportRows]
    columns: tuple[str, ...]
    filters: tuple[str, ...]


TABLES: Mapping[str, TableExport] = {
    "aging": TableExport(
        title="Aging",
        rows=_aging,
        columns=("payer_id", "payer", "owner", "basis", "bucket", "claims", "amount"),
        filters=("basis", "owner"),
    ),
    "aged-claims": TableExport(
        title="Aged claims",
        rows=_aged,
        columns=(
            "claim_id",
            "patient_name",
            "payer_id",
            "payer",
            "dos",
            "codes",
            "since",
            "amount",
            "charge",
            "paid",
            "status",
        ),
        filters=("basis", "owner", "bucket", "payer"),
    ),
    "underpayments": TableExport(
        title="Underpayments",
        rows=_underpayments,
        columns=(
            "claim_id",
            "patient_name",
            "dos",
            "payer_id",
            "payer",
            "line",
            "procedure",
            "units",
            "charge",
            "expected_allowed",
            "allowed",
            "variance",
            "class",
            "cause",
            "contract",
            "state",
            "dispute_due",
        ),
        filters=("payer", "procedure", "cause", "state"),
    ),
    "remittances": TableExport(
        title="Remittances",
        rows=_remittances,
        columns=(
            "trace_number",
            "payer",
            "payment_date",
            "total_paid",
            "claims",
            "claims_paid",
            "provider_adjusted",
            "balanced",
            "difference",
        ),
        filters=("payer", "unbalanced"),
    ),
    "thresholds": TableExport(
        title="Thresholds",
        rows=_thresholds,
        columns=("patient_name", "patient_id", "year", "bucket", "confirmed", "pending", "projected", "band"),
        filters=("year", "band", "bucket"),
    ),
    "lost": TableExport(
        title="Lost money by payer and month",
        rows=_lost,
        columns=(
            "month",
            "payer_id",
            "payer",
            "claims",
            "amount",
            *(f"{state}_{what}" for state in LostState for what in ("claims", "amount")),
        ),
        filters=("payer",),
    ),
    "patterns": TableExport(
        title="Denials by code",
        rows=_denials,
        columns=("payer_id", "payer", "carc", "rarc", "meaning", "claims", "amount", "still_denied", "first", "last"),
        filters=("payer", "months"),
    ),
}
TablePath = Annotated[str, InPath(pattern=f"^({'|'.join(TABLES)})$")]
ExportText = Annotated[str, Query(max_length=200)]
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class ExportQuery:
    """The filters of the pages whose tables are exported."""

    payer: Annotated[list[str] | None, Query(max_length=50)] = None
    procedure: ExportText = ""
    cause: ExportText = ""
    state: ExportText = ""
    basis: ExportText = ""
    owner: ExportText = ""
    year: ExportText = ""
    band: ExportText = ""
    bucket: ExportText = ""
    unbalanced: ExportText = ""
    months: ExportText = ""


@router.get("/export/{table}.{form}")
def get_export(
    request: Request,
    app_state: Here,
    context: AtDesk,
    table: TablePath,
    form: Literal["csv", "xlsx"],
    wanted: Annotated[ExportQuery, Depends()],
) -> Response:
    """The whole table as narrowed on its page."""
    told = TABLES[table]
    given: dict[str, Any] = {name: value for name, value in vars(wanted).items() if value not in (None, "", [""])}
    if strange := sorted(given.keys() - set(told.filters)):
        raise UsageError(f"{told.title} cannot be narrowed by {strange[0]}; use {', '.join(told.filters)}")
    rows = [dict(row) for row in told.rows(context, given)]
    request.state.detail = f"{told.title}, {len(rows)} rows as {form}"
    note_shown(request, rows, partial(context.references.ref, context.practice))
    head = TableHead(
        title=told.title,
        practice=context.practice,
        at=context.at,
        zone=app_state.app.settings.zone,
        narrowed=filter_words(given, payer_names(context).of),
    )
    make = csv_file if form == "csv" else workbook_file
    return make(rows, told.columns, head, table)


def csv_file(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], head: TableHead, name: str) -> Response:
    """Sent as it is read."""
    lines = csv_lines((dict(row) for row in rows), columns, head)
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=_named(f"{name}.csv"))


def workbook_file(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], head: TableHead, name: str) -> Response:
    sheet = xlsx((dict(row) for row in rows), columns, head)
    return Response(sheet, media_type=SHEET, headers=_named(f"{name}.xlsx"))


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="claimclock-{name}"'}
