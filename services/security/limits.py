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
        """0 where the request, or so many, may go on; else the seconds to wait."""
        with self._lock:
            left, then = self._left.pop(name, (self._size, now))
            left = min(self._size, left + (now - then).total_seconds() * self._rate)
            allowed = left >= count
            self._left[name] = (left - count if allowed else left, now)  # put last: the first are those long not seen
            if len(self._left) > KNOWN_AT_MOST:
                self._left.pop(next(iter(self._left)))
        return 0.0 if allowed else (count - left) / self._rate
