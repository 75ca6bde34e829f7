"""A clock that is days ahead raises no alerts of days to come."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.core.clock import SystemClock
from services.core.settings import Settings
from services.scheduler.scheduler import Scheduler
from services.store.engine import open_engine
from services.store.scheduler_tables import ALERT, JOB
from services.store.schema import migrate
from tests.services.scheduler.conftest import references


class Ahead(SystemClock):
    """40 days ahead of the world."""

    days = 40

    def now(self):
        return super().now() + timedelta(days=self.days)


@pytest.fixture
def engine(pg_url):
    engine = open_engine(pg_url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.mark.parametrize(("days", "runs"), [(40, False), (-40, False), (0, True)])
def test_no_alert_is_raised_while_the_clocks_disagree(engine, tmp_path, days, runs):
    clock = Ahead()
    clock.days = days
    scheduler = Scheduler(engine, references, clock, Settings(data_dir=tmp_path), publish=lambda _bodies: None)
    assert scheduler.beat()
    assert (scheduler.run("alerts") is not None) == runs
    assert scheduler.run("seal") is not None
    with engine.connect() as connection:
        assert connection.execute(select(ALERT)).all() == []
        error = connection.scalar(select(JOB.c.error).where(JOB.c.name == "alerts"))
    assert ("ClockError" in (error or "")) != runs
