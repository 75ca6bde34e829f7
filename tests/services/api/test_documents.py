"""The documents, and what hangs on every answer."""

import json
import re
from typing import get_type_hints

import pytest
from fastapi.responses import Response
from fastapi.routing import APIRoute

from services.api import readiness
from services.api.examples import FORM
from services.api.request_middleware import POLICY
from services.api.routers import routers_of
from services.core.errors import TransientError
from tests.services.api.conftest import event

ANYBODYS = {"POST /v1/session", "GET /v1/fhir/metadata", "GET /v1/schemas", "GET /v1/schemas/{event_type}"}


def api_routes():
    return [route for router in routers_of("services.api") for route in router.routes if isinstance(route, APIRoute)]


@pytest.fixture(scope="module")
def document(api):
    return api.client().get("/openapi.json").json()


def test_every_operation_says_what_it_does_who_may_and_how_it_refuses(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], path
            assert operation["summary"], path
            if path.startswith("/v1") and f"{method.upper()} {path}" not in ANYBODYS:
                assert operation["security"] == [{"key": []}, {"session": []}]
                assert {"401", "403", "404", "422", "429", "503"} <= set(operation["responses"])
    assert "HTTPValidationError" not in json.dumps(document)


def test_every_body_has_an_example(document):
    for methods in document["paths"].values():
        for operation in methods.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                assert "example" in content or content["schema"].get("examples") or content.get("examples"), content


def test_the_contracts_routes_are_there(document):
    for route in (
        "post /v1/events",
        "post /v1/edi",
        "post /v1/search",
        "get /v1/worklists/{kind}",
        "get /v1/claims/{ref}",
        "get /v1/claims/{ref}/events",
        "get /v1/thresholds",
        "get /v1/aging",
        "get /v1/underpayments",
        "get /v1/parked",
        "get /v1/events",
        "post /v1/claims/{ref}/actions",
        "post /v1/estimate",
        "get /v1/stream",
        "get /healthz",
        "get /readyz",
        "get /metrics",
    ):
        method, path = route.split()
        assert method in document["paths"][path]


def test_examples_are_taken(api, document):
    client = api.signed_in("admin")
    for path in ("/v1/events", "/v1/search", "/v1/thresholds", "/v1/estimate", "/v1/edi"):
        for kind, content in document["paths"][path]["post"]["requestBody"]["content"].items():
            if kind == FORM:
                continue
            example = content.get("example") or content["schema"].get("examples", [None])[0]
            body = example if isinstance(example, str) else json.dumps(example)
            answer = client.post(path, content=body, headers={"content-type": kind})
            assert answer.status_code in (200, 202), (path, answer.text)
            if path == "/v1/events":
                assert answer.json()["results"][0]["result"] in ("accepted", "duplicate")
    api.settle()


def test_asyncapi_is_the_projectors_own(api):
    made = api.client().get("/asyncapi").json()
    assert made["asyncapi"].startswith("3")
    assert api.app.settings.stream in json.dumps(made)
    assert "unix://" not in json.dumps(made)


@pytest.mark.parametrize("path", ["/docs", "/docs/style.css", "/openapi.json", "/healthz", "/nowhere", "/v1/aging"])
def test_nothing_comes_from_elsewhere(api, path):
    answer = api.client().get(path)
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "no-store"
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])
    assert "unsafe" not in POLICY
    if path == "/docs":
        assert not re.search(r'(?:src|href)="https?:', answer.text)
        assert re.findall(r"<script[^>]*>", answer.text) == ['<script src="/docs/try.js" defer>']
        assert "style=" not in answer.text


def test_a_request_id_is_kept_if_it_is_plainly_one(api):
    client = api.client()
    assert client.get("/healthz", headers={"X-Request-ID": "ab" * 16}).headers["X-Request-ID"] == "ab" * 16
    assert client.get("/healthz", headers={"X-Request-ID": "John Doe"}).headers["X-Request-ID"] != "John Doe"


def test_unknown_methods_and_places_are_problems_too(api):
    client = api.client()
    for answer, status in ((client.put("/v1/events"), 405), (client.get("/v1"), 404), (client.get("/healthz/"), 404)):
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert client.put("/healthz").headers["allow"] == "GET"


def test_figures(api):
    api.publish(event("CLM-FIGURES"))
    client = api.client()
    client.get("/v1/claims/whatever")
    told = client.get("/metrics").text
    for name in (
        'claimclock_up{part="stream"} 1.0',
        'claimclock_up{part="database"} 1.0',
        "claimclock_stream_lag 0.0",
        "claimclock_stream_pending 0.0",
        "claimclock_oldest_unprocessed_seconds 0.0",
        "claimclock_parked_open ",
        "claimclock_stale_keys 0.0",
        "claimclock_refold_queue 0.0",
        "claimclock_fold_seconds_bucket",
        'claimclock_events_total{result="accepted"} ',
        'claimclock_events_total{result="invalid"} ',
        "claimclock_inbox_files_failed 0.0",
        "claimclock_notification_oldest_waiting_seconds 0.0",
        'claimclock_marks_waiting{rank="1",urgency="event"} 0.0',
        'claimclock_marks_waiting{rank="3",urgency="rebuild"} 0.0',
        "claimclock_fold_helpers ",
        "claimclock_folded_keys_total ",
        'claimclock_requests_total{method="GET",route="/v1/claims/{ref}",status="401"} 1.0',
    ):
        assert name in told, name


def test_not_ready_without_the_stream_or_the_database(api, monkeypatch):
    def away():
        raise TransientError("the stream server cannot be reached")

    monkeypatch.setattr(api.app_state.pressure, "look", away)
    monkeypatch.setattr(readiness, "progress_of_each", lambda *_: away())
    answer = api.client().get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["stream"], answer.json()["checks"]["database"]) == (
        503,
        False,
        True,
    )
    post = api.keyed().post("/v1/events", json=event("CLM-AWAY"))
    assert (post.status_code, "Retry-After" in post.headers) == (503, True)


def test_an_answer_without_a_body_has_none():
    """Starlette sends the four bytes of `null` after a 204 where the answer is JSON: no HTTP server lets them pass."""
    for route in api_routes():
        if route.status_code == 204:
            assert get_type_hints(route.endpoint)["return"] is Response, route.path


def test_what_is_not_json_is_documented_as_what_it_is(document):
    """FastAPI documents JSON of any form where a route says nothing."""
    for route in api_routes():
        if (
            get_type_hints(route.endpoint)["return"] is Response
            and route.include_in_schema
            and route.status_code != 204
        ):
            for method in route.methods:
                answers = document["paths"][route.path][method.lower()]["responses"]
                kinds = {**answers.get("200", {}).get("content", {}), **answers.get("201", {}).get("content", {})}
                assert kinds, route.path
                assert kinds.get("application/json") != {"schema": {}}, route.path
