"""The JSON of a thing is the same from the command line and from HTTP."""

import json
from contextlib import nullcontext

import pytest
from typer.testing import CliRunner

from services.cli.main import build
from services.commands.ingest import ingest_files
from services.demo.month import write_month

AT = "2026-11-06"
DENIED = ("--status", "denied", "--status", "in_appeal")


@pytest.fixture(scope="module")
def month(api, tmp_path_factory):
    folder = tmp_path_factory.mktemp("month")
    write_month(folder)
    (folder / "manifest.json").unlink()
    ingest_files(api.app, [folder], "file", projecting=lambda _house: nullcontext())
    api.settle()
    return api.signed_in("manager")


def told(api, *words):
    found = CliRunner().invoke(build(words), [*words, "--json", "--data", str(api.app.settings.data_dir)])
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def everything(client, address):
    """All pages of a list."""
    found, answer = [], client.get(address)
    while True:
        assert answer.status_code == 200, answer.text
        if isinstance(answer.json(), dict):
            return answer.json()
        found += answer.json()
        if "Link" not in answer.headers:
            return found
        answer = client.get(answer.links["next"]["url"])


@pytest.mark.parametrize("kind", ["today", "rejection", "denial", "filing", "underpayment", "missing_ack", "threshold"])
def test_worklists(api, month, kind):
    assert everything(month, f"/v1/worklists/{kind}?at={AT}&limit=37") == told(api, "worklist", kind, "--at", AT)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (f"/v1/thresholds?at={AT}&limit=3", ["thresholds", "--at", AT]),
        (f"/v1/thresholds?at={AT}&year=2026", ["thresholds", "--at", AT, "--year", "2026"]),
        (f"/v1/aging?at={AT}", ["aging", "--at", AT]),
        (
            f"/v1/aging?at={AT}&by=payer&basis=submission&limit=1",
            ["aging", "--at", AT, "--by", "payer", "--basis", "submission"],
        ),
        ("/v1/underpayments?limit=7", ["underpayments"]),
        ("/v1/underpayments?groups=true", ["underpayments", "--groups"]),
        ("/v1/payer-changes", ["changes"]),
        ("/v1/parked?limit=2", ["parked"]),
        ("/v1/claims?limit=150", ["claims", "--sort", "claim"]),
        ("/v1/claims?limit=150&sort=newest", ["claims"]),
        ("/v1/claims?status=denied&status=in_appeal&limit=7", ["claims", "--sort", "claim", *DENIED]),
        ("/v1/claims?open=true&payer=CEDAR&limit=17", ["claims", "--sort", "claim", "--open", "--payer", "CEDAR"]),
        ("/v1/claims?flag=underpaid", ["claims", "--sort", "claim", "--flag", "underpaid"]),
        ("/v1/claims?as_of=2026-10-20&limit=500", ["claims", "--sort", "claim", "--as-of", "2026-10-20"]),
        ("/v1/findings?limit=13", ["findings"]),
        ("/v1/findings?grade=denied&all=true&limit=5", ["findings", "--grade", "denied", "--all"]),
        ("/v1/findings/score", ["findings", "--score"]),
        ("/v1/contracts", ["contracts"]),
        ("/v1/deposits?limit=4", ["deposits"]),
        (f"/v1/patterns?at={AT}", ["patterns", "--at", AT]),
        (f"/v1/patterns?at={AT}&by=payer", ["patterns", "--at", AT, "--by", "payer"]),
        ("/v1/rules", ["rules", "list"]),
        ("/v1/rules/lists", ["rules", "lists"]),
        (f"/v1/alerts?at={AT}&all=true", ["alerts", "--at", AT, "--all"]),
        (f"/v1/aging?as_of={AT}", ["aging", "--as-of", AT]),
        (f"/v1/worklists/denial?as_of={AT}&limit=500", ["worklist", "denial", "--as-of", AT]),
    ],
)
def test_lists(api, month, address, words):
    assert everything(month, address) == told(api, *words)


def test_visits(api, month):
    listed = everything(month, "/v1/visits?limit=9")
    assert len({row["visit_id"] for row in listed}) == len(listed)
    assert [row["dos"] for row in listed] == sorted(row["dos"] for row in listed)
    for row in listed[:3]:
        page = month.post("/v1/visits", json={"visit_id": row["visit_id"]}).json()
        assert page == told(api, "visit", row["visit_id"])
    assert month.post("/v1/visits", json={"visit_id": "nobody's"}).status_code == 404


def test_remittances(month):
    listed = everything(month, "/v1/remittances?limit=5")
    assert len({row["ref"] for row in listed}) == len(listed) > 10
    page = month.get(f"/v1/remittances/{listed[0]['ref']}").json()
    assert len(page["entries"]) == page["claims"]
    assert not any(row["balanced"] for row in everything(month, "/v1/remittances?unbalanced=true"))


def test_a_contract_with_its_terms(month):
    (first, *_) = month.get("/v1/contracts").json()
    versions = month.get(f"/v1/contracts/{first['contract_id']}").json()
    assert versions[0]["contract_id"] == first["contract_id"]
    assert month.get("/v1/contracts/nobody").status_code == 404


def test_other_terms_are_tried_and_nothing_is_changed(month):
    before = everything(month, "/v1/underpayments?limit=500")
    terms = {
        "contracts": [
            {
                "contract_id": "cedar-therapy",
                "version": "3",
                "scope": {"payer_id": "CEDAR"},
                "effective_from": "2026-01-01",
                "method": "per_unit",
                "rates": [{"procedure": "97110", "amount": "99.00"}],
            }
        ]
    }
    answer = month.post("/v1/what-if", json=terms)
    assert answer.status_code == 200, answer.text
    assert answer.json()["lines"] > 0
    refused = month.post("/v1/what-if", json={"policies": [{"program": "commercial"}]})
    assert refused.status_code == 422
    unknown = {"payer_id": "CEDAR", "effective_from": "2026-01-01", "tolerances": {"amount": "5.00"}}
    refused = month.post("/v1/what-if", json={"policies": [unknown]})
    assert refused.status_code == 422
    assert "/tolerances/amount" in refused.text
    assert everything(month, "/v1/underpayments?limit=500") == before


def test_claims(api, month):
    for row in month.get(f"/v1/worklists/today?at={AT}&limit=5").json():
        page = month.get(f"/v1/claims/{row['ref']}?at={AT}").json()
        assert page == told(api, "claim", row["claim_id"], "--at", AT)
        past = month.get(f"/v1/claims/{row['ref']}?as_of=2026-10-20").json()
        assert past == told(api, "claim", row["claim_id"], "--as-of", "2026-10-20")


def test_an_estimate(api, month):
    body = {
        "payer": "MEDICARE",
        "dos": "2026-03-02",
        "discipline": "PT",
        "running": "2455.00",
        "timed": [{"procedure": "97530", "minutes": 23}, {"procedure": "97110", "minutes": 15}],
    }
    words = [
        "estimate",
        "--payer",
        "MEDICARE",
        "--dos",
        "2026-03-02",
        "--discipline",
        "PT",
        "--running",
        "2455.00",
        "--timed",
        "97530:23",
        "--timed",
        "97110:15",
    ]
    assert month.post("/v1/estimate", json=body).json() == told(api, *words)


def test_a_foreign_cursor_is_refused(month):
    ours = month.get("/v1/underpayments?limit=1").headers["Next-Cursor"]
    assert month.get(f"/v1/worklists/today?cursor={ours}").status_code == 422
    assert month.get("/v1/worklists/today?cursor=bm9uc2Vuc2U").status_code == 422
    assert month.get(f"/v1/underpayments?cursor={ours[:-4]}").status_code == 422


def test_thresholds_of_the_patient_of_a_claim(month):
    row = month.get("/v1/thresholds?limit=1").json()[0]
    claims = month.post("/v1/search", json={"patient_id": row["patient_id"]}).json()["refs"]
    found = month.get(f"/v1/thresholds?claim={claims[0]}").json()
    assert row in found
    assert {each["patient_id"] for each in found} == {row["patient_id"]}
    assert month.post("/v1/thresholds", json={"patient_id": row["patient_id"]}).json() == found
    assert month.get(f"/v1/thresholds?claim={'0' * 24}").status_code == 404
