"""The drill of a new year through HTTP: files of 2027 come in, December and January keep each its own rules."""

from tests.services.api.conftest import event
from tests.services.api.test_rules_api import bring
from tests.services.reads.test_year_drill import YEAR_FILES

OPEN_YEAR = {"2027", "2027 Q1"}


def bill(api, claim, dos):
    line = {"number": 1, "procedure": "97530", "modifiers": ["GP"], "units": "2", "charge": "150.00", "dos": dos}
    api.publish(event(claim, diagnoses=["M25561"], lines=[line]))


def expected(api, client, claim):
    return {line["expected_allowed"] for line in client.get(f"/v1/claims/{api.ref(claim)}").json()["lines"]}


def estimated(client, dos):
    session = {
        "payer": "MEDICARE",
        "dos": dos,
        "discipline": "PT",
        "timed": [{"procedure": "97530", "minutes": 30}],
        "running": "2470.00",
    }
    told = client.post("/v1/estimate", json=session).json()
    return told["expected_allowed"], told["threshold"]["lines_needing_kx"]


def missing(client):
    told = client.get("/v1/rules/status").json()
    return {t["kind"] for t in told if t["covers"] in OPEN_YEAR}


def test_a_new_year_comes_in_over_http(api):
    manager = api.signed_in("manager")
    bill(api, "DRILL-DEC", "2026-12-30")
    bill(api, "DRILL-JAN", "2027-01-05")
    assert (expected(api, manager, "DRILL-DEC"), expected(api, manager, "DRILL-JAN")) == ({"60.12"}, {None})
    assert missing(manager) >= {"pfs", "kx", "deductible", "ncci", "mue"}
    touched, first = set(), True
    for name, body in YEAR_FILES.items():
        shown = bring(manager, body, name=name, dry_run=True).json()
        assert shown["packs"], name
        touched |= {claim["claim_id"] for claim in shown["claims"]}
        assert bring(manager, body, name=name, quick=True).json()["published"], name
        assert not bring(manager, body, name=name, quick=True).json()["published"], f"{name} twice"
        api.settle()
        if first:
            assert expected(api, manager, "DRILL-JAN") == {"65.96"}
            first = False
    assert touched == {"DRILL-JAN"}
    assert (expected(api, manager, "DRILL-DEC"), expected(api, manager, "DRILL-JAN")) == ({"60.12"}, {"65.96"})
    # over the threshold of 2026, within that of 2027 (2,550.00)
    assert (estimated(manager, "2026-12-30"), estimated(manager, "2027-01-05")) == (("60.12", [1]), ("65.96", []))
    assert missing(manager) <= {"icd10cm", "holidays"}
