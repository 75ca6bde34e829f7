"""Every query of the search box goes through an index, whatever is typed: looked at in the database's own plans."""

import re
from contextlib import contextmanager
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from services.demo.world import DEMO_AT
from services.devtools.bench.desk_rows import PRACTICE, TODAY, fill, name_of
from services.reads.find import find
from services.reads.read_context import ReadContext
from services.store.engine import open_engine
from services.store.reference import References, ref_maker
from services.store.schema import migrate

CLAIMS = 2000
LAST, FIRST = name_of(7).split(", ")
TYPED = {
    "a claim number": "C0000012",
    "the beginning of one": "C00001",
    "a part of one": "00123",
    "a last name": LAST,
    "a name as spoken": f"{FIRST} {LAST}".title(),
    "a name as filed": f"{LAST}, {FIRST}",
    "a member id": "MBR00000007",
    "a day": f"{TODAY:%m/%d/%Y}",
    "a check": "EFT000000003",
    "an amount": "$1,000.03",
    "a payer's claim number": "7481000000012",
    "a visit": "V100",
    "words": "no such thing",
}


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('find')}/find.db")
    migrate(engine)
    fill(engine, CLAIMS, lambda _: None)
    yield ReadContext(
        engine=engine, references=References(ZoneInfo("UTC"), ref_maker(b"find")), practice=PRACTICE, at=DEMO_AT
    )
    engine.dispose()


@contextmanager
def asked(engine):
    """What is asked of the database meanwhile: statement and values."""
    found = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        found.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def plans(context, typed):
    with asked(context.engine) as statements:
        find(context, typed)
    with context.engine.connect() as connection:
        for statement, parameters in statements:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            yield statement, [row[-1] for row in rows]


@pytest.mark.parametrize("what", TYPED)
def test_no_search_reads_a_table_from_end_to_end(context, what):
    told = list(plans(context, TYPED[what]))
    assert told
    for statement, steps in told:
        for step in steps:
            assert not re.match(r"SCAN (claim|patient|remittance|readiness)\b", step), (statement, step)
            # the practice alone narrows nothing; only numbers are looked through, in an index that holds them
            assert "(practice=?)" not in step or "COVERING INDEX" in step, (statement, step)


@pytest.mark.parametrize(
    "what", ["a claim number", "a last name", "a name as spoken", "a name as filed", "a member id", "a check", "a day"]
)
def test_what_is_there_is_found(context, what):
    assert find(context, TYPED[what])


def test_what_fits_very_many_is_cut_and_says_so(context):
    (group,) = find(context, "C0")
    assert (len(group.claims), group.more) == (25, True)
