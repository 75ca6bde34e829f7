"""Around everything: a request id, security headers, one log line, figures, and no traceback ever sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.problems import problem
from services.core.clock import Stopwatch
from services.core.logs import correlated, get_logger

if TYPE_CHECKING:
    from services.api.metrics import Metrics
    from services.app_context import AppContext

_GIVEN_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Nothing comes from elsewhere, nothing is inline, nobody may put us into a frame.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # no-referrer would make browsers send our own forms with `Origin: null`
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

log = get_logger(__name__)


class Shell:
    """Our outermost ASGI middleware."""

    def __init__(self, app: ASGIApp, metrics: Metrics, *, https: bool) -> None:
        """https: browsers reach us by it, though a proxy may speak plain HTTP with us."""
        self._app = app
        self._https = https
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _GIVEN_ID.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        with correlated(request_id):
            await self._serve(scope, receive, send, request_id)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        watch, status = Stopwatch(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _dress(MutableHeaders(scope=message), request_id, https=self._https or scope.get("scheme") == "https")
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except Exception:  # a bug, whatever it is: logged for us, not shown to the world
            log.exception("request failed", route=route_of(scope))
            if not status:
                await problem(500)(scope, receive, answer)
        finally:
            self._metrics.observe(scope["method"], route_of(scope), status, watch.seconds)
            log.info(
                "request", method=scope["method"], route=route_of(scope), status=status, seconds=round(watch.seconds, 4)
            )


class ReadYourWrites:
    """Where pages are read from a replica: what a request wrote is seen there before its answer is sent.

    So the page that a form leads to, and the next request of a program, show what the last one did. An answer is never
    held back for more than a moment.
    """

    def __init__(self, app: ASGIApp, app_context: AppContext) -> None:
        self._app = app
        self._app_context = app_context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                await run_in_threadpool(self._app_context.is_read)
            await send(message)

        await self._app(scope, receive, answer)


def route_of(scope: Scope) -> str:
    """The route's pattern, never the address: that names what was asked for."""
    return getattr(scope.get("route"), "path", "unmatched")


def _dress(headers: MutableHeaders, request_id: str, *, https: bool) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers["X-Request-ID"] = request_id
    headers.setdefault("Cache-Control", "no-store")
    if https:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
