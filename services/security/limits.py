"""Buckets of requests: how many one key or person may make, in this process."""

from __future__ import annotations

import threading
from datetime import datetime

KNOWN_AT_MOST = 10_000
BURST_SECONDS = 10


class Buckets:
    """A token bucket each: `per_minute` requests in the long run, `burst` seconds' worth of them at once."""

    def __init__(self, per_minute: int, burst: int = BURST_SECONDS) -> None:
        self._rate = per_minute / 60
        self._size = max(1.0, self._rate * burst)
        self._left: dict[str, tuple[float, datetime]] = {}
        self._lock = threading.Lock()

    def take(self, name: str, now: datetime, count: int = 1) -> float:
        """0 where the request, or this many, may go on; else the seconds to wait."""
        with self._lock:
            left, then = self._left.pop(name, (self._size, now))
            left = min(self._size, left + (now - then).total_seconds() * self._rate)
            allowed = left >= count
            self._left[name] = (left - count if allowed else left, now)  # put last: the first are those long not seen
            if len(self._left) > KNOWN_AT_MOST:
                self._left.pop(next(iter(self._left)))
        return 0.0 if allowed else (count - left) / self._rate

    @property
    def burst(self) -> int:
        """Requests that may be made at once."""
        return int(self._size)

    @property
    def window(self) -> int:
        """Seconds until a spent bucket is full again."""
        return max(1, round(self._size / self._rate))

    def left(self, name: str) -> int:
        """Requests that may be made right now."""
        with self._lock:
            return int(self._left.get(name, (self._size, None))[0])


class Failures:
    """Wrong keys from one address: above the limit nothing more is looked up for a while."""

    def __init__(self, limit: int = 30, within: float = 60) -> None:
        self._limit, self._within = limit, within
        self._seen: dict[str, list[datetime]] = {}
        self._lock = threading.Lock()

    def wait(self, address: str, now: datetime) -> float:
        """0 where another try may be made, else the seconds to wait."""
        with self._lock:
            recent = self._recent(address, now)
            if len(recent) < self._limit:
                return 0.0
            return max(1.0, self._within - (now - recent[-self._limit]).total_seconds())

    def note(self, address: str, now: datetime) -> None:
        with self._lock:
            recent = self._recent(address, now)
            self._seen.pop(address, None)
            self._seen[address] = [*recent, now][-self._limit :]
            if len(self._seen) > KNOWN_AT_MOST:
                self._seen.pop(next(iter(self._seen)))

    def _recent(self, address: str, now: datetime) -> list[datetime]:
        return [at for at in self._seen.get(address, ()) if (now - at).total_seconds() < self._within]
