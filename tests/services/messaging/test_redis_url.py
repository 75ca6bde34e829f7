import pytest
import redis

from services.core.errors import ClaimclockError, SettingsError, TransientError
from services.messaging.publisher import STREAM, Publisher, ensure_group, progress
from services.messaging.redis_url import StreamRefusedError, connect, parse_redis_url, reaching


@pytest.mark.parametrize(
    ("url", "spoken"),
    [
        ("redis://h", "redis://h?protocol=2"),
        ("rediss://u:p@h:1/2", "rediss://u:p@h:1/2?protocol=2"),
        ("unix:///run/redis.sock?db=1&protocol=3", "unix:///run/redis.sock?db=1&protocol=2"),
    ],
)
def test_a_single_server_is_spoken_to_in_resp2(url, spoken):
    target = parse_redis_url(url)
    assert (target.kind, target.url) == ("single", spoken)


def test_sentinel():
    target = parse_redis_url("redis+sentinel://us%40er:p%3Aw@one:1,two/main/3?sentinel_password=s&ssl_ca_certs=/ca")
    assert target.kind == "sentinel"
    assert target.nodes == (("one", 1), ("two", 26379))
    assert target.master == "main"
    assert target.options == {"username": "us@er", "password": "p:w", "db": 3, "ssl_ca_certs": "/ca"}
    assert target.sentinel_options == {"password": "s"}


def test_cluster_over_tls():
    target = parse_redis_url("rediss+cluster://:pw@[::1]:7000,host:7001")
    assert (target.kind, target.nodes) == ("cluster", (("::1", 7000), ("host", 7001)))
    assert target.options == {"password": "pw", "ssl": True}


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://secret@h:1",
        "redis+proxy://secret@h:1",
        "redis+cluster://secret@h:x",
        "redis+cluster://secret@h:1:2",
        "redis+sentinel://secret@h/main/zero",
    ],
)
def test_a_wrong_url_is_refused_without_repeating_it(url):
    with pytest.raises(SettingsError, match="CLAIMCLOCK_REDIS_URL") as caught:
        parse_redis_url(url)
    assert "secret" not in caught.value.message


def test_a_port_that_is_no_number_is_refused_without_repeating_the_url():
    with pytest.raises(SettingsError, match="CLAIMCLOCK_REDIS_URL") as caught:
        connect("redis://secret@host:port/0")
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (redis.ConnectionError("x"), TransientError),
        (redis.TimeoutError("x"), TransientError),
        (redis.BusyLoadingError("x"), TransientError),
        (redis.ReadOnlyError("x"), TransientError),
        (redis.ResponseError("MISCONF CANARY"), TransientError),
        (redis.ResponseError("Command # 1 (XADD CANARY) of pipeline caused error: NOREPLICAS x"), TransientError),
        (redis.AuthenticationError("CANARY"), ClaimclockError),
        (redis.ResponseError("WRONGTYPE CANARY"), StreamRefusedError),
        (redis.DataError("CANARY"), StreamRefusedError),
    ],
)
def test_errors_in_our_words(error, kind):
    with pytest.raises(ClaimclockError) as caught, reaching():
        raise error
    assert type(caught.value) is kind
    assert "CANARY" not in caught.value.message


def test_a_real_cluster(cluster_url):
    with connect(cluster_url) as client:
        published = Publisher(client, batch_size=2).publish([b"1", b"2", b"3"])
        ensure_group(client)
        ensure_group(client)
        assert len(published.entry_ids) == 3
        assert not published.durable
        assert (progress(client).lag, client.xlen(STREAM)) == (3, 3)


def test_a_real_sentinel(sentinel_url):
    with connect(sentinel_url) as client:
        published = Publisher(client, batch_size=2).publish([b"1", b"2", b"3"])
        ensure_group(client)
        assert published.durable
        assert progress(client).lag == 3
