"""What is lost: the sums by payer and month are those of the list, of what people closed, and of what was written off."""

import re
from decimal import Decimal

import pytest
from sqlalchemy import update

from projections.calendar import LAST_INSTANT
from projections.tables.tables import READ_TABLES
from services.reads.list_counts import lost_already
from services.reads.lost_money import OPEN, LostState, lost_money, past_their_day
from services.reads.worklist_filters import Filters
from services.reads.worklists import worklist
from tests.services.web.test_pages import desk_of
from tests.services.web.test_table_files import table

ITEM, CLAIM = READ_TABLES["work_item"], READ_TABLES["claim"]


@pytest.fixture
def context(site):
    return desk_of(site)


def total(rows, *states):
    return (
        sum(row[f"{state}_claims"] for row in rows for state in states),
        sum((Decimal(row[f"{state}_amount"]) for row in rows for state in states), Decimal(0)),
    )


def test_open_ones_are_the_list_of_what_is_lost(context):
    rows, tile = lost_money(context), lost_already(context)
    assert total(rows, *OPEN) == (tile.items, tile.amount)
    items = worklist(context, "today", Filters(lost=True)).items
    assert {(row["month"], row["payer_id"]) for row in rows if total([row], *OPEN)[0]} == {
        (item["lost_on"][:7], item["payer_id"]) for item in items
    }
    assert all(total([row], *LostState) == (row["claims"], Decimal(row["amount"])) for row in rows)


def test_what_was_written_off_after_its_day_is_told_apart(context):
    (row,) = [row for row in lost_money(context) if row["written_off_claims"]]
    assert (row["month"], row["payer_id"], row["written_off_amount"]) == ("2026-09", "TAMARACK", "286.00")


def test_one_payer_s_are_part_of_all(context):
    rows = lost_money(context)
    assert lost_money(context, ["LAKESHORE"]) == [row for row in rows if row["payer_id"] == "LAKESHORE"]
    assert lost_money(context, ["NOBODY"]) == []


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({"assignee": None}, LostState.NOTHING),
        ({"assignee": "kim"}, LostState.ASSIGNED),
        ({"snoozed_until": LAST_INSTANT}, LostState.SNOOZED),
        ({"snoozed_until": LAST_INSTANT, "done": {"by": "kim"}}, LostState.CLOSED),
    ],
)
def test_what_was_done_about_it(context, values, state):
    """On a copy of the rows that is thrown away."""
    claim_id = worklist(context, "today", Filters(lost=True)).items[0]["claim_id"]
    with context.engine.connect() as connection:
        connection.execute(update(ITEM).where(ITEM.c.claim_id == claim_id).values(values))
        found = lost_money_in(context, connection)
        connection.rollback()
    assert found[state] >= 1


def lost_money_in(context, connection):
    """Counts by state, read over a connection whose changes nobody else sees."""
    counts = dict.fromkeys(LostState, 0)
    for claim in past_their_day(connection, context, ()):
        counts[claim.state] += 1
    return counts


def test_the_tab_shows_the_table_and_its_file_says_the_same(site):
    client = site.client()
    text = client.get("/?lost=yes").text
    shown = re.findall(r'data-label="lost">\$([\d,.]+)', text)
    head, rows = table(client.get("/export/lost.csv").text)
    assert [Decimal(each.replace(",", "")) for each in shown] == [Decimal(row["amount"]) for row in rows]
    assert head.startswith("Lost money by payer and month; ")
    assert "lost-money" not in client.get("/?lost=yes&code=50").text
    two = client.get("/?lost=yes&payer=CEDAR&payer=LAKESHORE").text
    link = re.search(r'href="(/export/lost.csv[^"]*)"', two)[1].replace("&amp;", "&")
    assert {row["payer_id"] for row in table(client.get(link).text)[1]} == {"CEDAR", "LAKESHORE"}
