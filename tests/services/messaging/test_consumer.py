import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from services.core.errors import TransientError
from services.core.process_names import is_dead, process_name
from services.messaging.batch_handler import DeliveredTooOftenError
from services.messaging.embedded_valkey import server_command
from services.messaging.publisher import GROUP, STREAM, Publisher, ensure_group, progress
from services.messaging.reclaimer import ALONE, group_size, groups, too_often
from services.messaging.redis_url import connect
from tests.services.messaging.conftest import Projector

SUBSCRIBER = "faststream.redis.subscriber.usecases.stream_subscriber"


def bodies(count):
    return [b'{"id": %d}' % number for number in range(count)]


def all_done(client):
    found = progress(client)
    return found.pending == 0 and found.lag == 0


async def test_an_entry_added_by_hand_arrives_as_it_is(client, projector, start):
    client.execute_command("XADD", STREAM, "*", "event", '{"specversion": "1.0"}', "more", b"\xff")
    seen = []

    async def handle(entries):
        seen.extend(entries)

    projector.handle = handle
    async with start():
        await projector.until(lambda _: seen and all_done(client))
    (entry,) = seen
    assert entry.fields == {b"event": b'{"specversion": "1.0"}', b"more": b"\xff"}
    assert entry.id.encode() == client.xrange(STREAM)[0][0]


async def test_history_is_seen_and_a_restart_goes_on_where_it_was(client, projector, start):
    publisher = Publisher(client)
    publisher.publish(bodies(10))
    async with start(batch_size=4):
        await projector.until(lambda _: all_done(client))
    assert [len(batch) for batch in projector.batches] == [4, 4, 2]
    publisher.publish([b"next"])
    async with start():
        await projector.until(lambda _: all_done(client))
        publisher.publish([b"live"])
        await projector.until(lambda seen: b"live" in seen.handled and all_done(client))
    assert projector.handled == [*bodies(10), b"next", b"live"]


async def test_a_passing_trouble_repeats_the_same_batch(client, projector, start):
    Publisher(client).publish(bodies(3))
    projector.troubles = [TransientError("the database is away"), ConnectionError(), TimeoutError()]
    async with start():
        await projector.until(lambda _: all_done(client))
    assert projector.batches == [bodies(3)] * 4
    assert projector.parked == {}


async def test_what_cannot_be_handled_is_isolated_and_parked(client, projector, start):
    Publisher(client).publish(bodies(40))
    projector.poison = {bodies(40)[7], bodies(40)[31]}
    async with start():
        await projector.until(lambda _: all_done(client))
    assert set(projector.parked) == projector.poison
    assert all(isinstance(error, ValueError) for error in projector.parked.values())
    assert sorted(projector.handled) == sorted(set(bodies(40)) - projector.poison)


async def test_what_cannot_even_be_parked_stays_pending_and_comes_back(client, projector, start):
    Publisher(client).publish(bodies(4))
    projector.poison, projector.cannot_park = {bodies(4)[1]}, 1
    async with start():
        await projector.until(lambda seen: len(seen.handled) == 3 and progress(client).pending == 1)
        await projector.until(lambda _: all_done(client))
    assert set(projector.parked) == projector.poison


async def test_entries_of_a_reader_gone_elsewhere_are_taken_over_when_idle(client, projector, start):
    Publisher(client).publish(bodies(5))
    ensure_group(client)
    client.xreadgroup(GROUP, "elsewhere-1-aa", {STREAM: ">"}, count=3)
    async with start(reclaim_idle=0.2):
        await projector.until(lambda seen: len(seen.handled) == 2)
        assert progress(client).pending == 3
        await projector.until(lambda _: all_done(client))
    assert sorted(projector.handled) == bodies(5)


READER = """
import asyncio, sys
from pathlib import Path
from services.core.settings import Settings
from services.messaging.consumer import build_app

async def handle(entries):
    print(len(entries), flush=True)
    await asyncio.sleep(60)

async def main():
    async with build_app(handle, Settings(data_dir=Path(sys.argv[2])), sys.argv[1], on_poison=None):
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.fixture
def killed_reader(client, valkey_url, tmp_path):
    """Another process of this machine had taken five entries when it was killed."""
    Publisher(client).publish(bodies(5))
    command = [sys.executable, "-c", READER, valkey_url, str(tmp_path)]
    reader = subprocess.Popen(command, cwd=Path(__file__).parents[3], stdout=subprocess.PIPE)
    assert reader.stdout.readline() == b"5\n"
    os.kill(reader.pid, signal.SIGKILL)
    reader.communicate()


async def test_entries_of_a_reader_killed_here_are_taken_over_at_once(client, projector, start, killed_reader):
    async with start(reclaim_idle=3600):
        await projector.until(lambda _: all_done(client))
        await projector.until(lambda _: len(client.xinfo_consumers(STREAM, GROUP)) == 1)
    assert projector.handled == bodies(5)


def test_whose_process_is_gone():
    own = process_name()
    machine, pid, _ = own.split("-")
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert is_dead(f"{machine}-{gone.pid}-aa", own)
    assert not is_dead(own, own)
    assert not is_dead(f"{machine}-{pid}-aa", own)
    assert not is_dead(f"{machine}-{os.getppid()}-aa", own)
    assert not is_dead(f"elsewhere-{gone.pid}-aa", own)
    assert not is_dead("some-name", own)
    assert not is_dead(f"{machine}-{10**30}-aa", own)


async def test_what_is_in_hand_is_not_claimed_back(client, projector, start):
    Publisher(client).publish(bodies(5))
    projector.slow = 0.4
    async with start(reclaim_idle=0.05):
        await projector.until(lambda _: all_done(client))
    assert projector.batches == [bodies(5)]


async def test_what_was_delivered_too_often_is_handled_alone_then_parked(client, projector, start):
    ids = Publisher(client).publish(bodies(4)).entry_ids
    ensure_group(client)
    client.xreadgroup(GROUP, "elsewhere-1-aa", {STREAM: ">"})
    client.xclaim(STREAM, GROUP, "elsewhere-1-aa", 0, ids[2:3], retrycount=5)
    client.xclaim(STREAM, GROUP, "elsewhere-1-aa", 0, ids[3:4], retrycount=9)
    async with start(batch_size=8):  # alone from the fifth delivery on, parked after four of these
        await projector.until(lambda _: all_done(client))
    assert projector.batches == [bodies(4)[:2], bodies(4)[2:3]]
    assert isinstance(projector.parked[bodies(4)[3]], DeliveredTooOftenError)


async def test_a_stop_finishes_the_batch_in_hand_and_leaves(client, projector, start):
    Publisher(client).publish(bodies(6))
    projector.slow = 0.2
    async with start(batch_size=3):
        await projector.started.wait()
    assert projector.batches == [bodies(6)[:3]]
    assert progress(client).pending == 0
    assert progress(client).lag == 3
    assert client.xinfo_consumers(STREAM, GROUP) == []


async def test_a_stop_while_backing_off_leaves_the_batch_pending(client, projector, start):
    Publisher(client).publish(bodies(2))
    projector.troubles = [TransientError("the database is away")] * 1000
    async with start(backoff_first=30, backoff_longest=30):
        await projector.until(lambda seen: seen.batches)  # it failed once
    assert progress(client).pending == 2
    assert len(client.xinfo_consumers(STREAM, GROUP)) == 1
    projector.troubles = []
    async with start():
        await projector.until(lambda _: all_done(client))


async def test_several_readers_share_the_work(client, start):
    Publisher(client).publish(bodies(300))
    first, second = Projector(), Projector()
    first.slow = second.slow = 0.005
    async with start(who=first, batch_size=10, reclaim_idle=30), start(who=second, batch_size=10, reclaim_idle=30):
        await first.until(lambda _: all_done(client))
    assert sorted(first.handled + second.handled) == sorted(bodies(300))
    assert first.handled
    assert second.handled


async def test_it_goes_on_after_the_stream_was_flushed(client, projector, start):
    async with start():
        await projector.until(lambda _: client.exists(STREAM) and client.xinfo_consumers(STREAM, GROUP))
        client.flushall()
        Publisher(client).publish([b"after"])
        await projector.until(lambda seen: seen.handled == [b"after"])


class Server:
    def __init__(self, home):
        self.command, self.url = server_command(home, home / "s"), f"unix://{home}/s"
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command)

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path)
    yield server
    server.kill()


async def test_it_goes_on_after_the_server_was_killed(server, projector, start, monkeypatch, caplog):
    monkeypatch.setattr(f"{SUBSCRIBER}.CONSUME_ERROR_BACKOFF_SECONDS", 0.05)
    with connect(server.url) as client:
        await projector.until(lambda _: answers(client))
        Publisher(client).publish([b"before"])
        async with start(server.url):
            await projector.until(lambda seen: seen.handled == [b"before"])
            server.kill()
            await projector.until(lambda _: "Message fetch error" in caplog.messages)
            server.start()
            await projector.until(lambda _: answers(client))
            Publisher(client).publish([b"after"])
            await projector.until(lambda seen: b"after" in seen.handled)


def answers(client):
    try:
        return client.ping()
    except redis.ConnectionError:
        return False


async def test_a_server_that_is_not_there_is_a_passing_trouble(start, tmp_path):
    with pytest.raises(TransientError):
        async with start(f"unix://{tmp_path}/nothing"):
            pass


@pytest.mark.parametrize("kind", ["cluster_url", "sentinel_url"])
async def test_on_a_real_cluster_and_sentinel(kind, request, projector, start):
    url = request.getfixturevalue(kind)
    with connect(url) as client:
        Publisher(client).publish(bodies(5))
        async with start(url):
            await projector.until(lambda _: all_done(client))
            Publisher(client).publish([b"live"])
            await projector.until(lambda seen: b"live" in seen.handled and all_done(client))
    assert projector.handled == [*bodies(5), b"live"]


def test_the_asyncapi_document(start, valkey_url):
    document = json.loads(start().schema.to_specification().to_json())
    channel = document["channels"]["Events"]
    assert channel["address"] == STREAM
    assert channel["bindings"]["redis"]["groupName"] == GROUP
    assert "specversion" in document["components"]["schemas"]["Envelope"]["properties"]
    assert "event" in document["components"]["schemas"]["StreamEntry"]["properties"]
    assert valkey_url.removeprefix("unix://") not in json.dumps(document)


def test_entries_left_behind_again_and_again_are_handled_in_ever_smaller_groups():
    counts = {"a": 1, "b": 2, "c": 3, "d": 3, "e": 3, "f": 5, "g": 20}
    assert list(groups(counts, 4)) == [["a", "b"], ["c", "d"], ["e"], ["f"], ["g"]]
    assert [group_size(count, 1000) for count in (1, 2, 3, 4, 11, 12, 99)] == [1000, 1000, 500, 250, 1, 1, 1]
    alone = next(count for count in range(99) if group_size(count, 1000) == 1)
    assert [too_often(count, 1000) for count in (alone + ALONE - 1, alone + ALONE)] == [False, True]
