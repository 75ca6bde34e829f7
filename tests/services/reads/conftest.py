"""A practice that has been running since 2025, so that the rules were known at any instant a test asks about."""

from datetime import UTC, datetime

import pytest

from services.rules.adopt import adopt_shipped
from services.store.engine import open_engine
from services.store.schema import migrate
from tests.services.projector.conftest import make_projector
from tests.services.scheduler.conftest import Practice

BEGUN = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def practice(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'one.db'}")
    migrate(engine)
    adopt_shipped(make_projector(engine, BEGUN))
    yield Practice(engine, "2026-02-10T14:00:00+00:00")
    engine.dispose()
