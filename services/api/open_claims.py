"""Open claims of a system used before, from its own list."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from events.values import Day
from services.api.authorization import GuardedRoute
from services.api.claim_schemas import Amount, ClaimPart
from services.api.dependencies import Cursor, Here, InPractice, Limit, Who
from services.api.edi import in_practice
from services.api.listing import by_fields, in_order
from services.api.problems import UnsupportedTypeError
from services.api.waiting import in_waiting_thread
from services.app_context import AppContext
from services.commands.carry_over import OpenClaimsError, OpenClaimsList, carry_over, saved_sources
from services.core.working_directories import UPLOADS, working_directory
from services.intake.open_claim_columns import FIELDS

TYPES = (
    "application/octet-stream",
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
EXAMPLE = "Claim,Account,Payer,DOS,Charge,Paid,Balance\nA-1,7003,ACME,1/5/2026,100.00,0.00,100.00\n"
BODY = {
    "required": True,
    "description": "The list as the system exports it, CSV or XLSX.",
    "content": {name: {"schema": {"type": "string", "format": "binary"}, "example": EXAMPLE} for name in TYPES},
}
SystemName = Annotated[
    str, Query(min_length=1, max_length=60, description="The system the list comes from, by a name of your own.")
]
AsOfDay = Annotated[Day, Query(description="The day the list was made.", examples=["2026-02-28"])]
ColumnNames = Annotated[
    list[str],
    Query(max_length=len(FIELDS), description=f"HEADING=FIELD, once for each. Fields: {', '.join(FIELDS)}."),
]

router = APIRouter(route_class=GuardedRoute, tags=["files"])


class RefusedListRow(ClaimPart):
    row: int
    reason: str


class CarriedOverList(ClaimPart):
    """What came of a list. `columns`: field -> heading; `skipped`: rows that are no claim, by why."""

    source: str
    as_of: date
    claims: int
    new: int
    known: int
    published: bool
    balance: Amount
    columns: dict[str, str]
    unused_columns: list[str]
    refused_count: int
    refused: list[RefusedListRow]
    skipped: dict[str, int]


class ListSource(ClaimPart):
    """What was said of the columns of a system's lists: heading -> field."""

    source: str
    columns: dict[str, str]
    version: int


@router.post(
    "/v1/open-claims",
    response_model=None,
    responses={200: {"model": CarriedOverList}},
    openapi_extra={"requestBody": BODY},
)
async def post_open_claims(
    request: Request,
    app_state: Here,
    practice: InPractice,
    who: Who,
    source: SystemName,
    as_of: AsOfDay,
    column: ColumnNames = [],  # noqa: B006  FastAPI copies it
    dry_run: Annotated[bool, Query(description="Only show what would be imported.")] = False,  # noqa: FBT002
) -> JSONResponse:
    """Imports each row of the list as the statement of a claim as of a date, and waits until every list shows them.

    837s and 835s of the same claims take their place, before or after. The same list again changes nothing.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in TYPES:
        raise UnsupportedTypeError(f"Unsupported Content-Type; send one of {', '.join(TYPES)}")
    body = await request.body()
    app = in_practice(app_state.app, practice)
    named = column_fields(column)
    told = await in_waiting_thread(taken, app, body, source, as_of, named, by=who.name, dry_run=dry_run)
    request.state.detail = f"{told['new']} open claims {'looked at' if dry_run else 'carried over'}"
    return JSONResponse(told)


@router.get("/v1/open-claims/sources", response_model=None, responses={200: {"model": list[ListSource]}})
def get_sources(
    request: Request, app_state: Here, practice: InPractice, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """The systems whose columns were explained."""
    found = saved_sources(in_practice(app_state.app, practice))
    return in_order(request, found, by_fields("source"), limit=limit, cursor=cursor)


def column_fields(given: list[str]) -> dict[str, str]:
    """HEADING=FIELD pairs as heading -> field. Raises OpenClaimsError."""
    pairs = [text.rpartition("=") for text in given]
    if any(not heading or field not in FIELDS for heading, _, field in pairs):
        raise OpenClaimsError(f"column: write HEADING=FIELD; fields are {', '.join(FIELDS)}")
    return {heading: field for heading, _, field in pairs}


def taken(
    app: AppContext, body: bytes, source: str, as_of: date, columns: dict[str, str], *, by: str, dry_run: bool
) -> dict[str, Any]:
    """The list from a body. Raises OpenClaimsError."""
    with working_directory(app.settings, UPLOADS) as directory:
        path = Path(directory) / "list"
        path.write_bytes(body)
        asked = OpenClaimsList(path=path, source=source, as_of=as_of, columns=columns)
        return carry_over(app, asked, by=by, dry_run=dry_run)
