"""The steps at which a clock is heard of: local days before a date, hours since a rejection."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.calendar import WEEKENDS_ALONE, start_of_day
from projections.deadlines.alert_steps import days_left_rungs, latest, rejection_rungs
from services.store.shipped_rule_packs import shipped_rulebook

CHICAGO = ZoneInfo("America/Chicago")
VALUES = shipped_rulebook().pick("sla", date(2026, 3, 1)).values
DAYS = VALUES["alerts"]["days_left"]


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO).astimezone(UTC)


def names(rungs):
    return [rung.name for rung in rungs]


def test_a_step_is_reached_when_the_local_day_begins():
    rungs = days_left_rungs(date(2026, 3, 10), at("2025-03-10"), DAYS, CHICAGO)
    assert names(rungs) == ["60d", "30d", "14d", "7d", "3d", "1d"]
    assert [rung.at for rung in rungs[-2:]] == [at("2026-03-07"), at("2026-03-09")]  # the 8th has 23 hours
    assert latest(rungs, at("2026-01-08T23:59")) is None
    assert latest(rungs, at("2026-01-09")).name == "60d"
    assert latest(rungs, at("2026-03-06T23:59:59")).name == "7d"
    assert latest(rungs, at("2026-03-07")).name == "3d"
    assert latest(rungs, at("2026-03-10T23:59")).name == "1d"


@pytest.mark.parametrize(
    ("started", "due", "expected"),
    [
        ("2026-01-12T15:00", "2026-03-13", ["30d", "14d", "7d", "3d", "1d"]),  # sixty days: nothing has come closer
        ("2026-01-11T15:00", "2026-03-13", ["60d", "30d", "14d", "7d", "3d", "1d"]),
        ("2026-03-01T15:00", "2026-03-06", ["3d", "1d"]),
        ("2026-03-05T15:00", "2026-03-06", ["1d"]),
        ("2026-03-06T15:00", "2026-03-06", ["1d"]),  # asked for the same day: the last step is never left out
    ],
)
def test_a_clock_that_starts_inside_its_ladder_begins_with_the_next_step(started, due, expected):
    assert names(days_left_rungs(date.fromisoformat(due), at(started), DAYS, CHICAGO)) == expected


def test_hours_of_a_rejection():
    start = at("2026-03-07T20:00")  # an hour is lost this night: elapsed hours do not mind
    late = start + timedelta(hours=24, microseconds=1)
    rungs = rejection_rungs(start, late, VALUES, CHICAGO, WEEKENDS_ALONE)
    assert [(rung.name, rung.to, rung.at - start) for rung in rungs] == [
        ("12h", "owner", timedelta(hours=12)),
        ("20h", "lead", timedelta(hours=20)),
        ("24h", "manager", timedelta(hours=24, microseconds=1)),
        ("72h", "director", timedelta(hours=72)),
    ]
    assert latest(rungs, start + timedelta(hours=24)).to == "lead"  # the 24th hour is still in time


def test_hours_scale_with_the_working_day_where_business_hours_count():
    friday = at("2026-03-06T15:00")
    rungs = rejection_rungs(friday, at("2026-03-09T15:00"), VALUES | {"mode": "business"}, CHICAGO, WEEKENDS_ALONE)
    assert [(rung.name, rung.at) for rung in rungs] == [
        ("12h", at("2026-03-09T10:00")),  # half a working day of nine hours, rounded to the even: four
        ("20h", at("2026-03-09T14:00")),
        ("24h", at("2026-03-09T15:00")),
        ("72h", at("2026-03-11T15:00")),
    ]


@given(due=st.dates(date(2020, 1, 1), date(2040, 1, 1)), left=st.integers(0, 70), minute=st.integers(0, 1439))
def test_the_latest_step_is_the_smallest_that_still_holds_the_days_left(due, left, minute):
    rungs = days_left_rungs(due, None, DAYS, CHICAGO)
    now = start_of_day(due - timedelta(days=left), CHICAGO) + timedelta(minutes=min(minute, 1300))
    found = latest(rungs, now)
    holds = [days for days in DAYS if days >= left]
    assert (found.name if found else None) == (f"{min(holds)}d" if holds else None)
