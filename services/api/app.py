"""The application: every router, around it the shell. `create_app` is all a server, or a test, needs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware.gzip import GZipMiddleware

from services.api import problems
from services.api.app_state import AppState
from services.api.metrics import Metrics
from services.api.packed_bodies import PackedBodies
from services.api.request_middleware import ReadYourWrites, Shell
from services.api.routers import routers_of
from services.app_context import AppContext
from services.core.telemetry import install_telemetry

PAGES = "services.web"  # its `install(app)` adds the pages, if they are there


def create_app(app_context: AppContext, *, pages: bool = True) -> FastAPI:
    """The HTTP API over an app context, with its state at `app.state.app_state`. Without `pages`, the API alone."""
    app_state = AppState(app_context, Metrics(app_context))
    app = FastAPI(
        title="Claimclock",
        version=version("claimclock"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,  # names in clients stay when an address changes
        lifespan=_closing(app_state),
    )
    app.state.app_state = app_state
    for router in routers_of("services.api"):
        app.include_router(router)
    problems.install(app)
    if pages and find_spec(PAGES) is not None:
        install_pages = getattr(import_module(PAGES), "install", None)
        if install_pages is not None:
            install_pages(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=6)  # streams of events stay as they are
    app.add_middleware(PackedBodies)
    if app_context.replica is not None:
        app.add_middleware(ReadYourWrites, app_context=app_context)
    public = app_context.settings.public_url or ""
    app.add_middleware(Shell, metrics=app_state.metrics, https=public.startswith("https://"))
    install_telemetry(app)
    return app


def _closing(app_state: AppState):  # type: ignore[no-untyped-def]  # noqa: ANN202
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(app_state.close)

    return lifespan
