"""A projector that keeps what it was given, and the application that gives it."""

import asyncio
import time

import pytest

from services.core.settings import Settings
from services.messaging.consumer import build_app
from services.messaging.redis_url import connect


class Projector:
    """Replaces the projector: keeps what it was given, and fails where it is set to."""

    def __init__(self):
        self.batches, self.parked, self.troubles = [], {}, []
        self.poison, self.slow, self.cannot_park = set(), 0.0, 0
        self.started = asyncio.Event()

    async def handle(self, entries):
        self.started.set()
        bodies = [entry.fields[b"event"] for entry in entries]
        if self.troubles:
            self.batches.append(bodies)
            raise self.troubles.pop(0)
        if self.poison & set(bodies):
            raise ValueError("cannot fold")
        await asyncio.sleep(self.slow)
        self.batches.append(bodies)

    async def on_poison(self, entry, error):
        if self.cannot_park:
            self.cannot_park -= 1
            raise ValueError("cannot park")
        self.parked[entry.fields[b"event"]] = error

    @property
    def handled(self):
        return [body for batch in self.batches for body in batch]

    async def until(self, condition, seconds=5.0):
        deadline = time.monotonic() + seconds
        while not condition(self):
            assert time.monotonic() < deadline, "it did not happen"
            await asyncio.sleep(0.005)


@pytest.fixture
def client(valkey_url, redis_client):
    with connect(valkey_url) as connected:
        yield connected


@pytest.fixture
def projector():
    return Projector()


@pytest.fixture
def start(valkey_url, tmp_path, projector):
    def start(url=valkey_url, who=projector, **settings):
        quick = {
            "reclaim_every": 0.05,
            "reclaim_idle": 0.1,
            "backoff_first": 0.01,
            "backoff_longest": 0.05,
            "graceful": 2,
        }
        return build_app(who.handle, Settings(data_dir=tmp_path, **(quick | settings)), url, on_poison=who.on_poison)

    return start
