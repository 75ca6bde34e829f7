"""The few items of a person or queue among many are found through indexes, and not by reading every item."""

from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, update

from projections.tables.tables import READ_TABLES
from services.demo.month import DEMO_AT
from services.devtools.bench.desk_rows import PRACTICE, fill
from services.reads.check_rows import unsent_payers
from services.reads.list_counts import tally
from services.reads.read_context import ReadContext
from services.reads.worklist_filters import Filters
from services.reads.worklists import worklist
from services.store.practice_settings import PracticeSettings, SettingKind
from services.store.reference import References, ref_maker
from services.store.schema import all_tables
from tests.services.web.test_plans import plans

CLAIMS = 20_000
ITEM = READ_TABLES["work_item"]
RULES = {  # rule -> the index that finds its items
    "payer": ({"payers": ["RARE"]}, "work_item_by_payer"),
    "category": ({"categories": ["rare"]}, "work_item_by_category"),
    "payer and amount": ({"payers": ["RARE"], "amount_min": "1.00"}, "work_item_by_payer"),
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def many(request, tmp_path_factory):
    """Many items, of which a person has a few, and a few are of a payer and category of their own."""
    url = f"sqlite:///{tmp_path_factory.mktemp('routed') / 'many.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("pg_module_url")
    engine = create_engine(url)
    all_tables().create_all(engine)
    fill(engine, CLAIMS, lambda _: None)
    with engine.begin() as connection:
        few = {"kim": {"assignee": "kim"}, "rare": {"payer_id": "RARE", "category": "rare"}}
        for number, values in enumerate(few.values()):
            mine = ITEM.c.claim_id.in_([f"C{n:07d}" for n in range(100 + number, CLAIMS, 997)])
            connection.execute(update(ITEM).where(mine).values(**values))
        connection.exec_driver_sql("ANALYZE")
    yield SimpleNamespace(engine=engine)
    engine.dispose()


def reading(many, *rules):
    """A context in which these rules send their items to the queue Rare."""
    settings = PracticeSettings(many.engine, PRACTICE)
    for name in settings.current(SettingKind.ROUTING):
        settings.remove(SettingKind.ROUTING, name, by="x", now=DEMO_AT)
    for number, terms in enumerate(rules):
        body = {"name": f"R{number}", "to": "Rare", "effective_from": "2020-01-01"} | terms
        settings.save(SettingKind.ROUTING, body["name"], body, by="x", now=DEMO_AT)
    return ReadContext(
        engine=many.engine, references=References(ZoneInfo("UTC"), ref_maker(b"x")), practice=PRACTICE, at=DEMO_AT
    )


def asked(many, context, filters):
    """The plans of the list and of its figures, without the question whether any payment is unmatched."""
    checks = plans(many.engine, lambda: unsent_payers(context, "today"))
    asked = plans(many.engine, lambda: (worklist(context, "today", filters, 50), tally(context, "today", filters)))
    return [plan for plan in asked if plan not in checks]


def test_a_person_s_few_items(many):
    filters = Filters(assignee="kim", lost=False)
    for plan in asked(many, reading(many), filters):
        assert "work_item_by_assignee" in plan or "work_item_by_claim" in plan
    assert any("work_item_by_assignee" in plan for plan in asked(many, reading(many), filters))


@pytest.mark.parametrize("rule", RULES)
def test_a_queue_s_few_items(many, rule):
    terms, index = RULES[rule]
    context, filters = reading(many, terms), Filters(queue=("Rare",), lost=False)
    first = asked(many, context, filters)[0]
    assert index in first
    assert "work_item_by_assignee" in first
    found = worklist(context, "today", filters).items
    assert 5 < len(found) < 30
    assert {item["assignee"] for item in found} == {"Rare"}
