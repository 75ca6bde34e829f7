"""The OpenAPI and AsyncAPI documents."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, Response

from events.registry import TYPES
from services.api.app_state import office_of_app
from services.api.authorization import COOKIE, CSRF_HEADER, GuardedRoute
from services.api.dependencies import Here
from services.api.document_headers import HEADERS, add_headers
from services.api.event_documents import COMPONENTS, class_name, event_components
from services.api.problems import MEDIA_TYPE
from services.api.schemas import Problem
from services.api.webhook_schemas import webhook_documents
from services.core.settings import Settings
from services.messaging.publisher import EVENT
from services.security.roles import ROUTES, Gate

ABOUT = """Every error is a problem detail (RFC 9457) and repeats nothing of what was sent; its `type` is the address
of a page here that says what to do (`/problems` lists them). Each answer to a key says in `RateLimit` what is left of
its limit, and in `RateLimit-Policy` what the limit is. Lists come in pages: the headers `Link` and `Next-Cursor` say
where they go on. Claims are named by opaque refs in addresses; claim and patient numbers travel in bodies only."""
REFUSALS = {
    "400": "The body cannot be read.",
    "401": "Not signed in.",
    "403": "Not allowed.",
    "404": "Not found, or not allowed for you.",
    "409": "It has changed, or someone else is changing it.",
    "412": "If-Match names another version.",
    "413": "The body is too large.",
    "415": "Unsupported content type.",
    "422": "Does not match the API schema.",
    "429": "Too many requests; see Retry-After.",
    "503": "Temporarily unavailable; see Retry-After.",
}
NEEDLESS = {"get": {"409", "412", "413", "415", "400"}, "delete": {"400", "409", "412", "413", "415"}}

router = APIRouter(route_class=GuardedRoute, tags=["documents"])


def describe(app: FastAPI) -> dict[str, Any]:
    """The document, with what all operations have in common: who may call them, and how they refuse."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, description=ABOUT, routes=app.routes, servers=_servers(app)
        )
        parts = made.setdefault("components", {})
        parts.setdefault("schemas", {})["Problem"] = Problem.model_json_schema(
            ref_template="#/components/schemas/{model}"
        )
        parts["schemas"].update(parts["schemas"]["Problem"].pop("$defs", {}))
        parts["schemas"] = {k: v for k, v in parts["schemas"].items() if "ValidationError" not in k}
        parts["schemas"] |= event_components()
        parts["headers"] = HEADERS
        parts["securitySchemes"] = {
            "key": {"type": "http", "scheme": "bearer", "description": "An API key."},
            "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": COOKIE,
                "description": f"Set by signing in; what changes something also sends {CSRF_HEADER}.",
            },
        }
        for path, methods in made["paths"].items():
            for method, operation in methods.items():
                _complete(f"{method.upper()} {path}", method, operation)
        made["webhooks"] = webhook_documents()
        app.openapi_schema = made
    return app.openapi_schema


def _servers(app: FastAPI) -> list[dict[str, str]]:
    address = office_of_app(app).app.settings.public_url
    return [{"url": (address or "").rstrip("/") or "/", "description": "This server."}]


def _complete(name: str, method: str, operation: dict[str, Any]) -> None:
    access = ROUTES[name]
    if access.needs is not Gate.OPEN:
        operation["security"] = [{"key": []}, {"session": []}]
    operation["summary"] = operation.get("description", "").partition("\n")[0].strip()
    body = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    operation["responses"].pop("422", None)
    for status, about in REFUSALS.items():
        if status not in NEEDLESS.get(method, ()):
            operation["responses"].setdefault(status, {"description": about, **body})
    add_headers(method, name.partition(" ")[2], operation)


@router.get("/openapi.json", include_in_schema=False)
def openapi_json(request: Request) -> JSONResponse:
    return JSONResponse(describe(request.app))


@router.get("/asyncapi", include_in_schema=False)
def asyncapi(app_state: Here) -> Response:
    """The stream as AsyncAPI, made by FastStream from the projector's own subscriber."""
    return Response(_asyncapi(app_state.app.settings), media_type="application/json")


@lru_cache(1)
def _asyncapi(settings: Settings) -> str:
    from services.messaging.consumer import build_app  # noqa: PLC0415  FastStream is slow to import

    async def nothing(*_: Any) -> None: ...

    made = build_app(nothing, settings, "redis://localhost", on_poison=nothing)
    return json.dumps(_typed(json.loads(made.schema.to_specification().to_json())))


def _typed(document: dict[str, Any]) -> dict[str, Any]:
    """One message for each type, and nothing of this process in it: the same document at every start."""
    channel: dict[str, Any] = next(iter(document["channels"].values()))
    channel.get("bindings", {}).get("redis", {}).pop("consumerName", None)
    messages = {class_name(event_type): _message(event_type) for event_type in TYPES}
    channel["messages"] = {name: {"$ref": f"#/components/messages/{name}"} for name in messages}
    for name, operation in document["operations"].items():
        operation["messages"] = [{"$ref": f"#/channels/{name}/messages/{one}"} for one in messages]
    document["components"] = {"messages": messages, "schemas": event_components()}
    return document


def _message(event_type: str) -> dict[str, Any]:
    """An entry of the stream: one field, `event`, that holds the whole CloudEvent as JSON text."""
    content = {"contentMediaType": "application/json", "contentSchema": {"$ref": COMPONENTS + class_name(event_type)}}
    return {
        "name": event_type,
        "title": event_type,
        "summary": TYPES[event_type].event.meaning,
        "contentType": "application/json",
        "payload": {
            "type": "object",
            "required": [EVENT],
            "properties": {EVENT: {"type": "string", **content}},
        },
    }
