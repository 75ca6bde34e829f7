"""Payers over HTTP and on the desk: listed by name, terms shown, tried, put into force, and merged."""

import re

import pytest

from services.store.payer_library import payer_library
from tests.services.api.conftest import api_over, event


@pytest.fixture
def clinic(tmp_path, valkey_url):
    """A payer of two claims, without terms; another name of it with one claim."""
    with api_over(tmp_path, valkey_url, pages=True) as made:
        for number, payer in (("C1", "60054"), ("C2", "60054"), ("C3", "AETNA")):
            made.publish(event(number, payer_id=payer, payer_name=f"AETNA {payer}", patient_id=number))
        yield made


def test_terms_over_http_are_tried_then_in_force(clinic):
    manager = clinic.signed_in("manager")
    asked = {"template": "cigna-commercial", "payer": "aetna 60054", "in_network": True}
    tried = manager.post("/v1/payers/adopt?dry_run=true", json=asked).json()
    assert (tried["published"], tried["would"]["dated"], tried["policy"]["payer_id"]) == (False, 2, "60054")
    assert manager.get("/v1/payers/terms?payer=60054").json()["terms"] is None
    since = asked | {"effective_from": "2026-01-01"}
    assert manager.post("/v1/payers/adopt", json=since).json()["policy"]["effective_from"] == "2026-01-01"
    told = manager.get("/v1/payers/terms?payer=60054").json()
    assert (told["adopted"], told["windows"][0]["says"]) == ("cigna-commercial", "90 days from the date of service")
    edited = manager.post("/v1/payers/edit", json={"payer": "60054", "changes": ["filing=120 days"]}).json()
    assert (edited["published"], edited["would"]["moved"]) == (True, 2)
    merged = manager.post("/v1/payers/merge?dry_run=true", json={"from": "AETNA", "into": "60054"}).json()
    assert merged["would"] == {"claims": 1, "text": "would make 1 claim of AETNA AETNA a claim of AETNA 60054"}
    assert manager.post("/v1/payers/merge", json={"from": "AETNA", "into": "60054"}).json()["published"]
    assert [row["claims"] for row in manager.get("/v1/payers").json()] == [3]
    stated = {"payer_id": "60054", "filing": {"length": 60, "anchor": "date of service"}}
    assert manager.post("/v1/payers/publish", json=stated).json()["would"]["moved"] == 3


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("adopt", {"template": "nobody", "payer": "60054", "in_network": True}, 404, "no template"),
        ("edit", {"payer": "NOBODY", "changes": ["filing=9 days"]}, 404, "no payer"),
        ("edit", {"payer": "60054", "changes": ["filing=9 fortnights"]}, 422, "/filing/unit"),
        ("edit", {"payer": "60054", "changes": []}, 422, "schema"),
        ("publish", {"payer_id": "60054", "filling": {}}, 422, "/filling"),
        ("merge", {"from": "60054", "into": "60054"}, 422, "already one payer"),
    ],
)
def test_what_cannot_be_put_into_force_says_why(clinic, path, body, status, said):
    answer = clinic.signed_in("manager").post(f"/v1/payers/{path}", json=body)
    assert (answer.status_code, said in answer.text) == (status, True)


def test_the_library_over_http(clinic):
    reader = clinic.signed_in("biller")
    assert len(reader.get("/v1/payers/library").json()) == len(payer_library())
    shown = reader.get("/v1/payers/library/cigna-commercial").json()
    assert {row["network"] for row in shown["terms"]} == {"in", "out"}
    assert reader.post("/v1/payers/edit", json={"payer": "60054", "changes": ["filing=9 days"]}).status_code == 403


def posted(client, **fields):
    return client.post("/payers/terms", data=fields, headers={"Accept": "text/html"}, follow_redirects=False)


def test_the_desk_shows_what_would_change_before_anything_does(clinic):
    manager = clinic.signed_in("manager")
    page = manager.get("/payers", headers={"Accept": "text/html"}).text
    assert 'href="/payers/terms?payer=60054">AETNA 60054' in page
    form = {"payer": "60054", "do": "edit", "filing-length": "120", "filing-unit": "days"}
    form |= {"filing-anchor": "date of service", "filing-counts": "receipt"}
    shown = posted(manager, **form)
    assert shown.status_code == 200
    assert "would give 2 claims a date" in shown.text
    assert "120 days from the date of service" in shown.text
    assert re.search(r"Appeal: enter from your contract", shown.text)
    assert manager.get("/v1/payers/terms?payer=60054").json()["terms"] is None
    done = posted(manager, **form, confirmed="yes")
    assert (done.status_code, done.headers["location"].endswith("/payers/terms?payer=60054")) == (303, True)
    assert (
        manager.get("/v1/payers/terms?payer=60054").json()["windows"][0]["says"] == "120 days from the date of service"
    )
    adopted = posted(manager, payer="60054", do="adopt", template="cigna-commercial", network="out")
    assert "120 days from the date of service" in adopted.text  # what the contract says stays
    merged = posted(manager, payer="AETNA", do="merge", into="60054", confirmed="yes")
    assert merged.headers["location"].endswith("payer=60054")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"do": "adopt", "template": "cigna-commercial"}, "Say whether you are in network"),
        ({"do": "edit"}, "Enter at least one term"),
        ({"do": "edit", "filing-length": "120", "effective_from": "soon"}, "In force from"),
        ({"do": "merge", "into": "60054"}, "already one payer"),
        ({"do": "nothing"}, "Choose what to change"),
    ],
)
def test_a_form_that_cannot_be_read_keeps_the_page(clinic, fields, said):
    answer = posted(clinic.signed_in("manager"), payer="60054", **fields)
    assert (answer.status_code, said in answer.text) == (422, True)
