"""A payer's credit reviewed by a person: the refund deadline follows what is recorded."""

from itertools import count

import pytest

from tests.services.api.conftest import event
from tests.services.api.edi_case_files import clp, era, svc
from tests.services.api.test_edi import outcome, upload

numbers = count(1)


@pytest.fixture
def overpaid(api):
    """A claim of 150.00 that Medicare paid twice: who may act on it, and its ref."""
    client, number = api.signed_in("manager"), f"CREDIT-{next(numbers)}"
    api.publish(event(number))
    paid = svc("97110", 150, 150, units="2").replace("20260215", "20261001")
    for check, at in ((1, "20261020"), (2, "20261027")):
        entry = clp(number, 1, 150, 150, 0, f"ICN{check}{number}", paid)
        outcome(api, client, upload(client, era(f"T{check}{number}", 150, entry, at=at).encode()))
    return client, api.ref(number)


def review(client, ref, finding, on, **more):
    return client.post(
        f"/v1/claims/{ref}/actions", json={"action": "credit_reviewed", "finding": finding, "on": on} | more
    )


def refund_clock(client, ref):
    """The credit's own clock; the price of the lines starts another."""
    clock, *_ = [clock for clock in client.get(f"/v1/claims/{ref}").json()["deadlines"] if clock["kind"] == "refund"]
    return clock


def test_the_clock_runs_from_the_day_the_overpayment_was_identified(overpaid):
    client, ref = overpaid
    assert "no date of identification is recorded" in " ".join(refund_clock(client, ref)["explanation"])
    assert review(client, ref, "identified", "2026-11-02").status_code == 202
    assert refund_clock(client, ref)["due"] == "2027-01-01"


def test_an_investigation_suspends_the_clock_until_it_ends(overpaid):
    client, ref = overpaid
    review(client, ref, "identified", "2026-10-25")
    review(client, ref, "investigation_begun", "2026-10-26")
    assert review(client, ref, "investigation_ended", "2026-11-05").status_code == 202
    clock = refund_clock(client, ref)
    assert clock["due"] == "2027-01-03"  # 60 days from 25 October, and the 10 days of the investigation
    assert "investigation" in " ".join(clock["explanation"])


def test_what_is_not_owed_stops_it_and_undo_starts_it_again(overpaid):
    client, ref = overpaid
    made = review(client, ref, "not_owed", "2026-11-03").json()
    assert refund_clock(client, ref)["state"] == "void"
    client.post(f"/v1/claims/{ref}/actions", json={"action": "undo", "event_id": made["event_id"]})
    assert refund_clock(client, ref)["state"] == "open"


def test_a_credit_that_only_a_price_shows_can_be_reviewed(api):
    """Allowed and paid in full, far above the fee schedule: nothing is owed back by the payer's own figures."""
    client, number = api.signed_in("manager"), f"CREDIT-{next(numbers)}"
    api.publish(event(number))
    paid = svc("97110", 150, 150, units="2").replace("20260215", "20261001")
    entry = clp(number, 1, 150, 150, 0, f"ICN{number}", paid)
    outcome(api, client, upload(client, era(f"T{number}", 150, entry, at="20261020").encode()))
    ref = api.ref(number)
    assert refund_clock(client, ref)["due"] == "2026-12-19"  # 60 days from the notice
    assert review(client, ref, "identified", "2026-11-02").status_code == 202
    assert refund_clock(client, ref)["due"] == "2027-01-01"
    made = review(client, ref, "not_owed", "2026-11-03").json()
    assert refund_clock(client, ref)["state"] == "void"
    client.post(f"/v1/claims/{ref}/actions", json={"action": "undo", "event_id": made["event_id"]})
    assert refund_clock(client, ref)["due"] == "2027-01-01"


def test_what_makes_no_sense_is_refused_or_asked(api, overpaid):
    client, ref = overpaid
    assert review(client, ref, "identified", "2027-01-01").status_code == 409
    asked = review(client, ref, "investigation_ended", "2026-11-05")
    assert (asked.status_code, asked.json()["codes"]) == (409, ["no_investigation"])
    api.publish(event("CREDIT-NONE"))
    refused = review(client, api.ref("CREDIT-NONE"), "identified", "2026-11-05")
    assert (refused.status_code, refused.json()["codes"]) == (409, ["no_payer_credit"])
    assert review(api.signed_in("biller"), ref, "identified", "2026-11-05").status_code == 403
