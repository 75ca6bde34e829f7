"""FHIR R4, read only: claims, payers' answers, explanations of benefit, open work.

Ids are opaque; claim and patient numbers stand in no address. https://hl7.org/fhir/R4/http.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from projections.calendar import start_of_day
from services.api.app_state import AppState
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtDesk, AtLiveDesk, Here
from services.api.listing import open_cursor, seal_cursor
from services.api.problems import MEDIA_TYPE
from services.api.shown import note_shown
from services.core.errors import ClaimclockError, NotFoundError, UsageError
from services.presentation import fhir
from services.reads.claims import claim_id_of
from services.reads.fhir import Span, fhir_page, fhir_resource
from services.reads.read_context import read_instant

FHIR_JSON = "application/fhir+json"
REF_LENGTH = 24
LATER = timedelta(microseconds=1)
RESOURCE = {"type": "object", "required": ["resourceType"], "properties": {"resourceType": {"type": "string"}}}
FOUND: dict[int | str, dict[str, Any]] = {200: {"content": {FHIR_JSON: {"schema": RESOURCE}}}}
# What this resource type itself refuses is an OperationOutcome; what is refused before it, as any problem here.
REFUSED = {
    "content": {
        FHIR_JSON: {"schema": RESOURCE},
        MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}},
    },
    "description": "OperationOutcome, or a problem",
}
ResourceType = Literal["Claim", "ClaimResponse", "ExplanationOfBenefit", "Task"]
ResourceId = Annotated[
    str, Path(pattern=r"^[0-9a-f]{24}(-[0-9a-f]{20}(-[0-9]{1,3})?)?$", description="As a search gives it.")
]
LastUpdated = Annotated[
    list[str],
    Query(
        alias="_lastUpdated",
        max_length=2,
        description="ge, gt, le, lt or eq before a date or instant: when the log learned of what changed last.",
        examples=["ge2026-03-02"],
    ),
]
Count = Annotated[int, Query(alias="_count", ge=1, le=100, description="Claims per page.")]
PageCursor = Annotated[str | None, Query(alias="cursor", max_length=2000, description="As the link `next` has it.")]

router = APIRouter(route_class=GuardedRoute, tags=["fhir"])


@router.get("/v1/fhir/metadata", response_model=None, response_class=Response, responses=FOUND)
def get_fhir_metadata(request: Request) -> JSONResponse:
    """What this server does of FHIR: its CapabilityStatement."""
    return _answer(fhir.capability(version("claimclock"), _base(request)))


@router.get(
    "/v1/fhir/{resource}/{name}", response_model=None, response_class=Response, responses=FOUND | {404: REFUSED}
)
def get_fhir_resource(request: Request, context: AtDesk, resource: ResourceType, name: ResourceId) -> JSONResponse:
    """One resource by its id. `as_of` and `known_at` give it as it was."""
    ref = name[:REF_LENGTH]
    try:
        found = fhir_resource(context, resource, claim_id_of(context, ref), name)
    except NotFoundError as error:
        return _answer(fhir.outcome("not-found", error.message), 404)
    note_shown(request, {"ref": ref})
    return _answer(found)


@router.get("/v1/fhir/{resource}", response_model=None, response_class=Response, responses=FOUND | {400: REFUSED})
def search_fhir_resources(
    request: Request,
    app_state: Here,
    context: AtLiveDesk,
    resource: ResourceType,
    last_updated: LastUpdated = [],  # noqa: B006  FastAPI copies it
    count: Count = 50,
    cursor: PageCursor = None,
) -> JSONResponse:
    """A Bundle of resources of claims, the longest unchanged first; the link `next` leads on.

    A change is an event that names the claim. New terms, which price claims anew, move no `lastUpdated`.
    """
    try:
        page = fhir_page(context, resource, _span(last_updated, app_state), count, open_cursor(request, cursor))
    except ClaimclockError as error:
        return _answer(fhir.outcome("invalid", error.message), 400)
    note_shown(request, [{"ref": each["id"][:REF_LENGTH]} for each in page.items])
    asked = [("_lastUpdated", text) for text in last_updated] + [("_count", str(count))]
    base = _base(request)
    links = {"self": f"{base}/{resource}?{urlencode(asked)}"}
    if (sealed := seal_cursor(request, page.next_cursor)) is not None:
        links["next"] = f"{base}/{resource}?{urlencode([*asked, ('cursor', sealed)])}"
    return _answer(fhir.bundle(page.items, base, links))


def _answer(resource: dict[str, Any], status: int = 200) -> JSONResponse:
    return JSONResponse(resource, status, media_type=FHIR_JSON)


def _base(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}/v1/fhir"


def _span(given: Sequence[str], app_state: AppState) -> Span:
    """Raises UsageError."""
    since, until = None, None
    for text in given:
        prefix, moment = (text[:2], text[2:]) if text[:2].isalpha() else ("eq", text)
        first, last = _moment(moment, app_state)
        match prefix:
            case "ge":
                since = first
            case "gt":
                since = last
            case "le":
                until = last
            case "lt":
                until = first
            case "eq":
                since, until = first, last
            case _:
                raise UsageError(f"_lastUpdated: {prefix} is not known; ge, gt, le, lt and eq are")
    return Span(since=since, until=until)


def _moment(text: str, app_state: AppState) -> tuple[datetime, datetime]:
    """When a date or instant begins, and when what comes after it begins."""
    zone = app_state.app.settings.zone
    try:
        end = read_instant(text, zone)
    except ValueError:
        raise UsageError("_lastUpdated: write a date, 2026-03-02, or an instant, 2026-03-02T15:00:00Z") from None
    is_day = len(text) == len("2026-03-02")
    return start_of_day(end.astimezone(zone).date(), zone) if is_day else end, end + LATER
