"""Figures, days and waits as people read them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.presentation.formatting import amount, dollars, instant, moment, short_day, wait
from services.web.gauges import WIDTH, gauge

CHICAGO = ZoneInfo("America/Chicago")
AT = datetime(2026, 11, 6, 14, 0, tzinfo=UTC)  # 8 in the morning


@pytest.mark.parametrize(
    ("due", "text", "level"),
    [
        ("2026-11-06", "due today", "soon"),
        ("2026-11-07", "1 day left", "soon"),
        ("2026-11-09", "3 days left", "soon"),
        ("2026-11-10", "4 days left", "later"),
        ("2026-11-05", "1 day past due", "over"),
        ("2025-11-05", "366 days past due", "over"),
        ("2026-11-07T13:59:00+00:00", "23 h left", "soon"),
        ("2026-11-08T13:00:00+00:00", "47 h left", "later"),
        ("2026-11-08T15:00:00+00:00", "2 days left", "later"),
        ("2026-11-06T14:20:00+00:00", "20 min left", "soon"),
        ("2026-11-06T13:20:00+00:00", "40 min past due", "over"),
        ("2026-11-05T13:00:00+00:00", "25 h past due", "over"),
        (None, "no date", "none"),
    ],
)
def test_waits(due, text, level):
    found = wait(due, AT, CHICAGO)
    assert (found.text, found.level) == (text, level)


def test_a_clock_of_days_is_over_at_the_practice_s_midnight():
    evening = datetime(2026, 11, 7, 5, 59, 59, tzinfo=UTC)  # 23:59:59 in Chicago
    assert wait("2026-11-06", evening, CHICAGO).text == "due today"
    assert wait("2026-11-06", evening + timedelta(seconds=1), CHICAGO).text == "1 day past due"


@given(st.integers(-400, 400), st.integers(0, 23))
def test_days_left_are_the_difference_of_the_dates(days, hour):
    """Whatever the hour, and across the ends of daylight saving."""
    at = datetime(2026, 11, 1, hour, 30, tzinfo=CHICAGO)
    due = at.date() + timedelta(days=days)
    told = wait(due.isoformat(), at, CHICAGO).text
    wanted = (
        "due today"
        if days == 0
        else f"{abs(days)} day{'s' if abs(days) > 1 else ''} {'left' if days > 0 else 'past due'}"
    )
    assert told == wanted


def test_figures():
    assert [amount(value) for value in ("1234567.5", "-3.00", "0", None)] == [
        "1,234,567.50",
        "\u22123.00",
        "0.00",
        "\u2013",
    ]
    assert dollars("-3.00") == "\u2212$3.00"
    assert instant("2026-11-07T03:05:00+00:00", CHICAGO) == "Nov 6, 2026, 9:05 PM"
    assert moment("2026-11-06T18:00:00+00:00", AT, CHICAGO) == "Nov 6, 12:00 PM"
    assert short_day(date(2025, 2, 3), AT) == "Feb 3, 2025"


money = st.decimals(0, 9000, places=2).map(str)


@given(money, money, st.booleans())
def test_gauges_stay_in_their_frame(confirmed, projected, known):
    limits = {"alert": "2200.00", "threshold": "2480.00", "review": "3000.00"} if known else None
    drawn = gauge({"confirmed": confirmed, "projected": projected, "limits": limits})
    assert 0 <= float(drawn.confirmed) <= WIDTH
    assert float(drawn.pending) >= 0
    assert [mark.name for mark in drawn.marks] == (["alert", "KX", "review"] if known else [])
    assert all(0 < float(mark.x) < WIDTH for mark in drawn.marks)
