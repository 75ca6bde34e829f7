"""Archives, JSON reports and claim status answers over HTTP, as the upload page sends them."""

import gzip
import io
import json
import zipfile

import pytest

from tests.services.api.conftest import event
from tests.services.api.test_edi import outcome, upload

PAYER = "N1*PR*EXAMPLE HEALTH*XV*87726~N1*PE*CLINIC*XX*1234567893~LX*1~"


def envelope(code, version, body, group):
    count = body.count("~") + 2
    return (
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260302*1015*^*00501*000000001*0*P*:~"
        f"GS*{group}*A*B*20260302*1015*1*X*{version}~ST*{code}*0001*{version}~{body}SE*{count}*0001~GE*1*1~IEA*1*000000001~"
    ).encode()


def era(claim_id, trace):
    body = (
        f"BPR*I*80*C*ACH************20260302~TRN*1*{trace}*1512345678~{PAYER}CLP*{claim_id}*1*100*80*20*MB*ICN1*11*1~"
        "SVC*HC:97110*100*80**1~DTM*472*20260115~CAS*PR*2*20~"
    )
    return envelope("835", "005010X221A1", body, "HP")


def status_answer(claim_id, code="P3:317", on="20260304"):
    body = (
        f"BHT*0010*08*A{on}*{on}*0810*DG~HL*1**20*1~NM1*PR*2*EXAMPLE HEALTH*****PI*87726~HL*2*1*21*1~"
        "NM1*41*2*CLINIC*****46*SUB1~HL*3*2*19*1~NM1*1P*2*CLINIC*****XX*1234567893~HL*4*3*22*0~"
        f"NM1*IL*1*DOE*JANE****MI*MEMBER1~TRN*2*ASK1~STC*{code}*{on}**150.00~REF*1K*ICN9~REF*EJ*{claim_id}~"
    )
    return envelope("277", "005010X212", body, "HN")


def zipped(**files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, body in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), body)
    return file.getvalue()


def test_a_zip_is_one_delivery_of_all_its_files(api):
    client = api.signed_in("biller")
    body = zipped(one_835=era("ZIP-1", "ZT1"), two_835=era("ZIP-2", "ZT2"), note_txt=b"hello")
    told = outcome(api, client, upload(client, body, "application/zip", headers={"X-File-Name": "monday.zip"}))
    assert (told["transaction"], told["events"], told["parked"]) == ("835", 4, 1)
    row = next(row for row in client.get("/v1/parked?limit=500").json() if "monday.zip" in row["place"])
    assert row["place"] == "monday.zip/note.txt"
    again = outcome(api, client, upload(client, gzip.compress(era("ZIP-1", "ZT1")), "application/gzip"))
    assert (again["events"], again["duplicates"]) == (0, 2)


def test_what_came_in_a_zip_shows_its_segments(api):
    client = api.signed_in("biller")
    outcome(api, client, upload(client, zipped(a_835=era("ZIP-3", "ZT3")), "application/edi-x12"))
    story = client.get(f"/v1/claims/{api.ref('ZIP-3')}/events").json()
    assert [each["type"] for each in story] == ["payment.posted.v1"]
    assert story[0]["rawref"]


def test_a_bomb_takes_nothing_and_says_why(api):
    client = api.signed_in("biller")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ok.835", era("ZIP-4", "ZT4"))
        archive.writestr("zeros", bytes(4 << 20))
    told = outcome(api, client, upload(client, file.getvalue(), headers={"X-File-Name": "bomb.zip"}))
    assert (told["events"], told["parked"]) == (0, 1)
    row = next(row for row in client.get("/v1/parked?limit=500").json() if row["place"] == "bomb.zip")
    assert "250 times its size" in row["reason"]


def test_events_in_an_archive_have_their_own_door(api):
    client = api.signed_in("biller")
    body = zipped(events_json=json.dumps(event("CLM-1") | {"practice": "other"}).encode())
    told = outcome(api, client, upload(client, body, headers={"X-File-Name": "events.zip"}))
    assert (told["events"], told["parked"]) == (0, 1)
    row = next(row for row in client.get("/v1/parked?limit=500").json() if "events.zip" in row["place"])
    assert "POST /v1/events" in row["reason"]


def test_a_json_report_and_then_its_x12_count_once(api):
    client = api.signed_in("biller")
    claim = {
        "patientControlNumber": "JSON-1",
        "claimStatusCode": "1",
        "totalClaimChargeAmount": "100.00",
        "claimPaymentAmount": "80",
        "patientResponsibilityAmount": "20",
        "claimFilingIndicatorCode": "MB",
        "payerClaimControlNumber": "ICN1",
    }
    line = {
        "serviceDate": "20260115",
        "servicePaymentInformation": {
            "adjudicatedProcedureCode": "97110",
            "lineItemChargeAmount": "100",
            "lineItemProviderPaymentAmount": "80",
        },
        "serviceAdjustments": [
            {"claimAdjustmentGroupCode": "PR", "adjustmentReasonCode1": "2", "adjustmentAmount1": "20"}
        ],
    }
    report = {
        "meta": {"applicationMode": "production"},
        "transactions": [
            {
                "detailInfo": [{"paymentInfo": [{"claimPaymentInfo": claim, "serviceLines": [line]}]}],
                "financialInformation": {
                    "transactionHandlingCode": "I",
                    "totalActualProviderPaymentAmount": "80.00",
                    "paymentMethodCode": "ACH",
                    "checkIssueOrEFTEffectiveDate": "20260302",
                },
                "payee": {"name": "CLINIC", "npi": "1234567893"},
                "payer": {"name": "EXAMPLE HEALTH"},
                "paymentAndRemitReassociationDetails": {
                    "checkOrEFTTraceNumber": "JT1",
                    "originatingCompanyIdentifier": "1512345678",
                },
            }
        ],
    }
    first = outcome(api, client, upload(client, json.dumps(report), "application/json"))
    assert (first["transaction"], first["events"], first["parked"]) == ("835", 2, 0)
    again = outcome(api, client, upload(client, era("JSON-1", "JT1")))
    assert (again["events"], again["duplicates"], again["parked"]) == (0, 2, 0)
    page = client.get(f"/v1/claims/{api.ref('JSON-1')}").json()
    assert (page["paid"], "conflict" in page["flags"]) == ("80.00", False)


@pytest.mark.parametrize("pended_first", [True, False])
def test_a_status_answer_shows_on_the_claim_and_changes_nothing(api, pended_first):
    client, number = api.signed_in("biller"), f"CLM-277-{pended_first}"
    api.publish(event(number))
    before = client.get(f"/v1/claims/{api.ref(number)}").json()
    answers = [status_answer(number), status_answer(number, "F2:88:QC", "20260310")]
    for answer in answers if pended_first else reversed(answers):
        assert outcome(api, client, upload(client, answer))["events"] == 1
    after = client.get(f"/v1/claims/{api.ref(number)}").json()
    reports = after.pop("status_reports")
    assert [(r["effective_on"], r["pending"]) for r in reports] == [("2026-03-10", False), ("2026-03-04", True)]
    assert reports[1]["words"].startswith("pending, information requested")
    assert before.pop("status_reports") == []
    for each in (before, after):
        each.pop("timeline")
    assert after == before


def test_a_status_answer_for_an_unknown_claim_is_work(api):
    client = api.signed_in("biller")
    outcome(api, client, upload(client, status_answer("CLM-277-STRANGE")))
    items = client.get("/v1/worklists/unmatched?limit=500").json()
    (item,) = [item for item in items if item["claim_id"] == "CLM-277-STRANGE"]
    assert item["reason"] == "A status answer (277) for a claim that this practice did not submit"
