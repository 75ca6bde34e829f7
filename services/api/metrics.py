"""Figures for Prometheus: requests as they come, the rest looked up when asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import redis
from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from projections.keys import RANK_OF
from projections.tables.tables import table_of
from services.app_context import AppContext
from services.core.errors import ClaimclockError
from services.core.metrics import OF_THIS_PROCESS
from services.core.settings import Settings
from services.messaging.publisher import START, StreamProgress, progress_of_each, together
from services.messaging.redis_url import Client, reaching
from services.messaging.stream_keys import StreamKeys
from services.projector.parking import PARKED
from services.store.inbox_tables import FAILED, INBOX_FILE
from services.store.marked_keys import Urgency, behind, waiting_by_rank, waiting_by_reason
from services.store.scheduler_tables import ALERT, JOB, LEASE
from services.store.tables import EventIdentity, ParkedState, Seal, Stale
from services.store.webhook_tables import ACTIVE, DELIVERY, ENDPOINT, WAITING

RESULTS = ("accepted", "duplicate", "conflict", "invalid")  # that a publisher is told
STALE, SEAL, IDENTITY = table_of(Stale), table_of(Seal), table_of(EventIdentity)
_OLDEST_NOTIFICATION = (
    select(func.min(DELIVERY.c.made_at))
    .join(ENDPOINT, ENDPOINT.c.endpoint_id == DELIVERY.c.endpoint_id)
    .where(DELIVERY.c.state == WAITING, ENDPOINT.c.state == ACTIVE)
)


class Metrics:
    """One registry per application."""

    def __init__(self, app: AppContext) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "claimclock_requests_total", "Requests answered.", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "claimclock_request_seconds", "Seconds until a request was answered.", ["route"], registry=self._registry
        )
        self._events = Counter(
            "claimclock_events_total", "Events sent to this process over HTTP.", ["result"], registry=self._registry
        )
        for result in RESULTS:
            self._events.labels(result)
        for figure in OF_THIS_PROCESS:
            self._registry.register(figure)
        self._registry.register(_State(app))
        for standard in (ProcessCollector, PlatformCollector, GCCollector):
            standard(registry=self._registry)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        known = method if method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS") else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def count_events(self, results: Iterable[str]) -> None:
        """What became of events: accepted, duplicate, conflict, invalid."""
        for result in results:
            self._events.labels(result).inc()

    def text(self) -> bytes:
        return generate_latest(self._registry)


class _State(Collector):
    """The stream and the tables as they stand.

    What cannot be reached is reported as down, and its figures are left out.
    """

    def __init__(self, app: AppContext) -> None:
        self._app = app

    def describe(self) -> list[Any]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("claimclock_up", "Whether this part can be reached.", labels=["part"])
        for part, look, passing in (
            ("stream", self._stream, ClaimclockError),
            ("database", self._tables, SQLAlchemyError),
            ("scheduler", self._scheduler, SQLAlchemyError),
        ):
            try:
                yield from look()
                up.add_metric([part], 1)
            except passing:
                up.add_metric([part], 0)
        yield up

    def _stream(self) -> list[GaugeMetricFamily]:
        app, keys = self._app, StreamKeys.of(self._app.settings)
        each = progress_of_each(app.client, keys, app.settings.group)
        found = together(each.values())
        gauges = [
            *_by_key(keys, each),
            _gauge("claimclock_stream_pending", "Entries delivered and not yet acknowledged.", found.pending),
            _gauge(
                "claimclock_oldest_unprocessed_seconds",
                "Age of the oldest entry not yet logged; 0 without one.",
                oldest_age(app.client, app.settings),
            ),
        ]
        if found.lag is not None:
            gauges.append(_gauge("claimclock_stream_lag", "Entries not yet delivered to a projector.", found.lag))
        return gauges

    def _tables(self) -> list[GaugeMetricFamily]:
        counts = (
            (
                "claimclock_parked_open",
                "Parked entries that nobody dealt with.",
                select(func.count()).select_from(PARKED).where(PARKED.c.state == ParkedState.OPEN),
            ),
            ("claimclock_stale_keys", "Keys whose last fold raised.", select(func.count()).select_from(STALE)),
        )
        with self._app.engine.connect() as connection:
            gauges = [_gauge(name, about, connection.scalar(count) or 0) for name, about, count in counts]
            late = behind(connection, Urgency.TERMS)
            again = sum(waiting_by_reason(connection, Urgency.TERMS, Urgency.REBUILD).values())
            ranks = waiting_by_rank(connection)
        return [
            *gauges,
            _marks(ranks),
            _gauge(
                "claimclock_refold_queue",
                "Keys that new terms or a rebuild marked and that wait for their fold.",
                again,
            ),
            _gauge("claimclock_behind_keys", "Keys whose rows are behind the log.", late.keys),
            _gauge("claimclock_behind_seconds", "How long the oldest of them has waited; 0 without one.", late.seconds),
        ]

    def _scheduler(self) -> list[GaugeMetricFamily]:
        """Who leads, when each job last ran, and the state of deliveries: as any process reads it in the database."""
        ran = GaugeMetricFamily(
            "claimclock_job_last_run_timestamp_seconds", "When a job last did something.", labels=["job"]
        )
        failed = GaugeMetricFamily("claimclock_job_failed", "1 where a job's last run failed.", labels=["job"])
        sent = GaugeMetricFamily(
            "claimclock_notification_deliveries",
            "Notifications to endpoints by how far they have come.",
            labels=["state"],
        )
        alerts = GaugeMetricFamily("claimclock_alert_deliveries", "Alerts by how far they have come.", labels=["state"])
        with self._app.engine.connect() as connection:
            differences = 0
            for row in connection.execute(select(JOB)):
                differences += row.figures.get("differences", 0)
                ran.add_metric([row.name], row.ran_at.timestamp())
                failed.add_metric([row.name], row.error is not None)
            for state, count in connection.execute(select(ALERT.c.state, func.count()).group_by(ALERT.c.state)):
                alerts.add_metric([state], count)
            for state, count in connection.execute(select(DELIVERY.c.state, func.count()).group_by(DELIVERY.c.state)):
                sent.add_metric([state], count)
            oldest = connection.scalar(_OLDEST_NOTIFICATION)
            failed_files = connection.scalar(
                select(func.count()).select_from(INBOX_FILE).where(INBOX_FILE.c.state == FAILED)
            )
            lease = connection.scalar(select(func.max(LEASE.c.expires_at)))
            sealed = connection.scalar(select(func.max(SEAL.c.sealed_at)))
            logged = connection.scalar(select(func.max(IDENTITY.c.position)))
        return [
            ran,
            failed,
            alerts,
            sent,
            _gauge(
                "claimclock_notification_oldest_waiting_seconds",
                "Age of the oldest notification that is still to be delivered; 0 without one.",
                max(0.0, (self._app.clock.now() - oldest).total_seconds()) if oldest else 0,
            ),
            _gauge("claimclock_inbox_files_failed", "Files of inboxes that could not be taken.", failed_files or 0),
            _gauge("claimclock_verify_differences", "Rows that the last nightly sample found wrong.", differences),
            _gauge(
                "claimclock_scheduler_lease_timestamp_seconds",
                "Until when a scheduler leads; 0 where none ever did.",
                lease.timestamp() if lease else 0,
            ),
            _gauge(
                "claimclock_last_seal_timestamp_seconds",
                "When the log was last sealed; 0 where it never was.",
                sealed.timestamp() if sealed else 0,
            ),
            _gauge("claimclock_log_position", "Position of the newest event in the log.", logged or 0),
        ]


def _marks(ranks: Mapping[tuple[Urgency, int], int]) -> GaugeMetricFamily:
    """Every rank has its figure, also where nothing waits: an alert on what is absent would never fire."""
    waiting = GaugeMetricFamily(
        "claimclock_marks_waiting",
        "Marks of keys that wait for their fold: claims (rank 1), patient's days (2), patient's years (3) and so on.",
        labels=["urgency", "rank"],
    )
    for urgency in Urgency:
        for rank in sorted(set(RANK_OF.values())):
            waiting.add_metric([urgency.name.lower(), str(rank)], ranks.get((urgency, rank), 0))
    return waiting


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, value=value)


def _by_key(keys: StreamKeys, each: Mapping[int, StreamProgress]) -> list[GaugeMetricFamily]:
    """The same for each key of the stream: a key that nobody reads shows here before it shows in the sum."""
    pending = GaugeMetricFamily(
        "claimclock_stream_key_pending", "Entries of one key delivered and not yet acknowledged.", labels=["key"]
    )
    lag = GaugeMetricFamily("claimclock_stream_key_lag", "Entries of one key not yet delivered.", labels=["key"])
    for number, found in each.items():
        pending.add_metric([keys.key(number)], found.pending)
        if found.lag is not None:
            lag.add_metric([keys.key(number)], found.lag)
    return [pending, lag]


def oldest_age(client: Client, settings: Settings) -> float:
    """Seconds since the oldest entry of any key was added that is not logged yet, by the stream server's own clock."""
    keys = StreamKeys.of(settings)
    each = progress_of_each(client, keys, settings.group)
    return max((age_of(client, keys.key(number), found) for number, found in each.items()), default=0.0)


def age_of(client: Client, stream: str, found: StreamProgress) -> float:
    """The same for one key."""
    oldest = found.oldest_pending
    with reaching():
        if oldest is None and found.lag != 0:
            after = f"({found.last_delivered}" if found.last_delivered != START else "-"
            entries: Any = client.xrange(stream, min=after, count=1)
            oldest = entries[0][0].decode() if entries else None
        if oldest is None:
            return 0.0
        seconds, micros = _server_time(client)
    return max(0.0, seconds + micros / 1_000_000 - int(oldest.partition("-")[0]) / 1000)


def _server_time(client: Any) -> tuple[int, int]:
    told = client.time(target_nodes="random") if isinstance(client, redis.RedisCluster) else client.time()
    seconds, micros = next(iter(told.values())) if isinstance(told, dict) else told
    return int(seconds), int(micros)
