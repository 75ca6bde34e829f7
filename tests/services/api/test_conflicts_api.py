"""A claim that came again with other content: its page says what differs, and what counts."""

import pytest

from services.reads.contradictions import field_words
from tests.events.samples import sample
from tests.services.api.conftest import event


def test_the_claim_says_what_differs(fresh):
    api = fresh(pages=True)
    first = event("CLM-TWICE")
    other = first | {"data": first["data"] | {"total_charge": "175.00"}}
    api.publish(first)
    sender = api.keyed()
    assert sender.post("/v1/events", json=other).json()["results"][0]["result"] == "conflict"
    api.settle()
    biller, ref = api.signed_in("biller"), api.ref("CLM-TWICE")
    told = biller.get(f"/v1/claims/{ref}").json()
    assert told["charge"] == "150.00"
    (conflict,) = told["conflicts"]
    assert conflict["what"] == "Submitted"
    assert conflict["differs"] == [{"field": "total charge", "counts": "150.00", "came_again": "175.00"}]
    page = biller.get(f"/claims/{ref}", headers={"accept": "text/html"}).text
    assert "Submitted: received again with different content" in page
    assert ">total charge<" in page
    assert ">175.00<" in page


@pytest.mark.parametrize(
    ("pointer", "words"),
    [
        ("/data/total_charge", "total charge"),
        ("/data/lines/0/charge", "line 1, charge"),
        ("/data/lines/1/adjustments/0/reason", "line 2, adjustment 1, reason"),
        ("/subject", "subject"),
        ("/data/remark_codes/1", "remark code 2"),
    ],
)
def test_fields_in_words(pointer, words):
    assert field_words(pointer) == words


def test_a_parked_conflict_names_check_and_files_and_a_retry_changes_nothing(fresh):
    api = fresh()
    paid = sample("payment.posted.v1") | {"source": "urn:test:mail", "id": "twice", "rawref": f"{'a' * 64}#4-9"}
    other = paid | {"data": paid["data"] | {"paid": "1.23"}, "rawref": f"{'b' * 64}#7-8"}
    api.publish(paid)
    sender, lead = api.keyed(), api.signed_in("lead")
    assert sender.post("/v1/events", json=other).json()["results"][0]["result"] == "conflict"
    api.settle()
    (row,) = lead.get("/v1/parked").json()
    trace = paid["data"]["remit"]["trace_number"]
    assert row["reason"].endswith(
        f"it differs at /data/paid; check {trace}, this one in file {'b' * 64}#7-8, "
        f"the one that counts in file {'a' * 64}#4-9"
    )
    ref = api.ref(paid["data"]["claim_id"])
    before = lead.get(f"/v1/claims/{ref}").json()
    for _ in range(2):
        assert lead.post(f"/v1/parked/{row['id']}/retry").json()["state"] == "open"
        api.settle()
    (again,) = lead.get("/v1/parked").json()
    assert (again["id"], again["reason"]) == (row["id"], row["reason"])
    assert lead.get(f"/v1/claims/{ref}").json() == before
    assert len(before["conflicts"]) == 1
