"""Contracts as files over HTTP: tried, then published from a workbook; what is wrong is said with the file's rows."""

import io

import openpyxl
import pytest

TERMS = {"contract_id": "harbor-2026", "payer_id": "HARBOR", "version": "1", "effective_from": "2026-01-01"}
COLUMNS = {"code_column": "Service", "amount_column": "What we pay"}


def workbook(*rows, name="Fees of Harbor.xlsx"):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return {"file": (name, out.getvalue())}


FEES = workbook(("Service", "What we pay"), ("97110", 40), ("97140", 35.5))


@pytest.fixture
def manager(api):
    return api.signed_in("manager")


def test_a_workbook_is_tried_then_published(api, manager):
    tried = manager.post("/v1/contracts/import?dry_run=true", data=TERMS | COLUMNS, files=FEES)
    assert tried.status_code == 200, tried.text
    told = tried.json()
    assert told["published"] == []
    (contract,) = told["contracts"]
    assert {rate["procedure"]: rate["amount"] for rate in contract["rates"]} == {"97110": "40.00", "97140": "35.50"}
    assert "claims" in told["change"] or told["change"] == {} or "lines" in told["change"]
    assert "harbor-2026" not in {each["contract_id"] for each in manager.get("/v1/contracts").json()}
    done = manager.post("/v1/contracts/import", data=TERMS | COLUMNS, files=FEES)
    assert done.status_code == 200, done.text
    assert done.json()["published"] == ["harbor-2026@1"]
    (version,) = manager.get("/v1/contracts/harbor-2026").json()
    assert version["rates"][0]["procedure"] == "97110"


def test_headings_that_nobody_knows_come_back_with_the_rows(manager):
    answer = manager.post("/v1/contracts/import", data=TERMS | {"contract_id": "x"}, files=FEES)
    assert answer.status_code == 422
    assert answer.json()["rows"][0] == ["Service", "What we pay"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("fees.pdf", b"x", "must end in"),
        ("fees.xlsx", b"no workbook", "not a workbook"),
        ("fees.csv", b"\xff\xfe\x00", "could not be read"),
        ("fees.json", b"[1]", "could not be read"),
        ("fees.toml", b"=", "not TOML"),
        ("fees.csv", b"", "nothing was published"),
    ],
)
def test_what_is_no_contract_says_so(manager, name, content, said):
    answer = manager.post("/v1/contracts/import", data=TERMS | COLUMNS, files={"file": (name, content)})
    assert answer.status_code == 422, answer.text
    assert said in answer.json()["detail"]


def test_a_biller_may_not(api):
    assert api.signed_in("biller").post("/v1/contracts/import", data=TERMS, files=FEES).status_code == 403
