"""With many rows the database walks indexes: no page of Today or of a drill-down reads the whole table."""

import re
from functools import partial
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, event, insert, literal, select

from projections.tables.tables import READ_TABLES
from services.demo.month import DEMO_AT
from services.devtools.bench.desk_rows import PAYERS, PRACTICE, fill
from services.reads.aging_claims import aged_claims
from services.reads.list_counts import COUNTED, lost_within, payers, tallies
from services.reads.read_context import ReadContext
from services.reads.worklists import worklist
from services.store.reference import References, ref_maker
from services.store.schema import all_tables

CLAIMS = 20_000
CLAIM, ATTEMPT = READ_TABLES["claim"], READ_TABLES["claim_attempt"]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def many(request, tmp_path_factory):
    """A read context over many rows, and the plans of what is asked of it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('many') / 'many.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("pg_module_url")
    engine = create_engine(url)
    all_tables().create_all(engine)
    fill(engine, CLAIMS, lambda _: None)
    send(engine)
    context = ReadContext(
        engine=engine, references=References(ZoneInfo("UTC"), ref_maker(b"x")), practice=PRACTICE, at=DEMO_AT
    )
    yield SimpleNamespace(context=context, engine=engine, plans=lambda ask: plans(engine, ask))
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


def send(engine):
    """One attempt of each claim."""
    with engine.begin() as connection:
        copied = (ATTEMPT.c.key, ATTEMPT.c.payer_id, ATTEMPT.c.practice, ATTEMPT.c.claim_id, ATTEMPT.c.ref)
        given = (*copied, ATTEMPT.c.charge, ATTEMPT.c.number, ATTEMPT.c.sent_at, ATTEMPT.c.awaiting)
        sent = select(*(CLAIM.c[column.name] for column in copied), CLAIM.c.charge, literal(1), literal(0), literal(0))
        connection.execute(insert(ATTEMPT).from_select([column.name for column in given], sent))


@pytest.mark.parametrize("kind", ["today", "denial"])
def test_pages_of_a_worklist_follow_its_index(many, kind):
    later = worklist(many.context, kind, limit=350).next_cursor
    for cursor in (None, later):
        found = many.plans(lambda cursor=cursor: worklist(many.context, kind, limit=50, cursor=cursor))
        # The page, the other items of its claims for what is next; of all open work also what is folded in, and
        # whether any payment is unmatched.
        assert len(found) == (4 if kind == "today" else 2)
        for plan in found:
            assert not whole_table(plan), plan
            assert "work_item_" in plan


def test_figures_beside_the_list_are_bounded(many):
    """Of a long list no more is counted than is shown; a short one is found through the index."""
    context = many.context
    found = tallies(context)
    assert (found["denial"].items, found["denial"].capped, found["today"].capped) == (COUNTED, True, True)
    assert 0 < found["today"].items <= COUNTED
    for plan in many.plans(lambda: (tallies(context, ("unmatched",)), lost_within(context, 7), payers(context))):
        assert not whole_table(plan), plan
    assert payers(context) == list(PAYERS)


@pytest.mark.parametrize("payer", [None, PAYERS[3]])
@pytest.mark.parametrize("bucket", [None, "121+"])
def test_pages_of_a_drill_down_follow_their_index(many, payer, bucket):
    read = partial(aged_claims, many.context, owner="payer", bucket=bucket, payer=payer)
    for cursor in (None, read(limit=350).next_cursor):
        (plan,) = many.plans(lambda cursor=cursor: read(cursor=cursor))
        assert not whole_table(plan), plan
        assert not re.search(r"\bSort\b|TEMP B-TREE", plan), plan
        assert ("claim_open_by_payer" if payer else "claim_open_by_age") in plan
