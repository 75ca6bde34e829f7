"""What a person sees when a page cannot be shown."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import Request, Response

from services.web.pages import bare_page

SAID: Mapping[int, str] = {
    401: "Please sign in again.",
    403: "Your role does not have access to this page.",
    404: "There is nothing at this address.",
    422: "The address is not valid.",
    429: "Too many requests. Wait a moment and try again.",
    503: "The service is temporarily unavailable. Try again shortly.",
}


def error_page(request: Request, status: int, detail: str | None) -> Response:
    """In plain words, without anything of what was asked for."""
    told = (
        f"{detail[:1].upper()}{detail[1:]}.".replace("_", " ")
        if detail
        else SAID.get(status, "Something went wrong on the server.")
    )
    return bare_page(request, "error.html", status, title=HTTPStatus(status).phrase, detail=told, status=status)
