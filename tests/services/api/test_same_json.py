"""The JSON of a thing is the same from the command line and from HTTP."""

import json
from contextlib import nullcontext

import pytest
from typer.testing import CliRunner

from services.cli.main import build
from services.commands.ingest import ingest_files
from services.demo.month import write_month

AT = "2026-11-06"


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
        ("/v1/parked", ["parked"]),
        ("/v1/payer-changes", ["changes"]),
        (f"/v1/aging?as_of={AT}", ["aging", "--as-of", AT]),
        (f"/v1/worklists/denial?as_of={AT}&limit=500", ["worklist", "denial", "--as-of", AT]),
    ],
)
def test_lists(api, month, address, words):
    assert everything(month, address) == told(api, *words)


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
