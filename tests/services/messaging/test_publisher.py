import json
import subprocess
import threading
import time

import pytest
import redis

from services.core.errors import ClaimclockError, TransientError
from services.messaging.embedded_valkey import server_command
from services.messaging.publisher import (
    EVENT,
    GROUP,
    PARKED,
    STREAM,
    Publisher,
    StreamProgress,
    ensure_group,
    progress,
    trim,
    wait_until_processed,
)
from services.messaging.redis_url import connect
from services.messaging.stream_keys import StreamKeys

CANARY = b'{"subject": "CANARY-4711"}'


@pytest.fixture
def client(valkey_url, redis_client):
    with connect(valkey_url) as connected:
        yield connected


def read(client, count, consumer="c1"):
    ((_, entries),) = client.xreadgroup(GROUP, consumer, {STREAM: ">"}, count=count)
    return [entry_id for entry_id, _ in entries]


def bodies(count, start=0):
    return [json.dumps({"id": number}).encode() for number in range(start, start + count)]


def test_one_event_is_one_entry_with_one_field(client):
    published = Publisher(client).publish([CANARY])
    assert client.xrange(STREAM) == [(published.entry_ids[0].encode(), {b"event": CANARY})]
    assert published.durable


def test_any_number_is_added_in_order_across_batches(client):
    published = Publisher(client, batch_size=7).publish(iter(bodies(50)))
    assert published.durable
    entries = client.xrange(STREAM)
    assert [entry_id.decode() for entry_id, _ in entries] == published.entry_ids
    assert [fields[b"event"] for _, fields in entries] == bodies(50)


def test_nothing_to_publish(client):
    assert Publisher(client).publish([]) == ([], True)
    assert client.exists(STREAM) == 0


def test_what_intake_refused_goes_into_a_field_of_its_own(client):
    Publisher(client, "other").publish([b"{}"], field=PARKED)
    assert client.xrange("other")[0][1] == {b"parked": b"{}"}
    assert EVENT != PARKED


def test_bytes_that_are_no_text_pass_through(client):
    Publisher(client).publish([b"\xff\x00\r\n"])
    assert client.xrange(STREAM)[0][1] == {b"event": b"\xff\x00\r\n"}


def test_threads_share_a_publisher(client):
    publisher = Publisher(client, batch_size=3)
    threads = [threading.Thread(target=publisher.publish, args=[bodies(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.xlen(STREAM) == 80


def test_an_event_confirmed_survives_kill_9_of_the_server(tmp_path):
    command = server_command(tmp_path, tmp_path / "s")
    server = subprocess.Popen(command)
    client = wait_for(f"unix://{tmp_path}/s")
    published = Publisher(client, batch_size=10).publish(bodies(25))
    server.kill()
    server.wait()
    server = subprocess.Popen(command)
    client = wait_for(f"unix://{tmp_path}/s", client)
    assert published.durable
    assert client.xlen(STREAM) == 25
    client.close()
    server.kill()
    server.wait()


def wait_for(url, client=None):
    client = client or connect(url)
    for _ in range(500):
        try:
            client.ping()
        except redis.ConnectionError:
            time.sleep(0.01)
        else:
            return client
    raise TimeoutError


def test_a_server_without_its_file_cannot_promise(tmp_path):
    server = subprocess.Popen([*server_command(tmp_path, tmp_path / "s"), "--appendonly", "no"])
    client = wait_for(f"unix://{tmp_path}/s")
    published = Publisher(client, batch_size=2).publish(bodies(5))
    assert (len(published.entry_ids), published.durable) == (5, False)
    server.kill()
    server.wait()
    with pytest.raises(TransientError, match="cannot be reached"):
        Publisher(client).publish(bodies(1))
    client.close()


def test_a_full_server_is_a_passing_trouble_and_the_event_is_not_quoted(client):
    client.config_set("maxmemory", 1)
    try:
        with pytest.raises(TransientError, match="OutOfMemory") as caught:
            Publisher(client).publish([CANARY])
    finally:
        client.config_set("maxmemory", 0)
    assert "CANARY" not in caught.value.message


def test_a_key_of_another_kind_is_no_passing_trouble(client):
    client.set(STREAM, "text")
    with pytest.raises(ClaimclockError, match="WRONGTYPE") as caught:
        Publisher(client).publish([CANARY])
    assert not caught.value.retryable
    assert "CANARY" not in caught.value.message


def test_a_group_made_late_still_sees_the_past(client):
    Publisher(client).publish(bodies(3))
    ensure_group(client)
    ensure_group(client)
    assert len(read(client, 10)) == 3


def test_progress_of_nothing(client):
    assert progress(client) == StreamProgress("0-0", 0, None, 0)
    Publisher(client).publish(bodies(3))
    assert progress(client).lag == 3
    ensure_group(client)
    assert progress(client) == StreamProgress("0-0", 0, None, 3)


def test_progress_tells_what_is_pending(client):
    ids = Publisher(client).publish(bodies(5)).entry_ids
    ensure_group(client)
    first, second, third = read(client, 3)
    client.xack(STREAM, GROUP, first, third)
    found = progress(client)
    assert found == StreamProgress(ids[2], 1, second.decode(), 2)
    assert found.reached(ids[0])
    assert not found.reached(ids[1])
    assert not found.reached(ids[2])
    client.xack(STREAM, GROUP, second)
    assert progress(client).reached(ids[2])
    assert not progress(client).reached(ids[3])


def test_entry_ids_are_compared_as_numbers():
    assert StreamProgress("1000-10").reached("999-11")
    assert StreamProgress("1000-10").reached("1000-9")
    assert not StreamProgress("1000-10").reached("1000-11")
    assert not StreamProgress("1000-10", 1, "1000-2").reached("1000-10")


def test_waiting_ends_when_the_last_one_is_acknowledged(client):
    last = Publisher(client).publish(bodies(4)).entry_ids[-1]
    ensure_group(client)
    seen = []
    assert not wait_until_processed(client, last, timeout=0.02, on_progress=seen.append, keys=StreamKeys(STREAM))
    assert seen[-1].lag == 4

    def work(connection):
        for entry_id in read(connection, 4):
            connection.xack(STREAM, GROUP, entry_id)

    worker = threading.Thread(target=work, args=[client])
    worker.start()
    assert wait_until_processed(client, last, timeout=5, on_progress=seen.append, keys=StreamKeys(STREAM))
    assert seen[-1] == StreamProgress(last, 0, None, 0)
    worker.join()


def test_trimming_never_takes_what_is_not_acknowledged(client):
    ids = Publisher(client).publish(bodies(6)).entry_ids
    assert trim(client, ids[-1]) == 0
    ensure_group(client)
    assert trim(client, ids[-1]) == 0
    first, _, third, _ = read(client, 4)
    client.xack(STREAM, GROUP, first, third)
    assert trim(client, ids[-1]) == 1
    assert [entry_id.decode() for entry_id, _ in client.xrange(STREAM)] == ids[1:]


def test_trimming_stops_where_it_is_told(client):
    ids = Publisher(client).publish(bodies(6)).entry_ids
    ensure_group(client)
    client.xack(STREAM, GROUP, *read(client, 6))
    assert trim(client, ids[2]) == 3
    assert trim(client, ids[2]) == 0
    assert trim(client, ids[-1]) == 3
    assert progress(client).reached(ids[-1])
