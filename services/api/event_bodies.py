"""CloudEvents as an HTTP request carries them: structured, a batch, or binary mode (HTTP binding 1.0.2)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import unquote

from services.api.problems import UnsupportedTypeError
from services.core.errors import UsageError

SINGLE, BATCH, PLAIN = "application/cloudevents+json", "application/cloudevents-batch+json", "application/json"
MOST = 10_000
_ATTRIBUTE = "ce-"


class NotJsonError(UsageError):
    """The body is no JSON, or none of the kind its content type says."""

    http_status = 400


def events_of(headers: Mapping[str, str], body: bytes) -> list[Any]:
    """The events of a request, as JSON values. Raises UnsupportedTypeError and NotJsonError."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if f"{_ATTRIBUTE}specversion" in headers or f"{_ATTRIBUTE}id" in headers:
        return [_binary(headers, kind, body)]
    if kind not in (SINGLE, BATCH, PLAIN):
        raise UnsupportedTypeError(f"the body is {SINGLE}, {BATCH} or {PLAIN}")
    value = _json(body)
    if isinstance(value, list) and kind != SINGLE:
        if len(value) > MOST:
            raise NotJsonError(f"a batch has at most {MOST} events")
        return value
    if not isinstance(value, dict) or kind == BATCH:
        raise NotJsonError("one event is a JSON object, a batch an array")
    return [value]


def _binary(headers: Mapping[str, str], kind: str, body: bytes) -> dict[str, Any]:
    """Attributes in headers, the data in the body. Without a content type the data is taken for JSON."""
    if kind not in ("", PLAIN) and not kind.endswith("+json"):
        raise UnsupportedTypeError("the data of an event in binary mode is application/json")
    attributes = {
        name.lower().removeprefix(_ATTRIBUTE): unquote(value)
        for name, value in headers.items()
        if name.lower().startswith(_ATTRIBUTE)
    }
    try:
        return attributes | {"datacontenttype": kind or PLAIN, "data": _json(body)}
    except NotJsonError:  # an event all the same: refused, and kept with its bytes, as any other
        return attributes | {"datacontenttype": kind or PLAIN, "data_base64": base64.b64encode(body).decode()}


def _json(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise NotJsonError("the body is not JSON") from None


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")
