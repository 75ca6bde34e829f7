"""The web app in the browser: pages rendered here, one stylesheet, our own small scripts, no build step."""

from __future__ import annotations

from fastapi import FastAPI

from services.api.routers import routers_of
from services.web.errors import error_page
from services.web.figures import HeadlineFigures
from services.web.freshness import Freshness


def install(app: FastAPI) -> None:
    """Adds every page and what they are made of."""
    for router in routers_of(__name__):
        app.include_router(router)
    app.state.error_page = error_page
    app.state.figures = HeadlineFigures()
    app.state.freshness = Freshness()
