"""Too big, too often, too much."""

import json
from datetime import timedelta

import pytest

from services.api.problems import BusyError
from services.security.limits import Buckets
from tests.services.api.conftest import NOW, event


def test_bodies_have_a_size(fresh):
    api = fresh(max_body=2048, max_upload=4096)
    client = api.keyed()
    kind = {"content-type": "application/json"}
    assert client.post("/v1/events", content=b" " * 3000, headers=kind).status_code == 413
    assert client.post("/v1/events", content=iter([b" " * 1500] * 3), headers=kind).status_code == 413
    answer = client.post("/v1/edi", content=iter([b" " * 1500] * 4), headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    assert (
        client.post("/v1/edi", content=b"ISA" + b" " * 3000, headers={"content-type": "text/plain"}).status_code == 202
    )
    assert client.post("/v1/search", json={"claim_id": "x" * 3000}).status_code == 413


def test_a_key_may_not_ask_too_often(fresh):
    api = fresh(rate_limit=60)
    client, other = api.keyed(), api.keyed()
    found = [client.get("/v1/aging") for _ in range(12)]
    assert [answer.status_code for answer in found] == [200] * 10 + [429] * 2
    assert int(found[-1].headers["Retry-After"]) >= 1
    assert other.get("/v1/aging").status_code == 200
    api.clock.advance(timedelta(seconds=int(found[-1].headers["Retry-After"])))
    assert client.get("/v1/aging").status_code == 200


def test_nothing_more_is_taken_while_the_projector_is_behind(fresh):
    api = fresh(projector=False, lag_limit=3, retry_after=7)
    client = api.keyed()
    many = json.dumps([event(f"CLM-{n}") for n in range(4)])
    kind = {"content-type": "application/json"}
    assert client.post("/v1/events", content=many, headers=kind).status_code == 202
    api.app_state.pressure._until = None
    api.app_state.pressure._known = None
    answer = client.post("/v1/events", content=many, headers=kind)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert int(answer.headers["Retry-After"]) >= 7
    assert client.post("/v1/edi", content=b"ISA", headers={"content-type": "text/plain"}).status_code == 503
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["lag"]) == (503, False)
    assert client.get("/healthz").status_code == 200
    figures = client.get("/metrics").text
    assert "claimclock_stream_lag 4.0" in figures
    (age,) = [line for line in figures.splitlines() if line.startswith("claimclock_oldest_unprocessed_seconds ")]
    assert float(age.split()[1]) > 0
    assert client.get("/v1/aging").status_code == 200, "reading goes on"


def test_without_a_projector_an_event_is_accepted_all_the_same(fresh):
    api = fresh(projector=False)
    answer = api.keyed().post("/v1/events", json=event("CLM-1"))
    assert answer.json()["results"][0]["result"] == "accepted"
    assert api.app.client.xlen(api.app.settings.stream) == 1


def test_buckets_forget_nobody_who_still_asks():
    buckets = Buckets(6)
    assert buckets.take("a", NOW) == 0
    assert buckets.take("a", NOW) == pytest.approx(10)
    assert buckets.take("a", NOW + timedelta(seconds=5)) == pytest.approx(5)
    assert buckets.take("a", NOW + timedelta(seconds=10)) == 0


def test_the_past_is_read_by_few_at_once(api, monkeypatch):
    client = api.signed_in()
    assert client.get("/v1/aging?as_of=2026-11-01").status_code == 200
    monkeypatch.setattr(api.app_state.past, "acquire", lambda timeout: False)
    answer = client.get("/v1/aging?as_of=2026-11-01")
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    assert BusyError("x", 0).seconds == 1


def test_a_misspelt_parameter_is_refused_not_ignored(api):
    client = api.signed_in("biller")
    answer = client.get("/v1/worklists/today?asof=2026-01-01")
    assert answer.status_code == 422
    assert "'asof'" in answer.json()["detail"]
    assert "as_of" in answer.json()["detail"]
    assert client.get("/v1/worklists/today?as_of=2026-01-01").status_code == 200
