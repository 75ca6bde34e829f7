"""Who read what: written down, kept, and sealed."""

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError

from services.security.audit import AuditRecord, AuditWriter, check_audit, read_audit
from services.security.shown_refs import PER_ENTRY, entries_of, refs_in
from services.store.engine import open_engine, writing
from services.store.schema import migrate
from services.store.security_tables import AUDIT
from tests.services.api.conftest import NOW, event


def entry(number=1, practice="default"):
    return AuditRecord(
        at=NOW,
        who="pat",
        who_id="id",
        role="biller",
        practice=practice,
        action=f"GET /v1/{number}",
        ref=None,
        status=200,
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request, tmp_path):
    url = f"sqlite:///{tmp_path}/a.db" if request.param == "sqlite" else request.getfixturevalue("pg_url")
    engine = open_engine(url)
    migrate(engine)
    yield engine
    engine.dispose()


def test_entries_form_a_chain_whoever_writes_them(engine):
    writers = [AuditWriter(engine) for _ in range(3)]
    done = [writers[number % 3].record(entry(number)) for number in range(60)]
    for future in done:
        future.result(20)
    for writer in writers:
        writer.close()
    assert check_audit(engine) == {"entries": 60, "intact": True, "broken_at": None}
    page = read_audit(engine, "default", 25)
    assert [row["seq"] for row in page] == sorted((row["seq"] for row in page), reverse=True)
    assert len(read_audit(engine, "default", 500, page[-1]["seq"])) == 35
    assert read_audit(engine, "other", 5) == []


@pytest.mark.parametrize(
    "verb", [update(AUDIT).values(who="somebody else"), delete(AUDIT), text("TRUNCATE audit_entry")]
)
def test_the_database_refuses_changes(engine, verb):
    writer = AuditWriter(engine)
    writer.record(entry()).result(20)
    writer.close()
    with pytest.raises(DBAPIError), writing(engine) as connection:
        connection.execute(verb)
    assert check_audit(engine)["entries"] == 1


def test_a_change_behind_the_databases_back_shows(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/a.db")
    migrate(engine)
    writer = AuditWriter(engine)
    for number in range(5):
        writer.record(entry(number)).result(20)
    writer.close()
    with writing(engine) as connection:
        connection.execute(text("DROP TRIGGER audit_entry_no_update"))
        connection.execute(update(AUDIT).where(AUDIT.c.seq == 3).values(who="somebody else"))
    assert check_audit(engine) == {"entries": 2, "intact": False, "broken_at": 3}
    engine.dispose()


def test_reads_of_patient_data_are_written_down(api):
    api.publish(event("CLM-AUDIT"))
    ref, biller, auditor = api.ref("CLM-AUDIT"), api.signed_in("biller"), api.signed_in("auditor")
    biller.get(f"/v1/claims/{ref}")
    biller.get("/v1/worklists/rejection")
    biller.post("/v1/search", json={"claim_id": "CLM-AUDIT"})
    biller.get(f"/v1/claims/{'0' * 24}")
    mine = [row for row in auditor.get("/v1/audit?limit=500").json() if row["who"] == biller.who]
    assert [(row["action"], row["ref"], row["status"]) for row in reversed(mine)] == [
        ("sign in by password", None, 200),
        ("GET /v1/claims/{ref}", ref, 200),
        ("GET /v1/worklists/{kind}", None, 200),
        ("POST /v1/search", None, 200),
        ("GET /v1/claims/{ref}", "0" * 24, 404),
    ]
    assert mine[1]["detail"] == f"claim_id; shown: {ref}"
    assert "CLM-AUDIT" not in str(mine)
    assert auditor.get("/v1/audit/check").json()["intact"]


def test_the_auditors_list_comes_in_pages(api):
    auditor = api.signed_in("auditor")
    for _ in range(5):
        auditor.get("/v1/thresholds")
    first = auditor.get("/v1/audit?limit=3")
    second = auditor.get("/v1/audit", params={"limit": 3, "before": first.headers["Next-Cursor"]})
    assert len(first.json()) == len(second.json()) == 3
    assert first.json()[-1]["seq"] > second.json()[0]["seq"]


def test_what_cannot_be_written_down_is_not_shown(fresh):
    api = fresh()
    api.publish(event("CLM-SHUT"))
    client = api.signed_in()
    with writing(api.app.engine) as connection:
        connection.execute(
            text("CREATE TRIGGER shut BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'no'); END")
        )
    answer = client.get(f"/v1/claims/{api.ref('CLM-SHUT')}")
    assert answer.status_code == 500
    assert "CLM-SHUT" not in answer.text


LISTS = ("/v1/worklists/today", "/v1/claims", "/v1/worklists/filing", "/", "/worklists/today/file.csv")


def test_every_list_search_and_export_says_whom_it_showed(fresh):
    """An auditor asks who saw a patient: the answer holds every list that had the patient's claim in it."""
    api = fresh(pages=True)
    api.publish(event("CLM-SEEN", patient_id="PAT-SEEN"), event("CLM-OTHER", patient_id="PAT-OTHER"))
    biller, auditor = api.signed_in("biller"), api.signed_in("auditor")
    for path in LISTS:
        assert biller.get(path, headers={"accept": "text/html,*/*"}).status_code == 200, path
    biller.post("/v1/search", json={"claim_id": "CLM-SEEN"})
    patient = api.app.references.ref("default", "patient\0PAT-SEEN")
    answer = auditor.get("/v1/audit", params={"patient": patient, "who": biller.who, "limit": 100})
    assert answer.status_code == 200, answer.text
    seen = {row["action"] for row in answer.json()}
    assert seen >= {"GET /v1/worklists/{kind}", "GET /v1/claims", "GET /", "GET /worklists/{kind}/file.{form}"}
    assert "POST /v1/search" in seen
    found = auditor.get("/v1/audit", params={"action": "POST /v1/search", "who": biller.who}).json()
    assert [row["ref"] for row in found] == [None]
    assert "CLM-SEEN" not in str(found)


def test_a_long_list_takes_several_entries():
    refs = [f"{number:024x}" for number in range(2 * PER_ENTRY + 1)]
    details = entries_of("all open work", refs)
    assert len(details) == 3
    assert all(len(detail) < 2_100 for detail in details)
    assert " ".join(detail.partition("shown: ")[2] for detail in details).split() == refs
    assert entries_of("nothing", []) == ["nothing"]


def test_rows_are_found_however_deep_and_patients_where_no_claim_is_named():
    claims = [{"ref": "a" * 24, "claim_id": "C1"}, {"claim_id": "C2", "patient_id": "P2"}]
    rows = {"groups": [{"claims": claims}], "years": [{"patient_id": "P1"}]}
    assert list(refs_in(rows, lambda name: f"of {name}")) == ["a" * 24, "of C2", "of patient\0P1"]


def test_checks_and_events_are_neither_claims_nor_patients():
    """They bear opaque names too: "38 claims and patients shown" of 38 checks would not be true."""
    rows = [{"ref": "b" * 24, "trace_number": "1"}, {"ref": "c" * 24, "type": "claim.denied.v1"}]
    assert list(refs_in(rows, str)) == []
