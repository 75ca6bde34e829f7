"""The JSON Schemas of events, at the address that `dataschema` names."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse, Response

from services.api.authorization import GuardedRoute
from services.api.event_documents import dataschema, event_schema, event_types
from services.api.schemas import EventTypeJson, JsonSchemaJson
from services.core.errors import NotFoundError

router = APIRouter(route_class=GuardedRoute, tags=["events"])
EventTypeName = Annotated[str, Path(description="An event type.", examples=["patient.paid.v1"], max_length=200)]


@router.get("/v1/schemas", response_model=None, responses={200: {"model": list[EventTypeJson]}})
def get_schemas() -> Response:
    """Every event type with the address of its schema."""
    return JSONResponse([{"type": name, "dataschema": dataschema(name)} for name in event_types()])


@router.get("/v1/schemas/{event_type}", response_model=None, responses={200: {"model": JsonSchemaJson}})
def get_schema(event_type: EventTypeName) -> Response:
    """The JSON Schema (draft 2020-12) of a whole CloudEvent of this type."""
    try:
        made = event_schema(event_type)
    except KeyError:
        raise NotFoundError("no such event type; GET /v1/schemas lists them") from None
    return JSONResponse(made)
