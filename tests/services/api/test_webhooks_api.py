"""Endpoints over HTTP, on the page and on the command line."""

import json
import re
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from services.api.app import create_app
from services.cli.main import build
from services.presentation.notifications import NotificationKind

ADDRESS = "https://example.org/hook"


def command(api, *words):
    found = CliRunner().invoke(build(words), [*words, "--data", str(api.app.settings.data_dir)])
    assert found.exit_code == 0, found.output
    return found.stdout


def test_an_endpoints_whole_life_over_http(fresh):
    client = fresh().keyed("integration")
    made = client.post("/v1/webhooks", json={"name": "emr", "address": ADDRESS, "kinds": ["claim.denied"]})
    assert made.status_code == 201
    endpoint = made.json()
    assert endpoint["secret"].startswith("whsec_")
    (listed,) = client.get("/v1/webhooks").json()
    assert listed == {name: value for name, value in endpoint.items() if name != "secret"}
    place = f"/v1/webhooks/{endpoint['id']}"
    changed = client.put(place, json={"name": "emr 2", "address": ADDRESS, "payers": ["ACME"]}).json()
    assert (changed["name"], changed["payers"], changed["version"]) == ("emr 2", ["ACME"], 2)
    assert set(changed["kinds"]) == set(NotificationKind) - {"test"}
    assert client.post(f"{place}/rotate").json()["secret"] != endpoint["secret"]
    delivery = client.post(f"{place}/test").json()["delivery_id"]
    (sent,) = client.get(f"{place}/deliveries").json()
    assert (sent["id"], sent["kind"], sent["state"]) == (delivery, "test", "waiting")
    assert client.post(f"/v1/webhook-deliveries/{delivery}/replay").status_code == 202
    assert client.post(f"{place}/state", json={"paused": True}).json()["state"] == "paused"
    assert client.delete(place).status_code == 204
    assert client.get("/v1/webhooks").json() == []
    assert client.post(f"{place}/test").status_code == 404


def test_bad_endpoints_are_refused_and_full_content_is_an_administrators(fresh):
    api = fresh()
    client = api.keyed("integration")
    assert client.post("/v1/webhooks", json={"name": "x", "address": "http://example.org"}).status_code == 422
    assert client.post("/v1/webhooks", json={"name": "x", "address": ADDRESS, "kinds": ["x"]}).status_code == 422
    whole = {"name": "x", "address": ADDRESS, "full_content": True}
    assert client.post("/v1/webhooks", json=whole).status_code == 403
    admin = api.signed_in("admin")
    assert admin.post("/v1/webhooks", json=whole).status_code == 201
    (entry,) = [row for row in admin.get("/v1/audit").json() if row["action"] == "POST /v1/webhooks"][:1]
    assert "full content" in entry["detail"]


def test_another_practices_endpoints_are_not_there(fresh):
    api = fresh()
    theirs = api.keyed("integration", ("second",))
    made = theirs.post("/v1/webhooks", json={"name": "x", "address": ADDRESS}).json()
    ours = api.keyed("integration")
    assert ours.get("/v1/webhooks").json() == []
    assert ours.post(f"/v1/webhooks/{made['id']}/rotate").status_code == 404
    assert ours.delete(f"/v1/webhooks/{made['id']}").status_code == 404


def test_the_command_line_does_the_same(fresh):
    api = fresh()
    made = json.loads(command(api, "webhooks", "add", "emr", ADDRESS, "--kind", "claim.paid", "--json"))
    rows = json.loads(command(api, "webhooks", "list", "--json"))
    assert rows == api.keyed("integration").get("/v1/webhooks").json()
    command(api, "webhooks", "test", made["id"])
    (sent,) = json.loads(command(api, "webhooks", "deliveries", made["id"], "--json"))
    command(api, "webhooks", "replay", sent["id"])
    assert json.loads(command(api, "webhooks", "rotate", made["id"], "--json"))["secret"] != made["secret"]
    command(api, "webhooks", "pause", made["id"])
    assert json.loads(command(api, "webhooks", "list", "--json"))[0]["state"] == "paused"
    command(api, "webhooks", "resume", made["id"])
    command(api, "webhooks", "remove", made["id"])
    assert json.loads(command(api, "webhooks", "list", "--json")) == []


@pytest.fixture
def desk(fresh):
    api = fresh()
    api.http = create_app(api.app)
    return api.signed_in("manager")


def test_the_page_adds_tests_and_removes(desk):
    form = {"csrf_token": desk.headers["X-CSRF-Token"]}
    added = desk.post("/webhooks", data=form | {"name": "emr", "address": ADDRESS, "kinds": ["claim.denied"]})
    assert "whsec_" in added.text
    assert "A claim was denied" in added.text
    (place,) = set(re.findall(r'action="(/webhooks/[0-9a-f]{24})"', added.text))
    desk.post(place, data=form | {"do": "test"})
    page = desk.get("/webhooks").text
    assert "Test: this address receives notifications" in page
    assert "Waiting for its next try" in page
    assert "whsec_" not in page
    refused = desk.post("/webhooks", data=form | {"name": "x", "address": "ftp://x"})
    assert refused.status_code == 422
    desk.post(place, data=form | {"do": "remove"})
    assert place not in desk.get("/webhooks").text


def test_the_document_has_a_webhook_for_each_kind(fresh):
    document = fresh().client().get("/openapi.json").json()
    assert set(document["webhooks"]) == set(NotificationKind)


def test_a_monitor_learns_how_long_a_notification_waits(fresh):
    api = fresh()
    admin = api.keyed("admin")
    made = admin.post("/v1/webhooks", json={"name": "billing", "address": "https://example.org/hook"}).json()
    admin.post(f"/v1/webhooks/{made['id']}/test")
    api.clock.advance(timedelta(hours=2))
    assert "claimclock_notification_oldest_waiting_seconds 7200.0" in api.client().get("/metrics").text
    admin.post(f"/v1/webhooks/{made['id']}/state", json={"paused": True})
    assert "claimclock_notification_oldest_waiting_seconds 0.0" in api.client().get("/metrics").text
