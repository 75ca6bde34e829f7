"""Responses that match nothing: listed, compared, joined and undone over HTTP and on the page."""

import re
from itertools import count

import pytest

from tests.services.api.conftest import api_over, event

numbers = count(1)
PAYMENT = {
    "payer_id": "MEDICARE",
    "patient_id": "PAT-1",
    "status_code": "1",
    "charge": "150.00",
    "paid": "80.00",
    "ordinal": 1,
    "adjustments": [{"group": "CO", "reason": "45", "amount": "70.00"}],
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory, valkey_url):
    with api_over(tmp_path_factory.mktemp("desk"), valkey_url, pages=True) as api:
        yield api


def test_a_corrected_member_id_is_shown_and_counts_in_the_comparison(desk, biller):
    ours = f"UN{next(numbers)}Q"
    told = posted(f"{ours}X1", trace=f"T-{ours}", patient_id="PAT-OLD-99", corrected_member_id="PAT-1")
    desk.publish(event(ours), told, posted(ours, trace=f"U-{ours}", corrected_member_id="PAT-77"))
    best, *_ = biller.get(f"/v1/unidentified/{desk.ref(f'{ours}X1')}/candidates").json()
    assert {reason["what"]: reason["points"] for reason in best["reasons"]}["Member ID"] == 25
    assert "Corrected member ID" in biller.get(f"/claims/{desk.ref(ours)}").text


def posted(claim_id, trace="T1", at="2026-11-03T12:00:00Z", **data):
    remit = {"trace_number": trace, "payer_identifier": "1512345678", "payment_date": "2026-11-02"}
    remit |= data.pop("remit", {})
    lines = [
        {
            "procedure": "97110",
            "charge": "150.00",
            "paid": "80.00",
            "dos": "2026-10-01",
            "adjustments": PAYMENT["adjustments"],
        }
    ]
    told = PAYMENT | {"remit": remit, "lines": lines, "adjustments": []} | data
    return event(claim_id, type_="payment.posted.v1", **told) | {"time": at}


@pytest.fixture
def pair(desk):
    """A claim, and the number under which its payment came back."""
    ours = f"UN{next(numbers)}Q"
    desk.publish(event(ours), posted(f"{ours}X1", trace=f"T-{ours}"))
    return ours, f"{ours}X1"


@pytest.fixture(scope="module")
def biller(desk):
    return desk.signed_in("biller")


def decision(client, claim_id):
    rows = client.get("/v1/unidentified/decisions", params={"limit": 500}).json()
    return next(row for row in rows if row.get("claim_id") == claim_id)


def test_a_response_is_listed_with_its_candidates_and_joined(desk, biller, pair):
    ours, back = pair
    name = desk.ref(back)
    listed = biller.get("/v1/unidentified", params={"kind": "claim"}).json()
    assert next(one for one in listed if one["claim_id"] == back)["name"] == name
    best, *_ = biller.get(f"/v1/unidentified/{name}/candidates").json()
    assert (best["claim_id"], best["ref"], best["strength"]) == (ours, desk.ref(ours), "strong")
    assert {reason["what"]: reason["points"] for reason in best["reasons"]}["Claim number"] == 25
    done = biller.post(f"/v1/unidentified/{name}/join", json={"candidate": best["ref"], "id": f"join-{ours}-0001"})
    assert (done.status_code, done.json()["result"], done.json()["projected"]) == (202, "accepted", True)
    assert biller.get(f"/v1/claims/{desk.ref(ours)}").json()["paid"] == "80.00"
    assert biller.get(f"/v1/unidentified/{name}").status_code == 404
    decided = decision(biller, ours)
    assert (decided["answered_as"], decided["claim_id"], decided["by"], decided["undone"]) == (
        back,
        ours,
        biller.who,
        False,
    )
    assert {one["what"].partition(":")[0] for one in decided["evidence"]} >= {"Claim number", "Dates of service"}
    again = biller.post(f"/v1/unidentified/{name}/join", json={"candidate": best["ref"], "id": f"join-{ours}-0001"})
    assert again.json()["result"] == "duplicate"
    undone = biller.post(f"/v1/unidentified/decisions/{decided['event_id']}/undo", json={"why": "another patient"})
    assert undone.status_code == 202
    assert biller.get(f"/v1/claims/{desk.ref(ours)}").json()["paid"] == "0.00"
    assert biller.get(f"/v1/unidentified/{name}").json()["claim_id"] == back
    assert decision(biller, ours)["undone"] is True
    twice = biller.post(f"/v1/unidentified/decisions/{decided['event_id']}/undo")
    assert (twice.status_code, twice.json()["codes"]) == (409, ["undone_already"])


def test_the_list_of_unmatched_claims_names_the_best_candidates(desk, biller, pair):
    ours, back = pair
    rows = biller.get("/v1/worklists/unmatched", params={"limit": 500}).json()
    assert next(row for row in rows if row["claim_id"] == back)["candidates"][0]["claim_id"] == ours


def test_what_speaks_against_a_match_is_asked_first(desk, biller):
    ours = f"UN{next(numbers)}Q"
    desk.publish(event(ours), posted(f"{ours}X1", trace=f"T-{ours}", patient_id="PAT-OTHER-77"))
    place = f"/v1/unidentified/{desk.ref(f'{ours}X1')}/join"
    asked = biller.post(place, json={"candidate": desk.ref(ours)})
    assert (asked.status_code, asked.json()["codes"]) == (409, ["differs"])
    assert "member id" in asked.json()["detail"]
    assert biller.post(place, json={"candidate": desk.ref(ours), "confirm": ["differs"]}).status_code == 202


def test_what_was_not_submitted_here_is_no_claim_to_join(desk, biller, pair):
    _, back = pair
    desk.publish(posted("STRANGER-1", trace="T-S"))
    refused = biller.post(f"/v1/unidentified/{desk.ref(back)}/join", json={"candidate": desk.ref("STRANGER-1")})
    assert (refused.status_code, refused.json()["codes"]) == (409, ["not_submitted_here"])


def test_an_auditor_sees_and_does_not_join(desk, pair):
    ours, back = pair
    auditor = desk.signed_in("auditor")
    assert auditor.get(f"/v1/unidentified/{desk.ref(back)}").status_code == 200
    assert (
        auditor.post(f"/v1/unidentified/{desk.ref(back)}/join", json={"candidate": desk.ref(ours)}).status_code == 403
    )


def copies(desk):
    claim_id = f"COPY{next(numbers)}"
    first = posted(claim_id, trace=f"A-{claim_id}", payer_claim_number=f"ICN-{claim_id}")
    desk.publish(event(claim_id), first, posted(claim_id, trace=f"B-{claim_id}", payer_claim_number=f"ICN-{claim_id}"))
    return claim_id


@pytest.mark.parametrize(("verb", "paid"), [("join", "80.00"), ("separate", "160.00")])
def test_a_second_copy_is_the_same_or_is_posted(desk, biller, verb, paid):
    claim_id = copies(desk)
    one = next(r for r in biller.get("/v1/unidentified", params={"kind": "copy"}).json() if r["claim_id"] == claim_id)
    assert biller.get(f"/v1/claims/{desk.ref(claim_id)}").json()["paid"] == "80.00"
    (first,) = biller.get(f"/v1/unidentified/{one['name']}/candidates").json()
    body = {"candidate": first["ref"]} if verb == "join" else {}
    done = biller.post(f"/v1/unidentified/{one['name']}/{verb}", json=body)
    assert done.status_code == 202
    told = biller.get(f"/v1/claims/{desk.ref(claim_id)}").json()
    assert (told["paid"], "second_copy" in told["flags"]) == (paid, False)
    biller.post(f"/v1/unidentified/decisions/{done.json()['event_id']}/undo")
    told = biller.get(f"/v1/claims/{desk.ref(claim_id)}").json()
    assert (told["paid"], "second_copy" in told["flags"]) == ("80.00", True)


def form(client, path, **fields):
    text = client.get(path).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', text)[1]
    return client.post(path, data={"csrf_token": token, **fields}, follow_redirects=False)


def test_the_page_shows_response_and_claim_side_by_side(desk, biller, pair):
    ours, back = pair
    listed = biller.get("/unidentified").text
    assert f"/unidentified/{desk.ref(back)}" in listed
    assert f'/claims/{desk.ref(ours)}">{ours}</a> (strong, 100 of 100 points)' in listed
    text = biller.get(f"/unidentified/{desk.ref(back)}").text
    assert "the response has something added at the end (+25)" in text
    assert "Oct 1, 2026" in text
    done = form(biller, f"/unidentified/{desk.ref(back)}", candidate=desk.ref(ours))
    assert (done.status_code, done.headers["location"]) == (303, "/unidentified")
    listed = biller.get("/unidentified").text
    assert f"/unidentified/{desk.ref(back)}" not in listed
    undo = f"/unidentified/decisions/{decision(biller, ours)['event_id']}/undo"
    assert f'action="{undo}"' in listed
    token = re.search(r'name="csrf_token" value="([^"]+)"', listed)[1]
    assert biller.post(undo, data={"csrf_token": token}, follow_redirects=False).status_code == 303
    assert f"/unidentified/{desk.ref(back)}" in biller.get("/unidentified").text


def test_the_page_asks_before_it_joins_what_differs(desk, biller):
    ours = f"UN{next(numbers)}Q"
    desk.publish(event(ours), posted(f"{ours}X1", trace=f"T-{ours}", patient_id="PAT-OTHER-77"))
    place = f"/unidentified/{desk.ref(f'{ours}X1')}"
    asked = form(biller, place, candidate=desk.ref(ours))
    assert asked.status_code == 409
    assert "Match anyway" in asked.text
    assert form(biller, place, candidate=desk.ref(ours), confirm="differs").status_code == 303


def file_verdict(reference, number, **data):
    told = {
        "submission": {"reference": reference},
        "stage": "payer",
        "category": "A8",
        "said_at": "2026-10-03T12:00:00Z",
    }
    return event("file", number=number, type_="submission.rejected.v1") | {"subject": reference, "data": told | data}


def test_a_response_to_a_whole_file_is_matched_to_a_file_or_to_none(desk, biller):
    ours = f"FILE{next(numbers)}"
    sent = {
        "sender": "S",
        "receiver": "R",
        "group": "7",
        "set": "1",
        "reference": f"B-{ours}",
        "sent_at": "2026-10-02T12:00:00Z",
    }
    desk.publish(event(ours, submission=sent), file_verdict(f"OTHER-{ours}", f"v-{ours}"))
    one = next(
        r for r in biller.get("/v1/unidentified", params={"kind": "file"}).json() if f"OTHER-{ours}" in r["reason"]
    )
    page = biller.get(f"/v1/unidentified/{one['name']}").json()
    best = next(c for c in page["candidates"] if c["reference"] == f"B-{ours}")
    assert (best["claims"], best["total_charge"], best["differs_in"]) == (1, "150.00", ["Batch number (BHT03)"])
    text = biller.get(f"/unidentified/{one['name']}").text
    assert "sent in the three days before the response (+20)" in text
    assert "It answers none of our files" in text
    place = f"/v1/unidentified/{one['name']}/join"
    assert biller.post(place, json={"candidate": best["ref"]}).json()["codes"] == ["differs"]
    done = biller.post(place, json={"candidate": best["ref"], "confirm": ["differs"]})
    assert done.status_code == 202, done.text
    assert biller.get(f"/v1/claims/{desk.ref(ours)}").json()["status"] == "rejected"
    assert biller.get(f"/v1/unidentified/{one['name']}").status_code == 404
    undone = biller.post(f"/v1/unidentified/decisions/{done.json()['event_id']}/undo")
    assert undone.status_code == 202
    assert biller.get(f"/v1/claims/{desk.ref(ours)}").json()["status"] == "in_flight"
    assert form(biller, f"/unidentified/{one['name']}").status_code == 303
    assert biller.get(f"/v1/unidentified/{one['name']}").status_code == 404
    assert biller.get(f"/v1/claims/{desk.ref(ours)}").json()["status"] == "in_flight"
    assert "answers no file of this practice" in biller.get("/unidentified").text


def test_a_check_issued_again_is_named_with_both_checks(desk, biller):
    claim_id = f"AGAIN{next(numbers)}"
    first = posted(claim_id, trace=f"A-{claim_id}", payer_claim_number=f"ICN-{claim_id}")
    later = {"remit": {"payment_date": "2026-11-04"}, "payer_claim_number": f"ICN-{claim_id}"}
    desk.publish(event(claim_id), first, posted(claim_id, trace=f"B-{claim_id}", at="2026-11-05T12:00:00Z", **later))
    told = biller.get(f"/v1/claims/{desk.ref(claim_id)}").json()
    (one,) = told["repeats"]
    assert (one["kind"], one["first"]["trace_number"], one["again"]["trace_number"]) == (
        "issued_again",
        f"A-{claim_id}",
        f"B-{claim_id}",
    )
    for page in (
        f"/claims/{desk.ref(claim_id)}",
        f"/remittances/{one['first']['ref']}",
        f"/remittances/{one['again']['ref']}",
    ):
        text = biller.get(page).text
        assert "probably a reissued check. Both are counted, $80.00 each" in text


def test_a_reversal_of_a_payment_never_seen_is_no_response_without_a_claim(desk, biller):
    """It is known whose it is: the list `unmatched` asks for the payment, and nothing is to be joined."""
    desk.publish(event("REV-1"))
    line = {"number": 1, "procedure": "97110", "charge": "-150.00", "paid": "-90.00", "dos": "2026-10-01"}
    taken = event(
        "REV-1",
        type_="payment.reversed.v1",
        id="rev-1",
        remit={"trace_number": "TREV", "payment_date": "2026-10-20", "total_paid": "0.00"},
        status_code="22",
        charge="-150.00",
        paid="-90.00",
        lines=[line],
    )
    desk.publish(taken)
    listed = biller.get("/v1/worklists/unmatched").json()
    assert [item["category"] for item in listed if item["claim_id"] == "REV-1"] == ["reversal_pending"]
    assert "REV-1" not in biller.get("/v1/unidentified").text
