"""The therapy threshold: 42 USC 1395l(g), CMS Pub 100-04 ch. 5 §10.3."""

# packs: kx

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.rules.rulebook import Unknown
from projections.session_rules.findings import Ruleset
from projections.session_rules.threshold_limits import Limits, limits_on, read_limits, run
from tests.projections.session_rules.sessions import rulebook


def limits(year=2026):
    return limits_on(
        Ruleset(rulebook=rulebook(), on=date(year, 7, 1), payer_id="MEDICARE", program="original_medicare")
    )


def amounts(*texts):
    return [None if text is None else Decimal(text) for text in texts]


@pytest.mark.parametrize(
    ("year", "threshold"),
    [
        (2018, 2010),
        (2019, 2040),
        (2020, 2080),
        (2021, 2110),
        (2022, 2150),
        (2023, 2230),
        (2024, 2330),
        (2025, 2410),
        (2026, 2480),
    ],
)
def test_the_amounts_of_each_year(year, threshold):
    """The alert of years before 2026 keeps our own alert distance of 280."""
    found = limits(year)
    assert (found.threshold, found.review, found.alert) == (threshold, 3000, threshold - 280)


@pytest.mark.parametrize("year", [2017, 2027, 2028])
def test_a_year_without_an_amount_is_unknown(year):
    """rule kx.unknown: never the nearest year."""
    assert limits(year) == Unknown(f"no kx rule covers {year}-07-01 for payer_id MEDICARE, program original_medicare")


@pytest.mark.parametrize("program", [None, "commercial", "medicare_advantage", "tricare"])
@pytest.mark.parametrize("year", [2026, 2027])
def test_only_original_medicare_is_bound(program, year):
    answer = limits_on(Ruleset(rulebook=rulebook(), on=date(year, 1, 1), payer_id="X", program=program))
    assert isinstance(answer, Unknown)
    assert "Original Medicare" in answer.reason


@pytest.mark.parametrize(
    ("amount", "band"),
    [
        ("0", "ok"),
        ("2199.99", "ok"),
        ("2200.00", "alert"),
        ("2480.00", "alert"),
        ("2480.01", "kx_required"),
        ("3000.00", "kx_required"),
        ("3000.01", "review"),
    ],
)
def test_bands_of_2026(amount, band):
    """From 2,200; over 2,480; over 3,000: equality does not exceed."""
    assert limits().band(Decimal(amount)) == band


def test_the_comparator_can_be_reach():
    reach = replace(limits(), comparator=">=")
    assert [reach.band(Decimal(a)) for a in ("2479.99", "2480.00", "3000.00")] == ["alert", "kx_required", "review"]


def test_a_pack_without_an_alert_alerts_at_the_threshold():
    assert read_limits({"threshold": "100.00", "review": "200.00"}).alert == 100


def test_all_lines_from_the_crossing_one_on():
    """2,455.00 running; 60.12, 22.21, 21.21: line 1 crosses, all three need KX."""
    ran = run(Decimal("2455.00"), amounts("60.12", "22.21", "21.21"), limits())
    assert ran.running == (Decimal("2515.12"), Decimal("2537.33"), Decimal("2558.54"))
    assert (ran.crossing_line, ran.needing) == (1, (1, 2, 3))


def test_equality_does_not_exceed():
    """2,419.88 running: line 1 ends at exactly 2,480.00 and needs no KX."""
    ran = run(Decimal("2419.88"), amounts("60.12", "22.21", "21.21"), limits())
    assert (ran.crossing_line, ran.needing, ran.running[0]) == (2, (2, 3), Decimal("2480.00"))


def test_already_over_no_line_crosses():
    ran = run(Decimal("2600.00"), amounts("60.12", "22.21"), limits())
    assert (ran.crossing_line, ran.needing) == (None, (1, 2))


def test_an_unknown_price_leaves_a_lower_bound():
    ran = run(Decimal("2400.00"), amounts(None, "60.12", "30.00"), limits())
    assert (ran.unpriced, ran.needing, ran.after) == ((1,), (3,), Decimal("2490.12"))
    assert run(Decimal("2500.00"), amounts(None), limits()).needing == (1,)


@given(st.integers(0, 300000), st.lists(st.integers(0, 20000), min_size=1, max_size=6))
def test_once_over_always_over(before, prices):
    ran = run(Decimal(before).scaleb(-2), [Decimal(p).scaleb(-2) for p in prices], limits())
    assert ran.needing == tuple(range(len(prices) - len(ran.needing) + 1, len(prices) + 1))
    assert ran.after == Decimal(before + sum(prices)).scaleb(-2)
    if ran.crossing_line is not None:
        assert ran.needing[0] == ran.crossing_line


def test_whether_a_line_needs_kx_is_unknown_where_prices_are():
    """What is used lies between what is known and that with the charges; any price passes a full limit."""
    year = Limits(
        threshold=Decimal("2410.00"),
        review=Decimal("3000.00"),
        alert=Decimal("2200.00"),
        comparator=">",
        programs=frozenset(),
    )

    def judged(before, prices, most=()):
        found = run(Decimal(before), [p and Decimal(p) for p in prices], year, [m and Decimal(m) for m in most])
        return found.needing, found.unsure

    assert judged("2400.00", [None]) == ((), (1,))
    assert judged("2400.00", [None], ["10.00"]) == ((), ())
    assert judged("2400.00", [None], ["75.00"]) == ((), (1,))
    assert judged("2410.00", [None], ["75.00"]) == ((1,), ())
    assert judged("2400.00", [None, "5.00", "20.00"], ["75.00"]) == ((3,), (1, 2))
    assert judged("2300.00", ["20.00", "20.00"]) == ((), ())
