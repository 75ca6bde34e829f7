"""Answers that carry their version: a client that has it already gets 304 and no body."""

from __future__ import annotations

import hashlib
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response


def versioned(request: Request, content: Any, headers: dict[str, str] | None = None) -> Response:
    """JSON with a weak ETag of its content, or 304 where If-None-Match names it."""
    answer = JSONResponse(content, headers=headers)
    tag = f'W/"{hashlib.sha256(bytes(answer.body)).hexdigest()[:32]}"'
    if matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers={"ETag": tag} | (headers or {}))
    answer.headers["ETag"] = tag
    return answer


def matches(given: str | None, tag: str) -> bool:
    """Whether If-None-Match names this version (RFC 9110: weak comparison)."""
    if given is None:
        return False
    names = {name.strip().removeprefix("W/") for name in given.split(",")}
    return "*" in names or tag.removeprefix("W/") in names
