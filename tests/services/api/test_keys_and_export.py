"""API keys, rule packs and exports over HTTP."""

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from services.cli.main import build
from services.store.report_views import REPORTS
from services.store.shipped_rule_packs import shipped_packs
from tests.services.api.conftest import event


@pytest.fixture(scope="module")
def admin(api):
    return api.signed_in("admin")


def test_a_key_is_made_listed_used_and_ended(api, admin):
    made = admin.post("/v1/keys", json={"name": "my-emr", "scopes": ["claims:read"], "days": 30})
    assert made.status_code == 201
    key_id, key = made.json()["id"], made.json()["key"]
    (row,) = [row for row in admin.get("/v1/keys").json() if row["id"] == key_id]
    assert (row["scopes"], row["role"], row["revoked"]) == (["claims:read"], "integration", False)
    assert key not in admin.get("/v1/keys").text, "the key itself is shown once"
    program = api.client(headers={"Authorization": f"Bearer {key}"})
    assert program.get("/v1/aging").status_code == 200
    refused = program.get("/v1/events")
    assert refused.status_code == 403
    assert "the scope events:read is missing" in refused.text
    assert admin.delete(f"/v1/keys/{key_id}").status_code == 204
    assert program.get("/v1/aging").status_code == 401
    assert admin.delete(f"/v1/keys/{key_id}").status_code == 404


def test_nobody_but_administrators_and_nobody_gives_more_than_they_have(api, admin):
    assert api.signed_in("manager").post("/v1/keys", json={"name": "x"}).status_code == 403
    narrow = api.keyed("admin", scopes=["people:write", "claims:read"])
    assert narrow.post("/v1/keys", json={"name": "x", "role": "admin"}).status_code == 403
    assert narrow.post("/v1/keys", json={"name": "x", "scopes": ["claims:read"]}).status_code == 201
    assert narrow.post("/v1/people", json={"name": "sneaky", "role": "admin"}).status_code == 403
    boss = next(row for row in admin.get("/v1/people").json() if row["role"] == "admin")
    assert narrow.post(f"/v1/people/{boss['id']}/link").status_code == 403
    assert narrow.post(f"/v1/people/{boss['id']}", json={"password": "a long new password"}).status_code == 403
    assert admin.post("/v1/keys", json={"name": "x", "practices": ["elsewhere"]}).status_code == 403
    assert admin.post("/v1/keys", json={"name": "x", "scopes": ["all"]}).status_code == 422
    assert admin.post("/v1/keys", json={"name": "x", "role": "king"}).status_code == 422


def test_keys_and_people_of_another_practice_are_not_there(api, admin):
    theirs = api.signed_in("admin", ("elsewhere",))
    made = theirs.post("/v1/keys", json={"name": "theirs"}).json()["id"]
    assert made not in {row["id"] for row in admin.get("/v1/keys").json()}
    assert admin.delete(f"/v1/keys/{made}").status_code == 404
    assert theirs.who not in {row["name"] for row in admin.get("/v1/people").json()}


def own_pack():
    pack = next(pack for pack in shipped_packs() if pack["pack_id"] == "kx")
    pack = json.loads(json.dumps(pack)) | {"version": "2026.own"}
    for period in pack["periods"]:
        period["values"] = period["values"] | {"alert": "1000.00"}
    return pack


def test_a_pack_is_compared_tried_and_published(api):
    manager = api.signed_in("manager")
    told = manager.post("/v1/rules/diff", json=own_pack())
    assert told.status_code == 200, told.text
    assert {row["new"] for row in told.json()["values"]} == {"1000.00"}
    assert manager.post("/v1/rules/publish?dry_run=true", json=own_pack()).json()["published"] is False
    assert manager.get("/v1/rules/packs/kx").json()["version"] != "2026.own"
    done = manager.post("/v1/rules/publish", json=own_pack())
    assert done.json()["published"] is True, done.text
    assert manager.get("/v1/rules/packs/kx?on=2026-03-01").json()["values"][0]["values"]["alert"] == "1000.00"
    assert manager.post("/v1/rules/publish", json=own_pack()).json()["published"] is False
    assert manager.post("/v1/rules/publish", json={"pack_id": "kx"}).status_code == 422
    assert manager.get("/v1/rules/packs/none").status_code == 404
    assert api.signed_in("biller").post("/v1/rules/publish", json=own_pack()).status_code == 403


@pytest.fixture(scope="module")
def exported(api):
    api.publish(event("EXP-1"), event("EXP-2"), event("EXP-1", type_="patient.paid.v1", amount="5.00"))
    return api.keyed()


def test_exports_are_those_of_the_command_line(api, exported, tmp_path):
    words = ["export", str(tmp_path), "--data", str(api.app.settings.data_dir)]
    assert CliRunner().invoke(build(words), words).exit_code == 0
    names = [row["table"] for row in exported.get("/v1/export").json()]
    assert names == ["events", *(report.name for report in REPORTS)]
    for name in names:
        answer = exported.get(f"/v1/export/{name}?format=csv")
        assert answer.status_code == 200, answer.text
        assert answer.content == (tmp_path / f"{name}.csv").read_bytes(), name
        lines = [json.loads(line) for line in exported.get(f"/v1/export/{name}").text.splitlines()]
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert len(lines) == len(rows)
        assert [list(line) for line in lines] == [list(row) for row in rows]


def test_parquet_is_read_by_duckdb(exported, tmp_path):
    duckdb = pytest.importorskip("duckdb")
    answer = exported.get("/v1/export/claims?format=parquet")
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    (tmp_path / "claims.parquet").write_bytes(answer.content)
    found = duckdb.sql(
        f"SELECT claim_id, charge FROM '{tmp_path}/claims.parquet' WHERE claim_id LIKE 'EXP%'"
    ).fetchall()
    assert sorted(row[0] for row in found) == ["EXP-1", "EXP-2"]


def test_an_export_goes_on_from_its_cursor(api, exported):
    first = exported.get("/v1/export/claims")
    cursor = first.headers["Export-Cursor"]
    assert exported.get(f"/v1/export/events?after={cursor}").text == ""
    assert exported.get(f"/v1/export/claims?after={cursor}").text == ""
    api.publish(event("EXP-3", patient_id="PAT-LONE"))
    assert "EXP-3" in exported.get(f"/v1/export/events?after={cursor}").text
    changed = [
        json.loads(line)["claim_id"] for line in exported.get(f"/v1/export/claims?after={cursor}").text.splitlines()
    ]
    assert changed == ["EXP-3"]


def test_who_may_export_and_what_is_written_down(api, exported):
    assert api.keyed(scopes=["claims:read"]).get("/v1/export/events").status_code == 403
    assert api.keyed(scopes=["events:read"]).get("/v1/export/claims").status_code == 403
    assert exported.get("/v1/export/nothing").status_code == 404
    assert exported.get("/v1/export/claims?format=xlsx").status_code == 422
    exported.get("/v1/export/claims")
    rows = api.signed_in("auditor").get("/v1/audit?limit=50").json()
    shown = " ".join(row["detail"] or "" for row in rows if "/v1/export/" in row["action"])
    assert api.ref("EXP-1") in shown
    past = exported.get("/v1/export/claims?as_of=2026-01-01")
    assert past.text == ""
    then = exported.get("/v1/export/claims?as_of=2026-11-06")
    assert "EXP-1" in then.text, "the past is still open while its file is sent"
