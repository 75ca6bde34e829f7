"""The published schemas of events: served one by one, and as one discriminated union for OpenAPI and AsyncAPI."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import Any

from fastapi import Request

from events.registry import TYPES
from services.api.app_state import office_of

EVENT, BATCH = "Event", "EventBatch"
COMPONENTS = "#/components/schemas/"
MOST_EVENTS = 10_000  # in a batch
# What the log adds to an event that it gives out again.
_LOGGED = {
    "sequence": {"type": "string", "readOnly": True, "description": "Its place in the log: the cursor to go on from."},
    "recordedat": {
        "type": "string",
        "format": "date-time",
        "readOnly": True,
        "description": "When the log learned it.",
    },
    "dataschema": {"type": "string", "format": "uri", "description": "Where the schema of the type is."},
    "datacontenttype": {"type": "string", "default": "application/json"},
}
# Old forms and attributes of our own readers: accepted, and no part of what a client is made from.
_UNPUBLISHED = ("supersedes", "contenthash")


def event_types() -> list[str]:
    """Every type, older versions that have a schema of their own included."""
    folder = resources.files("events").joinpath("schemas")
    found = {entry.name.removesuffix(".json") for entry in folder.iterdir() if entry.name.endswith(".json")}
    return sorted(found - {"published"})


@lru_cache
def event_schema(event_type: str) -> dict[str, Any]:
    """The JSON Schema of a whole CloudEvent of this type, as published. Raises KeyError for another name."""
    if event_type not in event_types():
        raise KeyError(event_type)
    text = resources.files("events").joinpath("schemas", f"{event_type}.json").read_text("utf-8")
    made: dict[str, Any] = json.loads(text)
    return made


def dataschema(event_type: str) -> str:
    """Where the schema of a type is, relative to the server."""
    return f"/v1/schemas/{event_type}"


def with_dataschema(request: Request, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events with the address of their schema, where the publisher gave none."""
    base = (office_of(request).app.settings.public_url or str(request.base_url)).rstrip("/")
    return [{"dataschema": base + dataschema(event["type"])} | event for event in events]


@lru_cache(1)
def event_components() -> dict[str, Any]:
    """Named schemas: one for each type, those they share, the union `Event` and a batch of them."""
    parts: dict[str, Any] = {}
    for event_type in TYPES:
        whole = event_schema(event_type)
        parts |= {name: _within_components(part) for name, part in whole.get("$defs", {}).items()}
        parts[class_name(event_type)] = _envelope(whole)
    names = {event_type: COMPONENTS + class_name(event_type) for event_type in TYPES}
    parts[EVENT] = {
        "description": "A CloudEvent; `type` says which.",
        "oneOf": [{"$ref": ref} for ref in names.values()],
        "discriminator": {"propertyName": "type", "mapping": names},
    }
    parts[BATCH] = {"type": "array", "items": {"$ref": COMPONENTS + EVENT}, "maxItems": MOST_EVENTS}
    return parts


def class_name(event_type: str) -> str:
    """`claim.carried_over.v1` is ClaimCarriedOverV1."""
    return "".join(word.capitalize() for word in event_type.replace("_", ".").split("."))


def _envelope(whole: dict[str, Any]) -> dict[str, Any]:
    properties = {name: part for name, part in whole["properties"].items() if name not in _UNPUBLISHED}
    properties["practice"] = {name: part for name, part in properties["practice"].items() if name != "default"}
    made = {name: part for name, part in whole.items() if name not in ("$schema", "$id", "$defs", "title")}
    made["properties"] = properties | _LOGGED
    return dict(_within_components(made))


def _within_components(part: Any) -> Any:
    """The same with references to the document's components, amounts as text, what may be absent never null."""
    if isinstance(part, list):
        return [_within_components(item) for item in part]
    if not isinstance(part, dict):
        return part
    made = {name: _within_components(value) for name, value in part.items()}
    if isinstance(made.get("$ref"), str):
        made["$ref"] = made["$ref"].replace("#/$defs/", COMPONENTS)
    if made.get("type") == ["string", "number"]:
        made["type"] = "string"
    return _without_null(made)


def _without_null(part: dict[str, Any]) -> dict[str, Any]:
    """Optional fields as generators like them: of their own type, absent instead of null."""
    choices = part.get("anyOf")
    if not isinstance(choices, list) or {"type": "null"} not in choices or part.get("default", 0) is not None:
        return part
    left = [choice for choice in choices if choice != {"type": "null"}]
    rest = {name: value for name, value in part.items() if name not in ("anyOf", "default")}
    return rest | (left[0] if len(left) == 1 else {"anyOf": left})
