"""Files over HTTP, and what their sender can learn of them."""

import json
from contextlib import nullcontext

import pytest

from services.commands.ingest import ingest_files
from services.demo.month import write_month
from tests.services.api.conftest import event


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("month")
    write_month(folder)
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def of_kind(files, mark):
    return next(body for _, body in sorted(files.items()) if mark in body[:2000])


def upload(client, body, kind="application/edi-x12", **options):
    return client.post("/v1/edi", content=body, headers={"content-type": kind} | options.pop("headers", {}), **options)


def outcome(api, client, answer):
    assert answer.status_code == 202, answer.text
    api.settle()
    return client.get(f"/v1/intake/{answer.json()['correlation_id']}").json()


@pytest.mark.parametrize(
    ("mark", "kind"), [(b"ST*837", "837P"), (b"ST*835", "835"), (b"ST*277", "277CA"), (b"ST*999", "999")]
)
def test_each_transaction(api, files, mark, kind):
    client = api.signed_in("biller")
    body = of_kind(files, mark)
    first = outcome(api, client, upload(client, body))
    assert first["transaction"] == kind
    assert first["projected"]
    assert first["events"] > 0
    assert (first["duplicates"], first["parked"]) == (0, 0)
    again = outcome(api, client, upload(client, body))
    assert (again["events"], again["duplicates"]) == (0, first["events"])


def test_what_is_no_edi_is_parked_with_its_reason(api):
    client = api.signed_in("biller")
    told = outcome(api, client, upload(client, b"good morning", headers={"X-File-Name": "../note to self.txt"}))
    assert (told["events"], told["parked"]) == (0, 1)
    row = client.get("/v1/parked?limit=500").json()[-1]
    assert row["place"].startswith("note to self.txt")
    assert client.get(f"/v1/parked/{row['id']}").json()["raw"] == "good morning"


def test_an_event_whose_data_is_no_object_is_parked_and_the_next_one_read(api, tmp_path):
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join(json.dumps(told) for told in (event("CLM-LIST") | {"data": [1]}, event("CLM-NEXT"))))
    (report,) = ingest_files(api.app, [file], projecting=lambda _house: nullcontext())
    assert (report.events, report.parked) == (1, 1)


def test_a_parked_one_is_discarded_or_tried_again(api):
    client = api.signed_in("lead")
    api.app.publisher().publish([json.dumps(event("CLM-PARK") | {"time": "noon"}).encode()])
    api.settle()
    row = next(row for row in client.get("/v1/parked?limit=500").json() if "/time" in row["reason"])
    assert client.post(f"/v1/parked/{row['id']}/retry").json()["state"] == "open"
    assert client.post(f"/v1/parked/{row['id']}/discard").json()["state"] == "discarded"
    assert row["id"] not in [each["id"] for each in client.get("/v1/parked?limit=500").json()]
    assert row["id"] in [each["id"] for each in client.get("/v1/parked?limit=500&all=true").json()]


def test_events_in_json_have_their_own_door(api):
    client = api.signed_in("biller")
    sent = json.dumps(event("CLM-1") | {"practice": "other"})
    assert upload(client, sent, "text/plain").status_code == 415
    assert upload(client, sent, "application/json").status_code == 415
    assert upload(client, b"", "multipart/form-data; boundary=x").status_code == 422  # a form without a file


def test_another_practice_gets_its_own(api, files):
    client = api.signed_in("biller", ("elsewhere",))
    answer = upload(client, of_kind(files, b"ST*837"))
    told = outcome(api, client, answer)
    assert told["events"] > 0
    assert api.signed_in("biller").get(f"/v1/intake/{told['correlation_id']}").status_code == 404
    found = client.get("/v1/worklists/today?limit=500").json()
    assert all(row["ref"] == api.ref(row["claim_id"], "elsewhere") for row in found)


def test_when_it_was_received(api, files):
    client = api.signed_in("biller")
    body = of_kind(files, b"ST*835")
    assert upload(client, body, params={"received_at": "some day"}).status_code == 422
    assert upload(client, body, params={"received_at": "2026-10-30T12:00:00Z"}).status_code == 202
