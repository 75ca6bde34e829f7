"""Deposits over HTTP: entered by hand, matched as they come, and work where nothing fits."""

import random

import pytest

from tests.services.api.conftest import api_over, event
from tests.services.api.test_containers_over_http import era
from tests.services.api.test_edi import outcome, upload


def enter(client, **deposit):
    return client.post("/v1/deposits", json={"date": "2026-03-04", "amount": "80.00", "method": "eft"} | deposit)


def listed(client, **query):
    return client.get("/v1/deposits", params={"limit": 500} | query).json()


def test_a_deposit_by_hand_finds_its_remittance(api):
    client = api.signed_in("manager")
    outcome(api, client, upload(client, era("DEP-1", "DT1")))
    assert enter(client, trace="DT-1", payer_name="EXAMPLE").status_code == 202
    api.settle()
    assert enter(client, trace="DT-1", payer_name="EXAMPLE").json()["results"][0]["result"] == "duplicate"
    api.settle()
    (row,) = [row for row in listed(client, state="matched") if row["remittances"][0]["trace"] == "DT1"]
    assert (row["matched_by"], row["deposited"], row["difference"]) == ("trace", "80.00", "0.00")
    assert row["deposits"][0]["typed"]


def test_the_banks_line_takes_the_place_of_the_typed_one(api):
    client = api.signed_in("manager")
    outcome(api, client, upload(client, era("DEP-2", "DT2")))
    enter(client, trace="DT2")
    statement = b"Date,Amount,Trace Number,Description\n2026-03-04,80.00,DT2,HCCLAIMPMT\n"
    assert outcome(api, client, upload(client, statement))["events"] == 1
    (row,) = [row for row in listed(client) if any(r["trace"] == "DT2" for r in row["remittances"])]
    assert (row["state"], row["deposited"]) == ("matched", "80.00")
    assert [(one["typed"], one["replaced"]) for one in row["deposits"]] == [(False, False), (True, True)]


def test_money_without_a_remittance_is_work_until_the_remittance_comes(api):
    client = api.signed_in("manager")
    enter(client, trace="DT3", amount="80.00")
    api.settle()

    def work():
        items = client.get("/v1/worklists/deposit?limit=500").json()
        return [item for item in items if "DT3" in item["reason"]]

    (item,) = work()
    assert item["reason"] == "Deposit without a remittance: 80.00 on Wed 2026-03-04, trace DT3"
    assert item["next_action"].startswith("Find its remittance")
    outcome(api, client, upload(client, era("DEP-3", "DT3")))
    assert work() == []


def act(client, item, **told):
    return client.post("/v1/items/actions", json={"act": {"worklist": "deposit", "item": item} | told})


def test_an_item_of_the_list_is_worked_closed_with_a_reason_and_reopened(api):
    client = api.signed_in("manager")
    enter(client, trace="DT9", amount="81.00")
    api.settle()

    def row(query=""):
        items = client.get(f"/v1/worklists/deposit?limit=500{query}").json()
        return next((item for item in items if "DT9" in item["reason"]), None)

    name = row()["item"]
    assert act(client, name, action="assign", assignee=client.who).status_code == 200
    assert row()["assignee"] == client.who
    assert act(client, name, action="resolve").status_code == 422  # no reason
    assert act(client, name, action="resolve", note="interest of the bank").status_code == 200
    assert row() is None
    assert row("&done=true")["item"] == name
    (shown,) = [one for one in listed(client) if any(d["trace"] == "DT9" for d in one["deposits"])]
    assert (shown["closed"]["note"], shown["closed"]["by"]) == ("interest of the bank", client.who)
    assert act(client, name, action="undo").status_code == 200
    assert row()["assignee"] == client.who
    assert act(client, "money_without_era nothing", action="note", note="x").status_code == 404
    with_patient = {"patient_id": "P", "act": {"worklist": "deposit", "item": name, "action": "note", "note": "x"}}
    assert client.post("/v1/items/actions", json=with_patient).status_code == 422
    audit = api.signed_in("admin").get("/v1/audit?limit=200").text
    assert audit.count("POST /v1/items/actions") >= 3


def test_money_that_comes_to_be_different_is_a_new_matter(api):
    """Closed as money without a remittance; then its remittance comes, of another amount."""
    client = api.signed_in("manager")
    enter(client, trace="DT10", amount="81.00")
    api.settle()
    (item,) = [one for one in client.get("/v1/worklists/deposit?limit=500").json() if "DT10" in one["reason"]]
    act(client, item["item"], action="resolve", note="not from a payer")
    outcome(api, client, upload(client, era("DEP-10", "DT10")))
    items = client.get("/v1/worklists/deposit?limit=500").json()
    assert [one["category"] for one in items if "DT10" in str(one["explanation"])] == ["differing"]


def test_an_adjustment_that_names_nobody_is_closed_too(api):
    client = api.signed_in("manager")
    told = era("DEP-11", "DT11").replace(b"SE*", b"PLB*1999999984*20261231*WO:NOBODY-DT11*5~SE*")
    outcome(api, client, upload(client, told))

    def names():
        items = client.get("/v1/worklists/deposit?limit=500").json()
        return [item["item"] for item in items if "NOBODY-DT11" in item["reason"]]

    (name,) = names()
    assert act(client, name, action="resolve", note="of an earlier owner").status_code == 200
    assert names() == []
    act(client, name, action="undo")
    assert names() == [name]


def test_a_withdrawn_deposit_is_gone(api):
    client = api.signed_in("manager")
    name = enter(client, trace="DT4", amount="4.00").json()["results"][0]["id"]
    withdrawn = event(type_="event.withdrawn.v1", source="claimclock/deposit", id=name, by="x", why="typed twice")
    withdrawn["data"].pop("claim_id")
    api.publish(withdrawn | {"subject": name})
    assert [row for row in listed(client) if any(d["trace"] == "DT4" for d in row["deposits"])] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amount": "0"}, "more than zero"),
        ({"amount": "x"}, "amount"),
        ({"date": "soon"}, "date"),
        ({"method": "cash"}, "method"),
    ],
)
def test_a_bad_deposit_is_refused_with_its_field(api, change, words):
    answer = enter(api.signed_in("manager"), **change)
    assert answer.status_code == 422
    assert words in answer.text


def test_a_biller_without_the_permission_enters_nothing(api):
    assert enter(api.signed_in("auditor")).status_code == 403


def test_any_order_gives_the_same_matches(tmp_path, valkey_url):
    def after(seed):
        with api_over(tmp_path / str(seed), valkey_url) as api:
            return matches_of(api, seed)

    def matches_of(api, seed):
        client = api.signed_in("manager")
        steps = [("era", n) for n in range(4)] + [("money", n) for n in range(4)]
        random.Random(seed).shuffle(steps)
        for kind, n in steps:
            if kind == "era":
                upload(client, era(f"ORD-{n}", f"OT{n}"))
            else:
                enter(client, trace=f"OT{n}" if n % 2 else None, number=n + 1)
        api.settle()
        return [(row["state"], row["matched_by"], row["deposited"], row["remitted"]) for row in listed(client)]

    assert after(1) == after(2)
