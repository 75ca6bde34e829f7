"""The one order of all lists: what is lost first, what is overdue, what is worth more, then a stable rest."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, insert

from projections.tables.columns import NEVER
from projections.tables.tables import READ_TABLES
from services.reads.read_context import ReadContext
from services.reads.worklists import worklist
from services.store.reference import References, ref_maker
from services.store.schema import all_tables

NOW = datetime.fromisoformat("2026-03-10T16:00+00:00")
MAY = date(2026, 5, 1)


def row(claim_id, *, overdue_at=None, lost_on=NEVER, cents=100, **other):
    filled = dict.fromkeys(READ_TABLES["work_item"].c.keys(), "") | {
        "key": f"claim|default|{claim_id}",
        "kind": "denial",
        "claim_id": claim_id,
        "practice": "default",
        "overdue_at": overdue_at and datetime.fromisoformat(overdue_at),
        "lost_on": lost_on,
        "amount_at_risk": cents,
        "amount_order": -cents,
        "amount_unknown": False,
        "snoozed_until": None,
        "explanation": [],
        "done": None,
    }
    return filled | other


# The same sum, no claim: what differs is the patient, in the key alone.
VISITS = [
    row("", kind="unbilled", key=f"patient|default|P-{n:02}", ref="", item="2026-01-05", cents=50) for n in range(9)
]
ORDERED = [
    row("A", lost_on=date(2026, 4, 1)),
    row("B", lost_on=MAY, overdue_at="2026-03-10T04:00+00:00"),
    row("C", lost_on=MAY, overdue_at="2026-03-11T04:00+00:00", cents=90000),
    row("D", lost_on=MAY, cents=2000),
    row("D1", lost_on=MAY, cents=2000),
    row("E", lost_on=MAY, cents=2000),
    row("F", overdue_at="2026-03-10T15:00+00:00"),
    row("G", overdue_at="2026-03-10T17:00+00:00", cents=500),
    *VISITS,
]


@pytest.fixture(params=["sqlite", "postgresql"])
def context(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'order.db'}" if request.param == "sqlite" else request.getfixturevalue("pg_url")
    engine = create_engine(url)
    all_tables().create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(READ_TABLES["work_item"]), ORDERED[::-1])
    yield ReadContext(
        engine=engine, references=References(ZoneInfo("America/New_York"), ref_maker(b"x")), practice="default", at=NOW
    )
    engine.dispose()


@pytest.mark.parametrize("kind", ["today", "denial", "unbilled"])
@pytest.mark.parametrize("limit", [1, 2, 5, 50])
def test_the_order_of_every_list_holds_over_its_pages(context, kind, limit):
    wanted = [one for one in ORDERED if kind in ("today", one["kind"])]
    found, cursor = [], None
    while page := worklist(context, kind, limit=limit, cursor=cursor):
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert [item["claim_id"] or "" for item in found] == [one["claim_id"] for one in wanted]
    assert len(found) == len(wanted)
