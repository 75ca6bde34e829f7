"""Every JSON answer to a GET carries its version: a client that has it already gets 304 and no body."""

from __future__ import annotations

import hashlib

from fastapi import Request
from fastapi.responses import JSONResponse, Response

_OF_BODIES = ("content-length", "content-type")


def versioned(request: Request, answer: Response) -> Response:
    """The answer with the version of its content as ETag, or 304 where If-None-Match names it."""
    if request.method != "GET" or answer.status_code != 200 or not isinstance(answer, JSONResponse):
        return answer
    tag = answer.headers.setdefault("ETag", f'W/"{content_version(answer)}"')
    if not matches(request.headers.get("if-none-match"), tag):
        return answer
    kept = {name: value for name, value in answer.headers.items() if name not in _OF_BODIES}
    return Response(status_code=304, headers=kept)


def content_version(answer: Response) -> str:
    """Differs where a byte differs."""
    return hashlib.sha256(bytes(answer.body)).hexdigest()[:32]


def matches(given: str | None, tag: str) -> bool:
    """Whether If-None-Match names this version (RFC 9110: weak comparison)."""
    if given is None:
        return False
    names = {name.strip().removeprefix("W/") for name in given.split(",")}
    return "*" in names or tag.removeprefix("W/") in names
