"""A practice that has been running since 2025, so that the rules were known at any instant a test asks about."""

import shutil
from datetime import UTC, datetime

import pytest

from services.projector.adopt_rule_packs import adopt_shipped
from services.store.engine import open_engine
from services.store.schema import migrate
from tests.services.projector.conftest import make_projector
from tests.services.reads.routed_office import office  # noqa: F401  a fixture
from tests.services.scheduler.conftest import Practice

BEGUN = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """A database with nothing but the rules, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "empty.db"
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    adopt_shipped(make_projector(engine, BEGUN))
    engine.dispose()
    return path


@pytest.fixture
def new_practice(empty_database, tmp_path):
    made = []

    def make(start="2026-01-05T14:00:00+00:00"):
        path = tmp_path / f"{len(made)}.db"
        shutil.copy(empty_database, path)
        made.append(open_engine(f"sqlite:///{path}"))
        return Practice(made[-1], start)

    yield make
    for engine in made:
        engine.dispose()


@pytest.fixture
def practice(new_practice):
    return new_practice("2026-02-10T14:00:00+00:00")
