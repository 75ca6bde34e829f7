"""Which headers answers carry, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-ID": {"schema": _TEXT, "description": "Identifies this request in the server log."},
    "Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Try again in this many seconds."},
    "RateLimit": {"schema": _TEXT, "description": "Requests left (r) and seconds until all of them are back (t)."},
    "RateLimit-Policy": {"schema": _TEXT, "description": "Requests at once (q) in a window of seconds (w)."},
    "Next-Cursor": {"schema": _TEXT, "description": "Where the list goes on: the parameter of the next request."},
    "Link": {"schema": _TEXT, "description": 'The next page, as `<address>; rel="next"`; absent on the last page.'},
    "ETag": {
        "schema": _TEXT,
        "description": "The version of what is shown; send it back as If-None-Match or If-Match.",
    },
}
_BUSY = ("429", "503")
_PAGES = ("cursor", "after", "before")  # a parameter that a page's header answers


def add_headers(method: str, path: str, operation: dict[str, Any]) -> None:
    """Declares on each answer of an operation the headers it has; the components are in `HEADERS`."""
    pages = any(each["name"] in _PAGES for each in operation.get("parameters", ()))
    versioned = method == "get" and path.startswith("/v1/") and _is_json(operation["responses"].get("200", {}))
    if versioned:
        operation["responses"]["304"] = {"description": "If-None-Match names what would be answered."}
    for status, response in operation["responses"].items():
        names = ["X-Request-ID"]
        names += ["Retry-After"] if status in _BUSY else []
        names += ["RateLimit", "RateLimit-Policy"] if "security" in operation and status.startswith("2") else []
        names += ["Next-Cursor", "Link"] if pages and status == "200" else []
        names += ["ETag"] if versioned and status in ("200", "304") else []
        response["headers"] = response.get("headers", {}) | {name: _ref(name) for name in names}


def _is_json(response: dict[str, Any]) -> bool:
    """As every answer is but files and streams."""
    kinds = response.get("content", {})
    return any(kind.endswith("json") and kind != "application/x-ndjson" for kind in kinds)


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{name}"}
