import base64
import json
from pathlib import Path

import pytest
from sqlalchemy import select

from services.store.log import LOG
from tests.events.hostile import UNHOLDABLE, with_unknown_field
from tests.services.api.conftest import event

SINGLE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"


def send(client, body, kind=SINGLE):
    content = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return client.post("/v1/events", content=content, headers={"content-type": kind})


@pytest.fixture(scope="module")
def client(api):
    return api.keyed()


def results(answer):
    found = [one["result"] for one in answer.json()["results"]]
    wrong = found.count("invalid")
    assert answer.status_code == (202 if not wrong else 422 if wrong == len(found) else 207), answer.text
    return found


@pytest.mark.parametrize(
    ("kind", "wrap"),
    [(SINGLE, False), (BATCH, True), ("application/json", False), ("application/json; charset=utf-8", True)],
)
def test_one_or_many(api, client, kind, wrap):
    sent = event("CLM-KINDS")
    answer = send(client, [sent] if wrap else sent, kind)
    assert results(answer) == ["accepted"]
    assert (
        answer.json()["results"][0] | {"source": "urn:test", "id": sent["id"], "index": 0}
        == answer.json()["results"][0]
    )
    api.settle()
    assert api.signed_in().get(f"/v1/claims/{api.ref('CLM-KINDS')}").status_code == 200


def test_sending_again_is_harmless(api, client):
    sent = event("CLM-AGAIN")
    assert results(send(client, sent)) == ["accepted"]
    api.settle()
    assert results(send(client, sent)) == ["duplicate"]
    assert results(send(client, sent | {"time": "2026-10-03T12:00:00Z"})) == ["duplicate"]
    api.settle()
    with api.app.engine.connect() as connection:
        assert len(connection.execute(select(LOG).where(LOG.c.id == sent["id"])).all()) == 1


def test_other_content_under_the_same_name_is_a_conflict_parked_and_flagged(api, client):
    sent = event("CLM-CLASH")
    send(client, sent)
    api.settle()
    other = sent | {"data": sent["data"] | {"total_charge": "151.00"}}
    assert results(send(client, other)) == ["conflict"]
    api.settle()
    context = api.signed_in()
    assert "conflict" in context.get(f"/v1/claims/{api.ref('CLM-CLASH')}").json()["flags"]
    assert any(row["origin"] == "conflict" for row in context.get("/v1/parked?limit=500").json())


def test_within_one_batch(client):
    one, two = event("CLM-BATCH"), event("CLM-BATCH-2")
    other = one | {"data": one["data"] | {"total_charge": "1.00"}}
    wrong = event("CLM-BATCH-3") | {"time": "yesterday"}
    answer = send(client, [one, two, one, other, wrong, "text", None], BATCH)
    assert results(answer) == ["accepted", "accepted", "duplicate", "conflict", "invalid", "invalid", "invalid"]
    assert [found["index"] for found in answer.json()["results"]] == list(range(7))
    assert answer.json()["results"][4]["errors"][0]["pointer"] == "/time"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"specversion": "0.3"}, "/specversion"),
        ({"type": "no.such.v1"}, "/type"),
        ({"practice": "two words"}, "/practice"),
        ({"source": ""}, "/source"),
        ({"data": {"claim_id": "x"}}, "/data/patient_id"),
        ({"source": "claimclock/desk"}, "/source"),
    ],
)
def test_what_is_wrong_is_pointed_at_and_not_repeated(client, change, pointer):
    answer = send(client, event("CANARY-77") | change)
    assert results(answer) == ["invalid"]
    assert pointer in [fault["pointer"] for fault in answer.json()["results"][0]["errors"]]
    assert "CANARY" not in answer.text


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", SINGLE, 400),
        (b"{", SINGLE, 400),
        (b"[]", SINGLE, 400),
        (b"{}", BATCH, 400),
        (b"7", "application/json", 400),
        (b'{"a": oops}', SINGLE, 400),
        (b"[{}", BATCH, 400),
        (b"[{}] {}", BATCH, 400),
        (b'[{"a": [}]', BATCH, 400),
        (b"\xff\xfe", SINGLE, 400),
        (b"[" * 100_000, BATCH, 400),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
        (b"<x/>", "application/xml", 415),
    ],
)
def test_what_is_no_event_at_all(client, body, kind, status):
    answer = send(client, body, kind)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.parametrize("text", ['"\\u0000"', '"\\ud800"'])
def test_what_no_database_takes(client, text):
    raw = json.dumps(event("CLM-TEXT")).replace('"150.00"', text, 1)
    assert results(send(client, raw)) == ["invalid"]


def test_terms_need_their_own_permission(api):
    sample = json.loads(Path("events/samples/contract.published.v1.json").read_text())
    narrow = api.keyed("manager", scopes=["events:write"])
    assert results(send(narrow, sample)) == ["invalid"]
    assert narrow.post("/v1/events", json=sample).json()["results"][0]["errors"][0]["pointer"] == "/type"


def test_the_feed_has_every_event_once_in_order(api, client):
    sent = [event(f"CLM-FEED-{n}") for n in range(7)]
    send(client, sent, BATCH)
    api.settle()
    cursor, found = "0", []
    for _ in range(100):
        answer = client.get(f"/v1/events?after={cursor}&limit=3")
        cursor, page = answer.headers["Next-Cursor"], answer.json()
        assert len(page) <= 3
        if not page:
            break
        found += page
    names = [each["id"] for each in found]
    assert len(names) == len(set(names))
    assert [name for name in names if name in {e["id"] for e in sent}] == [e["id"] for e in sent]
    assert found[-1]["sequence"] <= cursor
    assert client.get(f"/v1/events?after={cursor}").json() == []
    assert client.get(f"/v1/events?after={cursor}").headers["Next-Cursor"] == cursor


def test_what_the_feed_gives_can_be_sent_again(api, client):
    send(client, event("CLM-ROUND"))
    api.settle()
    cursor = int(client.get("/v1/events?limit=500").headers["Next-Cursor"])
    page = client.get(f"/v1/events?after={cursor - 1}").json()
    assert results(send(client, page, BATCH)) == ["duplicate"]


def test_an_event_names_who_sent_it(api, client):
    send(client, event("CLM-WHO") | {"acceptedfrom": "somebody else"})
    api.settle()
    told = api.signed_in().get(f"/v1/claims/{api.ref('CLM-WHO')}/events").json()
    assert told[0]["acceptedfrom"].startswith("key:")


def parked(api, **wanted):
    rows = api.signed_in().get("/v1/parked?limit=500&all=true").json()
    return [row for row in rows if all(row.get(name) == value for name, value in wanted.items())]


def test_a_refused_event_is_parked_once_and_closed_by_a_good_one(api, client):
    wrong = event("CLM-PARK") | {"source": "urn:test:refused"}
    good = wrong | {"data": dict(wrong["data"])}
    del wrong["data"]["patient_id"]
    for _ in range(3):
        answer = send(client, wrong)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        assert answer.json()["results"][0]["errors"] == [{"pointer": "/data/patient_id", "message": "Field required"}]
        api.settle()
    (row,) = parked(api, event_id=wrong["id"])
    assert (row["state"], row["reason"], row["tries"]) == ("open", "/data/patient_id: Field required", 2)
    assert results(send(client, good)) == ["accepted"]
    api.settle()
    (row,) = parked(api, event_id=wrong["id"])
    assert row["state"] == "settled"


NOT_JSON = {b'{"a": oops}': "not JSON", b'{"id": "x" "y"}': "not JSON", b'{"a": "\xff"}': "not UTF-8"}


@pytest.mark.parametrize(("value", "reason"), UNHOLDABLE.items(), ids=lambda value: value[:9])
@pytest.mark.parametrize("in_data", [True, False])
def test_an_event_with_what_no_event_can_hold_is_refused_alone(api, value, reason, in_data):
    good, odd = event("CLM-NEXT"), event("CLM-ODD")
    body = f"[{json.dumps(good)}, {with_unknown_field(odd, value, in_data=in_data)}, {json.dumps(event())}]"
    answer = send(api.keyed(), body, BATCH)
    assert (answer.status_code, results(answer)) == (207, ["accepted", "invalid", "accepted"])
    assert reason in answer.json()["results"][1]["errors"][0]["message"]
    alone = send(api.keyed(), with_unknown_field(odd, value, in_data=in_data))
    assert (alone.status_code, results(alone)) == (422, ["invalid"])
    api.settle()
    (row,) = parked(api, event_id=odd["id"])
    assert reason in row["reason"]
    assert (row["source"], row["tries"]) == (odd["source"], 1)
    assert results(send(api.keyed(), odd)) == ["accepted"]
    api.settle()
    (row,) = parked(api, event_id=odd["id"])
    assert row["state"] == "settled"


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b'[{"a":' + b"[" * 100_000])
@pytest.mark.parametrize("kind", [SINGLE, BATCH, "application/json"])
def test_nesting_without_end_is_answered(client, body, kind):
    assert send(client, body, kind).status_code in (400, 422)


@pytest.mark.parametrize(("bad", "reason"), NOT_JSON.items(), ids=str)
def test_an_event_that_is_no_json_is_refused_alone_where_it_can_be_separated(client, bad, reason):
    body = b"[%s,%s , %s]" % (json.dumps(event()).encode(), bad, json.dumps(event(), indent=1).encode())
    answer = send(client, body, BATCH)
    assert (answer.status_code, results(answer)) == (207, ["accepted", "invalid", "accepted"])
    assert reason in answer.json()["results"][1]["errors"][0]["message"]


@pytest.mark.parametrize("value", ["NaN", "9" * 5_000, "[" * 50_000 + "]" * 50_000], ids=lambda value: value[:9])
def test_binary_mode_with_data_that_no_event_can_hold(client, value):
    sent = event("CLM-BINARY-ODD")
    data = with_unknown_field({"data": sent.pop("data")}, value).removeprefix('{"data": ').removesuffix("}")
    answer = client.post("/v1/events", content=data, headers={f"ce-{name}": text for name, text in sent.items()})
    assert (answer.status_code, results(answer)) == (422, ["invalid"])


def test_too_many_refused_events_are_not_taken(api):
    client = api.keyed()
    many = [{"specversion": "1.0", "id": str(n)} for n in range(api.app.settings.refused_limit + 1)]
    answer = send(client, [event("CLM-MANY"), *many], BATCH)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    api.settle()
    assert send(client, event("CLM-FEW")).status_code == 202


def test_an_event_in_binary_mode(api, client):
    sent = event("CLM-BINARY")
    data = json.dumps(sent.pop("data"))
    headers = {f"ce-{name}": value for name, value in sent.items()}
    answer = client.post("/v1/events", content=data, headers=headers | {"content-type": "application/json"})
    assert results(answer) == ["accepted"]
    again = client.post("/v1/events", content=data, headers=headers)  # an older SDK sends no content type
    assert answer.json()["results"][0]["id"] == again.json()["results"][0]["id"] == sent["id"]
    assert results(client.post("/v1/events", content="{}", headers={"ce-id": "b1"})) == ["invalid"]
    assert client.post("/v1/events", content=data, headers=headers | {"content-type": "text/csv"}).status_code == 415


def test_an_event_in_binary_mode_whose_data_is_no_json_is_kept_with_its_bytes(api, client):
    headers = {f"ce-{name}": value for name, value in event("CLM-BYTES").items() if name != "data"}
    answer = client.post("/v1/events", content=b"\xffno JSON", headers=headers | {"content-type": "application/json"})
    assert (answer.status_code, results(answer)) == (422, ["invalid"])
    api.settle()
    kept = [row for row in api.signed_in().get("/v1/parked").json() if row["event_id"] == headers["ce-id"]]
    raw = json.loads(api.signed_in().get(f"/v1/parked/{kept[0]['id']}").json()["raw"])
    assert base64.b64decode(raw["data_base64"]) == b"\xffno JSON"


def test_data_as_base64(client):
    sent = event("CLM-BASE64")
    sent["data_base64"] = base64.b64encode(json.dumps(sent.pop("data")).encode()).decode()
    assert results(send(client, sent)) == ["accepted"]
    answer = send(client, sent | {"data_base64": "!"})
    assert results(answer) == ["invalid"]
    assert answer.json()["results"][0]["errors"][0]["pointer"] == "/data_base64"


def test_a_conflict_says_what_differs(api, client):
    sent = event("CLM-DIFFERS")
    send(client, sent)
    api.settle()
    other = sent | {"data": sent["data"] | {"total_charge": "151.00"}}
    for _ in range(2):
        assert results(send(client, other)) == ["conflict"]
        api.settle()
    (row,) = parked(api, event_id=sent["id"], origin="conflict")
    assert row["reason"].endswith("it differs at /data/total_charge")
    assert "151" not in row["reason"]
    told = api.signed_in().get(f"/v1/claims/{api.ref('CLM-DIFFERS')}/events").json()
    (conflict,) = [one["data"] for one in told if one["type"] == "event.conflicted.v1"]
    assert conflict["differs"] == [{"pointer": "/data/total_charge", "logged": "150.00", "received": "151.00"}]
