"""The feed narrowed, and waited for."""

import threading
from datetime import timedelta

from tests.services.api.conftest import event


def read(client, **params):
    answer = client.get("/v1/events", params={"limit": 500, **params})
    assert answer.status_code == 200, answer.text
    return answer.json(), answer.headers["Next-Cursor"]


def test_narrowed_by_type_claim_and_instant(fresh):
    api = fresh()
    api.publish(event("CLM-A"), event("CLM-B"))
    first = api.clock.now()
    api.clock.advance(timedelta(hours=1))
    api.publish(event("CLM-A", type_="patient.paid.v1", amount="5.00"))
    client = api.keyed()
    paid, cursor = read(client, type="patient.paid.v1")
    assert [one["type"] for one in paid] == ["patient.paid.v1"]
    assert read(client, type="patient.paid.v1", after=cursor)[0] == []
    of_a, _ = read(client, claim=api.ref("CLM-A"))
    assert [one["type"] for one in of_a] == ["claim.submitted.v1", "patient.paid.v1"]
    both, _ = read(client, claim=api.ref("CLM-A"), type=["claim.submitted.v1", "claim.denied.v1"])
    assert [one["subject"] for one in both] == ["CLM-A"]
    later, _ = read(client, since=first.isoformat().replace("+00:00", "Z"), type="patient.paid.v1")
    assert len(later) == 1
    day_after, _ = read(client, since="2026-11-07")
    assert day_after == []
    assert client.get("/v1/events", params={"claim": "0" * 24}).status_code == 404
    assert client.get("/v1/events", params={"since": "soon"}).status_code == 422


def test_pages_of_a_narrowed_feed_join_without_gap(fresh):
    api = fresh()
    api.publish(*(event(f"CLM-{n}", type_="patient.paid.v1", amount="5.00") for n in range(7)), event("CLM-0"))
    client, seen, after = api.keyed(), [], 0
    while True:
        found, cursor = read(client, type="patient.paid.v1", limit=3, after=after)
        seen += [one["id"] for one in found]
        if len(found) < 3:
            break
        after = cursor
    assert len(seen) == len(set(seen)) == 7


def test_a_waiting_reader_is_answered_when_an_event_comes(fresh):
    api = fresh()
    api.publish(event("CLM-A"))
    _, cursor = read(api.keyed())
    found = []
    with api.client() as alive:  # one event loop for both requests
        alive.headers.update(api.keyed().headers)
        waiting = threading.Thread(target=lambda: found.append(read(alive, after=cursor, wait_seconds=20)))
        waiting.start()
        api.publish(event("CLM-B"))
        waiting.join(20)
    assert [one["subject"] for one in found[0][0]] == ["CLM-B"]


def test_a_wait_ends_without_an_event(fresh):
    api = fresh()
    api.publish(event("CLM-A"))
    _, cursor = read(api.keyed())
    assert read(api.keyed(), after=cursor, wait_seconds=1) == ([], cursor)
