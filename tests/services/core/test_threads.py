"""A caller that waits for work in another thread hears of its end and of what is wrong with it."""

import asyncio

import pytest

from services import app_context as houses
from services.app_context import open_app_context
from services.commands.ingest import ingest_files
from services.core import threads
from services.core.errors import TransientError
from services.core.settings import Settings
from services.core.threads import WorkerHealth, run_in_thread


@pytest.fixture
def app(tmp_path, valkey_url, redis_client):
    with open_app_context(Settings(data_dir=tmp_path / "data", redis_url=valkey_url)) as app:
        yield app


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "events.ndjson"
    path.write_text(
        '{"specversion":"1.0","id":"1","source":"t","type":"patient.paid.v1","subject":"A",'
        '"time":"2026-03-02T10:00:00Z","data":{"claim_id":"A","amount":"20.00"}}\n'
    )
    return path


def test_a_projector_that_ends_early_ends_the_wait_for_it(app, lines, monkeypatch):
    async def consume(_house, _stop):
        raise RuntimeError

    monkeypatch.setattr(houses, "consume", consume)
    with pytest.raises(RuntimeError):
        ingest_files(app, [lines])


def test_a_projector_that_fails_again_and_again_ends_the_wait_for_it(app, lines, monkeypatch):
    monkeypatch.setattr(threads, "PATIENCE", 0.2)
    with app.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE event_identity RENAME TO mislaid")
    with pytest.raises(TransientError, match="the database"):
        ingest_files(app, [lines])


def test_what_ails_it_passes_when_it_succeeds(monkeypatch):
    monkeypatch.setattr(threads, "PATIENCE", 0.0)
    health = WorkerHealth()
    for _ in range(2):
        with pytest.raises(TransientError), health.noted("folding"):
            raise TransientError("away")
    with pytest.raises(TransientError):
        health.check()
    with health.noted("folding"):
        pass
    health.check()


def test_what_ends_it_early_is_raised_at_the_end():
    async def work(_stop: asyncio.Event):
        raise ZeroDivisionError

    health = WorkerHealth()
    with pytest.raises(ZeroDivisionError), run_in_thread("work", work, 1, health):
        pass
    assert isinstance(health.ended, ZeroDivisionError)
