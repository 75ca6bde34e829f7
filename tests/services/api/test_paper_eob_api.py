"""A paper EOB over HTTP: checked before it is saved, counted, and replaced by its 835."""

import pytest

from tests.services.api.conftest import event
from tests.services.api.test_containers_over_http import era
from tests.services.api.test_edi import outcome, upload


def eob(claim_id, check, **more):
    line = {
        "number": 1,
        "procedure": "97110",
        "charge": "100.00",
        "paid": "80.00",
        "dos": "2026-01-15",
        "adjustments": [{"group": "PR", "reason": "2", "amount": "20.00"}],
    }
    told = {"claim_id": claim_id, "payer_id": "ACME", "check_number": check, "payment_date": "2026-03-02"}
    return told | {"charge": "100.00", "paid": "80.00", "lines": [line]} | more


def enter(api, client, body):
    answer = client.post("/v1/paper-eob", json=body)
    assert answer.status_code == 202, answer.text
    api.settle()
    return [each["result"] for each in answer.json()["results"]]


def page(api, client, claim_id):
    return client.get(f"/v1/claims/{api.ref(claim_id)}").json()


@pytest.mark.parametrize("paper_first", [True, False])
def test_an_835_takes_its_place_and_it_stays_as_evidence(api, paper_first):
    client, number = api.signed_in("manager"), f"EOB-{paper_first}"
    steps = [
        lambda: enter(api, client, eob(number, f"PT-{paper_first}")),
        lambda: outcome(api, client, upload(client, era(number, f"PT{paper_first}"))),
    ]
    for step in steps if paper_first else reversed(steps):
        step()
    told = page(api, client, number)
    assert (told["paid"], len(told["entries"])) == ("80.00", 1)
    typed = {
        "check_number": f"PT-{paper_first}",
        "payment_date": "2026-03-02",
        "paid": "80.00",
        "entered_by": client.who,
    }
    assert told["typed_before"] == [typed]
    assert "second_copy" not in told["flags"]
    assert len(told["timeline"]) == 2


def test_one_that_is_typed_alone_counts_and_asks_for_its_money(api):
    client = api.signed_in("manager")
    assert enter(api, client, eob("EOB-ALONE", "P2")) == ["accepted", "accepted"]
    assert enter(api, client, eob("EOB-ALONE", "P2")) == ["duplicate", "duplicate"]
    told = page(api, client, "EOB-ALONE")
    assert (told["paid"], told["typed_before"]) == ("80.00", [])
    client.post("/v1/deposits", json={"date": "2026-03-05", "amount": "80.00", "trace": "P2"})
    api.settle()
    (row,) = [row for row in client.get("/v1/deposits?limit=500").json() if row["deposits"] and row["remittances"]]
    assert (row["state"], row["remittances"][0]["typed"]) == ("matched", True)


def test_the_claims_of_one_check_are_one_remittance(api):
    client = api.signed_in("manager")
    for number in ("EOB-A", "EOB-B"):
        enter(api, client, eob(number, "P3", check_total="160.00"))
    client.post("/v1/deposits", json={"date": "2026-03-05", "amount": "160.00", "trace": "P3"})
    api.settle()
    rows = [row for row in client.get("/v1/deposits?limit=500").json() if row["deposited"] == "160.00"]
    assert [(row["state"], len(row["remittances"])) for row in rows] == [("matched", 1)]


def test_a_denial_is_a_denial(api):
    client = api.signed_in("manager")
    api.publish(event("EOB-DENIED"))
    line = {"number": 1, "procedure": "97110", "charge": "150.00", "paid": "0", "dos": "2026-10-01"}
    line["adjustments"] = [{"group": "CO", "reason": "50", "amount": "150.00"}]
    body = eob("EOB-DENIED", "P4", charge="150.00", paid="0", denied=True, lines=[line])
    enter(api, client, body | {"payer_id": "MEDICARE", "remark_codes": ["N115"]})
    told = page(api, client, "EOB-DENIED")
    assert (told["status"], told["entries"][0]["kind"]) == ("denied", "denial")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"paid": "81.00"}, "differs from the amount paid by"),
        ({"charge": "101.00"}, "the claim: charge less adjustments"),
        ({"denied": True}, "a denial pays nothing"),
        ({"charge": "x"}, "charge"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_is_wrong_is_refused_before_it_is_saved(api, change, words):
    client = api.signed_in("manager")
    answer = client.post("/v1/paper-eob", json=eob("EOB-BAD", "P5") | change)
    assert answer.status_code == 422
    assert words in answer.text
    api.settle()
    assert client.get(f"/v1/claims/{api.ref('EOB-BAD')}").status_code == 404
