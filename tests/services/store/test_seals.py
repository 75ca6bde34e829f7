"""The log is sealed in links; what is altered, taken out or put in afterwards is named."""

from contextlib import contextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.projector.adopt_rule_packs import adopt_shipped
from services.store.engine import open_engine, writing
from services.store.schema import migrate
from services.store.seals import MOST, first_break, seal_next, unsealed
from tests.histories.random_histories import history
from tests.services.projector.conftest import NOW, make_projector, project


@pytest.fixture(scope="module", params=[None, "pg_module_url", "english_pg_module_url"])
def sealed(request, tmp_path_factory):
    """A log with three short links, and some entries that none covers yet."""
    local = f"sqlite:///{tmp_path_factory.mktemp('sealed')}/one.db"
    engine = open_engine(request.getfixturevalue(request.param) if request.param else local)
    migrate(engine)
    adopt_shipped(make_projector(engine))
    project(engine, [event for number in range(4) for event in history(number)])
    with writing(engine) as connection:
        links = [seal_next(connection, NOW, most=20) for _ in range(3)]
    assert [link.events for link in links] == [20, 20, 20]
    yield engine
    engine.dispose()


@contextmanager
def tampered(engine, *statements):
    """What somebody with the database in hand could do: the triggers go first. All of it is undone afterwards."""
    with engine.connect().execution_options(claimclock_writes=True) as connection:
        for table in ("event_log", "event_identity", "seal") if statements else ():
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            else:
                connection.execute(text(f"DROP TRIGGER {table}_no_update"))
                connection.execute(text(f"DROP TRIGGER {table}_no_delete"))
        for statement in statements:
            connection.execute(text(statement))
        yield connection
        connection.rollback()


def test_an_untouched_log_holds(sealed):
    with tampered(sealed) as connection:
        assert first_break(connection) is None
        left = unsealed(connection)
        assert left > 0
        link = seal_next(connection, NOW)
        assert (link.events, unsealed(connection)) == (min(left, MOST), 0)
        assert seal_next(connection, NOW) is None
        assert first_break(connection) is None


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE event_log SET data = replace(data, '\"', ' ') WHERE position IN (33, 47)", "altered"),
        ("UPDATE event_log SET time = time + 1 WHERE position = 33", "altered"),
        ("UPDATE event_log SET recorded_at = recorded_at - 1 WHERE position = 33", "altered"),
        ("UPDATE event_log SET practice = 'other' WHERE position = 33", "altered"),
        ("UPDATE event_log SET supersedes_id = 'x' WHERE position = 33", "altered"),
        ("DELETE FROM event_log WHERE position = 33", "missing"),
        ("UPDATE event_identity SET hash = 'x' WHERE position = 33", "identity"),
        ("DELETE FROM event_identity WHERE position = 33", "identity"),
    ],
)
def test_the_first_altered_entry_is_named(sealed, change, found):
    with sealed.connect() as connection:
        query = text("SELECT source, id FROM event_identity WHERE position = 33")
        name = tuple(connection.execute(query).one())
    with tampered(sealed, change) as connection:
        fault = first_break(connection)
    assert (fault.position, fault.found, (fault.source, fault.id)) == (33, found, name)


def test_an_entry_put_in_is_named(sealed):
    away = "UPDATE event_log SET position = 9000 WHERE position = 33"
    back = "UPDATE event_log SET position = 33 WHERE position = 70"
    with tampered(sealed, away, back) as connection:
        assert (first_break(connection).position, first_break(connection).found) == (33, "altered")
    with tampered(sealed, "DELETE FROM event_log WHERE position = 33", "UPDATE seal SET events = 19") as connection:
        assert (first_break(connection).position, first_break(connection).found) == (1, "seal")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE seal SET hash = previous WHERE position = 40",
        "UPDATE seal SET previous = hash WHERE position = 40",
        "DELETE FROM seal WHERE position = 40",
    ],
)
def test_a_link_changed_or_taken_out_breaks_the_chain(sealed, change):
    with tampered(sealed, change) as connection:
        assert (first_break(connection).position, first_break(connection).found) == (21, "seal")


@pytest.mark.parametrize("table", ["event_log", "event_identity", "seal"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET hash = 'x'"])
def test_the_database_refuses_to_change_the_log(sealed, table, statement):
    with pytest.raises(DBAPIError, match="append-only"), writing(sealed) as connection:
        connection.execute(text(statement.format(table)))
