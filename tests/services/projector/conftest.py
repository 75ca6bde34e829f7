"""A projector on a fresh database of each kind."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from projections.tables.tables import READ_TABLES
from services.core.clock import FixedClock
from services.projector.adopt_rule_packs import adopt_shipped
from services.projector.fold_worker import FoldWorker
from services.projector.projector import Projector
from services.projector.rebuild import mark_for_rebuild
from services.store.engine import open_engine
from services.store.reference import References, ref_maker
from services.store.schema import migrate

NOW = datetime(2026, 11, 6, 14, tzinfo=UTC)
ZONE = ZoneInfo("America/Chicago")


def make_projector(engine, now=NOW, **options):
    return Projector(engine, References(ZONE, ref_maker(b"test")), FixedClock(now), **options)


def make_worker(engine, now=NOW, **options):
    return FoldWorker(engine, References(ZONE, ref_maker(b"test")), FixedClock(now), **options)


def entries(events, start=1):
    """CloudEvents as stream entries with ids of their own."""
    return [(f"{start}-{n}", {b"event": json.dumps(event).encode()}) for n, event in enumerate(events)]


def dump(engine):
    """Every read row, comparable."""
    with engine.connect() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for name, table in READ_TABLES.items()
        }


def project(engine, events, sizes=(500,), start=1):
    """Logs events in batches of the sizes given, in turn, folding now and then; at the end all that waits."""
    projector, waiting, turn = make_projector(engine), entries(events, start), 0
    projector.drain()  # where nothing waits, a few new events may be folded in one transaction from now on
    while waiting:
        size = sizes[turn % len(sizes)]
        projector.log(waiting[:size])
        if turn % 2:  # else the next batch finds keys that still wait
            projector.drain()
        waiting, turn = waiting[size:], turn + 1
    while projector.drain():
        pass
    return projector


def rebuild(engine):
    """All that the log names, and all that has rows, folded again."""
    mark_for_rebuild(engine)
    project(engine, [])


@pytest.fixture
def new_engine(request, tmp_path):
    """Makes fresh, migrated SQLite databases with the shipped rules adopted."""
    made = []

    def make():
        engine = open_engine(f"sqlite:///{tmp_path / f'{len(made)}.db'}")
        migrate(engine)
        adopt_shipped(make_projector(engine))
        made.append(engine)
        return engine

    yield make
    for engine in made:
        engine.dispose()


@pytest.fixture
def engine(database_url):
    """One fresh database of each kind."""
    engine = open_engine(database_url)
    migrate(engine)
    adopt_shipped(make_projector(engine))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def event_engine(tmp_path_factory):
    """One SQLite database for many examples, each in a practice of its own."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('events') / 'any.db'}")
    migrate(engine)
    adopt_shipped(make_projector(engine))
    yield engine
    engine.dispose()
