"""The event stream as transport: durable publishing, and how far the projector has come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, TypeVar

import redis

from services.core.clock import TimeLimit, pause
from services.core.errors import TransientError
from services.core.telemetry import with_traceparent
from services.messaging.redis_url import Client, reaching
from services.messaging.stream_keys import EntryName, StreamKeys, entries_in, newest_of_each

STREAM: Final = "claimclock:events"
GROUP: Final = "projector"
EVENT: Final = "event"  # the field with the whole CloudEvent as JSON
PARKED: Final = "parked"  # the field with what intake could not read, as JSON
START: Final = "0-0"
BATCH: Final = 1000  # larger ones fold fewer keys twice, and hold locks longer
FLUSH_MS: Final = 5_000
AWAY: Final = 30.0  # seconds a server may be away before a caller waiting for it gives up
T = TypeVar("T")


class DeliveredEntry(NamedTuple):
    """A stream entry as it was added; its fields are not looked into."""

    id: str
    fields: dict[bytes, bytes]


class Published(NamedTuple):
    """The entries' ids, and whether they already survive a `kill -9` of every process and a loss of power.

    Where `durable` is false the server cannot confirm: wait until `last` is processed before answering.
    """

    entry_ids: list[str]
    durable: bool

    @property
    def last(self) -> str:
        """The last entry of every key that was used, as one word to wait for; empty where nothing was published."""
        return newest_of_each(self.entry_ids)


class StreamProgress(NamedTuple):
    """How far the group has come. `lag`, the entries never delivered yet, is None where the server cannot say."""

    last_delivered: str = START
    pending: int = 0
    oldest_pending: str | None = None
    lag: int | None = 0

    @property
    def waiting(self) -> int:
        """Entries that are not acknowledged yet, as far as the server can say."""
        return self.pending + (self.lag or 0)

    def reached(self, entry_id: str) -> bool:
        """Whether this entry and all before it were handled and acknowledged."""
        wanted = order(entry_id)
        done = self.oldest_pending is None or order(self.oldest_pending) > wanted
        return done and order(self.last_delivered) >= wanted


class Publisher:
    """Adds events to the stream, for one or many threads. Raises TransientError when the server is away or full.

    After an error some of the events may have been added: publish them all again, a repetition does no harm.
    """

    def __init__(
        self, client: Client, stream: str = STREAM, *, streams: int = 1, batch_size: int = BATCH, replicas: int = 0
    ) -> None:
        self._client = client
        self._keys = StreamKeys(stream, streams)
        self._batch_size = batch_size
        self._replicas = replicas  # that must have it on their disks, too

    def publish(self, bodies: Iterable[bytes], *, field: str = EVENT) -> Published:
        """Adds one entry per body, in order, and waits until the server has flushed them to its disk."""
        entry_ids: list[str] = []
        runs: set[str | None] = set()
        durable = True
        with reaching():
            for batch, is_last in _batches(bodies, self._batch_size):
                entries = [self._addressed(body, field) for body in batch]
                if isinstance(self._client, redis.RedisCluster):
                    entry_ids += _add_to_cluster(self._client, self._keys, entries, field)
                    durable = False
                else:
                    added = _add(self._client, self._keys, entries, field, flush=is_last, replicas=self._replicas)
                    entry_ids += added.entry_ids
                    runs.add(added.run)
                    durable = added.flushed
        # One flush covers all that this server wrote before, on whichever connection; not what another one did.
        return Published(entry_ids, durable=durable and (len(entry_ids) <= self._batch_size or len(runs - {None}) == 1))

    def _addressed(self, body: bytes, field: str) -> _Addressed:
        return _Addressed(self._keys.number_of(body), with_traceparent(body) if field == EVENT else body)


class _Addressed(NamedTuple):
    number: int  # of the key it goes to
    body: bytes


class _Added(NamedTuple):
    entry_ids: list[str]
    run: str | None
    flushed: bool


def may_evict(memory: Mapping[str, Any]) -> bool:
    """Whether a server, by its INFO on memory, may drop what it accepted when it runs short of it."""
    return bool(memory.get("maxmemory")) and str(memory.get("maxmemory_policy", "noeviction")) != "noeviction"


def _add(
    client: redis.Redis, keys: StreamKeys, batch: list[_Addressed], field: str, *, flush: bool, replicas: int
) -> _Added:
    """Adds one batch as a transaction: it reaches the server's file in one piece, with one flush instead of dozens.

    WAITAOF counts what was written on its own connection, so it travels in the same pipeline; should the connection
    break, all of it is sent again on the next.
    """
    pipeline: Any = client.pipeline(transaction=False)
    pipeline.execute_command("MULTI")
    for entry in batch:
        pipeline.execute_command("XADD", keys.key(entry.number), "*", field, entry.body)
    pipeline.execute_command("EXEC")
    pipeline.execute_command("INFO", "server")
    pipeline.execute_command("INFO", "memory")
    if flush:
        pipeline.execute_command("WAITAOF", 1, replicas, FLUSH_MS)
    replies = pipeline.execute(raise_on_error=False)
    queued, added, rest = replies[: len(batch) + 1], replies[len(batch) + 1], replies[len(batch) + 2 :]
    _raise_first(queued)
    _raise_first(added if isinstance(added, list) else [added])
    # Servers without WAITAOF (old ones), without the file or without the right to ask answer with an error.
    run = rest[0].get("run_id") if isinstance(rest[0], dict) else None
    evicting = may_evict(rest[1]) if isinstance(rest[1], dict) else False
    flushed = flush and not evicting and isinstance(rest[2], list) and rest[2][0] >= 1 and rest[2][1] >= replicas
    return _Added(_names(batch, added), run, flushed)


def _add_to_cluster(client: redis.RedisCluster, keys: StreamKeys, batch: list[_Addressed], field: str) -> list[str]:
    """A transaction for each key: two of them may be on two servers."""
    names: dict[int, list[str]] = {}
    for number in sorted({entry.number for entry in batch}):
        pipeline: Any = client.pipeline(transaction=True)  # type: ignore[no-untyped-call]
        own = [entry for entry in batch if entry.number == number]
        for entry in own:
            pipeline.xadd(keys.key(number), {field: entry.body})
        names[number] = _names(own, pipeline.execute())
    following = {number: iter(own_names) for number, own_names in names.items()}
    return [next(following[entry.number]) for entry in batch]


def _names(batch: Sequence[_Addressed], added: Sequence[bytes]) -> list[str]:
    return [str(EntryName(entry.number, name.decode())) for entry, name in zip(batch, added, strict=True)]


def _raise_first(replies: list[Any]) -> None:
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply


def _batches(bodies: Iterable[bytes], size: int) -> Iterator[tuple[list[bytes], bool]]:
    """The bodies in batches, each with whether it is the last one."""
    rest = iter(bodies)
    batch = list(islice(rest, size))
    while batch:
        following = list(islice(rest, size))
        yield batch, not following
        batch = following


def ensure_group(client: Client, stream: str = STREAM, group: str = GROUP) -> None:
    """Creates the group, and the stream, if missing. It starts at 0: a group made at `$` would never see the past."""
    with reaching():
        try:
            client.xgroup_create(stream, group, id="0", mkstream=True)
        except redis.ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise


def progress(client: Client, stream: str = STREAM, group: str = GROUP) -> StreamProgress:
    """How far the group has come; of a stream or group that does not exist, nothing was delivered."""
    with reaching():
        # In this order: an entry not later than `last_delivered` that is not pending afterwards was acknowledged.
        found = group_state(client, stream, group)
        if found is None:
            return StreamProgress(lag=client.xlen(stream))
        pending = client.xpending(stream, group)
    return StreamProgress(
        last_delivered=found["last-delivered-id"].decode(),
        pending=pending["pending"],
        oldest_pending=pending["min"].decode() if pending["min"] else None,
        lag=found.get("lag"),
    )


def group_state(client: Client, stream: str, group: str) -> dict[str, Any] | None:
    try:
        groups = client.xinfo_groups(stream)
    except redis.ResponseError as error:
        if "no such key" in str(error):
            return None
        raise
    return next((found for found in groups if found["name"] == group.encode()), None)


def progress_of_each(client: Client, keys: StreamKeys, group: str = GROUP) -> dict[int, StreamProgress]:
    """How far the group has come in every key that is in use, by the key's number."""
    return {number: progress(client, keys.key(number), group) for number in keys.in_use(client)}


def newest_entry(client: Client, keys: StreamKeys) -> str:
    """The entries that were added last, of all keys, as one word. Raises TransientError when the server is away."""
    newest = {number: _newest_in(client, keys.key(number)) for number in keys.in_use(client)}
    return newest_of_each(str(EntryName(number, name)) for number, name in newest.items() if name != START)


def _newest_in(client: Client, stream: str) -> str:
    with reaching():
        try:
            told: Any = client.xinfo_stream(stream)
        except redis.ResponseError as error:
            if "no such key" in str(error):
                return START
            raise
    return str(told["last-generated-id"].decode())


def patiently(attempt: Callable[[], T], seconds: float = AWAY) -> T:
    """Tries again while the server is away: one that is started again answers within seconds. Raises TransientError."""
    deadline = TimeLimit(seconds)
    while True:
        try:
            return attempt()
        except TransientError:
            if deadline.expired:
                raise
        pause(0.2)


def wait_until_processed(
    client: Client,
    last: str,
    timeout: float | None = None,
    on_progress: Callable[[StreamProgress], None] | None = None,
    *,
    keys: StreamKeys,
    group: str = GROUP,
) -> bool:
    """Waits until these entries and all before them are acknowledged; False after `timeout` seconds (None: no limit).

    `last`: as `newest_of_each` names them. `on_progress` is told of those keys together. Raises what it raises, and
    TransientError when the server is away for long.
    """
    deadline, nap, wanted = TimeLimit(timeout), 0.002, entries_in(last)
    patience = AWAY if timeout is None else min(timeout, AWAY)
    while True:
        reached = patiently(lambda: [progress(client, keys.key(name.number), group) for name in wanted], patience)
        if on_progress is not None:
            on_progress(together(reached))
        if all(found.reached(name.id) for found, name in zip(reached, wanted, strict=True)):
            return True
        if deadline.expired:
            return False
        pause(nap)
        nap = min(nap * 1.5, 0.1)


def is_reached(client: Client, last: str, keys: StreamKeys, group: str = GROUP) -> bool:
    """Whether these entries and all before them are acknowledged."""
    return wait_until_processed(client, last, 0, keys=keys, group=group)


def together(found: Iterable[StreamProgress]) -> StreamProgress:
    """Several keys as one: what waits is the sum, and unknown where it is of one of them."""
    each = list(found)
    lags = [one.lag for one in each]
    pending = [one.oldest_pending for one in each if one.oldest_pending is not None]
    return StreamProgress(
        last_delivered=max((one.last_delivered for one in each), key=order, default=START),
        pending=sum(one.pending for one in each),
        oldest_pending=min(pending, key=order, default=None),
        lag=None if None in lags else sum(lag or 0 for lag in lags),
    )


def trim(client: Client, up_to: str, *, stream: str = STREAM, group: str = GROUP) -> int:
    """Removes entries of one key up to and including the id, but none not yet acknowledged. Returns how many."""
    found = progress(client, stream, group)
    first_kept = min(order(up_to), order(found.last_delivered))
    first_kept = (first_kept[0], first_kept[1] + 1)
    if found.oldest_pending is not None:
        first_kept = min(first_kept, order(found.oldest_pending))
    with reaching():
        removed: int = client.xtrim(stream, minid=f"{first_kept[0]}-{first_kept[1]}", approximate=False)
    return removed


def order(entry_id: str) -> tuple[int, int]:
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number or 0)
