"""Pages and API read from a replica where one is named; what is written goes to the primary alone."""

import json
import threading
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.app_context import open_database, open_read_engine
from services.core.clock import SystemClock, TimeLimit, pause
from services.core.settings import Settings
from services.projector.projector import Projector
from services.reads.read_context import ReadContext
from services.reads.worklists import worklist
from services.store.engine import open_engine, writing
from services.store.reference import References, ref_maker
from tests.histories.random_histories import history
from tests.services.api.conftest import api_over, event
from tests.services.projector.conftest import entries


@pytest.fixture
def held(pg_replica):
    """A replica that stops and goes on applying what it receives, as one that lags."""

    def replay(*, paused):
        with psycopg.connect(f"host={pg_replica} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute("SELECT pg_wal_replay_pause()" if paused else "SELECT pg_wal_replay_resume()")

    yield replay
    replay(paused=False)


def test_what_was_written_is_read_whatever_the_replica_lags(pg_url, pg_replica, pg_server, held, tmp_path, valkey_url):
    """`wait=projected`, the page after a form, and /readyz, while the replica stands still and goes on again."""
    replica_url = pg_url.replace(str(pg_server), str(pg_replica))
    with api_over(tmp_path, valkey_url, database_url=pg_url, read_database_url=replica_url) as api:
        client = api.keyed(role="manager")
        answer = post(client, event("CLM-1"))
        assert answer["projected"] is True
        assert client.get(f"/v1/claims/{api.ref('CLM-1')}").status_code == 200
        held(paused=True)
        resumed = threading.Timer(0.5, held, kwargs={"paused": False})
        resumed.start()
        assert post(client, event("CLM-2"))["projected"] is True
        assert client.get(f"/v1/claims/{api.ref('CLM-2')}").status_code == 200
        resumed.join()
        held(paused=True)
        assert post(client, event("CLM-3"))["projected"] is False  # it is in every row, and not yet in what is read
        lagging = client.get("/readyz").json()
        assert lagging["checks"]["replica"] is True
        assert lagging["replica_seconds"] > 0
        held(paused=False)
        assert api.app.is_read()
        assert client.get("/readyz").json()["replica_seconds"] == 0
        assert client.get(f"/v1/claims/{api.ref('CLM-3')}").status_code == 200


def test_a_replica_that_is_away_is_no_reason_to_wait(pg_url, pg_replica, pg_server, tmp_path, valkey_url):
    replica_url = pg_url.replace(str(pg_server), str(pg_replica))
    with api_over(tmp_path, valkey_url, database_url=pg_url, read_database_url=replica_url) as api:
        api.app.own_read_engine.dispose()
        api.app.own_read_engine = open_engine(f"{pg_url.rpartition('host=')[0]}host={tmp_path}")
        assert api.app.is_read() is False


def post(client, *events):
    headers = {"content-type": "application/cloudevents-batch+json"}
    answer = client.post("/v1/events?wait=projected", content=json.dumps(events), headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.json()


def test_lists_come_from_the_replica_and_follow_the_primary(pg_url, pg_replica, pg_server, tmp_path):
    settings = Settings(
        data_dir=tmp_path, database_url=pg_url, read_database_url=pg_url.replace(str(pg_server), str(pg_replica))
    )
    primary = open_database(settings, SystemClock())
    replica = open_read_engine(settings, primary)
    references = References(ZoneInfo("UTC"), ref_maker(b"test"))
    projector = Projector(primary, references, SystemClock())
    projector.process(entries([event for number in range(12) for event in history(number)]))

    def rows(engine):
        context = ReadContext(
            engine=engine, references=references, practice="default", at=datetime(2026, 11, 30, tzinfo=UTC)
        )
        return worklist(context, "today").items

    wanted, limit = rows(primary), TimeLimit(30)
    while rows(replica) != wanted and not limit.expired:
        pause(0.05)
    assert rows(replica) == wanted
    with replica.connect() as connection:
        assert connection.scalar(text("SELECT pg_is_in_recovery()"))
    with pytest.raises(DBAPIError, match="read-only"), writing(replica) as connection:
        connection.execute(text("DELETE FROM marked_key"))
    for engine in (replica, primary):
        engine.dispose()
