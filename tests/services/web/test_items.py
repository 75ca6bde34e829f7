"""Work on items that hang on no claim: over HTTP, on the desk and as typed; taken back; the same in any order."""

import json
import re

import pytest
from typer.testing import CliRunner

from services.cli.main import build
from tests.services.api.conftest import api_over, event
from tests.services.web.test_closed_visits import HTML, visit

PLAN = {"established_on": "2026-10-01", "order_on_file": False}
LISTS = ("eligibility", "unbilled", "plan_of_care")
NAMES = {"eligibility": "MEDICARE never checked", "unbilled": "V1", "plan_of_care": "V1 signature"}


def planned(number):
    told = visit(number)
    told["data"]["plan_of_care"] = PLAN
    return told


@pytest.fixture
def clinic(tmp_path, valkey_url):
    with api_over(tmp_path, valkey_url, pages=True) as made:
        made.publish(planned("V1"), planned("V2"))
        yield made


def row(client, kind, patient="P-V1", *, done=False):
    """The patient's row of a list; None where there is none."""
    shown = client.get(f"/v1/worklists/{kind}{'?done=true' if done else ''}").json()
    return next((each for each in shown if each["patient_id"] == patient), None)


def act(client, kind, patient="P-V1", item=None, **told):
    about = {"worklist": kind, "item": item or NAMES[kind]} | told
    return client.post("/v1/items/actions", json={"patient_id": patient, "act": about})


@pytest.mark.parametrize("kind", LISTS)
def test_an_item_without_a_claim_is_assigned_snoozed_and_taken_back(clinic, kind):
    client = clinic.signed_in("biller")
    assert row(client, kind)["item"] == NAMES[kind]
    assert act(client, kind, action="assign", assignee=client.who).status_code == 200
    assert row(client, kind)["assignee"] == client.who
    assert act(client, kind, action="note", note="asked the front desk").status_code == 200
    assert "asked the front desk" in str(row(client, kind)["explanation"])
    snoozed = act(client, kind, action="snooze", until="2099-01-01").json()
    assert row(client, kind) is None or row(client, kind)["overdue"]  # never past a date of its own
    assert act(client, kind, action="undo", event_id=snoozed["event_id"]).status_code == 200
    assert row(client, kind)["assignee"] == client.who
    assert act(client, kind, action="undo").status_code == 200  # the note
    assert "asked the front desk" not in str(row(client, kind)["explanation"])
    assert act(client, kind, action="undo").status_code == 200
    assert row(client, kind)["assignee"] is None
    assert act(client, kind, action="undo").status_code == 404
    assert row(client, kind, "P-V2")["assignee"] is None  # of another patient nothing was said


def test_an_item_is_closed_with_a_reason_and_reopened(clinic):
    client = clinic.signed_in("biller")
    for kind in ("eligibility", "plan_of_care"):
        assert act(client, kind, action="resolve").status_code == 422
        assert act(client, kind, action="resolve", note="by phone").status_code == 200
        assert row(client, kind) is None or row(client, kind)["overdue"]
        assert act(client, kind, action="undo").status_code == 200
        assert row(client, kind) is not None
    assert "when it is billed or closed" in act(client, "unbilled", action="resolve", note="x").text


def test_what_cannot_be_is_refused(clinic):
    client = clinic.signed_in("biller")
    assert act(client, "unbilled", action="assign", assignee="nobody of ours").status_code == 409
    assert act(client, "unbilled", action="snooze", until="2001-01-01").status_code == 409
    assert act(client, "unbilled", item="V9", action="note", note="x").status_code == 404
    assert act(client, "denial", item="V1", action="note", note="x").status_code == 422
    nobody = {"act": {"action": "note", "worklist": "unbilled", "item": "V1", "note": "x"}}
    assert client.post("/v1/items/actions", json=nobody).status_code == 422


def test_who_has_a_visit_has_its_claim_s_item_too(clinic):
    """What was said about a visit is not lost when a claim bills it in part."""
    client = clinic.signed_in("biller")
    act(client, "unbilled", action="assign", assignee=client.who)
    line = {"number": 1, "procedure": "97110", "modifiers": ["GP"], "units": "1", "charge": "80.00"}
    clinic.publish(
        event("C1", patient_id="P-V1", visit_ids=["V1"], lines=[line | {"dos": "2026-10-01"}], total_charge="80.00")
    )
    found = row(client, "unbilled")
    assert (found["claim_id"], found["assignee"]) == ("C1", client.who)
    assert "belongs to a claim" in act(client, "unbilled", action="assign").text


def test_an_earlier_visit_that_becomes_known_keeps_what_was_done(clinic):
    client = clinic.signed_in("biller")
    act(client, "plan_of_care", action="assign", assignee=client.who)
    earlier = planned("V0")
    earlier["data"] |= {"patient_id": "P-V1", "dos": "2026-09-30"}
    clinic.publish(earlier)
    found = row(client, "plan_of_care")
    assert (found["item"], found["assignee"]) == ("V0 signature", client.who)


def test_the_desk_offers_the_same(clinic):
    client = clinic.signed_in("biller")
    for kind in LISTS:
        page = client.get(f"/worklists/{kind}", headers=HTML).text
        rows = re.findall(r'<tr [^>]*data-ref="([0-9a-f]+)" data-patient data-kind="(\w+)"', page)
        assert len(rows) == 2
        assert page.count('class="act"') == 2
        told = {"patient_ref": rows[0][0], "act": {"action": "assign", "worklist": kind, "assignee": client.who}}
        shown = client.get(f"/worklists/{kind}/matching").json()["rows"]
        target = next(each for each in shown if each["ref"] == rows[0][0])
        told["act"]["item"] = target["item"]
        assert client.post("/v1/items/actions", json=told).status_code == 200
        assert client.who in client.get(f"/worklists/{kind}", headers=HTML).text


def test_the_command_line_offers_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMCLOCK_DATA_DIR", str(tmp_path))
    file = tmp_path / "visits.ndjson"
    file.write_text(json.dumps(planned("V1")))

    def run(*words):
        told = CliRunner().invoke(build(words), words)
        assert not told.exception, told.exception
        return told.stdout

    run("ingest", str(file))
    run("user", "add", "ann", "--no-password")
    for kind in LISTS:
        about = (kind, "P-V1", NAMES[kind])
        assert "assigned to ann" in run("assign-item", *about, "ann")
        assert json.loads(run("worklist", kind, "--json"))[0]["assignee"] == "ann"
        assert "has the note" in run("note-item", *about, "asked")
        assert "last action undone" in run("reopen-item", *about)  # the note
        assert json.loads(run("worklist", kind, "--json"))[0]["assignee"] == "ann"
        run("reopen-item", *about)  # one act further back: the assignment
        assert json.loads(run("worklist", kind, "--json"))[0]["assignee"] is None
        assert "snoozed until 2099-01-01" in run("snooze-item", *about, "2099-01-01")
    assert "is closed" in run("close-item", "eligibility", "P-V1", NAMES["eligibility"], "--note", "by phone")
    assert json.loads(run("worklist", "eligibility", "--json")) == []
