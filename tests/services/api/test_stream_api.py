"""Server-sent events, over a real connection."""

import contextlib
import json
import socket
import threading
import time

import httpx
import pytest

from services.api import live_updates as changes
from services.api import stream
from services.security.keys import add_key
from tests.services.api.conftest import event


class Page:
    """An open page: what arrives, as (event, id, data)."""

    def __init__(self, live, after=None, **params):
        _, key = add_key(live.api.app.engine, "page", ["default", "second"], live.api.clock.now(), role="biller")
        headers = {"Authorization": f"Bearer {key}"} | ({"Last-Event-ID": after} if after else {})
        self.got, self.ended = [], threading.Event()
        self.client = httpx.Client(timeout=30)
        self.answer = self.client.send(
            self.client.build_request("GET", f"{live.url}/v1/stream", headers=headers, params=params), stream=True
        )
        assert self.answer.headers["content-type"].startswith("text/event-stream")
        threading.Thread(target=self._read, daemon=True).start()
        self.wait(lambda: self.got)

    def _read(self):
        found = {}
        try:
            for line in self.answer.iter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    found[name] = value
                elif found:
                    self.got.append((found.get("event"), found.get("id"), json.loads(found.get("data", "null"))))
                    found = {}
        except (httpx.HTTPError, OSError):
            pass
        self.ended.set()

    def wait(self, condition, seconds=10):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.got
            time.sleep(0.01)

    def refs(self):
        return [ref for name, _, data in self.got if name == "claim" for ref in data["refs"] or ["all"]]

    def close(self):
        with contextlib.suppress(OSError):
            self.answer.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self.answer.close()
        self.client.close()
        self.ended.wait(5)


@pytest.fixture
def open_page(live):
    pages = []

    def make(after=None, **params):
        pages.append(Page(live, after, **params))
        return pages[-1]

    yield make
    for page in pages:
        page.close()


def test_a_published_event_arrives_on_an_open_page(live, open_page):
    page, other = open_page(), open_page(practice="second")
    ref = live.api.ref("CLM-LIVE")
    live.api.publish(event("CLM-LIVE"))
    page.wait(lambda: ref in page.refs())
    assert "worklist" in [name for name, _, _ in page.got]
    assert "CLM-LIVE" not in str(page.got)
    assert other.refs() == []


def test_a_page_that_comes_back_gets_what_it_missed(live, open_page):
    first = open_page()
    live.api.publish(event("CLM-SEEN"))
    first.wait(first.refs)
    last = first.got[-1][1]
    first.close()
    live.api.publish(event("CLM-MISSED"))
    second = open_page(after=last)
    second.wait(lambda: live.api.ref("CLM-MISSED") in second.refs())
    assert live.api.ref("CLM-SEEN") not in second.refs()


def test_too_much_to_name_means_look_at_everything(live, open_page, monkeypatch):
    monkeypatch.setattr(changes, "ROWS", 2)
    page = open_page()
    live.api.publish(event("CLM-M1"), event("CLM-M2"), event("CLM-M3"))
    page.wait(lambda: "all" in page.refs())


def test_heartbeats_until_the_key_ends(live, open_page, monkeypatch):
    monkeypatch.setattr(stream, "HEARTBEAT", 0.05)
    page = open_page()
    page.wait(lambda: [name for name, _, _ in page.got].count("heartbeat") > 2)
    monkeypatch.setattr(stream, "identify", lambda *_args, **_more: None)
    assert page.ended.wait(5)


def test_nobody_listens_nobody_asks(live, open_page):
    page = open_page()
    page.close()
    app_state = live.api.app_state
    page.wait(lambda: not app_state.changes._listeners and app_state.changes._poller.done())
