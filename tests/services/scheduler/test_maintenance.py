"""Sealing, trimming, the nightly sample; and all of it run by the clock with a real stream."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.app_context import AppContext, consume
from services.core.clock import FixedClock
from services.core.settings import Settings
from services.messaging.publisher import Publisher, ensure_group
from services.projector.replay import verify_sample
from services.scheduler import run_scheduler, scheduling
from services.scheduler.maintenance import is_night, trim_stream
from services.store.engine import writing
from services.store.seals import first_break, unsealed
from tests.histories.random_histories import history
from tests.services.projector.conftest import project
from tests.services.scheduler.conftest import references

CHICAGO = ZoneInfo("America/Chicago")


def test_the_whole_log_is_sealed_by_whoever_leads(practice):
    practice.sent("FILING", "2025-03-10")
    leader, other = practice.scheduler(), practice.scheduler()
    leader.beat()
    assert other.run("seal") is None
    assert leader.run("seal")["events"] > 1
    with practice.engine.connect() as connection:
        assert (unsealed(connection), first_break(connection)) == (0, None)
    practice.sent("MORE", "2025-03-10")
    assert leader.run("seal") == {"links": 1, "events": 1, "rows": 0}
    assert leader.run("seal") == {"links": 0, "events": 0, "rows": 0}


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        ("2026-03-07T09:00", "2026-03-08T07:59", False),  # 3 o'clock does not exist on this day in Chicago
        ("2026-03-07T09:00", "2026-03-08T08:00", True),
        ("2026-03-08T08:00", "2026-03-08T20:00", False),
        ("2026-03-08T07:00", "2026-03-12T07:00", True),
    ],
)
def test_a_night_is_had_once_a_day(last, now, due):
    last, now = (datetime.fromisoformat(f"{at}+00:00") for at in (last, now))
    assert is_night(last, now, "03:00", CHICAGO) is due


def test_the_nightly_sample_finds_what_the_log_does_not_bear_out(engine):
    project(engine, [event for number in range(12) for event in history(number)])
    assert verify_sample(engine, references(), 20, 1) == []
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE claim SET paid = paid + 1")
        connection.exec_driver_sql("UPDATE threshold SET confirmed = confirmed + 1")
    wrong = verify_sample(engine, references(), 20, 1)
    assert {mismatch.table for mismatch in wrong} == {"claim", "threshold"}
    assert verify_sample(engine, references(), 20, 1) == wrong
    assert verify_sample(engine, references(), 0, 1) == []


def test_the_sample_is_verified_each_night(practice):
    practice.sent("FILING", "2025-03-10")
    scheduler = practice.scheduler()
    scheduler.beat()
    assert scheduler.run("verify") == {"started": True}
    practice.clock.advance(timedelta(hours=1))
    assert scheduler.run("verify") == {}
    practice.clock.advance(timedelta(days=1))
    assert scheduler.run("verify") == {"sample": 50, "differences": 0}
    assert scheduler.run("verify") == {}


def test_the_stream_keeps_what_is_young_or_not_yet_logged(redis_client):
    settings = Settings(stream="test:trim", group="g", stream_keep=3600)
    ensure_group(redis_client, "test:trim", "g")
    entry_ids = Publisher(redis_client, "test:trim").publish([b"1", b"2", b"3"]).entry_ids
    now = datetime.fromtimestamp(int(entry_ids[-1].split("-")[0]) / 1000, UTC)
    later = now + timedelta(hours=2)
    assert trim_stream(redis_client, settings, later) == {"removed": 0}  # never delivered
    redis_client.xreadgroup("g", "c", {"test:trim": ">"})
    redis_client.xack("test:trim", "g", *entry_ids[:2])
    assert trim_stream(redis_client, settings, now) == {"removed": 0}  # too young
    assert trim_stream(redis_client, settings, later) == {"removed": 2}  # the third is not acknowledged
    assert [entry_id.decode() for entry_id, _ in redis_client.xrange("test:trim")] == entry_ids[2:]


@pytest.fixture
def app(new_engine, redis_client, valkey_url, tmp_path):
    settings = Settings(
        data_dir=tmp_path / "data",
        stream="test:house",
        alerts_every=0.1,
        deliver_every=0.1,
        seal_every=0.1,
        trim_every=0.1,
        lease=0.6,
        stream_keep=0,
    )
    ensure_group(redis_client, settings.stream, settings.group)
    clock = FixedClock(datetime(2026, 2, 10, 14, tzinfo=UTC))
    return AppContext(
        settings=settings,
        clock=clock,
        engine=new_engine(),
        references=references(),
        client=redis_client,
        stream_url=valkey_url,
    )


def rows(app, query):
    with app.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


async def until(condition):
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_the_jobs_run_by_themselves_beside_the_projector(app):
    line = {"number": 1, "procedure": "97530", "modifiers": ["GP"], "units": 2, "charge": "210.00", "dos": "2025-03-10"}
    claim = {
        "claim_id": "A1",
        "patient_id": "P1",
        "payer_id": "MEDICARE",
        "billing_npi": "1999999984",
        "place_of_service": "11",
        "total_charge": "210.00",
        "lines": [line],
    }
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "test",
        "type": "claim.submitted.v1",
        "subject": "A1",
        "time": "2025-03-10T22:00:00Z",
        "data": claim,
    }
    stop = asyncio.Event()
    running = [asyncio.create_task(consume(app, stop)), asyncio.create_task(run_scheduler(app, stop))]
    app.publisher().publish([json.dumps(event).encode()])
    await until(lambda: rows(app, "SELECT state FROM alert_delivery") == [("listed",)])
    await until(lambda: rows(app, "SELECT 1 FROM seal"))
    app.clock.advance(timedelta(days=3000))  # all that is logged is old now; the next beat renews the lease
    await until(lambda: app.client.xlen(app.settings.stream) == 0)
    stop.set()
    await asyncio.gather(*running)
    assert rows(app, "SELECT count(*) FROM event_log WHERE type = 'alert.raised.v1'") == [(1,)]
    assert rows(app, "SELECT expires_at FROM scheduler_lease") == [(0,)]


def test_a_scheduler_in_a_thread_is_stopped_at_the_end(app):
    with scheduling(app):
        pass
    assert rows(app, "SELECT expires_at FROM scheduler_lease") == [(0,)]


def test_a_year_that_ends_without_its_successor_is_a_figure_of_the_job(practice):
    scheduler = practice.scheduler()
    scheduler.beat()
    early = scheduler.run("rules")
    assert (early["missing"] > 0, early["soon"]) == (True, 0), "the sample of pairs is no full table"
    assert scheduler.run("rules") == {}, "once a night"
    practice.clock.set(datetime(2026, 12, 10, 15, tzinfo=UTC))
    scheduler.beat()
    assert scheduler.run("rules")["soon"] >= 3, "prices, threshold and deductible of 2027"
