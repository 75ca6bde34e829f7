"""One trace from the request over the stream to the folds; spans say nothing of patients."""

import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from fastapi import FastAPI

from services.core import telemetry
from services.core.telemetry import Traced, install_telemetry, traceparents_in, with_traceparent
from services.messaging.publisher import STREAM, Publisher
from services.messaging.redis_url import connect
from tests.services.api.conftest import TestClient, event

sdk = pytest.importorskip("opentelemetry.sdk.trace")
memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
export = pytest.importorskip("opentelemetry.sdk.trace.export")

SENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE, SPAN = (int(part, 16) for part in SENT.split("-")[1:3])


@pytest.fixture
def spans(monkeypatch):
    """Spans that end from now on, in place of the environment's exporter."""
    exporter, provider = memory.InMemorySpanExporter(), sdk.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "tracer", lambda: provider.get_tracer("test"))
    return exporter


@pytest.fixture
def app(spans):
    app = FastAPI()

    @app.get("/claims/{ref}")
    def claim(ref: str) -> str:
        if ref == "broken":
            raise RuntimeError
        return ref

    app.add_middleware(Traced, tracer=telemetry.tracer())
    return app


def named(spans, name):
    return [span for span in spans.get_finished_spans() if span.name == name]


def test_a_span_for_each_request(app, spans):
    TestClient(app).get("/claims/CANARY?patient=CANARY")
    (span,) = spans.get_finished_spans()
    assert (span.name, span.kind.name, span.parent) == ("GET /claims/{ref}", "SERVER", None)
    assert dict(span.attributes) == {
        "http.request.method": "GET",
        "http.route": "/claims/{ref}",
        "http.response.status_code": 200,
    }
    assert "CANARY" not in span.to_json()


def test_a_senders_trace_is_continued(app, spans):
    TestClient(app).get("/claims/x", headers={"traceparent": SENT})
    (span,) = spans.get_finished_spans()
    assert (span.context.trace_id, span.parent.span_id) == (TRACE, SPAN)


@pytest.mark.parametrize(
    "odd", ["", "00-0-0-01", "x" * 500, SENT.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32)]
)
def test_what_is_no_trace_begins_one(app, spans, odd):
    assert TestClient(app).get("/claims/x", headers={"traceparent": odd}).status_code == 200
    (span,) = spans.get_finished_spans()
    assert span.parent is None


def test_from_the_request_to_the_fold(fresh, spans):
    api = fresh()
    client = api.keyed()
    client.headers["traceparent"] = SENT
    api.publish(event("CLM-CANARY"), client=client)
    (request,) = named(spans, "POST /v1/events")
    assert request.context.trace_id == TRACE
    carried = f"00-{TRACE:032x}-{request.context.span_id:016x}-01"
    (logged,) = client.get("/v1/events?after=0&type=claim.submitted.v1").json()
    assert logged["traceparent"] == carried
    folds = [span for name in ("fold", "fold all ranks") for span in named(spans, name) if span.links]
    for linked in (named(spans, "log events"), folds):
        assert request.context.span_id in {link.context.span_id for span in linked for link in span.links}
    assert all("CANARY" not in span.to_json() for span in spans.get_finished_spans())
    ranks = {span.attributes["claimclock.rank"] for span in folds if span.name == "fold"}
    at_once = any(span.attributes["claimclock.keys"] for span in folds if span.name == "fold all ranks")
    assert at_once or ranks >= {1, 2, 3}  # days and years too


def test_an_event_keeps_the_trace_it_brings_and_its_identity(fresh, spans):
    api = fresh()
    own = event("CLM-1") | {"traceparent": SENT}
    api.publish(own)
    (again,) = api.publish({name: value for name, value in own.items() if name != "traceparent"})
    assert again["result"] == "duplicate"
    (logged,) = api.keyed().get("/v1/events?after=0&type=claim.submitted.v1").json()
    assert logged["traceparent"] == SENT


def test_a_bad_event_parks_once_whatever_its_trace(fresh, spans):
    api = fresh()
    client, bad = api.keyed("admin"), event("CLM-1") | {"data": {}}
    for trace in (SENT, SENT.replace("b7ad", "b7ae"), None):
        assert client.post("/v1/events", json=bad | ({"traceparent": trace} if trace else {})).status_code == 422
    api.settle()
    (row,) = client.get("/v1/parked").json()
    assert row["tries"] == 2


def test_what_is_no_event_is_published_as_it_is(spans):
    with telemetry.tracer().start_as_current_span("here"):
        for body in (b"", b"{}", b"[1]", b'{"event": {"specversion": "1.0"}}', b"\xff", b'{"streamfields": {}}'):
            assert with_traceparent(body) == body
        assert with_traceparent(b'{"specversion":"1.0"}\n').startswith(b'{"specversion":"1.0","traceparent":"00-')
    assert with_traceparent(b'{"specversion":"1.0"}') == b'{"specversion":"1.0"}'


def test_links_are_few_and_each_once(spans):
    texts = [f'{{"traceparent" : "00-{number % 50:032x}-b7ad6b7169203331-01"}}'.encode() for number in range(100)]
    found = traceparents_in(texts)
    assert len(found) == len(set(found)) == telemetry.MOST_LINKS


def unset(monkeypatch):
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(telemetry, "tracer", telemetry.tracer.__wrapped__)


def test_only_where_it_is_asked_for(monkeypatch, valkey_url):
    unset(monkeypatch)
    app = FastAPI()
    install_telemetry(app)
    assert app.user_middleware == []
    body = b'{"specversion":"1.0"}'
    stream = f"{STREAM}:untraced"
    with connect(valkey_url) as client:
        Publisher(client, stream).publish([body])
        assert client.xrange(stream)[0][1] == {b"event": body}
    assert traceparents_in([SENT.encode()]) == []


def test_without_the_packages_it_says_so_and_goes_on(monkeypatch):
    unset(monkeypatch)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.setattr("services.core.telemetry.find_spec", lambda _name: None)
    app = FastAPI()
    install_telemetry(app)
    assert app.user_middleware == []


def test_spans_arrive_at_a_collector(monkeypatch):
    """Over real HTTP, under the service's name of the environment."""
    got = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    unset(monkeypatch)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "clinic-api")
    tracer = telemetry.tracer()
    with tracer.start_as_current_span("here"):
        pass
    tracer.span_processor.force_flush()
    server.shutdown()
    server.server_close()
    tracer.span_processor.shutdown()
    ((path, body),) = got
    assert path == "/v1/traces"
    assert b"clinic-api" in body
