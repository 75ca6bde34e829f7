import json

import pytest

from tests.services.api.conftest import event


def send(client, body, kind="application/cloudevents+json"):
    content = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return client.post("/v1/events", content=content, headers={"content-type": kind})


def test_smoke(api):
    client = api.keyed()
    answer = send(client, event("CLM-SMOKE"))
    assert answer.status_code == 202, answer.text
    assert answer.json()["results"][0]["result"] == "accepted"
    api.settle()
    desk = api.signed_in()
    found = desk.post("/v1/search", json={"claim_id": "CLM-SMOKE"})
    assert found.json()["refs"] == [api.ref("CLM-SMOKE")]
    page = desk.get(f"/v1/claims/{found.json()['refs'][0]}")
    assert page.status_code == 200, page.text
    assert page.json()["claim_id"] == "CLM-SMOKE"
