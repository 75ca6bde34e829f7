"""What identifies a remittance, an entry and an acknowledgment: never a spelling, a place in a file, or a broken end."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_helpers import (
    DEDUCTIBLE,
    DENIED,
    PAID,
    era,
    events_of,
    interchange,
    items_of,
    refused_of,
)

from services.intake.results import FileNote, ParkedOrigin
from tests.services.intake.whole_files import ACK_277, WHOLE


def told(text):
    """Every event as it would be logged, the file it came in apart."""
    return {json.dumps({k: v for k, v in event.items() if k != "rawref"}, sort_keys=True) for event in events_of(text)}


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_cut_anywhere_says_nothing_that_the_whole_file_does_not_say(name):
    """So that the cut file followed by the whole one is the whole one: what was said before is a duplicate."""
    whole = told(WHOLE[name])
    for end in range(len(WHOLE[name])):
        assert told(WHOLE[name][:end]) <= whole, WHOLE[name][max(end - 30, 0) : end]


@pytest.mark.parametrize("name", sorted(set(WHOLE) - {"835 in two sets"}))  # there one cut leaves a whole file
def test_a_file_cut_between_segments_is_not_silent(name):
    segments = WHOLE[name].split("~")
    for count in range(1, len(segments) - 1):
        items = items_of("~".join(segments[:count]) + "~")
        missing = told(WHOLE[name]) - told("~".join(segments[:count]) + "~")
        assert not missing or refused_of(items) or any(isinstance(item, FileNote) for item in items)


@pytest.mark.parametrize("text", [era("", amount="0")[:106], "~".join(era("", amount="0").split("~")[:2]) + "~"])
def test_a_file_that_ends_after_its_envelope_is_parked(text):
    assert [r.reason for r in refused_of(text)] == ["the file ends before any transaction set; send the whole file"]


def test_an_empty_delivery_is_legal():
    head = "~".join(era("", amount="0").split("~")[:2])
    assert not refused_of(f"{head}~GE*0*1~IEA*1*000000001~")


spellings = st.sampled_from(
    [
        ("*80*", "*80.00*"),
        ("*100*", "*100.0*"),
        ("TRACE1", "0000TRACE1"),
        ("TRACE1", "trace1"),
        ("1512345678", "512345678"),
        ("~REF*6R*1", ""),
        ("XX*1234567893", "XX*1234567893 "),
        ("ICN1", "icn1"),
        ("CAS*PR*2*20", "CAS*PR*2*20.00"),
        ("~NM1*QC*1*DOE*JANE****MI*MEMBER1", ""),
        ("~AMT*B6*100", ""),
    ]
)


@given(changes=st.lists(spellings, max_size=5, unique=True), control=st.integers(1, 999))
def test_another_spelling_is_no_other_entry(changes, control):
    text = era(PAID, DENIED, amount="80", control=control)
    for change in changes:
        text = text.replace(*change)
    once, again = events_of(era(PAID, DENIED, amount="80")), events_of(text)
    assert [e["id"] for e in once] == [e["id"] for e in again]
    assert [e["contenthash"] for e in once] == [e["contenthash"] for e in again]


@pytest.mark.parametrize(
    "change",
    [
        ("*100*80**2", "*100*70**2"),
        ("CAS*CO*50*60", "CAS*CO*50*59"),
        ("CAS*CO*50", "CAS*PI*50"),
        ("LQ*HE*N115", ""),
        ("DTM*472*20260115", "DTM*472*20260116"),
        ("97530:GP:59", "97530:GP"),
    ],
)
def test_other_content_is_a_conflict(change):
    text = era(PAID, DENIED, amount="80")
    once, again = events_of(text)[:2], events_of(text.replace(*change))[:2]
    assert [e["id"] for e in once] == [e["id"] for e in again]
    assert [e["contenthash"] for e in once] != [e["contenthash"] for e in again]


def test_the_entries_of_a_check_have_their_identity_in_whatever_files_it_comes():
    def entries(*texts):
        return sorted(e["id"] for text in texts for e in events_of(text) if e["type"] != "remittance.received.v1")

    apart = [era(claim, amount="80", control=n) for n, claim in enumerate((DENIED, PAID, DEDUCTIBLE), 1)]
    assert entries(era(PAID, DENIED, DEDUCTIBLE, amount="80")) == entries(*apart)


def test_a_prenotification_is_a_notice_and_no_payment():
    items = items_of(era(PAID, amount="80").replace("BPR*I*", "BPR*P*"))
    notice, remittance = events_of(items)
    assert notice["type"] == "notice.received.v1"
    assert (notice["data"]["announced"]["amount"], notice["data"]["dated"]) == ("80.00", "2026-03-02")
    assert remittance["data"]["prenotification"] is True
    assert remittance["data"]["remit"]["key"] != events_of(era(PAID, amount="80"))[-1]["data"]["remit"]["key"]


def test_a_test_file_is_marked_or_kept_aside():
    text = era(PAID, amount="80").replace("*0*P*:", "*0*T*:")
    assert all(event["data"]["test_file"] for event in events_of(text))
    assert not {e["id"] for e in events_of(text)} & {e["id"] for e in events_of(era(PAID, amount="80"))}
    aside = items_of(text, keeps_tests_aside=True)
    assert not events_of(aside)
    (kept,) = refused_of(aside)
    assert (kept.origin, kept.raw) == (ParkedOrigin.TEST_FILE, "ab" * 32)


@pytest.mark.parametrize("group", ["AK1*HS*7~AK2*270*0001~", "AK1*HI*7~", "AK1*HC*7~AK2*276*0001~"])
def test_a_999_of_another_kind_of_file_says_nothing_of_claims(group):
    items = items_of(interchange("999", "005010X231A1", f"{group}IK5*R*5~AK9*R*1*1*0~"))
    assert not events_of(items)
    assert not refused_of(items)


def test_text_an_element_too_early_is_text():
    text = ACK_277.replace("STC*A2:20*20260303*WQ*100~", "STC*A2:20*20260303*WQ*100*******Accepted for processing~")
    accepted = next(e for e in events_of(text) if e["data"].get("claim_id") == "A1")
    assert (accepted["type"], accepted["data"]["message"]) == ("claim.acknowledged.v1", "Accepted for processing")
