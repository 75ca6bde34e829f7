"""What is lost between the stream and the log is noticed; what is still in the stream is read again."""

import json
import shutil
import subprocess
from itertools import count

import pytest
from sqlalchemy import func, select

from services.app_context import open_app_context, projecting
from services.core.clock import FixedClock
from services.core.settings import Settings
from services.messaging.embedded_valkey import server_command
from services.messaging.publisher import Publisher, ensure_group
from services.messaging.redis_url import connect
from services.messaging.stream_keys import StreamKeys, entry_name
from services.projector.stream_guard import look_after, newest_entry
from services.store.log import LOG
from tests.services.api.conftest import event
from tests.services.conftest import until
from tests.services.projector.conftest import NOW

numbers = count(1)


def bodies(start, number):
    return [json.dumps(event(f"CLM-{start + n}", number=start + n)).encode() for n in range(number)]


@pytest.fixture(params=[1, 4], ids=["one key", "four keys"])
def settings(request, tmp_path, valkey_url):
    return Settings(
        data_dir=tmp_path / "data",
        redis_url=valkey_url,
        stream=f"test:guard:{next(numbers)}",
        streams=request.param,
        reclaim_every=0.05,
        reclaim_idle=0.1,
    )


@pytest.fixture
def key(settings):
    """Where the events of this practice go."""
    keys = StreamKeys.of(settings)
    return keys.key(keys.number_for(settings.practice))


def logged(app):
    with app.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(LOG).where(LOG.c.source == "urn:test"))


def test_a_database_put_back_from_a_backup_gets_what_it_lost_from_the_stream(settings, tmp_path):
    backup = tmp_path / "backup.db"
    with open_app_context(settings, FixedClock(NOW)) as app:
        with projecting(app):
            app.wait(app.publisher().publish(bodies(1000, 5)).last)
        with app.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql(f"VACUUM INTO '{backup}'")
            connection.exec_driver_sql("BEGIN")
        with projecting(app):
            app.wait(app.publisher().publish(bodies(2000, 5)).last)
        assert logged(app) == 10
        assert look_after(app.engine, app.client, settings).set_back == 0
    for path in settings.data_dir.glob("claimclock.db*"):
        path.unlink()
    shutil.copy(backup, settings.data_dir / "claimclock.db")
    with open_app_context(settings, FixedClock(NOW)) as app:
        assert logged(app) == 5
        with projecting(app):
            until(lambda: logged(app) == 10)
        assert look_after(app.engine, app.client, settings).set_back == 0


def test_a_quiet_key_beside_busy_ones_is_no_loss(settings, monkeypatch):
    """Nothing of it is among what was logged last: its entries are looked up. Logged, seen again, parked in each way."""
    monkeypatch.setattr("services.projector.stream_guard.NEWEST", 5)
    settings = settings.model_copy(update={"streams": 4})
    quiet, busy = ({"practice": name} for name in ("north", "south"))
    assert len({StreamKeys.of(settings).number_for(told["practice"]) for told in (quiet, busy)}) == 2
    with open_app_context(settings, FixedClock(NOW)) as app, projecting(app):
        once = event("CLM-1", number=next(numbers)) | quiet
        unsound = event("pack", number=next(numbers), type_="rules.adopted.v1") | quiet
        malformed = quiet | {"id": "x"}
        for told in (once, once, unsound, malformed, {"practice": "no practice!"}):
            app.wait(app.publisher().publish([json.dumps(told).encode()]).last)
            more = [json.dumps(event("CLM-2", number=next(numbers)) | busy).encode() for _ in range(6)]
            app.wait(app.publisher().publish(more).last)
            assert look_after(app.engine, app.client, settings).set_back == 0


def test_what_a_quiet_key_lost_is_read_again(settings, monkeypatch):
    """Its newest acknowledged entries are in the stream and not in the log, while other keys are busy."""
    monkeypatch.setattr("services.projector.stream_guard.NEWEST", 5)
    settings = settings.model_copy(update={"streams": 4})
    told = [json.dumps(event("CLM-1", number=next(numbers)) | {"practice": "north"}).encode() for _ in range(3)]
    with open_app_context(settings, FixedClock(NOW)) as app:
        name = app.publisher().publish(told).last
        key = StreamKeys.of(settings).key(entry_name(name).number)
        ((_, entries),) = app.client.xreadgroup(settings.group, "somebody", {key: ">"})
        app.client.xack(key, settings.group, *(entry_id for entry_id, _ in entries))
        assert look_after(app.engine, app.client, settings).set_back == 3
        with projecting(app):
            until(lambda: logged(app) == 3)
        assert look_after(app.engine, app.client, settings).set_back == 0


def test_the_same_malformed_event_again_is_no_loss(settings):
    with open_app_context(settings, FixedClock(NOW)) as app, projecting(app):
        for _ in range(3):
            app.wait(app.publisher().publish([b"no event"]).last)
            assert look_after(app.engine, app.client, settings).set_back == 0


def test_entries_in_hand_are_no_loss(settings, key):
    with open_app_context(settings, FixedClock(NOW)) as app:
        app.publisher().publish(bodies(1, 3))
        app.client.xreadgroup(settings.group, "somebody", {key: ">"})
        assert look_after(app.engine, app.client, settings).set_back == 0
        with app.engine.connect() as connection:
            assert newest_entry(connection) == "0-0"


def test_entries_trimmed_unread_raise_an_alarm(settings, key):
    with open_app_context(settings, FixedClock(NOW)) as app:
        app.publisher().publish(bodies(1, 8))
        app.client.xreadgroup(settings.group, "somebody", {key: ">"}, count=2)
        assert look_after(app.engine, app.client, settings).trimmed == 0
        app.client.xtrim(key, maxlen=2, approximate=False)
        found = look_after(app.engine, app.client, settings)
        assert found.trimmed == 4
        assert "4 events were removed from the stream before they were read" in found.warnings
        app.client.xtrim(key, maxlen=0, approximate=False)
        assert look_after(app.engine, app.client, settings).trimmed == 6


@pytest.fixture
def evicting(tmp_path):
    home = tmp_path / "evicting"
    home.mkdir()
    options = ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]
    server = subprocess.Popen([*server_command(home, home / "s"), *options], stdout=subprocess.DEVNULL)
    with connect(f"unix://{home}/s") as client:
        until(client.ping)
        yield client
    server.kill()
    server.wait()


def test_a_server_that_may_evict_is_not_trusted(evicting, settings, tmp_path):
    ensure_group(evicting, settings.stream, settings.group)
    assert not Publisher(evicting, settings.stream).publish([b"1"]).durable
    with open_app_context(settings, FixedClock(NOW)) as app:
        assert look_after(app.engine, evicting, settings).evicting
    evicting.config_set("maxmemory-policy", "noeviction")
    assert Publisher(evicting, settings.stream).publish([b"2"]).durable


def test_replicas_are_waited_for_where_configured(redis_client, monkeypatch):
    monkeypatch.setattr("services.messaging.publisher.FLUSH_MS", 1)
    assert Publisher(redis_client, "test:replicas").publish([b"1"]).durable
    assert not Publisher(redis_client, "test:replicas", replicas=1).publish([b"1"]).durable
