"""What a person sets about a list: columns, several payers, saved views with counts, all that match."""

import re
from decimal import Decimal

import pytest

from projections.work.kinds import KINDS
from services.presentation.item_columns import DESK_COLUMNS
from services.presentation.labels import SORT_NAMES
from services.reads.list_counts import tally
from services.reads.worklist_filters import SORTS, Filters
from services.reads.worklists import worklist
from tests.services.web.test_pages import desk_of
from tests.services.web.test_table_files import table

USUAL = {"due": "Due", "lost_on": "Last day", "amount": "At risk", "assignee": "Assigned to"}


def headings(text):
    return re.findall(r"<th scope=\"col\"[^>]*>(?:<a [^>]*>)?([^<]+)", text)


@pytest.fixture
def own_columns(site):
    """A person whose choice is taken back afterwards."""
    client = site.client("root")
    yield client
    client.post("/columns?kind=denial", data={"cols": []})


def test_columns_are_chosen_kept_for_the_person_and_taken_back(site, own_columns):
    wanted = {"cols": ["dos", "codes", "charge", "expected", "payer", "category"]}
    assert (
        own_columns.post("/columns?kind=denial&payer=LAKESHORE", data=wanted)
        .headers["location"]
        .endswith("/worklists/denial?payer=LAKESHORE")
    )
    text = own_columns.get("/worklists/denial").text
    assert headings(text) == [
        "Claim",
        "Payer",
        "Date of service",
        "Procedures",
        "Charge",
        "Expected",
        "Category",
        "Reason and next step",
    ]
    assert re.search(r'data-label="procedures">97\d{3}', text)
    assert re.search(r'data-label="charge">\$\d', text)
    assert headings(site.client().get("/worklists/denial").text) == [
        "Due",
        "Last day",
        "At risk",
        "Claim",
        "Reason and next step",
        "Assigned to",
    ]
    own_columns.post("/columns?kind=denial", data={})
    assert set(USUAL.values()) <= set(headings(own_columns.get("/").text))


@pytest.mark.parametrize("name", DESK_COLUMNS)
def test_each_column_can_stand_alone(site, name):
    text = site.client().get(f"/?cols={name}").text
    assert DESK_COLUMNS[name].desk in headings(text)
    assert len(headings(text)) == 3
    visits = site.client().get(f"/worklists/readiness?cols={name}")  # rows without a claim
    assert visits.status_code == 200
    assert "data-row" in visits.text


def test_an_address_with_columns_keeps_them_in_its_links(site):
    text = site.client().get("/worklists/denial?cols=dos,nonsense").text
    assert headings(text) == ["Claim", "Date of service", "Reason and next step"]
    assert "/worklists/denial?cols=dos%2Cnonsense&amp;sort=claim" in text
    assert 'name="cols" value="dos,nonsense"' in text


def test_every_order_has_words():
    assert set(SORTS) == set(SORT_NAMES)


def test_several_payers_are_chosen_in_the_form(site):
    client = site.client()
    both = client.get("/?payer=LAKESHORE&payer=CEDAR").text
    ticked = re.findall(r'name="payer" value="(\w+)" checked', both)
    assert sorted(ticked) == ["CEDAR", "LAKESHORE"]
    assert "2 payers" in both
    rows = client.get("/v1/worklists/today?payer=LAKESHORE&payer=CEDAR&lost=false&limit=500").json()
    assert len(rows) == sum(
        len(client.get(f"/v1/worklists/today?payer={payer}&lost=false&limit=500").json())
        for payer in ("LAKESHORE", "CEDAR")
    )


@pytest.mark.parametrize("query", ["", "payer=LAKESHORE", "payer=LAKESHORE&payer=CEDAR&amount_min=100", "lost=yes"])
@pytest.mark.parametrize("kind", ["today", "denial"])
def test_all_that_match_are_the_rows_of_the_list_and_of_its_file(site, kind, query):
    client = site.client()
    if kind != "today" and "lost" in query:
        query = "due=7"
    path = "/" if kind == "today" else f"/worklists/{kind}"
    told = client.get(f"/worklists/{kind}/matching?{query}").json()
    lines = client.get(f"/worklists/{kind}/file.csv?{query}").text.splitlines()
    seen, address = [], f"{path}?{query}"
    while address:
        text = client.get(address).text
        seen += re.findall(
            r'data-ref="([0-9a-f]{24}|deposit)"(?: data-patient)? data-kind="(\w+)" data-item="([^"]*)"', text
        )
        following = re.search(r'rel="next" href="([^"]+)"', text)
        address = following and following[1].replace("&amp;", "&")
    assert [(row["ref"], row["kind"], row["item"]) for row in told["rows"]] == seen
    assert seen
    assert not told["more"]
    assert sum(1 for line in lines[2:] if line) == len(seen)


def test_all_that_match_needs_the_right_to_act(site):
    assert site.client("a.reyes").get("/worklists/denial/matching").status_code == 403


KIND_FILTERS = [
    Filters(),
    Filters(payer=("LAKESHORE",)),
    Filters(text="authorization"),
    Filters(lost=True),
    Filters(days_left=7),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("filters", KIND_FILTERS, ids=str)
def test_counts_sums_and_lists_agree(site, kind, filters):
    """A law for every list under every kind of filter: the tile, the rows, and what they add up to."""
    context = desk_of(site)
    rows = worklist(context, kind, filters).items
    told = tally(context, kind, filters)
    assert told.items == len(rows)
    assert told.amount == sum(Decimal(row["amount_at_risk"] or 0) for row in rows)


@pytest.mark.parametrize("query", ["payer=LAKESHORE", "payer=LAKESHORE&payer=CEDAR&amount_min=100", "lost=yes"])
def test_the_line_above_a_list_its_rows_and_its_file_agree(site, query):
    client = site.client()
    told = re.search(r'id="total">([\d,]+) rows?, \$([\d,.]+) at risk', client.get(f"/?{query}").text)
    _, rows = table(client.get(f"/worklists/today/file.csv?{query}").text)
    assert int(told[1].replace(",", "")) == len(rows)
    assert Decimal(told[2].replace(",", "")) == sum(Decimal(row["amount_at_risk"] or 0) for row in rows)


def test_views_stand_in_the_side_bar_with_their_counts(site):
    client, other = site.client(), site.client("n.abara")
    client.post("/worklists/denial/search", data={"text": "authorization"})
    client.post("/views?kind=denial&payer=LAKESHORE&cols=dos", data={"name": "Lake"})
    client.post("/views?kind=today&assignee=me&payer=CEDAR&payer=LAKESHORE", data={"name": "My two", "shared": "yes"})
    text = client.get("/aging").text
    ids = re.findall(r'data-view="([0-9a-f]{24})"', text)
    links = re.findall(r'<a href="([^"]+)" data-verbatim><span class="name">(?:Lake|My two)', text)
    counts = client.get("/views/counts").json()
    assert len(ids) == len(links) == 2
    for view, link in zip(ids, links, strict=True):
        rows = len(re.findall("data-row=", client.get(link.replace("&amp;", "&")).text))
        assert counts[view] == f"{rows}"
    assert headings(client.get(links[0].replace("&amp;", "&")).text) == [
        "Claim",
        "Date of service",
        "Reason and next step",
    ]
    assert len(other.get("/views/counts").json()) == 1
    for view in ids:
        client.post(f"/views/{view}/remove")
    assert client.get("/views/counts").json() == {}
    assert "data-views" not in client.get("/aging").text
