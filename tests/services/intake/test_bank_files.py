"""Bank statements become deposits; a statement read again adds nothing."""

import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.intake.bank_files import BAI2, CSV, is_bank_file, read_bank_file
from services.intake.results import FoundEvent, RefusedPiece, Source

SOURCE = Source(
    name="s",
    sha256="0" * 64,
    correlation_id="c",
    practice="default",
    received_at=datetime(2026, 3, 1, tzinfo=UTC),
    zone=ZoneInfo("UTC"),
)
STATEMENT = """Date,Description,Credit,Account
03/18/2026,"HCCLAIMPMT ADDENDA TRN*1*TRACE77*1512345678~",81.18,123
2026-03-19,CHECK 104 LOCKBOX,50.00,123
2026-03-19,CHECK 104 LOCKBOX,50.00,123
2026-03-20,FEE,-5.00,123
2026-03-21,WRONG,abc,123
"""
BAI = """01,BANK,CLINIC,260318,1200,1,,,2/
02,CLINIC,BANK,1,260318,,USD,2/
03,123,USD,,,,/
16,142,8118,Z,REF1,,HCCLAIMPMT/
88,TRN*1*TRACE77*1512345678~
16,475,500,Z,,,CHECK PAID/
16,165,5000,S,5000,0,0,REF2,000,PREAUTHORIZED/
49,13618,5/
"""


def read(text, kind):
    found = list(read_bank_file(io.BytesIO(text.encode()), kind, SOURCE))
    return [f.event for f in found if isinstance(f, FoundEvent)], [f for f in found if isinstance(f, RefusedPiece)]


def test_a_csv_statement():
    assert is_bank_file(STATEMENT.encode()) == CSV
    events, refused = read(STATEMENT, CSV)
    assert [(e["data"]["amount"], e["data"].get("trace"), e["data"]["method"]) for e in events] == [
        ("81.18", "TRACE77", "eft"),
        ("50.00", None, "check"),
        ("50.00", None, "check"),
    ]
    assert [r.segment for r in refused] == [6]
    assert len({e["id"] for e in events}) == 3
    assert [e["id"] for e in read(STATEMENT, CSV)[0]] == [e["id"] for e in events]


def test_a_bai2_statement_counts_its_credits():
    assert is_bank_file(BAI.encode()) == BAI2
    events, refused = read(BAI, BAI2)
    assert [(e["data"]["amount"], e["data"].get("trace"), e["data"]["date"]) for e in events] == [
        ("81.18", "TRACE77", "2026-03-18"),
        ("50.00", None, "2026-03-18"),
    ]
    assert not refused


@pytest.mark.parametrize("text", ["name,amount\nx,1\n", "ISA*00*", "", "Dear Sir"])
def test_what_is_no_statement(text):
    assert is_bank_file(text.encode()) is None
