"""Pages and API read from a replica where one is named; what is written goes to the primary alone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.app_context import open_database, open_read_engine
from services.core.clock import SystemClock, TimeLimit, pause
from services.core.settings import Settings
from services.projector.projector import Projector
from services.reads.read_context import ReadContext
from services.reads.worklists import worklist
from services.store.engine import writing
from services.store.reference import References, ref_maker
from tests.histories.random_histories import history
from tests.services.projector.conftest import entries


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
