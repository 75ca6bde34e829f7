"""The only module that asks for the time. Everything else is given a clock, or an instant."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock for tests: it stands still until it is set or moved."""

    def __init__(self, instant: datetime) -> None:
        self.set(instant)

    def now(self) -> datetime:
        return self._instant

    def set(self, instant: datetime) -> None:
        """Puts the clock to an instant; one without a zone is refused."""
        if instant.tzinfo is None:
            raise ValueError("an instant needs a zone")
        self._instant = instant.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        self._instant += by


class Stopwatch:
    """Seconds since it was made, unmoved by changes of the wall clock."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._start


class TimeLimit:
    """A number of seconds from now; None never expires."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._watch = Stopwatch()

    @property
    def expired(self) -> bool:
        return self._seconds is not None and self._watch.seconds >= self._seconds


def pause(seconds: float) -> None:
    """Sleeps; here, so that waiting too has one home."""
    time.sleep(seconds)


class CpuWatch:
    """Seconds that this process has computed since it was made, whatever else the machine did meanwhile."""

    def __init__(self) -> None:
        self._start = time.process_time()

    @property
    def seconds(self) -> float:
        return time.process_time() - self._start
