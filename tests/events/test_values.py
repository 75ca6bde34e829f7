"""Small types: money, units, codes, ids, instants."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from events.values import (
    MAX_AMOUNT,
    Code,
    Day,
    DayOrInstant,
    Days,
    EndDay,
    Id,
    Instant,
    Integer,
    Money,
    StatedDay,
    StatedInstant,
    Text,
    Units,
    Year,
    from_cents,
    round_cents,
    to_cents,
)

MONEY, UNITS, CODE, ID, TEXT, INSTANT = (TypeAdapter(kind) for kind in (Money, Units, Code, Id, Text, Instant))
amounts = st.decimals(-MAX_AMOUNT, MAX_AMOUNT, places=2, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [
        ("0.005", "0.01"),
        ("0.015", "0.02"),
        ("0.025", "0.03"),
        ("2.675", "2.68"),
        ("-0.005", "-0.01"),
        ("35.070945", "35.07"),
        ("0.0049999", "0.00"),
        ("1", "1.00"),
    ],
)
def test_cents_are_rounded_half_up(exact, rounded):
    assert str(round_cents(Decimal(exact))) == rounded


@given(amounts)
def test_cents_and_amounts_are_the_same_money(amount):
    assert from_cents(to_cents(amount)) == amount
    assert MONEY.validate_python(str(amount)) == amount
    assert MONEY.validate_json(MONEY.dump_json(amount)) == amount


@given(st.integers(-(10**13), 10**13))
def test_an_amount_from_cents_has_two_places(cents):
    amount = from_cents(cents)
    assert to_cents(amount) == cents
    assert amount.as_tuple().exponent == -2


@pytest.mark.parametrize("stated", [80, 80.0, "80", "80.0", "80.00", "080.00", Decimal("80.000"), "8e1", " 80 "])
def test_an_amount_is_the_same_however_it_is_written(stated):
    assert str(MONEY.validate_python(stated)) == "80.00"


@given(st.integers(-(10**9), 10**9))
def test_an_amount_given_as_a_float_has_no_noise(cents):
    """19.99 sent as a JSON number is 19.99."""
    assert MONEY.validate_python(cents / 100) == from_cents(cents)
    assert MONEY.validate_json(repr(cents / 100)) == from_cents(cents)


@pytest.mark.parametrize("stated", ["-0.00", -0.0, "-0", Decimal("-0.00")])
def test_nothing_owed_has_no_sign(stated):
    assert str(MONEY.validate_python(stated)) == "0.00"
    assert MONEY.dump_json(MONEY.validate_python(stated)) == b'"0.00"'


@pytest.mark.parametrize("stated", ["0.001", "1.005", 0.1 + 0.2, "9.999", "1e-3"])
def test_a_fraction_of_a_cent_is_refused_not_rounded(stated):
    with pytest.raises(ValidationError, match="at most two decimals"):
        MONEY.validate_python(stated)


@pytest.mark.parametrize(
    "stated",
    [
        "NaN",
        "sNaN",
        "Infinity",
        "-inf",
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        "1e20",
        "10000000000000.00",
        "1e999999",
        "",
        " ",
        "abc",
        "1,000.00",
        "$5",
        "1.2.3",
        None,
        [],
        {},
        "٣x",
    ],
)
def test_what_is_no_amount_is_refused(stated):
    with pytest.raises(ValidationError):
        MONEY.validate_python(stated)


@pytest.mark.parametrize(
    ("stated", "written"),
    [("2", "2"), ("2.0", "2"), (2, "2"), ("1.50", "1.5"), ("0", "0"), ("0.00", "0"), ("100", "100"), ("-2", "-2")],
)
def test_units_are_written_in_one_way(stated, written):
    assert UNITS.dump_python(UNITS.validate_python(stated)) == written


@pytest.mark.parametrize(("stated", "code"), [("gp", "GP"), (" kx ", "KX"), (97530, "97530"), ("1", "1")])
def test_a_code_is_text_in_capitals(stated, code):
    assert CODE.validate_python(stated) == code


def test_a_code_is_no_truth_value():
    with pytest.raises(ValidationError):
        CODE.validate_python(True)


def test_an_id_is_kept_as_it_is():
    assert ID.validate_python(" 00 12/a ") == " 00 12/a "
    assert ID.validate_python(42) == "42"
    for stated in ("", "x" * 201, None):
        with pytest.raises(ValidationError):
            ID.validate_python(stated)


def test_an_instant_needs_a_zone_and_is_kept_in_utc():
    assert INSTANT.validate_python("2026-03-02T10:00:00-05:00") == datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert INSTANT.validate_python("2026-03-02T10:00:00-05:00").tzinfo is UTC
    for stated in ("2026-03-02T10:00:00", "2026-03-02", "soon"):
        with pytest.raises(ValidationError):
            INSTANT.validate_python(stated)


@pytest.mark.parametrize("kind", [Money, Units, Integer, Days, Year])
@pytest.mark.parametrize("stated", [True, False])
def test_a_number_is_no_truth_value(kind, stated):
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(stated)


@pytest.mark.parametrize("kind", [Instant, StatedInstant, Day, StatedDay, EndDay, DayOrInstant])
@pytest.mark.parametrize("stated", [0, -1, 1767225600, 1.5, "0", "-1", "-86400", "1767225600", " 1.5e9 ", "+1"])
def test_a_number_is_neither_a_day_nor_an_instant(kind, stated):
    with pytest.raises(ValidationError, match="is written 2026-03-02"):
        TypeAdapter(kind).validate_python(stated)
