"""The page of routing: a rule is tried, saved, shown on the lists; over HTTP and on the command line the same."""

import re

import pytest

from services.demo.month import DEMO_AT
from tests.services.web.conftest import made_site

RULE = {"name": "Cedar first", "payers": "CEDAR", "to": "Appeals desk", "tags": "cedar, soon"}


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """A month of its own: rules change every list."""
    with made_site(tmp_path_factory.mktemp("routing")) as made:
        yield made


def send(client, path, **fields):
    csrf = re.search(r'data-csrf="([0-9a-f]+)"', client.get("/routing").text)[1]
    return client.post(path, data={"csrf_token": csrf, **fields})


def test_a_queue_and_a_rule_from_the_page_to_the_lists(office):
    manager, biller = office.client(), office.client("n.abara")
    saved = send(manager, "/routing/change", do="queue", name="Appeals desk", members=["n.abara"])
    assert saved.status_code == 303, saved.text
    tried = send(manager, "/routing/try", **RULE)
    assert tried.status_code == 200, tried.text
    told = re.search(r"Would move (\d+) items \(\$[\d,.]+\) to Appeals desk, now with nobody", tried.text)
    assert told
    assert manager.get("/?queue=Appeals%20desk").text.count('class="go"') == 0, "a trial moves nothing"
    sealed = re.search(r'name="sealed" value="([^"]+)"', tried.text)[1]
    assert send(manager, "/routing/save", sealed=sealed).status_code == 303
    page = manager.get("/routing").text
    assert "Payer CEDAR" in page
    assert "Send to Appeals desk; tag cedar, soon" in page
    listed = manager.get("/v1/worklists/today?queue=Appeals%20desk&limit=500").json()
    assert listed
    assert {item["payer_id"] for item in listed} == {"CEDAR"}
    counted = [
        item
        for kind in manager.get("/v1/worklists/today?limit=500").json()
        for item in [kind]
        if item["assignee"] == "Appeals desk"
    ]
    assert len(counted) <= int(told[1])
    mine = biller.get("/?queue=mine").text
    assert "My queues" in mine
    assert "by rule <span data-verbatim>Cedar first</span>" in mine
    claim = biller.get(f"/claims/{listed[0]['ref']}").text
    since = f"version 1, in force since {DEMO_AT:%b} {DEMO_AT.day}, {DEMO_AT.year}"
    assert f"by rule “<span data-verbatim>Cedar first</span>”, {since}" in claim
    team = manager.get("/team").text
    assert "Work by queue" in team
    assert "Appeals desk" in team


def test_billers_see_rules_and_do_not_change_them(office):
    biller = office.client("n.abara")
    page = biller.get("/routing")
    assert page.status_code == 200
    assert ">Try<" not in page.text
    assert biller.post("/routing/try", data=RULE).status_code == 403


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("amount_min", "abc", "Amount from:"),
        ("hold_until", "13/45", "Hold until:"),
        ("to", "ghost", "Send to: there is no user and no queue"),
        ("rank", "0", "Order:"),
        ("age_min", "9999999", "Days since service, at least:"),
        ("effective_from", "2020-01-01", "In force from: today or later"),
    ],
)
def test_what_cannot_be_used_is_named_and_kept(office, field, typed, said):
    manager = office.client()
    answer = send(manager, "/routing/try", **RULE | {"name": "Kept name", "to": "j.park", field: typed})
    if answer.status_code == 200:
        sealed = re.search(r'name="sealed" value="([^"]+)"', answer.text)[1]
        answer = send(manager, "/routing/save", sealed=sealed)
    assert answer.status_code == 422
    assert said in answer.text
    assert "Kept name" in answer.text


def test_http_tries_saves_and_ends(office):
    client = office.client()
    rule = {"name": "Over the wire", "payers": ["LAKESHORE"], "amount_min": "200", "tags": ["wire"]}
    told = client.post("/v1/routing/try", json=rule).json()
    assert told["tagged"] == told["fits"] > 0
    assert told["says"] == [f"Would tag {told['tagged']} items."]
    assert client.get("/v1/worklists/today?tag=wire").json() == []
    saved = client.post("/v1/routing/rules", json=rule | {"seen": 0}).json()
    assert (saved["version"], saved["amount_min"], saved["effective_from"]) == (1, "200.00", DEMO_AT.date().isoformat())
    assert client.post("/v1/routing/rules", json=rule | {"seen": 0, "rank": 5}).status_code == 409
    found = client.get("/v1/worklists/today?tag=wire&limit=500").json()
    assert all(item["payer_id"] == "LAKESHORE" and "wire" in item["tags"] for item in found)
    assert found
    assert client.post("/v1/routing/rules/end", json={"name": "Over the wire"}).json()["version"] == 2
    assert client.get("/v1/worklists/today?tag=wire").json() == []
    assert client.post("/v1/routing/rules/end", json={"name": "Over the wire"}).status_code == 404
    bad = client.post("/v1/routing/rules", json={"name": "x"})
    assert bad.status_code == 422
    acted = office.client("root").get("/audit").text
    assert "Saved a routing rule" in acted


def test_work_is_given_to_a_queue_by_a_person(office):
    client = office.client()
    (item, *_) = client.get("/v1/worklists/denial?assignee=nobody").json()
    act = {"action": "assign", "assignee": "Appeals desk", "worklist": "denial"}
    assert client.post(f"/v1/claims/{item['ref']}/actions", json=act).is_success
    found = client.get("/v1/worklists/denial?queue=Appeals%20desk&limit=500").json()
    mine = next(each for each in found if each["ref"] == item["ref"])
    assert mine["routed_by"] is None
