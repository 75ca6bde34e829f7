"""`payers` as typed: who was ever named, terms tried, adopted, edited and merged."""

import json

import pytest
from typer.testing import CliRunner

from services.cli.main import build


def run(*words):
    told = CliRunner().invoke(build(words), words)
    assert not told.exception, told.exception
    return told.stdout


def said(*words):
    return json.loads(run(*words, "--json"))


def claim(number, payer, dos, name=None):
    line = {"number": 1, "procedure": "97110", "modifiers": ["GP"], "units": 2, "charge": "100.00", "dos": dos}
    data = {
        "claim_id": number,
        "patient_id": "P1",
        "payer_id": payer,
        "payer_sequence": "P",
        "billing_npi": "1",
        "total_charge": "100.00",
        "diagnoses": [],
        "lines": [line],
    } | ({"payer_name": name} if name else {})
    return {
        "specversion": "1.0",
        "id": number,
        "source": "test",
        "type": "claim.submitted.v1",
        "subject": number,
        "time": f"{dos}T20:00:00Z",
        "data": data,
    }


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    """Three claims with Aetna, one under its number, one with a payer of one claim."""
    folder = tmp_path_factory.mktemp("clinic")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLAIMCLOCK_DATA_DIR", str(folder))
        patch.delenv("CLAIMCLOCK_DATABASE_URL", raising=False)
        patch.delenv("CLAIMCLOCK_REDIS_URL", raising=False)
        claims = [
            claim("A1", "AETNA", "2020-03-02"),
            claim("A2", "AETNA", "2099-03-02"),
            claim("A3", "60054", "2099-03-03"),
            claim("B1", "ACME", "2099-03-02"),
        ]
        file = folder / "claims.ndjson"
        file.write_text("\n".join(map(json.dumps, claims)))
        run("ingest", str(file))
        yield


def test_payers_from_the_first_claim_to_terms_in_force(clinic):
    before = {row["payer_id"]: row for row in said("payers")}
    assert {name: row["claims"] for name, row in before.items()} == {"AETNA": 2, "60054": 1, "ACME": 1}
    assert before["AETNA"]["lacks"] == ["filing limit", "corrected claims", "appeals", "contract"]
    tried = said("payers", "adopt", "cigna-commercial", "--as", "AETNA", "--in-network", "--dry-run")
    assert (tried["published"], tried["would"]["dated"], tried["would"]["lost"]) == (False, 2, 1)
    assert tried["would"]["text"] == "would give 2 claims a date, 1 of them already lost"
    assert {row["payer_id"]: row for row in said("payers", "list")} == before

    done = said("payers", "adopt", "aetna-commercial", "--as", "AETNA", "--in-network", "--yes")
    assert done["published"]
    after = {row["payer_id"]: row for row in said("payers", "list")}
    assert (after["AETNA"]["claims"], after["AETNA"]["adopted"]) == (3, "aetna-commercial")
    assert "60054" not in after  # the template's identifier
    assert after["AETNA"]["lacks"] == ["corrected claims", "contract"]

    edited = said("payers", "edit", "AETNA", "filing=90 days", "--yes")
    assert (edited["policy"]["version"], edited["would"]["dated"], edited["would"]["moved"]) == (2, 0, 3)
    assert {row["level"] for row in edited["policy"]["appeals"]} == {1, 2}
    clock = next(d for d in said("claim", "A2")["deadlines"] if d["kind"] == "timely_filing")
    assert clock["due"] == "2099-05-31"

    said("payers", "merge", "ACME", "AETNA", "--yes")
    merged = {row["payer_id"]: row for row in said("payers")}
    assert set(merged) == {"AETNA"}
    assert (merged["AETNA"]["claims"], merged["AETNA"]["linked"]) == (4, ["ACME"])
    assert "90 days" in run("payers", "show", "AETNA")


def test_the_library_shows_every_figure_with_its_source(clinic):
    assert "57 figures available" in run("payers", "library")
    shown = said("payers", "library", "cigna-commercial")
    assert {row["network"] for row in shown["terms"]} == {"in", "out"}
    assert all(row["source"] and row["read_on"] for row in shown["terms"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("adopt", "nobody", "--as", "AETNA"), "no template 'nobody'"),
        (("adopt", "kaiser", "--as", "AETNA", "--yes"), "use --in-network or --out-of-network"),
        (("edit", "AETNA", "filing=soon", "--yes"), "write TERM=LENGTH UNIT"),
        (("edit", "NOBODY", "filing=90 days", "--yes"), "no payer 'NOBODY'"),
        (("edit", "AETNA", "filing=90 fortnights", "--yes"), "/filing/unit"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(clinic, words, told):
    answer = CliRunner().invoke(build(("payers", *words)), ("payers", *words))
    assert told in str(answer.exception)


def test_a_file_of_terms_is_tried_and_published(clinic, tmp_path):
    file = tmp_path / "acme.toml"
    file.write_text('payer_id = "NEW"\nnames = ["NEW HEALTH"]\n[filing]\nlength = 90\n')
    done = said("payers", "publish", str(file), "--yes")
    assert (done["published"], done["would"]["dated"]) == (True, 0)
    assert said("payers", "show", "new health")["payer_id"] == "NEW"
