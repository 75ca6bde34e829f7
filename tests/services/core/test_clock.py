from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.core.clock import FixedClock, Stopwatch, SystemClock, TimeLimit, pause


def test_the_system_clock_tells_utc():
    assert SystemClock().now().tzinfo is UTC


def test_a_fixed_clock_stands_still_until_moved():
    clock = FixedClock(datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=-5))))
    assert clock.now() == clock.now() == datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    clock.advance(timedelta(hours=24))
    assert clock.now() == datetime(2026, 3, 3, 15, tzinfo=UTC)


def test_a_naive_instant_is_refused():
    with pytest.raises(ValueError, match="zone"):
        FixedClock(datetime(2026, 3, 2))  # noqa: DTZ001


def test_stopwatch_and_deadline():
    watch, soon = Stopwatch(), TimeLimit(0.01)
    assert not TimeLimit(None).expired
    assert not TimeLimit(60).expired
    pause(0.02)
    assert watch.seconds >= 0.02
    assert soon.expired
