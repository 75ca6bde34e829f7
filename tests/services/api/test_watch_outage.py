"""The watch goes on when its database is away for a while."""

import asyncio

import pytest
from sqlalchemy.exc import OperationalError

from services.commands import watch
from services.commands.watch import run_watch
from services.intake.inboxes import InboxList
from services.reads.inboxes import inboxes_in_use


@pytest.mark.parametrize("outages", [1, 3])
async def test_a_database_that_is_away_does_not_end_the_watch(fresh, monkeypatch, outages):
    app, stop, looks = fresh().app, asyncio.Event(), []
    loop = asyncio.get_running_loop()

    def in_use(engine, settings):
        looks.append(1)
        if len(looks) <= outages:
            raise OperationalError("SELECT 1", {}, OSError("connection refused"), connection_invalidated=True)
        loop.call_soon_threadsafe(stop.set)
        return inboxes_in_use(engine, settings)

    monkeypatch.setattr(watch, "inboxes_in_use", in_use)
    monkeypatch.setattr(watch, "inboxes_of", lambda _settings: InboxList(every=0.01))
    await asyncio.wait_for(run_watch(app, stop), 30)
    assert len(looks) == outages + 1
