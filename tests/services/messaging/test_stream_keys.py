"""The stream split over several keys by practice: all of them are read, whatever the setting is or was."""

import json

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from services.core.settings import MOST_STREAMS
from services.messaging.publisher import (
    GROUP,
    PARKED,
    STREAM,
    Publisher,
    ensure_group,
    is_reached,
    newest_entry,
    progress_of_each,
    together,
    trim,
)
from services.messaging.redis_url import connect
from services.messaging.stream_keys import BASE, EntryName, StreamKeys, entries_in, entry_name, later
from tests.services.messaging.conftest import Projector

EIGHT = StreamKeys(STREAM, 8)
NORTH = EIGHT.number_for("north")


def body(practice, number=1):
    return json.dumps({"id": number, "practice": practice}).encode()


def everything(client, keys=EIGHT):
    return {number: [fields[b"event"] for _, fields in client.xrange(keys.key(number))] for number in keys.chosen}


def waiting(client, keys=EIGHT):
    return together(progress_of_each(client, keys).values()).waiting


def test_one_key_by_default_and_the_others_each_with_a_hash_tag_of_its_own():
    assert StreamKeys(STREAM).chosen == (BASE,)
    assert StreamKeys(STREAM).number_of(body("any")) == BASE
    names = [EIGHT.key(number) for number in EIGHT.chosen]
    assert names[:3] == ["claimclock:events", "claimclock:events:{1}", "claimclock:events:{2}"]
    slots = {redis.crc.key_slot(name.encode()) * 3 // 16384 for name in names[1:]}
    assert slots == {0, 1, 2}  # of a Cluster of three


def test_the_key_of_a_practice_is_the_same_in_every_process():
    assert [EIGHT.number_for(name) for name in ("default", "north", "south", "east")] == [6, 2, 4, 3]


@given(st.text(min_size=1), st.integers(2, MOST_STREAMS))
def test_a_practice_has_one_key_among_those_there_are(practice, count):
    keys = StreamKeys(STREAM, count)
    told = json.dumps({"data": {"practice": "no"}, "practice": practice}).encode()
    assert keys.number_of(told) == keys.number_for(practice) in keys.chosen[1:]


@pytest.mark.parametrize("raw", [b"", b"\xff", b"[]", b'{"practice": 7}', b"text"])
def test_what_names_no_practice_goes_where_anything_may_go(raw):
    assert EIGHT.number_of(raw) == BASE


def test_an_event_without_a_practice_belongs_to_the_default():
    assert EIGHT.number_of(b"{}") == EIGHT.number_for("default")


def test_names_tell_entries_of_two_keys_with_one_id_apart():
    assert str(EntryName(BASE, "1-2")) == "1-2"
    assert entry_name("1-2@7") == EntryName(7, "1-2")
    assert entries_in(later("1-0 5-0@3", "2-0 1-0@4")) == [(BASE, "2-0"), (3, "5-0"), (4, "1-0")]


def test_a_batch_of_several_practices_is_spread_in_order_and_durable(client):
    practices = [f"p{number % 5}" for number in range(40)]
    bodies = [body(practice, number) for number, practice in enumerate(practices)]
    published = Publisher(client, streams=8, batch_size=7).publish(bodies)
    assert published.durable
    assert len(set(published.entry_ids)) == 40
    for practice in set(practices):
        found = everything(client)[EIGHT.number_for(practice)]
        own = [told for told in found if json.loads(told)["practice"] == practice]
        assert own == [told for told in bodies if json.loads(told)["practice"] == practice]
    for name, told in zip(published.entry_ids, bodies, strict=True):
        number, entry_id = entry_name(name)
        assert client.xrange(EIGHT.key(number), entry_id, entry_id)[0][1] == {b"event": told}
    assert newest_entry(client, EIGHT) == published.last


def test_what_was_refused_follows_its_practice_too(client):
    Publisher(client, streams=8).publish([body("north")], field=PARKED)
    assert client.xrange(EIGHT.key(NORTH))[0][1] == {b"parked": body("north")}


def test_waiting_and_trimming_are_by_key(client):
    published = Publisher(client, streams=8).publish([body("north"), body("east")])
    for number in EIGHT.chosen:
        ensure_group(client, EIGHT.key(number))
    client.xreadgroup(GROUP, "c", {EIGHT.key(NORTH): ">"})
    client.xack(EIGHT.key(NORTH), GROUP, entry_name(published.entry_ids[0]).id)
    assert is_reached(client, published.entry_ids[0], EIGHT)
    assert not is_reached(client, published.last, EIGHT)
    removed = [trim(client, "9999999999999-0", stream=EIGHT.key(number)) for number in EIGHT.chosen]
    assert removed == [0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert waiting(client) == 1


async def test_every_key_is_read_and_taken_over_by_its_own_name(client, projector, start):
    ensure_group(client, EIGHT.key(NORTH))
    bodies = [body(f"p{number % 9}", number) for number in range(60)] + [body("north", 99)]
    Publisher(client, streams=8).publish(bodies)
    Publisher(client).publish([body("north", 100)])
    client.xreadgroup(GROUP, "elsewhere-1-aa", {EIGHT.key(NORTH): ">"})
    async with start(streams=8, reclaim_idle=0.2):
        await projector.until(lambda _: waiting(client) == 0)
    assert sorted(projector.handled) == sorted([*bodies, body("north", 100)])


async def test_what_cannot_be_handled_is_parked_from_any_key(client, projector, start):
    bodies = [body(f"p{number}", number) for number in range(20)]
    projector.poison = {bodies[3], bodies[11]}
    Publisher(client, streams=4).publish(bodies)
    async with start(streams=4):
        await projector.until(lambda _: waiting(client) == 0)
    assert set(projector.parked) == projector.poison


async def test_a_key_that_others_begin_to_use_is_read_without_a_new_start(client, projector, start):
    async with start():
        Publisher(client, streams=8).publish([body("north")])
        await projector.until(lambda seen: seen.handled == [body("north")] and waiting(client) == 0)
        client.delete(EIGHT.key(NORTH))  # by an administrator, once it is empty
        Publisher(client).publish([body("south")])
        await projector.until(lambda seen: len(seen.handled) == 2 and not client.exists(EIGHT.key(NORTH)))


async def test_from_one_key_to_four_to_two_with_entries_unread(client, start):
    """What was published under any setting is read under any later one."""
    published, readers = [], [Projector() for _ in range(4)]
    for round_, (streams, reader) in enumerate(zip((1, 4, 2, 1), readers, strict=True)):
        bodies = [body(f"p{number}", f"{round_}-{number}") for number in range(30)]
        Publisher(client, streams=streams).publish(bodies)
        published += bodies
        reader.slow = 0.01
        async with start(streams=streams, who=reader, batch_size=3):
            await reader.started.wait()  # and stops again, with most of it unread
    last = Projector()
    async with start(streams=2, who=last):
        await last.until(lambda _: waiting(client) == 0)
    assert sorted(told for reader in [*readers, last] for told in reader.handled) == sorted(published)


async def test_on_a_real_cluster(cluster_url, projector, start):
    with connect(cluster_url) as client:
        bodies = [body(f"p{number % 9}", number) for number in range(40)]
        published = Publisher(client, streams=8, batch_size=15).publish(bodies)
        assert len(set(published.entry_ids)) == 40
        async with start(cluster_url, streams=8):
            await projector.until(lambda _: waiting(client) == 0)
            assert is_reached(client, published.last, EIGHT)
    assert sorted(projector.handled) == sorted(bodies)


def test_the_asyncapi_document_lists_every_key(start):
    channels = json.loads(start(streams=8).schema.to_specification().to_json())["channels"]
    assert {channel["address"] for channel in channels.values()} == {EIGHT.key(number) for number in EIGHT.chosen}
    assert channels["Events3"]["address"] == "claimclock:events:{3}"
