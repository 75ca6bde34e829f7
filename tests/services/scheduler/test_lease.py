"""One leader at a time; the next takes over when it dies; one that was only paused finds out before it writes."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from services.core.clock import FixedClock, SystemClock, TimeLimit, pause
from services.scheduler.lease import Lease, LeaseLostError
from services.store.engine import writing
from tests.laws.code import ROOT
from tests.services.scheduler.conftest import turn

NOON = datetime(2026, 2, 10, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    return FixedClock(NOON)


def may_act(lease, engine):
    try:
        with writing(engine) as connection:
            lease.check(connection)
    except LeaseLostError:
        return False
    return True


def test_the_first_leads_until_it_falls_silent(engine, clock):
    first, second = Lease(engine, clock, 30), Lease(engine, clock, 30)
    assert (first.hold(), second.hold()) == (True, False)
    for _ in range(5):
        clock.advance(timedelta(seconds=20))
        assert (first.hold(), second.hold()) == (True, False)
    clock.advance(timedelta(seconds=29))
    assert not second.hold()
    clock.advance(timedelta(seconds=1))
    assert second.hold()
    assert (first.held, may_act(first, engine), first.held) == (True, False, False)
    assert may_act(second, engine)
    assert not first.hold()


def test_a_leader_that_lets_go_is_followed_at_once(engine, clock):
    first, second = Lease(engine, clock, 30), Lease(engine, clock, 30)
    first.hold()
    first.release()
    assert (second.hold(), may_act(first, engine)) == (True, False)
    first.release()  # what is not its own it cannot let go
    assert may_act(second, engine)


def test_a_leader_that_was_paused_but_not_replaced_goes_on(engine, clock):
    lease = Lease(engine, clock, 30)
    lease.hold()
    clock.advance(timedelta(hours=3))
    assert may_act(lease, engine)
    assert lease.hold()


def test_a_clock_that_was_set_back_does_not_lock_everybody_out(engine, clock):
    Lease(engine, clock, 30).hold()
    clock.advance(timedelta(days=-40))
    assert Lease(engine, clock, 30).hold()


def test_a_paused_leader_writes_and_sends_nothing(practice):
    """It wakes in the middle of a job, after another has taken over."""
    practice.sent("FILING", "2025-03-10")
    practice.clock.set(NOON)
    old, new = practice.scheduler(), practice.scheduler()
    old.beat()
    practice.clock.advance(timedelta(minutes=5))
    new.beat()
    assert old.lease.held
    assert [old.run(job) for job in ("alerts", "deliver", "seal")] == [None, None, None]
    assert (practice.alerts(), practice.deliveries) == ([], [])
    turn(new)
    assert len(practice.alerts()) == len(practice.deliveries) == 1


def test_the_lease_of_a_killed_process_is_taken_over(new_engine):
    engine = new_engine()
    code = (
        "import sys, time\n"
        "from services.core.clock import SystemClock\n"
        "from services.scheduler.lease import Lease\n"
        "from services.store.engine import open_engine\n"
        "print(Lease(open_engine(sys.argv[1]), SystemClock(), 2).hold(), flush=True)\n"
        "time.sleep(60)\n"
    )
    url = engine.url.render_as_string(hide_password=False)
    with subprocess.Popen([sys.executable, "-c", code, url], stdout=subprocess.PIPE, cwd=ROOT) as leader:
        assert leader.stdout.readline() == b"True\n"
        follower = Lease(engine, SystemClock(), 2)
        assert not follower.hold()
        leader.kill()
    until = TimeLimit(20)
    while not follower.hold() and not until.expired:
        pause(0.1)
    assert follower.held
