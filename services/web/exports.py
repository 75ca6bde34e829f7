"""Every table of the web app as a file: CSV, or a workbook with the filter in its page header."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as InPath
from fastapi.responses import Response, StreamingResponse

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk
from services.presentation.csv_export import csv_lines
from services.presentation.labels import FILTERS
from services.presentation.xlsx_export import xlsx
from services.reads.aging import BASES, aging
from services.reads.export_rows import with_claims
from services.reads.list_counts import names_of
from services.reads.patterns import patterns
from services.reads.payer_names import payer_names
from services.reads.read_context import ReadContext
from services.reads.remittances import remittances
from services.reads.thresholds import thresholds
from services.reads.underpayments import underpayments

MOST = 100_000  # rows of a file
ExportRows = Sequence[Mapping[str, Any]]
GivenFilters = Mapping[str, str]


def _fitting(rows: Sequence[dict[str, Any]], given: GivenFilters, names: Sequence[str]) -> list[dict[str, Any]]:
    return [row for row in rows if all(given.get(name, "") in ("", row[name]) for name in names)]


def _aging(context: ReadContext, given: GivenFilters) -> ExportRows:
    basis = given.get("basis") or "dos"
    rows = aging(context, basis=basis if basis in BASES else "dos", owner=given.get("owner") or None)
    return payer_names(context).named(rows)


def _underpayments(context: ReadContext, given: GivenFilters) -> ExportRows:
    rows = underpayments(context, payer=given.get("payer") or None, limit=MOST)
    kept = _fitting(rows, given, ("procedure", "cause", "state"))
    return list(with_claims(context, kept))


def _remittances(context: ReadContext, given: GivenFilters) -> ExportRows:
    unbalanced = given.get("unbalanced") == "true"
    return remittances(context, unbalanced=unbalanced, payer=given.get("payer") or None, limit=MOST).items


def _thresholds(context: ReadContext, given: GivenFilters) -> ExportRows:
    year = given.get("year", "")
    rows = thresholds(context, year=int(year) if year.isdecimal() else context.today.year)
    kept = _fitting(rows, given, ("band", "bucket"))
    names = names_of(context, (row["patient_id"] for row in kept))
    return [row | {"patient_name": names.get(row["patient_id"], "")} for row in kept]


def _denials(context: ReadContext, given: GivenFilters) -> ExportRows:
    rows = patterns(context, by="payer", payer=given.get("payer") or None)["denials"]
    return payer_names(context).named(rows)


# name -> title, its rows as narrowed, its columns
TABLES: Mapping[str, tuple[str, Callable[[ReadContext, GivenFilters], ExportRows], tuple[str, ...]]] = {
    "aging": ("Aging", _aging, ("payer_id", "payer", "owner", "basis", "bucket", "claims", "amount")),
    "underpayments": (
        "Underpayments",
        _underpayments,
        (
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
    ),
    "remittances": (
        "Remittances",
        _remittances,
        (
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
    ),
    "thresholds": (
        "Thresholds",
        _thresholds,
        ("patient_name", "patient_id", "year", "bucket", "confirmed", "pending", "projected", "band"),
    ),
    "patterns": (
        "Denials by code",
        _denials,
        ("payer_id", "payer", "carc", "rarc", "meaning", "claims", "amount", "still_denied", "first", "last"),
    ),
}
TablePath = Annotated[str, InPath(pattern=f"^({'|'.join(TABLES)})$")]
ExportText = Annotated[str, Query(max_length=200)]
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@dataclass(frozen=True)
class ExportQuery:
    """The filters of the pages whose tables are exported."""

    payer: ExportText = ""
    procedure: ExportText = ""
    cause: ExportText = ""
    state: ExportText = ""
    basis: ExportText = ""
    owner: ExportText = ""
    year: ExportText = ""
    band: ExportText = ""
    bucket: ExportText = ""
    unbalanced: ExportText = ""


@router.get("/export/{table}.{form}")
def get_export(
    request: Request,
    context: AtDesk,
    table: TablePath,
    form: Literal["csv", "xlsx"],
    wanted: Annotated[ExportQuery, Depends()],
) -> Response:
    """The whole table as narrowed on its page."""
    title, rows_of, columns = TABLES[table]
    given = {name: value for name, value in vars(wanted).items() if value}
    rows = [dict(row) for row in rows_of(context, given)]
    request.state.detail = f"{title}, {len(rows)} rows as {form}"
    name = {"Content-Disposition": f'attachment; filename="claimclock-{table}.{form}"'}
    if form == "csv":
        return StreamingResponse(csv_lines(rows, columns), media_type="text/csv; charset=utf-8", headers=name)
    said = "; ".join(f"{FILTERS.get(key, key)} {value}" for key, value in given.items())
    return Response(xlsx(rows, columns, title, said), media_type=SHEET, headers=name)
