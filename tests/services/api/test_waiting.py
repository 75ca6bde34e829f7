"""No wait without a limit, and none in the way of others."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import insert

from services.api import waiting
from services.app_context import projecting
from services.commands import parked
from services.core.errors import TransientError
from services.messaging import publisher
from services.projector.parking import PARKED, parked_row
from services.store.engine import writing
from tests.services.api.conftest import NOW, event, serving


def park(api, number):
    row = parked_row(practice="default", origin="event", reason="test", raw=b'{"n": %d}' % number, now=NOW)
    with writing(api.app.engine) as connection:
        connection.execute(insert(PARKED), [row])
    return row["parked_id"]


def test_readiness_is_told_when_every_thread_is_taken(fresh):
    api, leave, busy = fresh(), threading.Event(), threading.Barrier(41)

    @api.http.get("/test/blocked")
    def blocked():
        busy.wait(30)
        leave.wait(30)

    with serving(api.http) as url, ThreadPoolExecutor(40) as pool:
        waiting_ = [pool.submit(httpx.get, f"{url}/test/blocked", timeout=60) for _ in range(40)]
        busy.wait(30)
        try:
            answer = httpx.get(f"{url}/readyz", timeout=30)
        finally:
            leave.set()
        assert answer.status_code == 200, answer.text
        assert not any(future.result().is_error for future in waiting_)


def test_retries_without_a_projector_keep_nobody_from_reading(fresh, monkeypatch):
    """More of them than there are threads; then a projector comes, and all are answered."""
    monkeypatch.setattr(parked, "WAIT", 30)
    api = fresh(projector=False)
    names = [park(api, number) for number in range(45)]
    manager = api.signed_in()
    with serving(api.http) as url, ThreadPoolExecutor(45) as pool:
        told = {"headers": dict(manager.headers), "cookies": dict(manager.cookies), "timeout": 60}
        retries = [pool.submit(httpx.post, f"{url}/v1/parked/{name}/retry", **told) for name in names]
        listed = httpx.get(f"{url}/v1/worklists/today", **told)
        assert listed.status_code == 200
        assert not all(retry.done() for retry in retries)
        with projecting(api.app):
            assert {retry.result().status_code for retry in retries} == {200}


def test_a_retry_that_no_projector_reads_is_told_so(fresh, monkeypatch):
    monkeypatch.setattr(parked, "WAIT", 0.01)
    api = fresh(projector=False)
    answer = api.signed_in().post(f"/v1/parked/{park(api, 1)}/retry")
    assert (answer.status_code, answer.json()["state"], answer.json()["projected"]) == (202, "retried", False)


def test_a_retry_that_may_be_lost_is_not_called_done(fresh, monkeypatch, without_waitaof):
    monkeypatch.setattr(parked, "WAIT", 0.01)
    api = fresh(projector=False)
    name = park(api, 1)
    manager = api.signed_in()
    assert manager.post(f"/v1/parked/{name}/retry").status_code == 503
    assert manager.get(f"/v1/parked/{name}").json()["state"] == "open"


@pytest.fixture
def without_waitaof(monkeypatch):
    """As a server that cannot say whether an entry is on its disk."""
    before = publisher._add

    def add(*arguments, **options):
        return before(*arguments, **options)._replace(flushed=False)

    monkeypatch.setattr(publisher, "_add", add)


def test_more_than_may_stand_in_line_are_told_to_come_again(fresh, monkeypatch):
    monkeypatch.setattr(waiting.PROJECTOR, "queue", 0)
    api = fresh(projector=False)
    answer = api.signed_in().post(f"/v1/parked/{park(api, 1)}/retry")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_whoever_waits_for_a_projector_that_does_nothing_is_told(fresh, monkeypatch):
    monkeypatch.setattr("services.app_context.STALLED", 0)
    api = fresh(projector=False)
    answer = api.keyed().post("/v1/events", json=event())
    assert answer.status_code == 202
    with pytest.raises(TransientError, match="nothing was projected"):
        api.app.wait("9999999999999-0")


def test_readiness_says_how_far_behind_the_projector_is(fresh):
    api = fresh(projector=False, lag_seconds=0.000001, lag_limit=1)
    api.keyed().post("/v1/events", json=[event(), event()], headers={"content-type": "application/json"})
    answer = api.client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["lag_entries"] == 2
    assert answer.json()["lag_seconds"] is not None
    assert "2 entries wait for the projector, more than 1" in answer.json()["reasons"]


def test_readiness_waits_for_no_answer_that_never_comes(fresh, monkeypatch):
    api, leave = fresh(projector=False), threading.Event()
    monkeypatch.setattr("services.api.readiness.PATIENCE", 0.05)
    monkeypatch.setattr(api.app_state.readiness, "_see_stream", lambda _found: leave.wait(30))
    answers = [api.client().get("/readyz") for _ in range(3)]
    leave.set()
    assert {answer.status_code for answer in answers} == {503}
    assert "no answer in time" in answers[0].json()["reasons"][0]
