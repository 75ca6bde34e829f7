"""Health and figures of a process that serves no pages: a projector or a scheduler, for probes and Prometheus."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.api.metrics import Metrics
from services.app_context import AppContext
from services.core.errors import ClaimclockError
from services.messaging.redis_url import reaching


def create_monitor(app: AppContext) -> Starlette:
    """`/healthz`: this process is at work. `/readyz`: what it needs can be reached. `/metrics`: its figures."""
    figures = Metrics(app)

    def healthz(_: Request) -> Response:
        ended = _ended(app)
        return JSONResponse({"status": "ended" if ended else "ok"}, 503 if ended else 200)

    def readyz(_: Request) -> Response:
        found = reachable(app)
        ready = all(found.values())
        return JSONResponse({"ready": ready, "checks": found}, 200 if ready else 503)

    def metrics(_: Request) -> Response:
        return Response(figures.text(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)])


def _ended(app: AppContext) -> bool:
    try:
        app.health.check()
    except Exception:  # noqa: BLE001  whatever ended the work, the probe says so; the log has the reason
        return True
    return False


def reachable(app: AppContext) -> dict[str, bool]:
    """Whether the database and the stream answer."""
    found = {"database": False, "stream": False}
    try:
        with app.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        found["database"] = True
    except SQLAlchemyError:
        pass
    try:
        with reaching():
            app.client.ping()
        found["stream"] = True
    except ClaimclockError:
        pass
    return found


@contextmanager
def monitored(app: AppContext, listener: socket.socket | None) -> Iterator[None]:
    """Answers probes on this socket, in a thread, until the block ends. Without a socket: nothing."""
    if listener is None:
        yield
        return
    config = uvicorn.Config(create_monitor(app), log_config=None, access_log=False, server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="monitor", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(app.settings.graceful)
