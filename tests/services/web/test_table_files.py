"""Tables as files: whole, with names and amounts, and with their filters in words on top."""

import csv
import io
import re

import openpyxl
import pytest

from services.presentation.filter_words import filter_words
from services.reads.payer_names import payer_names
from tests.services.web.test_pages import desk_of

# table -> (an address of its page, the filters of that address in words)
PAGES = {
    "aging": ("/aging?basis=submission&owner=patient", "By days since first submission; Patients owe"),
    "aged-claims": (
        "/aging/claims?owner=payer&bucket=61-90&payer=LAKESHORE",
        "Payers owe; 61-90 days; Payer {LAKESHORE}",
    ),
    "underpayments": ("/underpayments?payer=MEDICARE", "Payer {MEDICARE}"),
    "remittances": ("/remittances?unbalanced=true", "Out of balance only"),
    "thresholds": ("/thresholds?year=2026&bucket=OT", "Year 2026; OT"),
    "patterns": ("/patterns?payer=LAKESHORE&months=6", "Payer {LAKESHORE}; Last 6 months"),
}


PAYERS = ("LAKESHORE", "MEDICARE")


def table(text):
    """The line on top, and the rows as dictionaries."""
    head, _, rest = text.partition("\n")
    return next(csv.reader([head]))[0], list(csv.DictReader(io.StringIO(rest)))


@pytest.mark.parametrize("name", PAGES)
def test_every_table_is_a_file_with_its_filters_on_top(site, name):
    client, (address, said) = site.client(), PAGES[name]
    text = client.get(address).text
    links = [link.replace("&amp;", "&") for link in re.findall(rf'href="(/export/{name}[^"]+)"', text)]
    assert len(links) == 2
    head, rows = table(client.get(links[0]).text)
    words = set(said.format_map({payer: payer_names(desk_of(site)).of(payer) for payer in PAYERS}).split("; "))
    assert words <= set(head.split("; "))
    book = openpyxl.load_workbook(io.BytesIO(client.get(links[1]).content)).active
    assert book["A1"].value == head
    assert all(word in book.oddHeader.center.text for word in words)
    assert book.max_row == len(rows) + 2
    printed = re.search(r'class="print-only[^>]*>([^<]*)<', text)[1]
    assert all(word in printed for word in words)


def test_a_filter_that_a_table_does_not_know_is_refused_not_ignored(site):
    answer = site.client().get("/export/aging.csv?payer=LAKESHORE")
    assert answer.status_code == 422
    assert "cannot be narrowed by payer" in answer.text


def test_csv_and_excel_hold_the_whole_list(site):
    client = site.client()
    rows = client.get("/v1/worklists/denial?limit=500").json()
    head, told = table(client.get("/worklists/denial/file.csv").text)
    assert head == "Denials; practice default; Nov 6, 2026, 8:00 AM; no filters"
    assert [row["claim_id"] for row in told] == [row["claim_id"] for row in rows]
    sheet = openpyxl.load_workbook(io.BytesIO(client.get("/worklists/denial/file.xlsx").content)).active
    assert sheet.max_row - 2 == len(rows)
    headings = [cell.value for cell in sheet[2]]
    first = dict(zip(headings, [cell.value for cell in sheet[3]], strict=True))
    assert (first["claim id"], f"{first['amount at risk']:.2f}") == (rows[0]["claim_id"], rows[0]["amount_at_risk"])


def test_files_of_worklists_have_names_days_codes_and_amounts(site):
    _, (row, *_) = table(site.client().get("/worklists/denial/file.csv").text)
    assert row["patient_name"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", row["dos"])
    assert re.fullmatch(r"\d+\.\d\d", row["charge"])
    assert row["codes"]


def test_the_file_of_patterns_covers_the_months_of_the_page(site):
    client = site.client()
    for months in (3, 24):
        told = {row["first"] for row in table(client.get(f"/export/patterns.csv?months={months}").text)[1]}
        page = client.get(f"/patterns?months={months}").text
        assert f"patterns.csv?months={months}" in page
        if months == 3:
            assert min(told) >= "2026-09-01"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"payer": ["CEDAR", "LAKESHORE"]}, "Payer CEDAR or LAKESHORE"),
        ({"category": "ack_payer", "assignee": "nobody"}, "Category No payer acceptance; Unassigned"),
        ({"amount_min": "1000", "amount_max": "abc"}, "Amount from $1,000.00; Amount to abc"),
        ({"dos_from": "2026-11-03", "dos_to": "garbage"}, "Service from Nov 3, 2026; Service to garbage"),
        ({"due": "overdue", "lost": "yes", "snoozed": "true"}, "Past due; Already lost; Snoozed included"),
        ({"due": "1"}, "Due within 24 hours"),
        ({"sort": "amount", "f": "0" * 24, "cols": "due"}, "Sorted by at risk, largest first"),
        ({}, ""),
    ],
)
def test_filters_are_said_in_words(given, said):
    assert filter_words(given) == said
