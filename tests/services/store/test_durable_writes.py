"""SQLite flushes every commit of what was accepted to the disk: a loss of power takes nothing that was acknowledged."""

import json

from sqlalchemy import event as listening

from services.store.engine import closing_engine, open_engine
from services.store.schema import migrate
from tests.events.samples import sample
from tests.services.projector.conftest import entries, make_projector

KEPT = ("event_log", "event_identity", "event_key", "sighting", "parked", "marked_key", "correction")
FULL = 2  # PRAGMA synchronous


def watched(engine):
    """Each commit that wrote something kept: which tables, and how it was flushed."""
    commits, written = [], {}

    @listening.listens_for(engine, "begin")
    def watch(connection):
        """The driver's own statements too, which SQLAlchemy does not see."""
        driver = connection.connection.dbapi_connection

        def note(statement):
            words = statement.replace('"', "").split()
            if words[:1] == ["INSERT"] and (table := words[words.index("INTO") + 1]) in KEPT:
                written.setdefault(id(driver), set()).add(table)

        driver.set_trace_callback(note)

    @listening.listens_for(engine, "commit")
    def flushed(connection):
        tables = written.pop(id(connection.connection.dbapi_connection), set())
        if tables:
            commits.append((tables, connection.connection.execute("PRAGMA synchronous").fetchone()[0]))

    return commits


def test_every_write_to_the_log_is_flushed(tmp_path):
    with closing_engine(open_engine(f"sqlite:///{tmp_path / 'x.db'}")) as engine:
        migrate(engine)
        commits = watched(engine)
        projector = make_projector(engine)
        claim, broken = sample("claim.submitted.v1"), {"specversion": "1.0", "id": "x", "source": "y"}
        changed = claim | {"subject": "another"}
        withdrawn = sample("event.withdrawn.v1", source=claim["source"], id=claim["id"])
        projector.log(entries([claim, broken], start=1))
        projector.log(entries([claim, changed, withdrawn], start=2))
        projector.park(("9-9", {b"event": json.dumps(broken | {"id": "z"}).encode()}), "it was alone")
    seen = set().union(*(tables for tables, _ in commits))
    assert seen >= {"event_log", "event_identity", "event_key", "sighting", "parked", "marked_key", "correction"}
    assert [tables for tables, mode in commits if mode != FULL] == []
