"""Letters over HTTP: drafted, drawn, filed; what they do to their claims; who may; what is never shown."""

import base64
import io
from itertools import count

import pytest
from pypdf import PdfReader

from tests.services.api.conftest import event

numbers = count(1)
PROFILE = {"name": "Brightwater Therapy", "address": ["100 Harbor Street", "Duluth, MN 55802"], "phone": "555-0100"}
RECIPIENT = "Medicare Contractor\nPO Box 1\nFargo, ND 58108"
READY = {"title": "Appeal", "body": "Please pay.\n\n{{denied_lines}}", "recipient": RECIPIENT}


@pytest.fixture(scope="module")
def manager(api):
    client = api.signed_in("manager")
    assert client.post("/v1/settings/profile", json=PROFILE).status_code == 200
    return client


@pytest.fixture
def claim(api, manager):
    """A denied claim: its number and ref."""
    return denied_claim(api, "CO", "50")


def denied_claim(api, group, reason, *modifiers):
    claim_id = f"CLM-LETTER-{next(numbers)}"
    answer = {
        "payer_id": "MEDICARE",
        "ordinal": 1,
        "status_code": "4",
        "charge": "150.00",
        "paid": "0.00",
        "payer_claim_number": "ICN77",
        "adjustments": [],
        "remit": {
            "trace_number": f"T{claim_id}",
            "payer_identifier": "1",
            "payment_date": "2026-10-20",
            "total_paid": "0",
        },
        "lines": [
            {
                "number": 1,
                "procedure": "97110",
                "modifiers": ["GP", *modifiers],
                "units": "2",
                "charge": "150.00",
                "paid": "0.00",
                "dos": "2026-10-01",
                "adjustments": [{"group": group, "reason": reason, "amount": "150.00"}],
            }
        ],
    }
    denial = event(claim_id, type_="claim.denied.v1", **answer) | {"time": "2026-10-20T12:00:00Z"}
    sent = event(claim_id)
    sent["data"]["lines"][0]["modifiers"] += modifiers
    api.publish(sent, denial)
    return claim_id, api.ref(claim_id)


def pdf_text(content):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


@pytest.mark.parametrize("modifiers", [(), ("KX",), ("GA",)])
def test_a_patient_is_not_billed_for_a_missing_kx(api, manager, modifiers):
    """Medicare's PR-119 without KX is reopened first; with an ABN on file (GA) the patient agreed to pay."""
    _, ref = denied_claim(api, "PR", "119", *modifiers)
    statement = manager.post("/v1/letters/draft", json={"kind": "patient_statement", "ref": ref}).json()
    assert (statement["refused"] is None) == bool(modifiers)
    reopening = manager.post("/v1/letters/draft", json={"kind": "kx_reopening", "ref": ref}).json()
    assert (reopening["refused"] is None) == ("KX" not in modifiers)
    if not modifiers:
        assert "modifier KX is missing on line 1" in statement["refused"]
        (table,) = [b for b in reopening["letter"]["blocks"] if b.get("caption") == "Lines that need modifier KX"]
        assert table["rows"][0][2] == "97110-GP"


def test_a_draft_says_what_the_page_says_and_what_is_missing(manager, claim):
    claim_id, ref = claim
    told = manager.post("/v1/letters/draft", json={"kind": "appeal", "ref": ref}).json()
    assert told["refused"] is None
    assert ["Our claim number", claim_id] in told["letter"]["about"]
    (table,) = [b for b in told["letter"]["blocks"] if b.get("caption") == "What was denied"]
    assert table["rows"][0][:4] == ["1", "Oct 1, 2026", "97110-GP", "150.00"]
    assert told["letter"]["missing"] == ["the recipient's name and address (above the text)"]
    drawn = manager.post("/v1/letters/draft.pdf", json={"kind": "appeal", "ref": ref})
    assert drawn.headers["content-type"] == "application/pdf"
    assert claim_id in pdf_text(drawn.content)
    assert claim_id not in str(drawn.headers)
    assert manager.post("/v1/letters/draft.docx", json={"kind": "appeal", "ref": ref}).content.startswith(b"PK")


def test_a_letter_is_filed_kept_and_waited_for(manager, claim):
    _, ref = claim
    order = READY | {"kind": "appeal", "ref": ref, "answer_due": "2026-12-31", "id": f"letter-{next(numbers):06}"}
    attachment = {"name": "daily notes", "content": base64.b64encode(drawn_once(manager, ref)).decode()}
    done = manager.post("/v1/letters", json=order | {"attachments": [attachment]})
    assert done.status_code == 201, done.text
    told = done.json()
    assert (told["refs"], told["recorded"], told["projected"]) == ([ref], 1, True)
    (sent,) = manager.get(f"/v1/claims/{ref}/letters").json()
    assert (sent["kind"], sent["answer_due"], sent["kept"], sent["sha256"]) == (
        "appeal",
        "2026-12-31",
        True,
        told["sha256"],
    )
    kept = manager.get(f"/v1/claims/{ref}/letters/{told['event']}")
    assert kept.content.startswith(b"%PDF-")
    assert "daily notes" in pdf_text(kept.content)
    page = manager.get(f"/v1/claims/{ref}").json()
    (clock,) = [d for d in page["deadlines"] if d["kind"] == "letter_answer"]
    assert (clock["due"], clock["state"]) == ("2026-12-31", "open")
    assert page["status"] == "in_appeal", "the appeal is recorded with it"
    again = manager.post("/v1/letters", json=order)
    assert (again.status_code, again.json()["sha256"]) == (201, told["sha256"]), "the same id files nothing twice"
    assert len(manager.get(f"/v1/claims/{ref}/letters").json()) == 1


def drawn_once(client, ref):
    return client.post("/v1/letters/draft.pdf", json={"kind": "appeal", "ref": ref}).content


def test_what_cannot_be_sent_is_refused_with_the_reason(manager, claim):
    _, ref = claim
    refused = manager.post("/v1/letters", json=READY | {"kind": "refund", "ref": ref, "body": "x"})
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "this letter cannot be sent: the payer has no credit on this claim",
    )
    missing = manager.post("/v1/letters", json={"kind": "appeal", "ref": ref, "body": "Pay."})
    assert missing.status_code == 422
    assert "still missing: the recipient's name and address" in missing.json()["detail"]
    wrong = READY | {"kind": "appeal", "ref": ref, "attachments": [{"name": "x", "content": "!"}]}
    assert manager.post("/v1/letters", json=wrong).status_code == 422
    assert manager.post("/v1/letters", json={"kind": "appeal"}).status_code == 422
    assert manager.get(f"/v1/claims/{ref}/letters").json() == []


def test_an_appeal_is_not_filed_twice(manager, claim):
    _, ref = claim
    assert manager.post("/v1/letters", json=READY | {"kind": "appeal", "ref": ref}).status_code == 201
    twice = manager.post("/v1/letters", json=READY | {"kind": "appeal", "ref": ref})
    assert twice.status_code == 409
    assert "send the appeal without recording it" in twice.json()["detail"]
    assert len(manager.get(f"/v1/claims/{ref}/letters").json()) == 1
    assert manager.post("/v1/letters", json=READY | {"kind": "appeal", "ref": ref, "record": False}).status_code == 201


def test_texts_have_versions_and_an_audit_row(api, manager, claim):
    _, ref = claim
    text = {"title": "Our appeal", "body": "We appeal {{claim_number}}.", "seen": 0}
    saved = manager.post("/v1/letter-texts/appeal", json=text)
    assert (saved.status_code, saved.json()["version"]) == (200, 1)
    assert manager.post("/v1/letter-texts/appeal", json=text).status_code == 409, "somebody saved version 1 meanwhile"
    unknown = manager.post("/v1/letter-texts/appeal", json={"title": "x", "body": "{{nothing}}"})
    assert (unknown.status_code, "has an unknown field" in unknown.json()["detail"]) == (422, True)
    told = manager.post("/v1/letters/draft", json={"kind": "appeal", "ref": ref}).json()
    assert (told["text_version"], told["letter"]["title"]) == (1, "Our appeal")
    audit = api.signed_in("auditor").get("/v1/audit?limit=500").json()
    assert any(e["action"] == "POST /v1/letter-texts/{kind}" and e["detail"] == "appeal text, version 1" for e in audit)
    assert api.signed_in("biller").post("/v1/letter-texts/appeal", json=text).status_code == 403
    assert api.signed_in("auditor").post("/v1/letters", json=READY | {"kind": "appeal", "ref": ref}).status_code == 403
