from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from projections import calendar
from projections.rules.days_off import read_days_off
from projections.rules.rulebook import read_pack
from services.store.federal_holidays import holiday_pack

NEW_YORK = ZoneInfo("America/New_York")
DAYS = st.dates()
OFF = read_days_off(read_pack(holiday_pack(year)) for year in range(2024, 2030))


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2026-07-03", "Independence Day observed"),
        ("2026-02-16", "Presidents Day"),
        ("2026-01-19", "Martin Luther King Day"),
        ("2025-12-26", "closed by executive order"),
        ("2027-12-31", "New Year observed in the old year"),
        ("2026-07-04", "a Saturday"),
    ],
)
def test_days_off(day, why):
    assert not calendar.is_business_day(date.fromisoformat(day), OFF), why


@pytest.mark.parametrize(
    ("day", "years", "result"),
    [("2025-03-05", 1, "2026-03-05"), ("2024-02-29", 1, "2025-02-28"), ("2024-02-29", 4, "2028-02-29")],
)
def test_a_year_is_a_calendar_year(day, years, result):
    assert calendar.add_years(date.fromisoformat(day), years) == date.fromisoformat(result)


def test_months_end_where_the_month_ends():
    assert calendar.add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert calendar.add_months(date(2026, 11, 30), 3) == date(2027, 2, 28)


def test_ninety_days():
    assert calendar.add_days(date(2026, 1, 15), 90) == date(2026, 4, 15)


@pytest.mark.parametrize(
    ("day", "rule", "result"),
    [
        ("2026-07-04", "next_business", "2026-07-06"),
        ("2026-02-16", "next_business", "2026-02-17"),
        ("2026-07-03", "next_business", "2026-07-06"),
        ("2026-02-16", "weekend", "2026-02-16"),
        ("2026-07-04", "weekend", "2026-07-06"),
        ("2026-07-04", "previous_business", "2026-07-02"),
        ("2026-07-04", "none", "2026-07-04"),
    ],
)
def test_rolling(day, rule, result):
    assert calendar.roll(date.fromisoformat(day), rule, OFF) == date.fromisoformat(result)


def test_business_days_skip_weekends_and_holidays():
    assert calendar.add_business_days(date(2026, 1, 16), 3, OFF) == date(2026, 1, 22)  # over Martin Luther King Day
    assert calendar.business_days_between(date(2026, 3, 6), date(2026, 3, 9), OFF) == 1


def test_a_clock_of_days_is_overdue_from_the_next_local_midnight():
    moment = calendar.overdue_at(date(2026, 7, 6), NEW_YORK)
    assert moment == datetime(2026, 7, 7, 4, tzinfo=UTC)
    assert calendar.end_of_day(date(2026, 7, 6), NEW_YORK) < moment


def test_a_day_of_daylight_saving_is_23_hours_long():
    start, end = (calendar.start_of_day(date(2026, 3, day), NEW_YORK) for day in (8, 9))
    assert (end - start).total_seconds() == 23 * 3600


def test_a_working_day_from_friday_evening_ends_monday_evening():
    friday = datetime(2026, 3, 6, 17, tzinfo=NEW_YORK)
    assert calendar.add_business_hours(friday, 9, NEW_YORK, time(8), time(17), off=OFF) == datetime(
        2026, 3, 9, 17, tzinfo=NEW_YORK
    )


def test_working_hours_go_on_the_next_morning():
    start = datetime(2026, 3, 5, 15, tzinfo=NEW_YORK)
    assert calendar.add_business_hours(start, 9, NEW_YORK, time(8), time(17), off=OFF) == datetime(
        2026, 3, 6, 15, tzinfo=NEW_YORK
    )


def test_hours_before_opening_and_on_holidays_do_not_count():
    holiday = datetime(2026, 2, 16, 6, tzinfo=NEW_YORK)
    assert calendar.add_business_hours(holiday, 1, NEW_YORK, time(8), time(17), off=OFF) == datetime(
        2026, 2, 17, 9, tzinfo=NEW_YORK
    )


@given(DAYS, st.integers(-200_000, 200_000), st.sampled_from(["none", "next_business", "weekend", "previous_business"]))
def test_no_date_and_length_breaks_the_calendar(day, length, rule):
    for moved in (calendar.add_days(day, length), calendar.add_months(day, length), calendar.add_years(day, length)):
        calendar.overdue_at(calendar.roll(moved, rule, OFF), NEW_YORK)
    calendar.add_business_days(day, length, OFF)


@given(DAYS, st.integers(1, 400))
@example(date(1, 1, 1), 61)
def test_a_rolled_day_is_a_business_day_not_earlier(day, length):
    due = calendar.roll(calendar.add_days(day, length), "next_business", OFF)
    assert due >= min(calendar.add_days(day, length), calendar.LAST_DAY)
    assert calendar.is_business_day(due, OFF) or due >= calendar.LAST_DAY
