"""The guide in the web app: pages of the documentation with their pictures, without the internet."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Path as InPath
from fastapi.responses import HTMLResponse, Response
from markdown_it import MarkdownIt
from markupsafe import Markup

from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk
from services.core.errors import NotFoundError
from services.web.pages import page

GUIDES = {"first-day": "A biller's first day", "month-end": "A manager's month end", "setup": "A practice's setup"}
GuideName = Annotated[str, InPath(pattern="^[a-z-]{1,40}$")]
PictureName = Annotated[str, InPath(pattern="^[a-z-]{1,40}[.]png$")]

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@cache
def guide_html(name: str) -> Markup:
    """A page of the guide; raw HTML in it is not let through. Raises NotFoundError."""
    if name not in GUIDES:
        raise NotFoundError("no such page of the guide")
    text = files("services.web").joinpath("guide", f"{name}.md").read_text("utf-8")
    told = MarkdownIt("commonmark", {"html": False}).enable("table").render(text.partition("\n")[2])
    return Markup(told.replace('src="pictures/', 'src="/guide/pictures/'))  # noqa: S704  our own text, no raw HTML in it


@router.get("/guide/{name}")
def get_guide(request: Request, context: AtLiveDesk, name: GuideName) -> HTMLResponse:
    """One page of the guide."""
    return page(request, context, "guide.html", section="", guides=GUIDES, name=name, told=guide_html(name))


@router.get("/guide/pictures/{picture}")
def get_guide_picture(picture: PictureName) -> Response:
    """A screenshot of the demo's month."""
    found = files("services.web").joinpath("guide", "pictures", picture)
    if not found.is_file():
        raise NotFoundError("no such picture")
    return Response(found.read_bytes(), media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})
