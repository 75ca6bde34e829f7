from __future__ import annotations

import pytest
from intake_helpers import (
    DEDUCTIBLE,
    DENIED,
    PAID,
    RECEIVED,
    clp,
    era,
    events_of,
    interchange,
    items_of,
    notes_of,
    refused_of,
)


def one(data, **changes):
    return next(event for event in events_of(data, **changes) if event["type"] != "remittance.received.v1")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("CLP*A2*1*60*", "CLP*A2*1*34X*"), "CLP03 is not an amount in whole cents"),
        (("CLP*A2*1*60*0*", "CLP*A2*1*60**"), "CLP04 is missing"),
        (("97530:GP:59*60*0*", "97530:GP:59*60*NaN*"), "SVC03 is not an amount in whole cents"),
        (("97530:GP:59*60*0*", "97530:GP:59**0*"), "SVC02 is missing"),
        (("CAS*CO*50*60", "CAS*CO*50*6O"), "CAS03 is not an amount in whole cents"),
        (("CAS*CO*50*60", "CAS*CO*50*60**45"), "CAS06 is missing"),
        (("CLP*A2*1*60*", "CLP*A2*1*1_0*"), "CLP03 is not an amount in whole cents"),
        (("CLP*A2*1*60*", "CLP*A2*1*60.005*"), "CLP03 is not an amount in whole cents"),
        (("CLP*A2*1*60*", "CLP*A2*1*99999999999999*"), "CLP03 is not an amount in whole cents"),
        (("CLP*A2*", f"CLP*{'9' * 201}*"), "CLP01 is longer than 200 characters"),
    ],
)
def test_an_amount_that_is_no_number_parks_that_claim_alone(change, reason):
    items = items_of(era(PAID, DENIED.replace(*change), DEDUCTIBLE, amount="80"))
    (parked,) = refused_of(items)
    assert (parked.reason, parked.transaction, parked.segment) == (reason, "835", 17)
    assert parked.raw.startswith("CLP*")
    first, third, remit = events_of(items)
    assert [first["data"]["claim_id"], third["data"]["claim_id"]] == ["A1", "A3"]
    assert remit["data"]["parked_claims"] == 1
    assert any("could not be read" in note for note in notes_of(items))


def test_trailing_zeros_and_odd_spellings_of_amounts_are_amounts():
    data = one(era(clp(charge="+100.000", paid="80.", rest="CAS*CO*45*.5~CAS*OA*94*-0")))["data"]
    assert (data["charge"], data["paid"]) == ("100.00", "80.00")
    assert [a["amount"] for a in data["adjustments"]] == ["0.50", "0.00"]


def test_garbage_dates_and_quantities_park_nothing():
    claim = clp(paid="100", rest="DTM*232*20261340~SVC*HC:97110*100*100**many~DTM*472*yesterday")
    items = items_of(era(claim, amount="100").replace("20260302~TRN", "20269999~DTM*405*20260301~TRN"))
    event, _ = events_of(items)
    assert event["data"]["lines"][0]["units"] == "1"
    assert event["data"]["remit"]["payment_date"] == "2026-03-01"
    assert not refused_of(items)
    assert len([note for note in notes_of(items) if "is not" in note]) == 4


def test_a_total_that_is_no_number_is_told_and_the_claims_go_on():
    items = items_of(era(PAID, amount="eighty"))
    event, remit = events_of(items)
    assert "total_paid" not in event["data"]["remit"]
    assert remit["data"]["balanced"] is False
    assert "BPR02 is not an amount; the remittance cannot be balanced" in notes_of(items)


def test_reads_without_lx_and_with_summary_segments():
    text = era(PAID, DENIED, amount="80").replace("LX*1~", "")
    assert len(events_of(text)) == 3
    ts = era(PAID, f"LX*2~TS3*1234567893*11*20261231*1*60~TS2*1*2~{DENIED}", amount="80")
    assert [e["data"].get("claim_id") for e in events_of(ts)] == ["A1", "A2", None]


def test_unknown_groups_and_segments_are_kept_or_told():
    text = era(PAID.replace("CAS*PR", "CAS*ZZ") + "~XYZ*1*2", amount="80")
    items = items_of(text)
    assert events_of(items)[0]["data"]["lines"][0]["adjustments"][0]["group"] == "ZZ"
    assert "segment XYZ does not belong in the 835 and was ignored (1 times)" in notes_of(items)


def test_a_file_cut_inside_a_claim_refuses_that_claim_and_keeps_its_identity_free():
    whole = era(PAID, DENIED, amount="80")
    for cut in range(whole.index("CLP*A2") + 20, whole.index("LQ*HE")):
        items = items_of(whole[:cut])
        found = events_of(items)
        assert [e["data"]["claim_id"] for e in found if "ordinal" in e["data"]][:1] == ["A1"]
        assert all(e["type"] != "remittance.received.v1" for e in found)
        assert len(found) + len(refused_of(items)) == 2, whole[:cut][-20:]


def test_a_cut_remittance_that_only_its_content_identifies_is_refused_whole():
    whole = era(PAID, DENIED, trace="", amount="80")
    items = items_of(whole[: whole.index("CAS*CO*50") + 5])
    assert not events_of(items)
    assert [r.raw[:6] for r in refused_of(items)] == ["CLP*A1", "CLP*A2"]


@pytest.mark.parametrize("trailers", ["GE*1*1~IEA*1*000000001~", "IEA*1*000000001~", "SE*15*0001~"])
def test_missing_trailers_are_noted_and_whole_claims_taken(trailers):
    whole = era(PAID, DENIED, amount="80")
    items = items_of(whole[: whole.index("SE*")] + trailers)
    assert len(events_of(items)) == 3
    assert any("missing" in note for note in notes_of(items))


def test_a_wrong_count_is_noted_and_drops_nothing():
    items = items_of(era(PAID, amount="80").replace("SE*15*0001", "SE*99*0002"))
    assert len(events_of(items)) == 2
    assert "SE01 has a wrong count; there are 15" in notes_of(items)
    assert "SE02 does not match the control number of its header" in notes_of(items)


def test_an_835_with_nothing_in_it_is_refused():
    items = items_of(interchange("835", "005010X221A1", "LX*1~"))
    assert [r.reason for r in refused_of(items)] == ["this 835 has nothing to read"]


def test_a_remittance_of_provider_adjustments_alone_counts():
    (remit,) = events_of(era(amount="-20", tail="PLB*1*20261231*WO*20"))
    assert remit["data"]["claim_count"] == 0
    assert remit["data"]["balanced"] is True


def test_payer_and_payee_written_as_nm1_are_understood():
    text = era(PAID, amount="80").replace("N1*PR*EXAMPLE HEALTH*XV*87726", "NM1*PR*2*EXAMPLE HEALTH*****PI*4711")
    data = one(text)["data"]
    assert (data["payer_id"], data["payer_name"]) == ("4711", "EXAMPLE HEALTH")


def test_the_older_release_reads_alike():
    old = era(PAID, DENIED, amount="80", release="00401").replace("005010X221A1", "004010X091A1")
    assert [e["data"] for e in events_of(old)] == [e["data"] for e in events_of(era(PAID, DENIED, amount="80"))]


def test_the_time_is_when_it_was_received_or_when_the_envelope_was_made():
    text = era(PAID, amount="80")
    assert {e["time"] for e in events_of(text)} == {RECEIVED.isoformat().replace("+00:00", "Z")}
    assert {e["time"] for e in events_of(text, received_at=None)} == {"2026-03-02T15:15:00Z"}
    bare = text[text.index("ST*") : text.index("GE*")]
    assert {e["time"] for e in events_of(bare, received_at=None)} == {"2026-03-02T05:00:00Z"}


def test_sums_are_exact():
    many = [clp(charge="0.10", paid="0.10", claim=f"C{n}") for n in range(1000)]
    *_, remit = events_of(era(*many, amount="100"))
    assert remit["data"]["balanced"] is True
    assert remit["data"]["remit"]["total_paid"] == "100.00"
