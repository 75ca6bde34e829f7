"""The yardstick for projections: the `eventsourcing` package's own projection runner on PostgreSQL.

A claim as an aggregate, its events in the package's store, and a projection that upserts one row for each event and
tracks its place in the same transaction, as the package's documentation does it. Its events are stored before its time
starts, so that nothing but projecting is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from sqlalchemy.engine import URL

PER_CLAIM = 4


def runner_skipped() -> str:
    """Why the runner cannot be measured; empty where it can."""
    return "" if find_spec("eventsourcing") else "the eventsourcing package (extra `dev`) is not installed"


def runner_rate(url: URL, events: int) -> float:
    """Events per second, projected one by one as the runner does."""
    from services.devtools.bench.runner_view import project_all  # noqa: PLC0415  a development package

    return project_all(_environment(url), list(_stories(events)))


def _stories(events: int) -> Iterator[int]:
    """How many events each claim has, until there are as many as wanted."""
    while events > 0:
        yield min(events, PER_CLAIM)
        events -= PER_CLAIM


def _environment(url: URL) -> dict[str, str]:
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": url.database or "",
        "POSTGRES_HOST": str(url.query.get("host") or url.host or "localhost"),
        "POSTGRES_PORT": str(url.port or 5432),
        "POSTGRES_USER": url.username or "",
        "POSTGRES_PASSWORD": url.password or "",
    }
