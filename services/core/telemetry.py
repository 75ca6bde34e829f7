"""Traces, where OpenTelemetry is installed (`pip install claimclock[telemetry]`) and has an address to send to.

One trace goes from a request over the stream to the folds: a `traceparent` of the sender is continued, each event
carries that of the request it came with as the CloudEvents attribute `traceparent`, and the spans that log and fold it
are linked to it. A span names the route's pattern, counts, and what came of it; never an address, a query, a body or a
key, so the middleware of opentelemetry-instrumentation-asgi, which names them, is not used. Where nothing is traced,
nothing of this is loaded.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from services.core.logs import get_logger

if TYPE_CHECKING:  # every publisher imports this module, and the command line starts without a web framework
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
TRACEPARENT: Final = "traceparent"
MOST_LINKS = 32  # of one span
_IN_JSON = re.compile(rb'"traceparent"\s*:\s*"([0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})"')
_SERVER_ERROR = 500

log = get_logger(__name__)


def install_telemetry(app: FastAPI) -> None:
    """Wraps the application in spans, if the environment asks for it."""
    if (found := tracer()) is not None:
        app.add_middleware(Traced, tracer=found)


@cache
def tracer() -> Any | None:
    """The tracer of this process; None where nobody asks for traces or the packages are not installed."""
    if not any(os.environ.get(name) for name in ENDPOINTS):
        return None
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        log.warning("traces are wanted, but the telemetry packages are not installed")
        return None
    sdk, export = import_module("opentelemetry.sdk.trace"), import_module("opentelemetry.sdk.trace.export")
    resources = import_module("opentelemetry.sdk.resources")
    name = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "claimclock"}
    provider = sdk.TracerProvider(resource=resources.Resource.create(name))
    provider.add_span_processor(export.BatchSpanProcessor(import_module(EXPORTER).OTLPSpanExporter()))
    return provider.get_tracer("claimclock")


def with_traceparent(body: bytes) -> bytes:
    """A CloudEvent with the trace of the span at hand; unchanged where it has one, or where nothing is traced."""
    if tracer() is None or (carried := _carried()) is None:
        return body
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(told, dict) or "specversion" not in told or told.get(TRACEPARENT):
        return body
    return body.rstrip()[:-1] + f',"{TRACEPARENT}":"{carried}"}}'.encode()


def _carried() -> str | None:
    given: dict[str, str] = {}
    _propagator().inject(given)
    return given.get(TRACEPARENT)


def traceparents_in(texts: Iterable[bytes]) -> list[str]:
    """The traces that JSON texts carry, each once, `MOST_LINKS` at most. None where nothing is traced."""
    if tracer() is None:
        return []
    found = dict.fromkeys(each.decode() for text in texts for each in _IN_JSON.findall(text))
    return list(found)[:MOST_LINKS]


@contextmanager
def linked_span(name: str, traceparents: Callable[[], Iterable[str]], **counts: int) -> Iterator[None]:
    """A span linked to other traces; `traceparents` is asked only where something is traced."""
    found = tracer()
    if found is None:
        yield
        return
    links = [link for each in traceparents() if (link := _link(each)) is not None]
    with found.start_as_current_span(name, links=links, attributes={f"claimclock.{k}": v for k, v in counts.items()}):
        yield


def _propagator() -> Any:
    return import_module("opentelemetry.trace.propagation.tracecontext").TraceContextTextMapPropagator()


def _link(traceparent: str) -> Any | None:
    trace = import_module("opentelemetry.trace")
    context = trace.get_current_span(_propagator().extract({TRACEPARENT: traceparent})).get_span_context()
    return trace.Link(context) if context.is_valid else None


class Traced:
    """An ASGI middleware: one span for each request, within the sender's trace where it names one."""

    def __init__(self, app: ASGIApp, tracer: Any) -> None:
        self._app = app
        self._tracer = tracer
        self._trace = import_module("opentelemetry.trace")
        self._propagator = _propagator()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        parent = self._propagator.extract(
            {name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]}
        )
        kind = self._trace.SpanKind.SERVER
        with self._tracer.start_as_current_span("request", context=parent, kind=kind) as span:

            async def answer(message: Message) -> None:
                if message["type"] == "http.response.start":
                    route = getattr(scope.get("route"), "path", "unmatched")
                    span.update_name(f"{scope['method']} {route}")
                    span.set_attribute("http.request.method", scope["method"])
                    span.set_attribute("http.route", route)
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= _SERVER_ERROR:
                        span.set_status(self._trace.StatusCode.ERROR)
                await send(message)

            await self._app(scope, receive, answer)
