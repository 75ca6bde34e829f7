"""The glossary in the web app: the page of the documentation, shown as a table."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk
from services.web.pages import page

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@cache
def terms() -> list[tuple[str, str]]:
    """Term and meaning, in the order of the page."""
    text = files("services.web").joinpath("glossary.md").read_text("utf-8")
    rows = [line.strip("| ").split(" | ", 1) for line in text.splitlines() if line.startswith("| ")]
    return [(term, meaning) for term, meaning in rows if term not in ("term", "---")]


@router.get("/glossary")
def get_glossary(request: Request, context: AtLiveDesk) -> HTMLResponse:
    """Every term."""
    return page(request, context, "glossary.html", section="", terms=terms())
