"""Which values a field may have that decides what the rest of a body is, for errors that say what to send.

Pydantic names them where a wrong value was sent, quoting it, and not where the field is absent.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError

WRONG, ABSENT = "union_tag_invalid", "union_tag_not_found"
_NO_VALUE = "\x00"  # that no field allows


def kind_message(request: Request, error: RequestValidationError, item: Mapping[str, Any]) -> str:
    """`action: use one of assign, note`; what was sent is never repeated."""
    field = str(item["ctx"]["discriminator"]).strip("'")
    allowed = item["ctx"].get("expected_tags") or _allowed(request, error, item["loc"], field)
    if not allowed:
        return f"{field} says which kind this is: it is absent or not a text"
    said = f"{field}: use one of {allowed.replace(chr(39), '')}"
    return said if item["type"] == WRONG else f"{said}; it is absent"


def _allowed(request: Request, error: RequestValidationError, place: Sequence[int | str], field: str) -> str:
    """Asks the model of the body again, with a value there that it refuses by naming what it allows."""
    model = getattr(request.scope.get("route"), "body_field", None)
    body = copy.deepcopy(error.body)
    target: Any = body
    try:
        for part in place[1:]:
            target = target[part]
        target[field] = _NO_VALUE
    except (KeyError, IndexError, TypeError):
        return ""
    if model is None:
        return ""
    _, found = model.validate(body, {}, loc=("body",))
    same = (one for one in found or () if one["type"] == WRONG and tuple(one["loc"]) == tuple(place))
    return next((str(one["ctx"]["expected_tags"]) for one in same), "")
