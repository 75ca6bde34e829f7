"""The application: every router, around it the shell. `create_app` is all a server, or a test, needs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from services.api import (
    aging,
    audit,
    claims,
    edi,
    estimate,
    events,
    health,
    openapi,
    parked,
    problems,
    search,
    session,
    stream,
    thresholds,
    underpayments,
    worklists,
)
from services.api.app_state import Office
from services.api.metrics import Metrics
from services.api.request_middleware import Shell
from services.app_context import House
from services.core.telemetry import install_telemetry

ROUTERS = (
    events.router, edi.router, search.router, worklists.router, claims.router, thresholds.router, aging.router,
    underpayments.router, parked.router, estimate.router, stream.router, audit.router, session.router, health.router,
    openapi.router,
)  # fmt: skip
PAGES = "services.web"  # its `install(app)` adds the pages, if they are there


def create_app(house: House, *, pages: bool = True) -> FastAPI:
    """The whole HTTP door over an open house. Its office is at `app.state.office`. Without `pages`, the API alone."""
    office = Office(house, Metrics(house))
    app = FastAPI(
        title="Claimclock", version=version("claimclock"), openapi_url=None, docs_url=None, redoc_url=None,
        redirect_slashes=False, lifespan=_closing(office),
    )  # fmt: skip
    app.state.office = office
    for router in ROUTERS:
        app.include_router(router)
    problems.install(app)
    if pages and find_spec(PAGES) is not None:
        install_pages = getattr(import_module(PAGES), "install", None)
        if install_pages is not None:
            install_pages(app)
    app.add_middleware(Shell, metrics=office.metrics)
    install_telemetry(app)
    return app


def _closing(office: Office):  # type: ignore[no-untyped-def]  # noqa: ANN202
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(office.close)

    return lifespan
