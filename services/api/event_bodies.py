"""CloudEvents as an HTTP request carries them: structured, a batch, or binary mode (HTTP binding 1.0.2)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from services.api.problems import UnsupportedTypeError
from services.commands.publish_events import UnreadableEvent
from services.core.errors import UsageError
from services.core.json_text import UnbalancedError, array_elements, why_unreadable

SINGLE, BATCH, PLAIN = "application/cloudevents+json", "application/cloudevents-batch+json", "application/json"
MOST = 10_000
_ATTRIBUTE = "ce-"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class NotJsonError(UsageError):
    """The body is no JSON, or none of the kind its content type says."""

    http_status = 400


def events_of(headers: Mapping[str, str], body: bytes) -> list[Any]:
    """The events of a request, as JSON values; an UnreadableEvent for each that cannot be read as one.

    Raises UnsupportedTypeError and NotJsonError.
    """
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
    if not isinstance(value, dict | UnreadableEvent) or kind == BATCH:
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
    data = _event(body)
    if isinstance(data, UnreadableEvent):  # an event all the same: refused, and kept with its bytes, as any other
        return attributes | {"datacontenttype": kind or PLAIN, "data_base64": base64.b64encode(body).decode()}
    return attributes | {"datacontenttype": kind or PLAIN, "data": data}


def _json(body: bytes) -> Any:
    """The value; where it cannot be read, each event of it alone. Raises NotJsonError."""
    value = _event(body)
    if not isinstance(value, UnreadableEvent):
        return value
    try:
        text = body.removeprefix(_BYTE_ORDER_MARK).decode(errors="surrogateescape")
        return [_event(element.encode(errors="surrogateescape")) for element in array_elements(text)]
    except UnbalancedError:
        pass
    if value.is_no_json:
        raise NotJsonError("the body is not JSON")
    return value


def _event(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        is_no_json = isinstance(error, json.JSONDecodeError | UnicodeDecodeError)
        return UnreadableEvent(text=text, reason=why_unreadable(error), is_no_json=is_no_json)
