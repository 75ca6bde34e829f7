"""FHIR R4 over HTTP, each answer validated by an implementation of the standard that is not ours."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from fhir.resources.R4B import get_fhir_model_class

from services.presentation.fhir import TYPES
from tests.services.api.conftest import event
from tests.services.api.test_open_claims_api import SHEET, bring_in, files


def valid(resource):
    get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    for entry in resource.get("entry", []):
        valid(entry["resource"])
    return resource


def get(client, path, **params):
    answer = client.get(f"/v1/fhir/{path}", params=params)
    assert answer.headers["content-type"] == "application/fhir+json"
    return answer.status_code, valid(answer.json())


def everything(client, kind, **params):
    """All resources of a search, page by page."""
    found, path = [], f"/v1/fhir/{kind}"
    while path:
        page = valid(client.get(path, params=params).json())
        found += [entry["resource"] for entry in page.get("entry", [])]
        path = next((link["url"] for link in page["link"] if link["relation"] == "next"), None)
        if path:
            parts = urlsplit(path)
            path, params = parts.path, parse_qsl(parts.query)
    return found


@pytest.fixture
def loaded(api):
    client = api.signed_in("manager")
    if not client.post("/v1/search", json={"claim_id": "FH-2"}).json()["refs"]:
        for told in files("FH"):
            client.post("/v1/events", json=told)
        client.post("/v1/events", json=event("FH-DENIED", type_="claim.rejected.v1", stage="payer", codes=[]))
        bring_in(client, SHEET.format("FHC"))
        api.settle()
    return client


def test_the_capability_statement_is_open_to_anybody(api):
    status, told = get(api.client(), "metadata")
    assert status == 200
    assert [each["type"] for each in told["rest"][0]["resource"]] == list(TYPES)


def test_a_claim_its_answer_and_the_explanation_of_benefit(api, loaded):
    ref = api.ref("FH-2")
    _, claim = get(loaded, f"Claim/{ref}")
    assert claim["identifier"] == [{"value": "FH-2"}]
    assert claim["provider"]["identifier"]["value"] == "1999999984"
    assert claim["total"] == {"value": 150.0, "currency": "USD"}
    assert claim["item"][0]["productOrService"]["coding"][0]["code"] == "97110"
    _, explanation = get(loaded, f"ExplanationOfBenefit/{ref}")
    assert explanation["outcome"] == "complete"
    assert [a["amount"]["value"] for a in explanation["item"][0]["adjudication"] if "coding" in a["category"]] == [
        150,
        40,
        40,
    ]
    _, answer = get(loaded, explanation["claimResponse"]["reference"])
    assert answer["request"] == {"reference": f"Claim/{ref}"}
    assert answer["payment"]["identifier"] == {"value": "TFH"}


def test_what_is_not_known_is_said_to_be_unknown_and_never_made_up(api, loaded):
    ref = api.ref("FHC-1")
    _, claim = get(loaded, f"Claim/{ref}")
    assert claim["provider"]["extension"][0]["valueCode"] == "unknown"
    assert "item" not in claim
    _, explanation = get(loaded, f"ExplanationOfBenefit/{ref}")
    assert explanation["outcome"] == "queued"
    assert "claimResponse" not in explanation


@pytest.mark.parametrize("kind", TYPES)
def test_a_search_pages_through_everything_and_every_resource_is_read_by_its_id(api, loaded, kind):
    found = everything(loaded, kind, _count=1)
    names = [each["id"] for each in found]
    assert len(names) == len(set(names))
    assert found
    assert names == [each["id"] for each in everything(loaded, kind, _count=100)]
    for each in found:
        assert get(loaded, f"{kind}/{each['id']}") == (200, each)


def test_a_search_is_narrowed_by_when_something_changed(api, loaded):
    claims = everything(loaded, "Claim")
    instants = [each["meta"]["lastUpdated"] for each in claims]
    assert instants == sorted(instants)
    assert everything(loaded, "Claim", _lastUpdated=f"ge{instants[-1]}")[-1] == claims[-1]
    assert not everything(loaded, "Claim", _lastUpdated=f"gt{instants[-1]}")
    assert not everything(loaded, "Claim", _lastUpdated=f"lt{instants[0]}")
    assert everything(loaded, "Claim", _lastUpdated=instants[-1][:10])
    assert not everything(loaded, "Claim", _lastUpdated=["ge2000-01-01", "lt2000-01-02"])


def test_what_cannot_be_found_or_asked_has_an_outcome(api, loaded):
    for path in ("Claim/" + "0" * 24, f"ClaimResponse/{api.ref('FH-2')}-{'0' * 20}", f"Task/{api.ref('FH-2')}"):
        status, told = get(loaded, path)
        assert (status, told["issue"][0]["code"]) == (404, "not-found")
    for asked in ("soon", "xx2026-01-01", "ge"):
        assert get(loaded, "Claim", _lastUpdated=asked)[0] == 400
    assert loaded.get("/v1/fhir/Patient").status_code == 422
    assert loaded.get("/v1/fhir/Claim", params={"patient": "7004"}).status_code == 422


def test_numbers_of_claims_and_patients_stand_in_no_address(api, loaded):
    for kind in TYPES:
        page = loaded.get(f"/v1/fhir/{kind}", params={"_count": 1}).json()
        urls = [link["url"] for link in page["link"]] + [entry["fullUrl"] for entry in page["entry"]]
        plain = [url.partition("cursor=")[0] for url in urls]  # a cursor is sealed, and may spell anything
        assert not [url for url in plain if "FH" in url or "7004" in url or "PAT-" in url]


def test_reads_are_audited_with_the_claim_they_showed(api, loaded):
    ref = api.ref("FH-2")
    get(loaded, f"Claim/{ref}")
    entries = api.signed_in("auditor").get("/v1/audit", params={"limit": 20}).json()
    assert any(ref in (each.get("detail") or "") for each in entries)
