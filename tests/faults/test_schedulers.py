"""Schedulers as processes: two at once, one of them killed; one on a machine whose clock is 40 days ahead."""

from collections import Counter

import pytest
from sqlalchemy import select

from services.store.engine import closing_engine, open_engine
from services.store.log import LOG
from services.store.scheduler_tables import JOB
from tests.faults.installation import installed, until
from tests.faults.programs import ahead

pytestmark = pytest.mark.fault


@pytest.fixture
def installation(tmp_path, valkey_url, pg_url):
    with installed(tmp_path, valkey_url, pg_url) as found:
        yield found


def alerts(installation):
    """What each logged alert is about, and when it was said to be."""
    with closing_engine(open_engine(installation.settings.database)) as engine, engine.connect() as connection:
        wanted = select(LOG.c.id, LOG.c.subject, LOG.c.data, LOG.c.time).where(LOG.c.type == "alert.raised.v1")
        return connection.execute(wanted).all()


def job(installation, name):
    with closing_engine(open_engine(installation.settings.database)) as engine, engine.connect() as connection:
        return connection.execute(select(JOB).where(JOB.c.name == name)).first()


def test_two_schedulers_raise_no_alert_twice(installation):
    installation.start("projector")
    installation.ready(1)
    first, _ = installation.start("scheduler"), installation.start("scheduler")
    installation.publish_histories(0, 12)
    until(lambda: alerts(installation), "no alert was raised")
    first.kill()
    first.wait()
    known = len(alerts(installation))
    installation.start("scheduler")
    installation.publish_histories(20, 12)
    until(lambda: len(alerts(installation)) > known, "nobody took over")
    installation.settle()
    installation.stop()
    about = Counter((alert.subject, alert.data) for alert in alerts(installation))
    assert max(about.values()) == 1
    assert installation.traces() == []
    installation.check()


def test_a_scheduler_whose_clock_is_ahead_raises_nothing(installation):
    """It sees that the database's clock says otherwise, and says so; the alerts of days to come stay to come."""
    installation.start("projector")
    installation.ready(1)
    installation.publish_histories(0, 12)
    installation.settle()
    early = installation.start("scheduler", command=ahead(days=40))
    until(lambda: b"clock" in b"".join(path.read_bytes() for path in installation.home.glob("scheduler-*.log")))
    assert alerts(installation) == []
    early.kill()
    early.wait()
    installation.start("scheduler")
    until(lambda: alerts(installation), "no alert was raised by the right clock")
    installation.settle()
    installation.stop()
    installation.check()
