"""The CloudEvents SDK as a publisher and as a reader: each way it sends an event is taken as the same event."""

import json
from datetime import UTC, datetime

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent


def made(number):
    attributes = {
        "specversion": "1.0",
        "id": number,
        "source": "urn:sdk",
        "type": "patient.paid.v1",
        "subject": "CLM-1",
        "time": datetime(2026, 10, 3, 12, tzinfo=UTC),
        "datacontenttype": "application/json",
        "supersedessource": "urn:sdk",
        "supersedesid": "of-last-week",
    }
    return CloudEvent(attributes=attributes, data={"claim_id": "CLM-1", "amount": "5.00"})


def send(client, message):
    answer = client.post("/v1/events", content=message.body, headers=dict(message.headers))
    assert answer.status_code == 202, answer.text
    return answer.json()["results"][0]["result"]


@pytest.mark.parametrize("way", [to_binary_event, to_structured_event])
def test_what_the_sdk_sends_is_accepted(api, way):
    client = api.keyed()
    assert send(client, way(made(way.__name__))) == "accepted"
    api.settle()
    assert send(client, way(made(way.__name__))) == "duplicate"


def test_both_modes_are_one_event(api):
    client = api.keyed()
    assert send(client, to_binary_event(made("both"))) == "accepted"
    api.settle()
    assert send(client, to_structured_event(made("both"))) == "duplicate"


def test_the_sdk_reads_every_event_of_the_feed(api):
    client = api.keyed("manager")
    send(client, to_structured_event(made("read")))
    api.settle()
    feed = client.get("/v1/events?after=0&type=patient.paid.v1&limit=500").json()
    rows = [row for row in feed if row["id"] == "read"]
    assert rows
    kind = {"content-type": "application/cloudevents+json"}
    for row in rows:
        read = from_http_event(HTTPMessage(headers=kind, body=json.dumps(row).encode()))
        assert (read.get_id(), read.get_subject(), read.get_time()) == ("read", "CLM-1", made("read").get_time())
        assert read.get_extension("supersedesid") == "of-last-week"
        assert read.get_data() == made("read").get_data()
