from __future__ import annotations

import pytest
from intake_helpers import (
    DEDUCTIBLE,
    DENIED,
    PAID,
    clp,
    era,
    era_body,
    events_of,
    interchange,
)


def ids(data, **changes):
    return [event["id"] for event in events_of(data, **changes)]


def test_the_same_remittance_in_another_envelope_has_the_same_identities():
    first = era(PAID, DENIED, amount="80", control=1)
    again = era(PAID, DENIED, amount="80", control=999, sender="PORTAL", receiver="US")
    assert ids(first) == ids(again, name="other", sha256="cd" * 32)
    assert [e["contenthash"] for e in events_of(first)] == [e["contenthash"] for e in events_of(again)]


@pytest.mark.parametrize(
    "change",
    [
        ("*TRACE1*", "*TRACE2*"),
        ("*1512345678~", "*1999999999~"),
        ("20260302~TRN", "20260303~TRN"),
        ("XX*1234567893", "XX*9999999995"),
    ],
)
def test_payer_trace_date_and_payee_make_another_remittance(change):
    assert not set(ids(era(PAID, amount="80"))) & set(ids(era(PAID, amount="80").replace(*change)))


@pytest.mark.parametrize("fields", [{"amount": "0"}, {"trace": ""}, {"trace": "0000"}])
def test_without_amount_or_trace_the_content_identifies(fields):
    fields = {"amount": "80"} | fields
    first, again = era(PAID, **fields), era(PAID, **fields, control=7)
    other = era(PAID, DENIED, **fields)
    assert ids(first) == ids(again)
    assert not set(ids(first)) & set(ids(other))


def test_a_set_that_stands_twice_in_a_file_keeps_its_identities():
    body = era_body(PAID, DENIED, amount="80")
    once = ids(interchange("835", "005010X221A1", body))
    assert ids(interchange("835", "005010X221A1", body, body)) == once * 2


def test_different_sets_under_one_trace_are_one_remittance():
    both = interchange(
        "835", "005010X221A1", era_body(PAID, DENIED, amount="80"), era_body(DEDUCTIBLE, PAID, amount="80")
    )
    found = events_of(both)
    entries = [(e["data"]["claim_id"], e["data"]["ordinal"]) for e in found if "ordinal" in e["data"]]
    assert entries == [("A1", 1), ("A2", 1), ("A3", 1), ("A1", 1)]
    by_id = {}
    for event in found:
        assert by_id.setdefault(event["id"], event["contenthash"]) == event["contenthash"]


def test_equal_claims_in_one_set_are_two_entries():
    assert [e["data"].get("ordinal") for e in events_of(era(PAID, PAID, amount="160"))] == [1, 2, None]


def test_a_long_remittance_without_amount_is_held_only_so_far(monkeypatch):
    monkeypatch.setattr("services.intake.remittance_835.HELD_CLAIMS", 3)
    many = [clp(claim=f"C{n}", rest="CAS*CO*45*100") for n in range(10)]
    found = events_of(era(*many))
    assert [e["data"].get("ordinal") for e in found] == [*[1] * 10, None]
    assert len({e["data"]["remit"]["key"] for e in found}) == 1
    assert ids(era(*many)) == [e["id"] for e in found]
