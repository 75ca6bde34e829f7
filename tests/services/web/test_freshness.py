"""Pages say when the lists are behind the log, and by how much; a look at the past says nothing of it."""

from datetime import timedelta

import pytest

from services.core.clock import SystemClock
from services.store.marked_keys import Behind
from services.web import freshness


def late(seconds, keys):
    return Behind(keys=keys, since=SystemClock().now() - timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ((0, 0), ""),
        ((-3600, 5), ""),
        ((12, 340), "The lists are 12 seconds behind: 340 records with new events are still being processed."),
        ((61, 1), "The lists are 61 seconds behind: 1 record with new events is still being processed."),
    ],
)
def test_the_sentence(found, said, monkeypatch):
    now = SystemClock().now()
    monkeypatch.setattr(SystemClock, "now", lambda _: now)
    assert freshness.sentence(late(*found)) == said


def test_every_page_of_the_present_says_it_and_only_while_it_is_so(site, monkeypatch):
    client, told = site.client(), [late(12, 340)]
    monkeypatch.setattr(freshness, "behind", lambda *_: told[0])
    monkeypatch.setattr(freshness, "GOOD_FOR", 0.0)
    monkeypatch.setattr(site.pages.state.freshness, "_last", None)  # an earlier look
    for path in ("/", "/aging", f"/claims/{site.ref('BT100122')}"):
        assert "seconds behind: 340 records" in client.get(path).text
    assert "seconds behind" not in client.get("/aging?as_of=2026-10-01").text
    told[0] = Behind()
    assert "seconds behind" not in client.get("/").text
