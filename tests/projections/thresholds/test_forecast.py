"""When a patient crosses at the rhythm of the last weeks, counted from the day that asks."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.session_rules.threshold_limits import Limits
from projections.thresholds.forecast import AWAY, basis, forecast
from tests.properties import property_run

LIMITS = Limits(
    threshold=Decimal("2480.00"),
    review=Decimal("3000.00"),
    alert=Decimal("2200.00"),
    comparator=">",
    programs=frozenset(),
)
TODAY = date(2026, 3, 25)


def visits(count, each="100.00", start=date(2026, 3, 2), gap=7):
    return {start + timedelta(days=gap * number): Decimal(each) for number in range(count)}


def asked(projected, days, limits=LIMITS, today=TODAY):
    return forecast(basis(Decimal(projected), days, limits), 2026, today)


def test_the_visit_on_which_the_patient_crosses():
    """2,200.00 used, 100.00 a visit each week: the third further visit passes 2,480.00."""
    told = asked("2200.00", visits(4))
    assert (told["visits"], told["on"]) == (3, "2026-04-15")
    assert told["explanation"] == (
        "4 visits from 2026-03-02 to 2026-03-23 used 100.00 each, 7.0 days apart; "
        "2200.00 + 3 × 100.00 exceeds 2480.00, counted from 2026-03-25"
    )


@pytest.mark.parametrize(("comparator", "count"), [(">", 2), (">=", 1)])
def test_reaching_the_limit_exactly_is_not_over_it_unless_the_pack_says_so(comparator, count):
    limits = Limits(
        threshold=LIMITS.threshold,
        review=LIMITS.review,
        alert=LIMITS.alert,
        comparator=comparator,
        programs=frozenset(),
    )
    assert asked("2380.00", visits(3), limits)["visits"] == count


def test_only_the_last_weeks_make_the_rhythm():
    days = visits(5, "500.00", date(2026, 1, 5), 1) | visits(10, "50.00", date(2026, 3, 2), 2)
    assert (asked("1000.00", days)["per_visit"], asked("1000.00", days)["days_between"]) == ("50.00", "2.0")


def test_a_patient_who_no_longer_comes_has_no_forecast():
    last = max(visits(4))
    assert asked("2200.00", visits(4), today=last + timedelta(days=AWAY)) is not None
    assert asked("2200.00", visits(4), today=last + timedelta(days=AWAY + 1)) is None


@pytest.mark.parametrize(
    ("projected", "days"),
    [
        ("2480.01", visits(5)),  # over already
        ("100.00", visits(1)),  # no rhythm yet
        ("100.00", visits(3, "0.00")),  # nothing was allowed
        ("100.00", visits(3, "10.00")),  # next year's threshold starts again
    ],
)
def test_no_forecast(projected, days):
    assert asked(projected, days) is None


@property_run(60)
@given(
    st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(1, 30_000), max_size=12),
    st.integers(0, 240_000),
    st.dates(date(2026, 1, 1), date(2027, 3, 1)),
)
def test_a_forecast_lies_never_in_the_past(days, used, today):
    by_day = {day: Decimal(cents).scaleb(-2) for day, cents in days.items()}
    told = asked(Decimal(used).scaleb(-2), by_day, today=today)
    assert told is None or today <= date.fromisoformat(told["on"]) <= date(2026, 12, 31)
