"""Tokenizer, delimiters and envelope."""

from __future__ import annotations

import io

import pytest
from intake_helpers import (
    CLAIM,
    DENIED,
    PAID,
    claims,
    era,
    era_body,
    events_of,
    interchange,
    items_of,
    notes_of,
    refused_of,
    seen_of,
    source,
)

from services.intake.delimiters import read_header
from services.intake.results import FileSeen
from services.intake.x12 import Segments
from tests.services.intake.reading import read

ERA = era(PAID, DENIED, amount="80")


def plain(text, **changes):
    """The events without what names the place in the file."""
    return [{k: v for k, v in event.items() if k != "rawref"} for event in events_of(text, **changes)]


def spelled(text, element="*", component=":", repetition="^", terminator="~", after=""):
    """The same content with other delimiters. The texts here hold none of them as data."""
    table = str.maketrans({"*": element, ":": component, "^": repetition, "~": terminator + after})
    return text.translate(table)


@pytest.mark.parametrize(
    "how",
    [
        {"after": "\n"},
        {"after": "\r\n"},
        {"after": "\n\n"},
        {"after": "\r\n\r\n  "},
        {"after": "  \n"},
        {"terminator": "\n"},
        {"terminator": "\r\n"},
        {"terminator": "\n\n"},
        {"terminator": "\n~"},
        {"terminator": "\r"},
        {"element": "|", "component": ">", "terminator": "'"},
        {"element": "\x1d", "component": "\x1f", "repetition": "\x1e", "terminator": "\x1c"},
        {"component": "<", "repetition": "!", "terminator": "?", "after": "\n"},
        {"component": "|", "terminator": "\\"},
        {"element": "^", "component": "*", "repetition": "~", "terminator": ":"},
    ],
    ids=repr,
)
@pytest.mark.parametrize("text", [ERA, claims()], ids=["835", "837P"])
def test_delimiters_and_line_breaks_change_nothing(text, how):
    assert plain(spelled(text, **how)) == plain(text)


def test_each_interchange_has_its_own_delimiters():
    other = spelled(era(PAID, amount="80", trace="T2", control=2), "|", ">", "!", "\n")
    third = spelled(claims(control=3), "^", "<", "", "~", "\n").replace("^^00501", "^U^00501")
    items = items_of(ERA + "\n" + other + third)
    assert seen_of(items) == ["835", "835", "837P"]
    assert len(events_of(items)) == 3 + 2 + 1
    assert not refused_of(items)


def test_files_put_one_after_another_without_a_last_terminator():
    items = items_of(ERA.rstrip("~") + "\n" + "\ufeff" + era(PAID, amount="80", trace="T2"))
    assert len(events_of(items)) == 5
    assert not refused_of(items)


@pytest.mark.parametrize(
    "change",
    [
        ("SENDER         ", "SENDER"),
        ("SENDER         ", "A SENDER WITH FAR TOO LONG A NAME"),
        ("*00*          *00*          *", "*00* *00* *"),
        ("*00*          *00*          *", "*00**00**"),
        ("RECEIVER       *260302", "RECEIVER GS*260302"),
    ],
)
@pytest.mark.parametrize("terminator", ["~", "~\n", "\n", "\r\n"])
def test_an_isa_of_the_wrong_width_still_shows_its_delimiters(change, terminator):
    text = ERA.replace(*change, 1).replace("~", terminator)
    items = items_of(text)
    assert [e["data"] for e in events_of(items)] == [e["data"] for e in events_of(ERA)]
    assert any("fixed width" in note for note in notes_of(items))


def test_an_isa_without_component_separator_assumes_the_usual_one():
    for ending in ("*P*~GS", "*P*~\nGS"):
        items = items_of(ERA.replace("*P*:~GS", ending, 1))
        assert events_of(items)[0]["data"]["lines"][0]["procedure"] == "97110"
        assert any("component separator" in note for note in notes_of(items))


def test_repetition_comes_with_release_00501():
    head = (
        b"ISA*00*          *00*          *ZZ*A              *ZZ*B              *260302*1015*%s*%s*000000001*0*P*:~GS*"
    )
    assert read_header(head % (b"^", b"00501")).delimiters.repetition == b"^"
    assert read_header(head % (b"^", b"00401")).delimiters.repetition == b""
    assert read_header(head % (b"U", b"00501")).delimiters.repetition == b""


@pytest.mark.parametrize("text", [b"", b"ISA", b"ISA*", b"ISAbel", b"ISA*00*~", b"ISA 00 x", b"ISA\x00" * 40])
def test_what_is_no_header_is_none(text):
    assert read_header(text) is None


def test_empty_segments_blank_lines_and_indents_do_not_count():
    odd = ERA.replace("~CLP", "~~~\n\n   \n~CLP").replace("~SVC", "~\n\t  SVC")
    assert [e["data"] for e in events_of(odd)] == [e["data"] for e in events_of(ERA)]
    assert not refused_of(odd)


def test_wrapped_lines_are_joined():
    for width in (40, 80, 107):
        wrapped = "\n".join(ERA[at : at + width] for at in range(0, len(ERA), width))
        items = items_of(wrapped)
        assert plain(wrapped) == plain(ERA)
        assert any("wrapped" in note or "broken over" in note for note in notes_of(items)), width


def test_a_lost_terminator_before_a_line_break_is_recovered():
    text = ERA.replace("~", "~\n").replace("LX*1~\n", "LX*1\n").replace("20260115~\n", "20260115\n")
    items = items_of(text)
    assert plain(text) == plain(ERA)
    assert "a segment ends with a line break only" in notes_of(items)


def test_byte_order_mark_control_characters_and_end_of_file_marks():
    items = items_of(b"\xef\xbb\xbf\r\n" + ERA.encode() + b"\x1a")
    assert len(events_of(items)) == 3
    assert "the file begins with a byte order mark" in notes_of(items)
    dirty = ERA.replace("MEMBER1", "MEM\x00BER1")
    assert events_of(dirty)[0]["data"]["patient_id"] == "MEMBER1"
    assert "control characters were removed" in notes_of(dirty)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
def test_names_in_any_encoding(encoding):
    text = era(PAID.replace("MEMBER1", "MÜ1"), amount="80")
    assert events_of(text.encode(encoding))[0]["data"]["patient_id"] == "MÜ1"


def test_each_segment_has_its_own_encoding():
    mixed = ERA.encode().replace(b"MEMBER1", "MÜ1".encode()).replace(b"ICN2", "ICNÜ".encode("latin-1"))
    first, second, _ = events_of(mixed)
    assert first["data"]["patient_id"] == "MÜ1"
    assert second["data"]["payer_claim_number"] == "ICNÜ"


@pytest.mark.parametrize("size", [1, 2, 7, 64, 511, 512, 513])
def test_the_size_of_reads_changes_nothing(size, monkeypatch):
    class Dripping(io.BytesIO):
        def read(self, _=-1):
            return super().read(size)

    text = (ERA + "\r\n" + spelled(claims(control=2), "|", ">", "!", "\r\n") + ERA + "junk").encode()
    whole = items_of(text)
    monkeypatch.setattr("services.intake.detect.HEAD", 1024)
    monkeypatch.setattr("services.intake.x12.CHUNK", size)
    assert list(read(Dripping(text), source())) == whole


def test_segments_are_numbered_through_the_file():
    both = ERA + ERA
    second = [item.segment for item in items_of(both) if isinstance(item, FileSeen)]
    assert second == [3, 3 + ERA.count("~")]
    tokens = Segments(io.BytesIO(both.encode()))
    assert sum(1 for _ in tokens) == tokens.number == both.count("~")


@pytest.mark.parametrize("start", ["GS*", "ST*"])
@pytest.mark.parametrize(
    "how", [{}, {"after": "\n"}, {"terminator": "\n"}, {"element": "|", "component": ">", "terminator": "!"}]
)
def test_a_file_without_isa_is_read_where_its_delimiters_show(start, how):
    text = spelled(ERA[ERA.index(start) : ERA.index("IEA*")], **how)
    items = items_of(text)
    assert [e["data"] for e in events_of(items)] == [e["data"] for e in events_of(ERA)]
    assert any("no ISA" in note for note in notes_of(items))


def test_text_before_the_first_isa_is_refused_and_the_rest_read():
    items = items_of("From: payer\nSubject: your file\n\n" + ERA)
    (refused,) = refused_of(items)
    assert refused.reason == "text before the first segment"
    assert refused.raw.startswith("From: payer")
    assert len(events_of(items)) == 3


def test_text_between_and_after_interchanges_is_refused():
    items = items_of(f"{ERA}\n-- page 2 --\n{era(PAID, amount='80', trace='T2')}\nthe end")
    assert [r.raw.strip("~") for r in refused_of(items)] == ["-- page 2 --", "the end"]
    assert {r.reason for r in refused_of(items)} == {"segments outside any transaction set (no ST before them)"}


def test_a_word_that_looks_like_a_header_is_data():
    text = era(PAID.replace("DOE*JANE", "ISA*BEL").replace("ICN1", "ISA"), DENIED, amount="80")
    assert len(events_of(text)) == 3


def test_several_groups_and_sets_of_all_kinds_in_one_interchange():
    one = interchange("835", "005010X221A1", era_body(PAID, amount="80"))
    two = claims()
    inner = two[two.index("GS*") : two.index("IEA*")]
    both = one.replace("IEA*1*", f"{inner}IEA*2*")
    items = items_of(both)
    assert seen_of(items) == ["835", "837P"]
    assert not notes_of(items)


def test_wrong_and_missing_trailers_are_noted():
    text = ERA.replace("GE*1*1", "GE*7*3").replace("IEA*1*000000001", "IEA*x*2")
    assert notes_of(text) == [
        "GE01 has a wrong count; there are 1",
        "GE02 does not match the control number of its header",
        "IEA01 has a wrong count; there are 1",
        "IEA02 does not match the control number of its header",
    ]
    cut = ERA[: ERA.index("GE*")]
    assert notes_of(cut) == ["GE is missing", "IEA is missing"]


def test_a_set_that_begins_before_the_last_one_ended():
    text = interchange("835", "005010X221A1", era_body(PAID, amount="80"), era_body(DENIED, amount="1"))
    items = items_of(text.replace("SE*15*0001~", ""))
    assert len(events_of(items)) == 4
    assert "SE is missing for the 835 that begins here" in notes_of(items)


def test_control_numbers_may_differ_by_padding():
    assert not notes_of(ERA.replace("GE*1*1~", "GE*1*0001~"))


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("270", "270 eligibility inquiry"),
        ("834", "834 enrollment"),
        ("276", "276 claim status"),
        ("850", "X12 set 850"),
    ],
)
def test_other_sets_are_refused_by_name(code, title):
    items = items_of(interchange(code, "005010X279A1", "BHT*0022*13*1*20260302*1015~HL*1**20*1~") + ERA)
    (refused,) = refused_of(items)
    assert refused.reason.startswith(title)
    assert refused.raw.startswith(f"ST*{code}*0001~BHT*")
    assert len(events_of(items)) == 3


def test_what_an_unread_set_holds_is_carried_only_so_far():
    huge = interchange("834", "005010X220A1", "INS*Y*18*030*XN*A***FT~" * 20_000)
    (refused,) = refused_of(huge)
    assert 60_000 < len(refused.raw) < 70_000
    assert "more characters" in refused.raw


def test_a_reason_never_repeats_what_stood_in_the_file():
    text = claims().replace("ST*837*", "ST*JANE DOE 1970*").replace("005010X222A1", "DOE, JANE")
    items = items_of(text.replace("CLM*", "JANE DOE*"))
    assert all("DOE," not in r.reason for r in refused_of(items))
    strange = claims(CLAIM.replace("HI*", "DOE JANE*"))
    assert not any("JANE" in note for note in notes_of(strange))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf \r\n", "the file is empty"),
        (b"PK\x03\x04....", "a ZIP archive within another file: neither X12 nor JSON events"),
        (b"\x1f\x8b\x08....", "a gzip archive within another file: neither X12 nor JSON events"),
        (b"%PDF-1.7", "a PDF document: neither X12 nor JSON events"),
        (b"<html>", "XML or HTML: neither X12 nor JSON events"),
        (b"MSH|^~\\&|", "an HL7 version 2 message: neither X12 nor JSON events"),
        (b"claim,amount\nA1,80\n", "neither X12 (no ISA, GS or ST found) nor JSON events"),
        (b"ST. LOUIS, MO", "no X12 interchange in this file: no ISA, GS or ST found"),
        (b"ISA*broken", "no X12 interchange in this file: no ISA, GS or ST found"),
    ],
)
def test_what_is_neither_x12_nor_json_is_refused_whole(data, reason):
    assert [r.reason for r in refused_of(data)] == [reason]


def test_a_file_of_an_envelope_alone():
    assert not events_of(ERA[: ERA.index("ST*")])
    items = items_of(ERA[: ERA.index("GS*")])
    assert notes_of(items) == ["IEA is missing"]
