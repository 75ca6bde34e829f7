"""What people do in the web app."""

from datetime import timedelta

import pytest

from services.commands import actions
from services.core.clock import FixedClock
from tests.services.api.conftest import NOW, event

numbers = iter(range(10_000))


@pytest.fixture
def ref(api):
    """A claim that was rejected."""
    claim_id = f"CLM-ACT-{next(numbers)}"
    api.publish(
        event(claim_id),
        event(
            claim_id,
            type_="claim.rejected.v1",
            stage="clearinghouse",
            codes=[{"list": "277", "category": "A7"}],
            occurred_on="2026-11-05",
        )
        | {"time": "2026-11-05T20:00:00Z"},
    )
    return api.ref(claim_id)


@pytest.fixture(scope="module")
def context(api):
    return api.signed_in("lead")


def do(client, ref, **wanted):
    """As a person does: what is asked about is confirmed, once."""
    headers = wanted.pop("headers", {})
    answer = client.post(f"/v1/claims/{ref}/actions", json=wanted, headers=headers)
    if answer.status_code == 409 and answer.json()["type"].endswith("confirmation-needed"):
        wanted |= {"confirm": answer.json()["codes"]}
        answer = client.post(f"/v1/claims/{ref}/actions", json=wanted, headers=headers)
    return answer


@pytest.fixture
def decided(api):
    """A claim that its payer denied, with a dispute open."""
    claim_id = f"CLM-DECIDED-{next(numbers)}"
    api.publish(
        event(claim_id),
        event(
            claim_id,
            type_="claim.denied.v1",
            payer_id="MEDICARE",
            ordinal=1,
            status_code="4",
            charge="150.00",
            paid="0.00",
            remit={
                "trace_number": claim_id,
                "payer_identifier": "X",
                "payment_date": "2026-11-04",
                "total_paid": "0.00",
            },
            adjustments=[{"group": "CO", "reason": "50", "amount": "150.00"}],
            lines=[],
        )
        | {"time": "2026-11-05T20:00:00Z"},
        event(claim_id, type_="dispute.opened.v1", lines=[1]) | {"time": "2026-11-05T21:00:00Z"},
    )
    return api.ref(claim_id)


def item(client, ref, kind="rejection"):
    rows = client.get(f"/v1/worklists/{kind}?limit=500&include_snoozed=true").json()
    return next((row for row in rows if row["ref"] == ref), None)


def test_a_rejection_from_the_list_to_resolved(context, ref):
    assert item(context, ref)["assignee"] is None
    assert do(context, ref, action="assign", worklist="rejection", assignee=context.who).json()["projected"]
    assert item(context, ref)["assignee"] == context.who
    assert do(context, ref, action="reason_identified", note="member id").status_code == 202
    assert do(context, ref, action="resubmitted").status_code == 202
    assert do(context, ref, action="resolve", worklist="rejection", resolution="corrected").status_code == 202
    assert item(context, ref) is None
    told = [entry["summary"] for entry in context.get(f"/v1/claims/{ref}").json()["timeline"]]
    assert f"Rejected: assigned to {context.who} by {context.who}" in told


@pytest.mark.parametrize(
    "wanted",
    [
        {"action": "snooze", "until": "2026-11-07", "worklist": "rejection"},
        {"action": "snooze", "until": "2026-11-07T09:00:00Z"},
        {"action": "note", "note": "called"},
        {"action": "appeal_filed", "filed_on": "2026-11-06", "level": 1, "reference": "A-1"},
        {"action": "appeal_decided", "decided_on": "2026-11-06", "outcome": "partial"},
        {"action": "write_off", "amount": "10.00", "reason": "small balance"},
        {"action": "write_off", "reason": "all of it"},
        {"action": "dispute_open", "lines": [1], "amount": "12.00"},
        {"action": "dispute_close", "lines": [1], "outcome": "recovered"},
        {"action": "patient_paid", "amount": "25.00"},
        {"action": "refund_sent", "amount": "5.00"},
        {"action": "records_requested", "due_on": "2026-12-01"},
    ],
    ids=lambda wanted: wanted["action"],
)
def test_every_act_becomes_an_event_of_the_desk(context, ref, decided, wanted):
    ref = decided if wanted["action"].startswith(("appeal", "dispute")) else ref
    answer = do(context, ref, **wanted)
    assert answer.status_code == 202, answer.text
    (made,) = [e for e in context.get(f"/v1/claims/{ref}/events").json() if e["id"] == answer.json()["event_id"]]
    assert made["source"] == "claimclock/desk"
    if "by" in made["data"]:
        assert made["data"]["by"] == context.who


def test_money_needs_a_lead(api, ref):
    biller = api.signed_in("biller")
    assert do(biller, ref, action="write_off", reason="small").status_code == 403
    many = {"acts": [{"ref": ref, "act": {"action": "patient_paid", "amount": "1.00"}}]}
    assert biller.post("/v1/actions", json=many).status_code == 403
    assert do(biller, ref, action="note", note="ok").status_code == 202


def test_taking_money_back_needs_what_giving_it_needed(api, context, ref):
    first = do(context, ref, action="write_off", amount="10.00", reason="small").json()["event_id"]
    biller = api.signed_in("biller")
    assert do(biller, ref, action="undo", event_id=first).status_code == 403
    note = do(biller, ref, action="note", note="asked the payer").json()["event_id"]
    assert do(biller, ref, action="undo", event_id=note).status_code == 202


def test_undo_and_undo_again(context, ref):
    first = do(context, ref, action="write_off", reason="all of it").json()["event_id"]
    assert context.get(f"/v1/claims/{ref}").json()["written_off"] == "150.00"
    second = do(context, ref, action="undo", event_id=first, why="wrong claim").json()["event_id"]
    assert context.get(f"/v1/claims/{ref}").json()["written_off"] == "0.00"
    assert do(context, ref, action="undo", event_id=second).status_code == 202
    assert context.get(f"/v1/claims/{ref}").json()["written_off"] == "150.00"


def test_only_acts_of_the_desk_can_be_undone(context, ref):
    other = context.get(f"/v1/claims/{ref}/events").json()[0]["id"]
    assert do(context, ref, action="undo", event_id=other).status_code == 404
    assert do(context, ref, action="undo", event_id="no-such-event").status_code == 404


def test_a_claim_that_changed_since_is_not_acted_on(context, ref):
    seen = context.get(f"/v1/claims/{ref}").headers["ETag"]
    version = seen.strip('"')
    assert do(context, ref, action="note", note="first", version=version).status_code == 202
    stale = do(context, ref, action="note", note="second", version=version)
    assert (stale.status_code, stale.json()["type"]) == (409, "/problems/stale-version")
    assert do(context, ref, action="note", note="second", headers={"If-Match": seen}).status_code == 412
    now = context.get(f"/v1/claims/{ref}").headers["ETag"]
    assert now != seen
    assert do(context, ref, action="note", note="second", headers={"If-Match": now}).status_code == 202
    assert do(context, ref, action="note", note="third", headers={"If-Match": "*"}).status_code == 422


def test_the_same_id_counts_once_whatever_the_version(api, context, ref):
    version = context.get(f"/v1/claims/{ref}").headers["ETag"].strip('"')
    wanted = {
        "action": "write_off",
        "amount": "10.00",
        "reason": "small",
        "id": f"click-{ref}",
        "version": version,
        "confirm": ["days_left"],
    }
    assert do(context, ref, **wanted).json()["result"] == "accepted"
    api.clock.advance(timedelta(seconds=3))
    again = do(context, ref, **wanted)
    api.clock.set(NOW)
    assert again.json() | {"result": "duplicate", "projected": True} == again.json()
    assert context.get(f"/v1/claims/{ref}").json()["written_off"] == "10.00"
    other = do(context, ref, **(wanted | {"amount": "11.00"}))
    assert other.status_code == 409


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"action": "dance"},
        {"action": "note"},
        {"action": "note", "note": ""},
        {"action": "note", "note": "x", "more": 1},
        {"action": "write_off", "amount": "-1.00", "reason": "x"},
        {"action": "write_off", "amount": "1.001", "reason": "x"},
        {"action": "snooze", "until": "soon"},
        {"action": "appeal_filed", "filed_on": "2026-11-06", "level": 9},
        {"action": "note", "note": "x", "id": "has spaces"},
    ],
)
def test_what_makes_no_sense(context, ref, wanted):
    answer = context.post(f"/v1/claims/{ref}/actions", json=wanted)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert "dance" not in answer.text


def test_many_at_once_each_on_its_own(api, context, ref):
    api.publish(event("CLM-BULK"))
    other, unknown = api.ref("CLM-BULK"), "f" * 24
    stale = {"action": "note", "note": "x", "version": "0-0"}
    acts = [
        {"ref": ref, "act": {"action": "assign", "assignee": context.who}},
        {"ref": other, "act": stale},
        {"ref": unknown, "act": {"action": "note", "note": "x"}},
        {"ref": other, "act": {"action": "note", "note": "y"}},
    ]
    found = context.post("/v1/actions", json={"acts": acts}).json()
    assert [each["result"] for each in found] == ["accepted", "refused", "refused", "accepted"]
    assert [each.get("problem", {}).get("status") for each in found] == [None, 409, 404, None]
    assert item(context, ref)["assignee"] == context.who


def test_one_person_at_a_claim_at_a_time(api, context, ref, monkeypatch):
    monkeypatch.setattr(actions, "WAIT", 0.2)
    name = f"{api.app.settings.stream}:acting:{ref}"
    with api.app.client.lock(name, timeout=30):
        assert do(context, ref, action="note", note="x").status_code == 409
    assert isinstance(api.clock, FixedClock)


def test_a_guard_asks_once_and_the_event_keeps_the_answer(context, ref):
    asked = context.post(f"/v1/claims/{ref}/actions", json={"action": "write_off", "reason": "small"})
    assert (asked.status_code, asked.json()["codes"]) == (409, ["days_left"])
    told = {"action": "write_off", "reason": "small", "confirm": ["days_left"]}
    made = context.post(f"/v1/claims/{ref}/actions", json=told).json()
    (kept,) = [e for e in context.get(f"/v1/claims/{ref}/events").json() if e["id"] == made["event_id"]]
    assert kept["data"]["confirmed"] == ["days_left"]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"action": "appeal_filed", "filed_on": "2026-11-05"}, "not_adjudicated"),
        ({"action": "snooze", "until": "2020-01-01"}, "snooze_in_past"),
        ({"action": "assign", "assignee": "nobody.exists"}, "unknown_assignee"),
        ({"action": "write_off", "amount": "99999.99", "reason": "slip"}, "above_balance"),
    ],
)
def test_what_contradicts_the_claim_is_refused_with_its_code(context, ref, wanted, code):
    answer = context.post(f"/v1/claims/{ref}/actions", json=wanted)
    assert (answer.status_code, code in answer.json()["codes"]) == (409, True)


def test_events_of_a_publisher_are_posted_as_stated(api, ref, context):
    claim_id = context.get(f"/v1/claims/{ref}").json()["claim_id"]
    api.publish(event(claim_id, type_="patient.paid.v1", amount="9999.00") | {"time": "2026-11-06T01:00:00Z"})
    assert context.get(f"/v1/claims/{ref}").json()["patient_balance"].startswith("-")


def test_a_bare_done_is_refused_where_the_last_day_is_not_known(api, context):
    """Without terms nobody knows that nothing can be lost any more: the item would stay open, and this says so."""
    claim_id = f"CLM-NO-TERMS-{next(numbers)}"
    api.publish(event(claim_id, payer_id="NO-TERMS"))
    wanted = {"action": "resolve", "worklist": "filing", "resolution": "done"}
    refused = do(context, api.ref(claim_id), **wanted)
    assert (refused.status_code, "its last day is not known" in refused.json()["detail"]) == (422, True)
    assert do(context, api.ref(claim_id), **wanted, note="sent by mail").status_code == 202


def test_a_bare_done_is_refused_while_the_clock_runs_and_a_reason_moves_it_to_the_done_list(api, context, decided):
    wanted = {"action": "resolve", "worklist": "denial", "resolution": "done"}
    refused = do(context, decided, **wanted)
    assert (refused.status_code, "its deadline is still open" in refused.json()["detail"]) == (422, True)

    def listed(**query):
        rows = context.get("/v1/worklists/denial", params={"limit": 500, **query}).json()
        return {row["ref"]: row for row in rows}

    assert decided in listed()
    assert do(context, decided, **wanted, note="the payer agreed by phone").status_code == 202
    api.settle()
    assert decided not in listed()
    closed = listed(done="true")[decided]
    assert (closed["done"]["note"], closed["done"]["by"]) == ("the payer agreed by phone", context.who)
    assert closed["snoozed_until"] is not None  # it comes back before the money is lost
