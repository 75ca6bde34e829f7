"""The public sample files, against two independent readers: a segment counter written here, and oxedi for the 835."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from functools import cache

import pytest
from intake_helpers import SAMPLES, events_of, items_of, needs_samples, refused_of, seen_of

from services.intake.results import FileNote, FoundEvent

pytestmark = needs_samples
FILES = sorted(SAMPLES.glob("*/*")) if SAMPLES.is_dir() else []


def names(folder):
    return [pytest.param(path, id=path.name[:60]) for path in FILES if path.parent.name == folder]


@cache
def read_file(path):
    return items_of(path.read_bytes())


@cache
def segments(path):
    """The file in a few lines: separator, sixteen times it, component separator, terminator."""
    text = path.read_bytes().decode("utf-8-sig", "replace")
    mark = text[3]
    terminator = text.split(mark, 16)[16][1]
    return [part.strip("\r\n ").split(mark) for part in text.split(terminator) if part.strip()]


def tagged(path, tag):
    return [segment for segment in segments(path) if segment[0] == tag]


def amount(text):
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def total(values):
    return sum((Decimal(value) for value in values), Decimal(0))


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name[:60]) for path in FILES])
def test_every_file_gives_events_or_says_why_not(path):
    items = read_file(path)
    assert events_of(items) or refused_of(items) or any(note.is_answer for note in items if isinstance(note, FileNote))
    assert all(refused.reason and refused.raw for refused in refused_of(items))
    assert len(seen_of(items)) == len(tagged(path, "ST"))
    assert items == items_of(path.read_bytes())


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name[:60]) for path in FILES])
def test_no_name_leaves_the_file(path):
    said = json.dumps([item.event for item in read_file(path) if isinstance(item, FoundEvent)])
    for segment in tagged(path, "NM1"):
        if segment[1] in {"QC", "IL", "74"} and len(segment) > 4 and len(segment[3]) > 4:
            assert f'"{segment[3]}"' not in said


@pytest.mark.parametrize("path", names("835"))
def test_835_figures(path):
    items = read_file(path)
    entries = [event["data"] for event in events_of(items) if "ordinal" in event["data"]]
    clps = tagged(path, "CLP")
    readable = [clp for clp in clps if amount(clp[3]) is not None and amount(clp[4]) is not None]
    assert len(entries) == len(readable)
    assert len(refused_of(items)) == len(clps) - len(readable)
    assert [entry["claim_id"] for entry in entries] == [clp[1] for clp in readable]
    assert total(entry["charge"] for entry in entries) == total(clp[3] for clp in readable)
    assert total(entry["paid"] for entry in entries) == total(clp[4] for clp in readable)
    if len(readable) == len(clps):
        _check_835_details(path, items, entries)


def _check_835_details(path, items, entries):
    lines = [line for entry in entries for line in entry["lines"]]
    svcs = tagged(path, "SVC")
    assert [Decimal(line["charge"]) for line in lines] == [Decimal(svc[2]) for svc in svcs]
    assert total(line["paid"] for line in lines) == total(svc[3] for svc in svcs)
    stated = [Decimal(cas[at]) for cas in tagged(path, "CAS") for at in range(3, len(cas), 3)]
    found = [a for entry in entries for part in (entry, *entry["lines"]) for a in part["adjustments"]]
    assert total(a["amount"] for a in found) == sum(stated)
    assert len(found) == len(stated)
    remits = events_of(items, "remittance.received")
    assert len(remits) == len(tagged(path, "BPR"))
    assert total(r["data"]["remit"]["total_paid"] for r in remits) == total(bpr[2] for bpr in tagged(path, "BPR"))
    plb = [plb[at] for plb in tagged(path, "PLB") for at in range(4, len(plb), 2)]
    assert total(a["amount"] for r in remits for a in r["data"]["provider_adjustments"]) == total(plb)


# Which files do not add up at line, claim or remittance level, as their index says.
UNBALANCED = ("CHS-CDS-AIML", "Query-farm", "apifocal", "jaymd96_pyedi__835-all", "josephbiagio")


@pytest.mark.parametrize("path", names("835"))
def test_835_balance(path):
    remits = events_of(read_file(path), "remittance.received")
    assert all(r["data"]["balanced"] is not path.name.startswith(UNBALANCED) for r in remits)


@pytest.mark.parametrize("path", names("837P"))
def test_837p_figures(path):
    items = read_file(path)
    found = [event["data"] for event in events_of(items)]
    clms = tagged(path, "CLM")
    refused = [r for r in refused_of(items) if r.raw.startswith("CLM")]
    assert len(found) + len(refused) == len(clms)
    if not refused:
        assert [data["claim_id"] for data in found] == [clm[1] for clm in clms]
        assert total(data["total_charge"] for data in found) == total(clm[2] for clm in clms)
        lines = [line for data in found for line in data["lines"]]
        billed = [sv1[2] for sv1 in tagged(path, "SV1")] if clms else []
        assert total(line["charge"] for line in lines) == total(billed)
        assert len(lines) == len(billed)


CA_VERDICTS = {"Accepted": (1, 0), "Rejected": (0, 1), "kreddys": (1, 2)}


@pytest.mark.parametrize("path", names("277CA"))
def test_277ca_verdicts(path):
    accepted, rejected = next(counts for mark, counts in CA_VERDICTS.items() if mark in path.name)
    assert len(events_of(read_file(path), "claim.acknowledged")) == accepted
    assert len(events_of(read_file(path), "claim.rejected")) == rejected
    assert not refused_of(read_file(path))


@pytest.mark.parametrize("path", names("999"))
def test_999_verdicts(path):
    if any(segment[1] != "HC" for segment in tagged(path, "AK1")):  # it answers another kind of file
        assert not events_of(read_file(path))
        assert not refused_of(read_file(path))
        return
    accepted = [segment for segment in tagged(path, "IK5") if segment[1] in "AE"]
    rejected = [segment for segment in tagged(path, "IK5") if segment[1] not in "AE"]
    assert len(events_of(read_file(path), "submission.acknowledged")) == len(accepted)
    assert len(events_of(read_file(path), "submission.rejected")) == len(rejected)


@pytest.mark.parametrize("path", names("other"))
def test_other_sets_are_refused_one_by_one(path):
    refused = refused_of(read_file(path))
    if "multi_group" in path.name:
        assert not refused
    elif any("X212" in segment[-1] for segment in tagged(path, "ST")):  # status answers, in the folder of others
        assert not refused
        assert len(events_of(read_file(path), "claim.status_reported")) == len(
            [segment for segment in tagged(path, "REF") if segment[1] == "EJ"]
        )
    else:
        assert len(refused) == len(tagged(path, "ST"))
        assert all("not one of the sets" in item.reason for item in refused)


def _rows(tables, name):
    """A table of oxedi, out of its printed form: no further library is needed for that."""
    title, head, *rows = tables[name].render().splitlines()
    assert title.startswith(f"## {name}")
    columns = [column.split(":")[0] for column in head.split(" | ")]
    return [dict(zip(columns, row.split(" | "), strict=True)) for row in rows if row.strip()]


@pytest.mark.parametrize("path", names("835"))
def test_835_second_opinion(path):
    oxedi = pytest.importorskip("oxedi")
    try:
        tables = oxedi.parse_file(str(path)).tables
    except oxedi.ParseError:
        pytest.skip("oxedi does not read this file")
    entries = [event["data"] for event in events_of(read_file(path)) if "ordinal" in event["data"]]
    theirs = _rows(tables, "claims")
    if any(row["payment_amount"] == "∅" for row in theirs):
        pytest.skip("amounts are missing in this file")
    assert [(row["claim_id"], row["claim_status"]) for row in theirs] == [
        (entry["claim_id"], entry["status_code"]) for entry in entries
    ]
    assert [Decimal(row["payment_amount"]) for row in theirs] == [Decimal(entry["paid"]) for entry in entries]
    _compare_lines(tables, [line for entry in entries for line in entry["lines"]])
    _compare_adjustments(tables, entries)


def _compare_lines(tables, lines):
    for row, line in zip(_rows(tables, "services"), lines, strict=True):
        assert Decimal(row["charge_amount"]) == Decimal(line["charge"])
        assert Decimal(row["payment_amount"]) == Decimal(line["paid"])
        if row["allowed_amount"] != "∅":
            assert Decimal(row["allowed_amount"]) == Decimal(line["allowed"])
        if row["service_date"] != "∅":
            assert row["service_date"] == line["dos"]
        if row["procedure_code"] != "∅":
            assert row["procedure_code"] == line["procedure"]


def _compare_adjustments(tables, entries):
    theirs = sorted((r["group_code"], r["reason_code"], Decimal(r["amount"])) for r in _rows(tables, "adjustments"))
    ours = sorted(
        (a["group"], a["reason"], Decimal(a["amount"]))
        for entry in entries
        for part in (entry, *entry["lines"])
        for a in part["adjustments"]
    )
    assert ours == theirs
