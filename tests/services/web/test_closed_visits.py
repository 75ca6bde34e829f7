"""Visits closed with a reason and opened again: on the desk, over HTTP and as typed."""

import json

import pytest
from typer.testing import CliRunner

from services.cli.main import build
from tests.services.api.conftest import api_over, event

HTML = {"Accept": "text/html"}


def visit(number):
    data = {"visit_id": number, "patient_id": f"P-{number}", "payer_id": "MEDICARE", "discipline": "PT"}
    data |= {"dos": "2026-10-01", "timed": [{"procedure": "97110", "minutes": 30}], "total_minutes": 30}
    return {
        "specversion": "1.0",
        "id": f"visit-{number}",
        "source": "urn:test",
        "type": "visit.documented.v1",
        "subject": number,
        "time": "2026-10-01T18:00:00Z",
        "data": data,
    }


@pytest.fixture
def clinic(tmp_path, valkey_url):
    with api_over(tmp_path, valkey_url, pages=True) as made:
        made.publish(visit("V1"), visit("V2"))
        yield made


def unbilled(client):
    return {row["item"] for row in client.get("/v1/worklists/unbilled").json()}


def test_a_visit_is_closed_with_a_reason_and_comes_back(clinic):
    client = clinic.signed_in("biller")
    assert unbilled(client) == {"V1", "V2"}
    closed = client.post("/v1/visits/close", json={"visit_id": "V1", "reason": "self_pay"}).json()
    assert (closed["state"], unbilled(client)) == ("closed", {"V2"})
    told = client.post("/v1/visits", json={"visit_id": "V1"}).json()
    assert (told["closed"]["reason"], told["closed"]["by"]) == ("self_pay", client.who)
    again = client.post("/v1/visits/close", json={"visit_id": "V1", "reason": "self_pay"})
    assert (again.status_code, "already closed" in again.text) == (409, True)
    assert client.post("/v1/visits/reopen", json={"visit_id": "V1"}).json()["state"] == "unbilled"
    assert unbilled(client) == {"V1", "V2"}
    assert client.post("/v1/visits/reopen", json={"visit_id": "V1"}).status_code == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"visit_id": "V9", "reason": "self_pay"}, 404),
        ({"visit_id": "V1", "reason": "tired"}, 422),
        ({"visit_id": "V1", "reason": "other"}, 422),
    ],
)
def test_a_closing_that_cannot_be_is_refused(clinic, body, status):
    assert clinic.signed_in("biller").post("/v1/visits/close", json=body).status_code == status


def test_a_billed_visit_is_not_closed(clinic):
    clinic.publish(event("C1", patient_id="P-V1", visit_ids=["V1"]))
    answer = clinic.signed_in("biller").post("/v1/visits/close", json={"visit_id": "V1", "reason": "self_pay"})
    assert (answer.status_code, "a claim bills this visit" in answer.text) == (409, True)


def test_the_desk_closes_and_reopens(clinic):
    client = clinic.signed_in("biller")
    page = client.get("/worklists/unbilled", headers=HTML).text
    assert 'action="/visits/close"' in page
    form = {"visit_id": "V2", "reason": "not_billable", "note": "screening only"}
    done = client.post("/visits/close", data=form, headers=HTML, follow_redirects=False)
    assert (done.status_code, done.headers.get("location"), done.text) == (303, "/worklists/unbilled", "")
    shown = client.get("/visits/closed", headers=HTML).text
    assert "Not billable" in shown
    assert "screening only" in shown
    missing = client.post("/visits/close", data={"visit_id": "V1", "reason": "other"}, headers=HTML)
    assert (missing.status_code, "Enter why" in missing.text) == (422, True)
    client.post("/visits/reopen", data={"visit_id": "V2"}, headers=HTML)
    assert unbilled(client) == {"V1", "V2"}


def test_the_command_line_closes_and_reopens(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMCLOCK_DATA_DIR", str(tmp_path))
    file = tmp_path / "visits.ndjson"
    file.write_text(json.dumps(visit("V1")))

    def run(*words):
        told = CliRunner().invoke(build(words), words)
        assert not told.exception, told.exception
        return told.stdout

    run("ingest", str(file))
    assert "visit V1 is closed" in run("close-visit", "V1", "--reason", "self_pay")
    assert json.loads(run("visit", "V1", "--json"))["closed"]["reason"] == "self_pay"
    assert json.loads(run("reopen-visit", "V1", "--json"))["state"] == "unbilled"
