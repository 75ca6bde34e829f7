"""Spans say what was asked for by pattern, and how it ended; nothing else."""

import os
from contextlib import contextmanager

import pytest
from fastapi import FastAPI

from services.core.telemetry import Traced, install_telemetry
from tests.services.api.conftest import TestClient


class Span:
    def __init__(self):
        self.name, self.attributes = "", {}

    def update_name(self, name):
        self.name = name

    def set_attribute(self, key, value):
        self.attributes[key] = value


class Tracer:
    def __init__(self):
        self.spans = []

    @contextmanager
    def start_as_current_span(self, _name):
        self.spans.append(Span())
        yield self.spans[-1]


@pytest.fixture
def app():
    app = FastAPI()

    @app.get("/claims/{ref}")
    def claim(ref: str) -> str:
        return ref

    return app


def test_a_span_for_each_request(app):
    tracer = Tracer()
    app.add_middleware(Traced, tracer=tracer)
    TestClient(app).get("/claims/CANARY?patient=CANARY")
    (span,) = tracer.spans
    assert span.name == "GET /claims/{ref}"
    assert span.attributes == {
        "http.request.method": "GET",
        "http.route": "/claims/{ref}",
        "http.response.status_code": 200,
    }


def test_only_where_it_is_asked_for(app, monkeypatch):
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    install_telemetry(app)
    assert app.user_middleware == []


def test_without_the_packages_it_says_so_and_goes_on(app, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.setattr("services.core.telemetry.find_spec", lambda _name: None)
    install_telemetry(app)
    assert app.user_middleware == []
