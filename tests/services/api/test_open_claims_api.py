"""Open claims of a system used before: from the list to every list, once, whatever else arrives before or after."""

import itertools

import pytest

from tests.services.api.conftest import event

SHEET = """Claim #,Acct #,Insurance,DOS,Charges,Ins Paid,Balance,Billed on,Denied on
{0}-1,7003,ACME,10/1/2026,150.00,0.00,150.00,10/2/2026,
{0}-2,7004,ACME,10/1/2026,150.00,40.00,60.00,10/2/2026,10/20/2026
{0}-3,7004,ACME,1.10.2026,150.00,40.00,60.00,,
"""
ASKED = {"source": "Old system", "as_of": "2026-10-31"}
CSV = {"content-type": "text/csv"}


def bring_in(client, sheet, **asked):
    return client.post("/v1/open-claims", params={**ASKED, **asked}, content=sheet, headers=CSV)


def page(api, client, claim_id):
    return client.get(f"/v1/claims/{api.ref(claim_id)}").json()


def test_a_dry_run_says_what_would_come_and_changes_nothing(api):
    client, sheet = api.signed_in("biller"), SHEET.format("DRY")
    told = bring_in(client, sheet, dry_run=True).json()
    assert (told["claims"], told["new"], told["known"], told["published"]) == (2, 2, 0, False)
    assert [row["row"] for row in told["refused"]] == [4]
    assert bring_in(client, sheet, dry_run=True).json()["new"] == 2


def test_the_same_list_twice_changes_nothing(api):
    client, sheet = api.signed_in("biller"), SHEET.format("TWICE")
    first = bring_in(client, sheet).json()
    assert (first["new"], first["known"], first["balance"]) == (2, 0, "210.00")
    before = page(api, client, "TWICE-2")
    again = bring_in(client, sheet).json()
    assert (again["new"], again["known"]) == (0, 2)
    assert page(api, client, "TWICE-2") == before


def test_a_list_of_later_rows_publishes_these_alone(api):
    client, sheet = api.signed_in("biller"), SHEET.format("MORE")
    bring_in(client, sheet)
    counted = entries(api)
    assert bring_in(client, sheet).json()["known"] == 2
    assert entries(api) == counted
    longer = bring_in(client, sheet + "MORE-4,7005,ACME,10/2/2026,90.00,0.00,90.00,10/3/2026,\n").json()
    assert (longer["new"], longer["known"]) == (1, 2)
    assert entries(api) == counted + 1


def entries(api):
    """How many entries the stream was ever given."""
    return api.app.client.xinfo_stream(api.app.settings.stream)["entries-added"]


def test_the_claim_says_in_words_where_it_came_from(api):
    client = api.signed_in("biller")
    bring_in(client, SHEET.format("WORDS"))
    told = page(api, client, "WORDS-2")
    assert (told["status"], told["paid"], told["balance"]) == ("partially_denied", "40.00", "60.00")
    assert told["carried_over"]["words"].startswith("Carried over from the previous system as of Sat 2026-10-31")
    assert told["entries"] == []
    assert "carried_over" in told["flags"]
    rows = client.get("/v1/worklists/denial", params={"limit": 500}).json()
    assert any("carried over from the previous system" in row["reason"] for row in rows if row["claim_id"] == "WORDS-2")
    found = client.post("/v1/search", json={"claim_id": "WORDS-2"}).json()
    assert [each["claim_id"] for each in found["claims"]] == ["WORDS-2"]


def files(name):
    line = {
        "number": 1,
        "procedure": "97110",
        "modifiers": ["GP"],
        "units": "2",
        "charge": "150.00",
        "dos": "2026-10-01",
    }
    remit = {"trace_number": f"T{name}", "payer_identifier": "1", "payment_date": "2026-10-20", "total_paid": "40.00"}
    adjusted = {"paid": "40.00", "adjustments": [{"group": "CO", "reason": "45", "amount": "50.00"}]}
    told = {"payer_id": "ACME", "payer_sequence": "P", "remit": remit, "status_code": "1", "charge": "150.00"}
    sent = event(f"{name}-2", payer_id="ACME", patient_id="7004")
    paid = event(f"{name}-2", type_="payment.posted.v1", **told, paid="40.00", lines=[line | adjusted])
    return sent, paid


def test_any_order_of_list_837_and_835_gives_the_same_claim(api):
    client = api.signed_in("manager")
    seen = []
    for number, order in enumerate(itertools.permutations(range(3))):
        name = f"ORD{number}"
        steps = [lambda name=name: bring_in(client, SHEET.format(name))]
        steps += [lambda told=told: client.post("/v1/events", json=told) for told in files(name)]
        for place in order:
            assert steps[place]().status_code in (200, 202)
            api.settle()
        told = page(api, client, f"{name}-2")
        seen.append({key: told[key] for key in ("status", "charge", "paid", "balance", "payer_balance", "flags")})
    assert all(each == seen[0] for each in seen)
    assert (seen[0]["paid"], seen[0]["balance"]) == ("40.00", "60.00")


def test_what_was_said_of_the_columns_is_kept_for_the_source(api):
    client, sheet = api.signed_in("biller"), SHEET.format("COLS").replace("Charges", "Gross")
    refused = bring_in(client, sheet, source="Other")
    assert refused.status_code == 422
    assert "Charge (charge)" in refused.json()["detail"]
    assert bring_in(client, sheet, source="Other", column="Gross=charge").json()["new"] == 2
    assert bring_in(client, sheet, source="other").json()["columns"]["charge"] == "Gross"
    sources = client.get("/v1/open-claims/sources").json()
    assert {"source": "Other", "columns": {"Gross": "charge"}, "version": 1} in sources


@pytest.mark.parametrize(
    "asked",
    [
        {"source": " "},
        {"source": "x" * 61},
        {"as_of": "2999-01-01"},
        {"as_of": "soon"},
        {"column": "Gross"},
        {"column": "A=b"},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(api, asked):
    assert bring_in(api.signed_in("biller"), SHEET.format("BAD"), **asked).status_code == 422


def test_a_body_that_is_no_list_is_refused_in_words(api):
    client = api.signed_in("biller")
    for body in (b"", b"PK\x03\x04", b"\0\1\2", b"one,two\n1,2\n"):
        answer = bring_in(client, body)
        assert (answer.status_code, bool(answer.json()["detail"])) == (422, True)
    assert client.post("/v1/open-claims", params=ASKED, json={}).status_code == 415


def test_claim_numbers_stand_in_no_refusal(api):
    told = bring_in(api.signed_in("biller"), SHEET.format("SECRET77")).json()
    assert "SECRET77" not in str(told)
