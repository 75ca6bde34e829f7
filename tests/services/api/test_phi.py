"""Planted claim and patient numbers never turn up in logs, figures, addresses or errors."""

import io
import json
import logging

import pytest
import structlog

from services.core.logs import configure_logs
from tests.services.api.conftest import event

CLAIM, PATIENT = "CANARYCLAIM77", "CANARYPATIENT77"
MARKS = ("CANARY", "Q0FOQVJZ", "canary")  # also in base64


@pytest.fixture
def logs():
    kept, root = io.StringIO(), logging.getLogger()
    before, level = list(root.handlers), root.level
    configure_logs("DEBUG", as_json=True)
    root.handlers[0].setStream(kept)
    yield kept
    root.handlers = before
    root.setLevel(level)
    structlog.reset_defaults()


def clean(text):
    return not any(mark in text for mark in MARKS)


def planted():
    return event(CLAIM, patient_id=PATIENT, total_charge="77.00")


def test_canaries(fresh, logs):
    api = fresh()
    context, key = api.signed_in("admin"), api.keyed()
    kind = {"content-type": "application/json"}
    key.post("/v1/events", content=json.dumps([planted(), planted() | {"time": CLAIM}, {"id": CLAIM}]), headers=kind)
    key.post("/v1/edi", content=f"ISA*00*{CLAIM}*~ST*837*{PATIENT}~", headers={"content-type": "text/plain"})
    api.app.publisher().publish([json.dumps(planted() | {"time": CLAIM}).encode(), CLAIM.encode()])
    api.settle()
    ref = api.ref(CLAIM)
    seen = [
        context.post("/v1/search", json={"claim_id": CLAIM, "patient_id": PATIENT}),
        context.get(f"/v1/claims/{ref}"),
        context.get(f"/v1/claims/{ref}/events"),
        context.get("/v1/worklists/today?limit=1"),
        context.post("/v1/thresholds", json={"patient_id": PATIENT}),
        context.get("/v1/parked"),
        context.post(f"/v1/claims/{ref}/actions", json={"action": "note", "note": f"about {CLAIM}"}),
        context.post(f"/v1/claims/{ref}/actions", json={"action": "snooze", "until": "2026-12-01"}),
    ]
    assert all(answer.status_code < 300 for answer in seen), [a.text for a in seen if a.status_code >= 300]
    assert any(not clean(answer.text) for answer in seen), "the pages' content does show them"
    for answer in seen:
        assert clean(str(answer.headers)), "links and cursors are sealed"
        assert clean(str(answer.url))
    letter = {"kind": "timely_filing", "ref": ref}
    drawn = [context.post(f"/v1/letters/draft.{form}", json=letter) for form in ("pdf", "docx")]
    assert all(answer.status_code == 200 and clean(str(answer.headers)) for answer in drawn), "not in a file's name"
    errors = [
        context.post("/v1/letters/draft", json={"kind": CLAIM, "ref": ref}),
        context.post("/v1/letters/draft", json=letter | {"body": f"{{{{{PATIENT}}}}}"}),
        context.post("/v1/letters", json=letter | {"kind": "refund", "recipient": f"{CLAIM}\n{PATIENT}"}),
        context.post("/v1/letters", json={"kind": "underpayment_dispute", "payer": PATIENT, "procedure": CLAIM}),
        context.get(f"/v1/claims/{ref}/letters/{CLAIM}"),
        context.get(f"/v1/claims/{CLAIM}"),
        context.get(f"/v1/worklists/{CLAIM}"),
        context.get(f"/v1/worklists/today?cursor={CLAIM}&limit={CLAIM}&at={CLAIM}"),
        context.get(f"/v1/thresholds?claim={CLAIM}"),
        context.get(f"/v1/parked/{CLAIM}"),
        context.get(f"/v1/{CLAIM}"),
        context.get(f"/v1/aging?practice={CLAIM}&by={CLAIM}"),
        context.get(f"/v1/events?after={CLAIM}"),
        context.get(f"/sign-in/link/{CLAIM}"),
        context.post("/v1/search", json={"claim_id": [CLAIM], "dos": PATIENT}),
        context.post("/v1/search", content=CLAIM, headers=kind),
        context.post(f"/v1/claims/{ref}/actions", json={"action": CLAIM}),
        context.post(f"/v1/claims/{ref}/actions", json={"action": "undo", "event_id": CLAIM}),
        context.post(f"/v1/claims/{ref}/actions", json={"action": "note", "note": "x"}, headers={"If-Match": CLAIM}),
        context.post("/v1/estimate", json={"payer": PATIENT, "dos": CLAIM, "discipline": CLAIM, "timed": [CLAIM]}),
        context.post("/v1/session", json={"name": CLAIM, "password": PATIENT}),
        key.post("/v1/events", content=CLAIM, headers=kind),
        key.post("/v1/edi", content=CLAIM, headers={"content-type": CLAIM}),
    ]
    for answer in errors:
        assert 400 <= answer.status_code < 500, (answer.url, answer.status_code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert clean(answer.text), answer.text
        assert clean(str(answer.headers))
    assert clean(context.get("/metrics").text)
    assert clean(context.get("/v1/audit?limit=500").text)
    assert "/v1/claims/{ref}" in logs.getvalue()
    assert clean(logs.getvalue()), [line for line in logs.getvalue().splitlines() if not clean(line)][:3]


def test_a_bug_tells_the_world_nothing(fresh, logs, monkeypatch):
    api = fresh()
    context = api.signed_in("admin")

    def broken(*_args):
        raise RuntimeError(f"cannot read {CLAIM}")

    monkeypatch.setattr("services.api.aging.aging", broken)
    answer = context.get("/v1/aging")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert answer.json() == {"type": "/problems/internal-error", "title": "Server error", "status": 500}
    assert "RuntimeError" in logs.getvalue()
    assert clean(logs.getvalue())
