"""Lists of open claims as practice systems export them, friendly and hostile."""

from contextlib import suppress
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from services.intake.open_claim_columns import FIELDS, HEADINGS
from services.intake.open_claims import UnknownColumnsError, read_open_claims
from services.intake.sheet_cells import CellError, amount, day
from services.intake.sheet_rows import SheetError, sheet_rows
from tests.properties import property_run

NINE = datetime.fromisoformat("2026-01-05T09:00")  # a workbook's dates have no zone
AS_OF = date(2026, 2, 28)
HEADING = ["Claim #", "Acct #", "Insurance", "DOS", "Charges", "Ins Paid", "Balance"]
ROW = ["A-1", "7003", "ACME", "1/5/2026", "100.00", "0.00", "100.00"]


def read(*rows, heading=HEADING, named=None):
    return read_open_claims(list(enumerate([heading, *rows], start=1)), AS_OF, named)


def changed(**cells):
    row = list(ROW)
    for name, value in cells.items():
        row[
            HEADING.index({"claim": "Claim #", "dos": "DOS", "charge": "Charges", "paid": "Ins Paid"}.get(name, name))
        ] = value
    return row


def reasons(found):
    return [(each.row, each.reason) for each in found.refused]


@pytest.mark.parametrize(
    ("cell", "dollars"),
    [
        ("1234.50", "1234.50"),
        ("$1,234.50", "1234.50"),
        ("(20.00)", "-20.00"),
        ("($20)", "-20.00"),
        ("-$5", "-5.00"),
        ("$-5", "-5.00"),
        ("5.00-", "-5.00"),
        ("\u22125.00", "-5.00"),
        ("20.00 CR", "-20.00"),
        (38.499999999999996, "38.50"),
        (180, "180.00"),
        (".5", "0.50"),
        ("0", "0.00"),
    ],
)
def test_amounts_are_read_as_people_write_them(cell, dollars):
    assert f"{amount(cell):.2f}" == dollars


@pytest.mark.parametrize("cell", ["", " ", "-", None])
def test_a_blank_amount_is_unknown(cell):
    assert amount(cell) is None


@pytest.mark.parametrize(
    "cell", ["1.234,56", "12,34", "1,23", "1.005", "abc", "=SUM(A1:A3)", "#REF!", "1e400", "nan", "$"]
)
def test_an_amount_in_doubt_is_refused(cell):
    with pytest.raises(CellError):
        amount(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "2026-01-05",
        "1/5/2026",
        "01/05/26",
        "20260105",
        "5-Jan-2026",
        "Jan 5, 2026",
        "2026-01-05 00:00:00",
        "1/5/2026 12:00 AM",
    ],
)
def test_dates_are_read_where_they_mean_one_day(cell):
    assert day(cell) == date(2026, 1, 5)


@pytest.mark.parametrize("cell", [NINE, date(2026, 1, 5)])
def test_a_workbooks_own_dates_are_days(cell):
    assert day(cell) == date(2026, 1, 5)


@pytest.mark.parametrize("cell", ["01-05-2026", "5.1.2026", "46027", "13/13/2026", "2/30/2026", "Tuesday", "1/5"])
def test_a_date_in_doubt_is_refused(cell):
    with pytest.raises(CellError):
        day(cell)


@property_run(100)
@given(st.text(max_size=12))
def test_any_text_is_a_day_an_amount_or_refused(text):
    for reader in (day, amount):
        with suppress(CellError):
            reader(text)


def test_a_plain_list_is_read():
    found = read(ROW)
    assert found.stated == [
        (
            2,
            {
                "claim_id": "A-1",
                "patient_id": "7003",
                "payer_id": "ACME",
                "charge": "100.00",
                "paid": "0.00",
                "balance": "100.00",
                "dos": "2026-01-05",
                "payer_sequence": "P",
            },
        )
    ]
    assert not found.refused


def test_claim_numbers_keep_what_spreadsheets_take_away():
    assert read(changed(claim='="00417"')).stated[0][1]["claim_id"] == "00417"
    assert read(changed(claim=417.0)).stated[0][1]["claim_id"] == "417"
    assert reasons(read(changed(claim="1.23457E+12"))) == [
        (2, "claim number: a spreadsheet rounded it; format the column as text and export again")
    ]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"claim": ""}, "claim number: missing"),
        ({"claim": "000"}, "claim number: missing"),
        ({"Insurance": ""}, "payer: missing"),
        ({"Acct #": ""}, "patient or account number: missing"),
        ({"dos": ""}, "date of service: missing"),
        ({"dos": "3/1/2026"}, "date of service: 2026-03-01 is after the day of the list"),
        ({"dos": "1/5/1926"}, "date of service: 1926-01-05 cannot be right"),
        ({"charge": ""}, "charge: missing"),
        ({"charge": "0.00"}, "charge: must be above zero"),
        ({"Balance": "120.00"}, "balance: 120.00 is more than the charge of 100.00"),
        (
            {"paid": "", "Balance": "60.00"},
            "paid: blank, and 40.00 of the charge is neither adjusted nor open; write the amount",
        ),
        ({"paid": "-10.00"}, "paid by payers: -10.00 is negative, and the row does not balance without it"),
        ({"charge": "=B1"}, "column Charges: a formula, not a value: save the list with its values"),
    ],
)
def test_a_row_in_doubt_is_refused_with_its_column(cells, reason):
    found = read(changed(**cells))
    assert reasons(found) == [(2, reason)]
    assert not found.stated


def test_payments_written_as_credits_come_out():
    assert read(changed(paid="(40.00)", Balance="60.00")).stated[0][1]["paid"] == "40.00"


def test_a_blank_payment_is_zero_only_where_the_row_comes_out():
    assert read(changed(paid="")).stated[0][1]["paid"] == "0.00"


def test_totals_blank_lines_titles_and_repeated_headings_are_no_claims():
    rows = [
        (1, ["Open claims, 2/28/2026"]),
        (3, HEADING),
        (4, ROW),
        (6, HEADING),
        (7, changed(claim="A-2")),
        (8, ["Subtotal", "", "", "", "200.00", "", "200.00"]),
        (9, ["", "Grand Total:", "", "", "200.00", "", "200.00"]),
        (10, ["", "page 1 of 1"]),
    ]
    found = read_open_claims(rows, AS_OF)
    assert [number for number, _ in found.stated] == [4, 7]
    assert found.skipped == {
        "above the table": 1,
        "headings repeated": 1,
        "totals": 2,
        "no claim number and no date of service": 1,
    }
    assert not found.refused


def test_a_heading_in_two_rows_with_merged_cells_is_understood():
    over = ["", "", "", "", "", "Patient", None, "Dates", None]
    under = ["Claim #", "Acct #", "Insurance", "DOS", "Charges", "Payments", "Balance", "Billed", "Denied"]
    row = ["A-1", "7003", "ACME", "1/5/2026", "100.00", "0.00", "100.00", "1/6/2026", "2/1/2026"]
    found = read_open_claims([(1, over), (2, under), (3, row)], AS_OF)
    told = found.stated[0][1]
    assert (told["sent_on"], told["denied_on"]) == ("2026-01-06", "2026-02-01")


def test_the_same_claim_twice_counts_once_and_refuses_where_the_rows_differ():
    found = read(ROW, ROW, changed(claim="A-2"), changed(claim="A-2", Balance="50.00", paid="50.00"))
    assert [number for number, _ in found.stated] == [2]
    assert found.skipped == {"duplicate row": 1}
    assert [row for row, _ in reasons(found)] == [4, 5]
    assert "A-2" not in " ".join(reason for _, reason in reasons(found))


def test_one_date_that_can_only_be_day_first_refuses_the_whole_list():
    with pytest.raises(SheetError, match="row 3, column DOS: dates are written day/month/year"):
        read(changed(dos="2/1/2026"), changed(claim="A-2", dos="13/1/2026"))


def test_columns_are_known_as_a_person_says():
    heading = ["Our ref", "Acct #", "Insurance", "DOS", "Gross", "Ins Paid", "Left"]
    with pytest.raises(UnknownColumnsError, match="Claim number") as error:
        read(ROW, heading=heading)
    assert error.value.rows[0] == heading
    named = {"Our ref": "claim_id", "Gross": "charge", "Left": "balance"}
    assert read(ROW, heading=heading, named=named).stated[0][1]["claim_id"] == "A-1"
    with pytest.raises(SheetError, match="no field worth"):
        read(ROW, named={"Left": "worth"})


def test_columns_that_mean_nothing_are_named():
    assert read([*ROW, "x"], heading=[*HEADING, "Clerk"]).columns.unused == ("Clerk",)


def test_no_heading_means_two_things():
    names = [name for names in HEADINGS.values() for name in names]
    assert len(names) == len(set(names))
    assert set(HEADINGS) == set(FIELDS)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_csv_of_any_make_is_read(tmp_path, separator, encoding):
    path = tmp_path / "open.csv"
    lines = [separator.join(HEADING), "", separator.join(changed(Insurance="Société"))]
    path.write_bytes("\r\n".join(lines).encode(encoding))
    found = read_open_claims(sheet_rows(path), AS_OF)
    assert [(number, told["payer_id"]) for number, told in found.stated] == [(3, "Société")]


def test_a_workbook_is_read_by_its_content_whatever_its_name(tmp_path):
    book = Workbook()
    book.active.append(HEADING)
    book.active.append(["A-1", 7003, "ACME", NINE, 100.0, 0, 100])
    book.active.append(["A-2", 7003, "ACME", NINE, "=SUM(E2:E2)", 0, 100])
    path = tmp_path / "open.csv"
    book.save(path.with_suffix(".xlsx"))
    path.with_suffix(".xlsx").rename(path)
    found = read_open_claims(sheet_rows(path), AS_OF)
    assert found.stated[0][1]["patient_id"] == "7003"
    assert reasons(found) == [(3, "charge: missing")]  # a formula that was never worked out


@pytest.mark.parametrize("content", [b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0old", b"\x00\x01\x02", b"", b"\n\n"])
def test_what_is_no_sheet_is_refused_in_words(tmp_path, content):
    path = tmp_path / "open.xlsx"
    path.write_bytes(content)
    with pytest.raises(SheetError):
        read_open_claims(sheet_rows(path), AS_OF)


def test_a_hundred_thousand_rows_are_read():
    rows = [(1, HEADING), *((n, changed(claim=f"A-{n}")) for n in range(2, 100_002))]
    assert len(read_open_claims(rows, AS_OF).stated) == 100_000
