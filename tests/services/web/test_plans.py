"""With many rows the database walks indexes: no page of Today or of a drill-down reads the whole table."""

import re
from datetime import timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, event, insert, text
from sqlmodel import SQLModel

from projections.tables import NEVER as UNKNOWN
from projections.tables import READ_TABLES
from services.reads.aged import aged_claims
from services.reads.desk import Desk
from services.reads.tallies import COUNTED, lost_within, payers, tallies
from services.reads.worklists import worklist
from services.store.reference import References, ref_maker
from services.synthetic.month import DEMO_AT

ROWS = 20_000
KINDS = ("rejection", "denial", "filing", "underpayment", "missing_ack")
DAY = DEMO_AT.date()


def items():
    for n in range(ROWS):
        due = DEMO_AT + timedelta(days=n % 300 - 30)
        yield {
            "key": f"claim|default|C{n}", "kind": KINDS[n % 5], "claim_id": f"C{n}", "item": "X", "practice": "default",
            "ref": f"{n:024x}", "patient_id": None, "payer_id": f"PAYER{n % 7}", "due": due.date().isoformat(),
            "overdue_at": due, "lost_on": UNKNOWN if n % 50 == 0 else DAY + timedelta(days=n % 400 - 20),
            "amount_at_risk": n % 50_000, "amount_order": -(n % 50_000), "category": None, "discipline": None,
            "reason": "some reason", "next_action": "something", "assignee": None, "snoozed_until": None, "clocks": "",
            "explanation": [],
        }  # fmt: skip


def claims():
    for n in range(ROWS):
        yield {
            "key": f"claim|default|C{n}", "practice": "default", "claim_id": f"C{n}", "ref": f"{n:024x}",
            "patient_id": None, "payer_id": f"PAYER{n % 7}", "status": "accepted", "flags": "",
            "dos": DAY - timedelta(days=n % 400), "charge": 100_00, "allowed": 0, "paid": 0, "patient_responsibility": 0,
            "payer_balance": 100_00, "patient_balance": 0, "written_off": 0, "sent_on": DAY, "patient_since": None,
            "answers": [],
        }  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def many(request, tmp_path_factory):
    """A desk over many rows, and the plans of what is asked of it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('many') / 'many.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("pg_module_url")
    engine = create_engine(url)
    SQLModel.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(READ_TABLES["work_item"]), list(items()))
        connection.execute(insert(READ_TABLES["claim"]), list(claims()))
        connection.execute(text("ANALYZE"))
    desk = Desk(engine, References(ZoneInfo("UTC"), ref_maker(b"x")), "default", DEMO_AT)
    yield SimpleNamespace(desk=desk, engine=engine, plans=lambda ask: plans(engine, ask))
    engine.dispose()


def plans(engine, ask):
    """What the database says of every query that `ask` makes of big tables."""
    asked = []

    def note(_connection, _cursor, statement, parameters, *_more):
        if re.search(r"FROM (\(SELECT .* FROM )?(work_item|claim)\b", statement, re.DOTALL):
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    with engine.connect() as connection:
        return [
            "\n".join(str(row[-1]) for row in connection.exec_driver_sql(explain + statement, parameters))
            for statement, parameters in asked
        ]


def whole_table(plan):
    return re.search(r"Seq Scan on (work_item|claim)|SCAN (work_item|claim)(?! USING)", plan)


def seventh_page(desk, kind):
    cursor = None
    for _ in range(7):
        cursor = worklist(desk, kind, limit=50, cursor=cursor).next_cursor
    return cursor


@pytest.mark.parametrize("kind", ["today", "denial"])
def test_pages_of_a_worklist_follow_its_index(many, kind):
    later = seventh_page(many.desk, kind)
    for cursor in (None, later):
        (plan,) = many.plans(lambda cursor=cursor: worklist(many.desk, kind, limit=50, cursor=cursor))
        assert not whole_table(plan), plan
        assert "work_item_" in plan


def test_figures_beside_the_list_are_bounded(many):
    """Of a long list no more is counted than is told; a short one is found through the index."""
    desk = many.desk
    found = tallies(desk)
    assert (found["today"].items, found["denial"].capped) == (COUNTED, True)
    for plan in many.plans(lambda: (tallies(desk, ("unmatched",)), lost_within(desk, 7), payers(desk))):
        assert not whole_table(plan), plan
    assert payers(desk) == [f"PAYER{n}" for n in range(7)]


def test_a_drill_down_reads_one_payer_s_days(many):
    (plan,) = many.plans(lambda: aged_claims(many.desk, owner="payer", bucket="31-60", payer="PAYER3"))
    assert not whole_table(plan), plan
    assert "claim_by_payer" in plan
