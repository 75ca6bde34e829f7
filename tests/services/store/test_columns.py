"""Text orders by bytes on every database, and a search by prefix finds what begins so and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, String, Table, create_engine, insert, select, text

from projections.tables.columns import ByteText, has_prefix
from services.core.errors import ClaimclockError
from services.store.dialect import AdvisoryLock
from services.store.engine import closing_engine, open_engine, writing
from services.store.schema import SchemaError, all_tables, migrate
from services.store.tables import FoldKey

KEYS = FoldKey.__table__
AWKWARD = (
    "claim|a|1",
    "claim|a|%",
    "claim|A|1",
    "claim|a_b|1",
    "claim|axb|1",
    "claim}a",
    "clai",
    "Claim|a|1",
    "claim|",
    "claim|é",
)


@pytest.fixture
def engine(database_url):
    engine = open_engine(database_url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("prefix", ["claim|", "claim|a|", "claim|a_", "claim|a|%", "C", "", "é"])
def test_a_prefix_finds_what_begins_with_it(engine, prefix):
    with writing(engine) as connection:
        connection.execute(insert(KEYS), [{"key": key} for key in AWKWARD])
        found = connection.scalars(select(KEYS.c.key).where(has_prefix(KEYS.c.key, prefix)).order_by(KEYS.c.key)).all()
    assert found == sorted((key for key in AWKWARD if key.startswith(prefix)), key=str.encode)


KEY = st.text(
    st.characters(codec="utf-8", exclude_characters="\0") | st.sampled_from("\ud7ff\ue000\U0010ffff|}"), max_size=4
)


@given(KEY, st.lists(KEY, max_size=8, unique=True))
def test_any_prefix_finds_what_begins_with_it(prefix, keys):
    engine = create_engine("sqlite://")
    table = Table("t", MetaData(), Column("key", ByteText()))
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(insert(table), [{"key": key} for key in keys] or [{"key": None}])
        found = set(connection.scalars(select(table.c.key).where(has_prefix(table.c.key, prefix))))
    assert found == {key for key in keys if key.startswith(prefix)}


def test_a_column_that_orders_by_a_language_cannot_be_searched():
    with pytest.raises(TypeError, match="by bytes"):
        has_prefix(Column("key", String()), "claim|")


def test_every_column_of_text_orders_by_bytes():
    plain = [
        str(column)
        for table in all_tables().sorted_tables
        for column in table.c
        if issubclass(column.type.python_type, str) and not isinstance(column.type, ByteText)
    ]
    assert plain == []


def test_a_database_that_orders_by_a_language_is_refused(english_pg_url):
    engine = open_engine(english_pg_url)
    migrate(engine)
    with writing(engine) as connection:
        connection.execute(text('ALTER TABLE event_key ALTER COLUMN key TYPE varchar COLLATE "default"'))
    with pytest.raises(SchemaError, match=r"event_key\.key.*COLLATE"):
        migrate(engine)
    engine.dispose()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE schema_version SET version_num = '9999'", "newer version"),
        ("ALTER TABLE schema_version RENAME TO alembic_version", "development version"),
    ],
)
def test_a_database_of_another_time_is_refused_with_the_reason(engine, statement, said):
    with writing(engine) as connection:
        connection.execute(text(statement))
    with pytest.raises(ClaimclockError, match=said):
        migrate(engine)


def test_advisory_locks_have_distinct_numbers():
    assert len(AdvisoryLock) == len(AdvisoryLock.__members__)


def test_every_text_of_a_migrated_database_orders_by_bytes_in_views_too(english_pg_url):
    """What no table of ours declares as well: only the list of migrations, which alembic keeps, is compared by us."""
    with closing_engine(open_engine(english_pg_url)) as engine:
        migrate(engine)
        with engine.connect() as connection:
            found = connection.execute(text(BY_A_LANGUAGE)).all()
    assert [tuple(row) for row in found] == [("schema_version", "version_num")]


BY_A_LANGUAGE = """
SELECT t.relname, a.attname FROM pg_attribute a
JOIN pg_class t ON t.oid = a.attrelid AND t.relkind IN ('r', 'p', 'v', 'm')
JOIN pg_collation c ON c.oid = a.attcollation AND c.collname <> 'C'
WHERE t.relnamespace = 'public'::regnamespace AND a.attnum > 0 ORDER BY 1, 2
"""
