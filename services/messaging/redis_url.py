"""Redis or Valkey by URL: a single server, Sentinel or Cluster; and its errors in our words.

redis://[user:password@]host:6379/0         rediss://…        unix:///path/to.sock
redis+sentinel://[user:password@]host:26379,host:26379/master-name[/0][?sentinel_password=…]
redis+cluster://[user:password@]host:7000,host:7001           rediss+… for TLS
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import redis
from redis import exceptions
from redis.cluster import ClusterNode
from redis.sentinel import Sentinel

from services.core.errors import ClaimclockError, SettingsError, TransientError

Client = redis.Redis | redis.RedisCluster
CONNECTION: dict[str, Any] = {
    "protocol": 2,
    "socket_connect_timeout": 5.0,
    "socket_timeout": 30.0,
    "health_check_interval": 30,
}
_PASSED_ON = frozenset({"ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs"})
_DEFAULT_PORTS = {"sentinel": 26379, "cluster": 6379}
_CODES = "BUSY CLUSTERDOWN LOADING MASTERDOWN MISCONF NOREPLICAS OOM READONLY TRYAGAIN UNBLOCKED"
_TRANSIENT_CODES = frozenset(_CODES.split())
_TRANSIENT_ERRORS = (  # from these redis-py strips the code
    redis.OutOfMemoryError,
    redis.ReadOnlyError,
    exceptions.ClusterDownError,
    exceptions.TryAgainError,
    exceptions.SlotNotCoveredError,
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a URL names. `options` and `sentinel_options` are keywords of redis-py's clients."""

    kind: Literal["single", "sentinel", "cluster"]
    url: str = field(repr=False)
    nodes: tuple[tuple[str, int], ...] = ()
    master: str = ""
    options: dict[str, Any] = field(default_factory=dict, repr=False)
    sentinel_options: dict[str, Any] = field(default_factory=dict, repr=False)


def parse_redis_url(url: str) -> Target:
    """Raises SettingsError, without repeating the URL: it may hold a password."""
    scheme = url.partition("://")[0]
    transport, _, kind = scheme.partition("+")
    if not kind:
        return Target(kind="single", url=_with_resp2(url))
    if kind not in {"sentinel", "cluster"} or transport not in {"redis", "rediss"}:
        raise SettingsError(f"CLAIMCLOCK_REDIS_URL: unknown scheme {scheme}")
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    master, _, database = unquote(parts.path).strip("/").partition("/")
    if kind == "sentinel" and not master:
        raise SettingsError("CLAIMCLOCK_REDIS_URL: a Sentinel URL ends with /name-of-the-master")
    options = _options(parts.netloc, query, tls=transport == "rediss")
    if kind == "sentinel" and database:
        options["db"] = _number(database)
    sentinel_options = {
        name.removeprefix("sentinel_"): value for name, value in query.items() if name.startswith("sentinel_")
    }
    nodes = tuple(_node(node, _DEFAULT_PORTS[kind]) for node in parts.netloc.rpartition("@")[2].split(","))
    return Target(
        kind="sentinel" if kind == "sentinel" else "cluster",
        url=url,
        nodes=nodes,
        master=master,
        options=options,
        sentinel_options=sentinel_options,
    )


def _with_resp2(url: str) -> str:
    """RESP2 is understood by every server, and read faster by redis-py; its shapes are what FastStream expects."""
    address, _, query = url.partition("?")
    rest = [part for part in query.split("&") if part and not part.startswith("protocol=")]
    return f"{address}?{'&'.join([*rest, 'protocol=2'])}"


def _options(netloc: str, query: dict[str, str], *, tls: bool) -> dict[str, Any]:
    user, _, password = netloc.rpartition("@")[0].partition(":")
    options: dict[str, Any] = {name: value for name, value in query.items() if name in _PASSED_ON}
    if user:
        options["username"] = unquote(user)
    if password:
        options["password"] = unquote(password)
    if tls:
        options["ssl"] = True
    return options


def _node(text: str, default_port: int) -> tuple[str, int]:
    found = re.fullmatch(r"(\[[^\]]+\]|[^:\[\]]+)(?::(\d+))?", text)
    if found is None:
        raise SettingsError("CLAIMCLOCK_REDIS_URL: hosts are written host:port,host:port")
    return found[1].strip("[]"), _number(found[2]) if found[2] else default_port


def _number(text: str) -> int:
    if not text.isdecimal():
        raise SettingsError("CLAIMCLOCK_REDIS_URL: a port or database is not a number")
    return int(text)


def connect(url: str, timeout: float | None = None) -> Client:
    """A synchronous client. Single and Sentinel clients connect at first use, a Cluster client at once.

    `timeout`: seconds until an answer is given up, where those of `CONNECTION` are too many.
    """
    target = parse_redis_url(url)
    limits = CONNECTION | ({} if timeout is None else {"socket_timeout": timeout, "socket_connect_timeout": timeout})
    if target.kind == "single":
        try:
            return redis.Redis.from_url(target.url, **limits)
        except ValueError:
            raise SettingsError("CLAIMCLOCK_REDIS_URL: a port or option is not what it should be") from None
    if target.kind == "sentinel":
        sentinels = Sentinel(  # type: ignore[no-untyped-call]
            target.nodes,
            sentinel_kwargs={**limits, **target.sentinel_options},
            **limits,
            **target.options,
        )
        return sentinels.master_for(target.master)  # type: ignore[no-any-return, no-untyped-call]
    nodes = [ClusterNode(host, port) for host, port in target.nodes]  # type: ignore[no-untyped-call]
    with reaching():
        return redis.RedisCluster(startup_nodes=nodes, **limits, **target.options)


class StreamRefusedError(ClaimclockError):
    """The server is there and does not do what is asked, as where something else is stored under the stream's name.

    Nothing was taken: a sender may try again, once an administrator has looked.
    """

    http_status = 503


@contextmanager
def reaching() -> Iterator[None]:
    """Turns redis-py's errors into ours. Their text is left out: it may quote the command, and so the event."""
    try:
        yield
    except (redis.ConnectionError, redis.TimeoutError) as error:
        if isinstance(error, exceptions.AuthenticationError | exceptions.AuthorizationError):
            raise ClaimclockError("the stream server refuses the name or password in CLAIMCLOCK_REDIS_URL") from None
        raise TransientError(f"the stream server cannot be reached ({type(error).__name__})") from None
    except redis.RedisError as error:
        code = _code(error)
        if code in _TRANSIENT_CODES or isinstance(error, _TRANSIENT_ERRORS):
            raise TransientError(f"the stream server takes nothing at the moment ({code})") from None
        raise StreamRefusedError(f"the stream server refused a command ({code})") from None


def _code(error: redis.RedisError) -> str:
    """The server's own error code, such as WRONGTYPE; else the type of the error."""
    if not isinstance(error, redis.ResponseError):
        return type(error).__name__
    text = str(error).rpartition("caused error: ")[2]
    found = re.match(r"[A-Z]{2,}\b", text)
    return found[0] if found else type(error).__name__
